//! The bytes of a first visit: sizes of the site's files, raw and compressed, compared with their
//! budgets.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::bundles;
use crate::compress::{Encoding, is_compressible, is_copy};
use crate::files::files_below;
use crate::plain;
use crate::root::{dist, shown};
use crate::{tables, together};

/// The group that a file is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Page,
    Engine,
    Pack,
    Gpu,
    Pictures,
    Later,
    Words,
    Tables,
    Together,
}

/// Files that every visit fetches after load: the order of sales, recorded sessions, the map with its
/// script, the script of WebMCP, and what words mean.
const LATER: [&str; 6] = [
    "assets/sales.txt",
    "assets/try.json",
    "assets/map.txt",
    "assets/map.js",
    "assets/agents.js",
    "assets/shop.words",
];
/// The additional file that the page fetches at load if the shopper's language is Chinese.
const WORDS: &str = "assets/zh.txt";

/// A shop of the site: what its first visit loads is counted alone, as its shopper downloads it.
#[derive(Debug, Clone, Copy)]
struct Counted {
    /// As in the table.
    name: &'static str,
    /// Its folder in the site, with a slash after it; "" at the root.
    folder: &'static str,
    /// Maximum bytes of its pack, compressed with brotli.
    pack: usize,
}

const SHOPS: [Counted; 2] = [
    Counted {
        name: "the shop at the root",
        folder: "",
        pack: 600_000,
    },
    Counted {
        name: "the gift shop",
        folder: "gift/",
        pack: 270_000,
    },
];

/// The name of a site's file within one shop: of a file of its own, or of one that all shops share.
/// `None` for another shop's own file.
fn within<'a>(file: &'a str, shop: &Counted) -> Option<&'a str> {
    let second = SHOPS[1].folder;
    if shop.folder.is_empty() {
        return (!file.starts_with(second)).then_some(file);
    }
    let is_shared = file.starts_with("app/")
        || file.starts_with("engine/")
        || file == WORDS
        || file == "icon.svg"
        || file.starts_with("assets/") && (file.ends_with(".js") || file.ends_with(".css"));
    file.strip_prefix(second).or(is_shared.then_some(file))
}

impl Group {
    const ALL: [Self; 9] = [
        Self::Page,
        Self::Engine,
        Self::Pack,
        Self::Gpu,
        Self::Pictures,
        Self::Later,
        Self::Words,
        Self::Tables,
        Self::Together,
    ];

    /// The group of a file of the site. Pictures that the page shows before a script runs belong to
    /// the page; the bundles come after load. `None` for files that a visit does not load.
    fn of(file: &str) -> Option<Self> {
        let unseen = ["404.html", "_headers", "assets/pictures/LICENSE.txt"];
        if is_copy(Path::new(file)) || unseen.contains(&file) || file.starts_with(plain::FOLDER) {
            return None;
        }
        Some(if file.starts_with(tables::FOLDER) {
            Self::Tables
        } else if file.starts_with(together::FOLDER) || file == together::PUBLISHED {
            Self::Together
        } else if file.starts_with("engine/gpu/") {
            Self::Gpu
        } else if file.starts_with("engine/") {
            Self::Engine
        } else if file == "assets/shop.pack" {
            Self::Pack
        } else if bundles::is_one(file) {
            Self::Pictures
        } else if LATER.contains(&file) {
            Self::Later
        } else if file == WORDS {
            Self::Words
        } else {
            Self::Page
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Page => "page, with catalogue and first pictures",
            Self::Engine => "CPU engine, with worker",
            Self::Pack => "pack",
            Self::Gpu => "WebGPU engine, if there is an adapter",
            Self::Pictures => "all pictures, after load",
            Self::Later => "files of single pages and agents, after load",
            Self::Words => "Chinese, for shoppers with that language",
            Self::Tables => "page of tables, only when opened",
            Self::Together => "page 'Help this shop learn', only when opened",
        }
    }
}

/// Bytes raw, with gzip and with brotli.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Size {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

impl std::ops::Add for Size {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            raw: self.raw + other.raw,
            gzip: self.gzip + other.gzip,
            brotli: self.brotli + other.brotli,
        }
    }
}

impl Size {
    fn of(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("failed to read {}", shown(path)))?;
        let raw = bytes.len();
        if !is_compressible(path) {
            return Ok(Self {
                raw,
                gzip: raw,
                brotli: raw,
            });
        }
        let small = |encoding: Encoding| match fs::metadata(encoding.beside(path)) {
            Ok(file) => Ok(usize::try_from(file.len()).unwrap_or(usize::MAX)),
            Err(_) => encoding.encode(&bytes).map(|small| small.len()),
        };
        Ok(Self {
            raw,
            gzip: small(Encoding::Gzip)?,
            brotli: small(Encoding::Brotli)?,
        })
    }
}

/// Maximum bytes for one shop, compressed with brotli.
fn budgets(shop: &Counted) -> [(&'static str, &'static [Group], usize); 7] {
    [
        ("page", &[Group::Page], 300_000),
        ("CPU engine", &[Group::Engine], 200_000),
        ("pack", &[Group::Pack], shop.pack),
        (
            "first load: page, CPU engine, pack",
            &[Group::Page, Group::Engine, Group::Pack],
            1_100_000,
        ),
        (
            "after load: pictures, files of single pages",
            &[Group::Pictures, Group::Later],
            1_400_000,
        ),
        // 200 kB for the page, 100 kB for the network that its module holds.
        ("page of tables with its network", &[Group::Tables], 300_000),
        ("page 'Help this shop learn'", &[Group::Together], 120_000),
    ]
}

/// Prints the table. An error if a budget is exceeded.
pub(crate) fn size() -> Result<()> {
    let dist = dist();
    if !dist.join("index.html").is_file() {
        bail!(
            "{} contains no page: run `cargo xtask build` first",
            shown(&dist)
        );
    }
    let mut over = Vec::new();
    for shop in &SHOPS {
        if !dist.join(shop.folder).join("index.html").is_file() {
            continue;
        }
        let mut files = Vec::new();
        for file in files_below(&dist)? {
            let name = file.to_string_lossy().replace('\\', "/");
            if let Some(group) = within(&name, shop).and_then(Group::of) {
                files.push((group, name, Size::of(&dist.join(&file))?));
            }
        }
        let (table, shops_over) = report(&files, shop);
        std::io::stdout()
            .write_all(table.as_bytes())
            .context("failed to print")?;
        over.extend(shops_over);
    }
    if !over.is_empty() {
        bail!("over budget: {}", over.join("; "));
    }
    Ok(())
}

/// The table, and the budgets that are exceeded.
fn report(files: &[(Group, String, Size)], shop: &Counted) -> (String, Vec<String>) {
    let mut table = format!(
        "{:<46} {:>11} {:>11} {:>11} {:>11}\n",
        format!("bytes of {}", shop.name),
        "raw",
        "gzip 9",
        "brotli 11",
        "budget"
    );
    let mut line = |name: &str, size: Size, budget: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "{name:<46} {:>11} {:>11} {:>11} {budget:>11}",
            size.raw, size.gzip, size.brotli
        );
    };
    let total = |groups: &[Group]| {
        files
            .iter()
            .filter(|(group, ..)| groups.contains(group))
            .fold(Size::default(), |sum, (.., size)| sum + *size)
    };
    for group in Group::ALL {
        let of_group: Vec<_> = files.iter().filter(|(of, ..)| *of == group).collect();
        if of_group.is_empty() {
            continue;
        }
        line(group.name(), total(&[group]), "");
        for (_, name, size) in of_group {
            line(&format!("  {name}"), *size, "");
        }
    }
    let mut over = Vec::new();
    for (name, groups, budget) in budgets(shop) {
        let size = total(groups);
        line(name, size, &budget.to_string());
        if size.brotli > budget {
            over.push(format!(
                "{name} of {} has {} bytes (brotli), {budget} are allowed",
                shop.name, size.brotli
            ));
        }
    }
    table.push('\n');
    (table, over)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_group(file: &str, expected: Option<Group>) {
        assert_eq!(Group::of(file), expected, "{file}");
    }

    #[test]
    fn files_belong_to_what_loads_them() {
        check_group("index.html", Some(Group::Page));
        check_group("index.html.br", None);
        check_group("404.html", None);
        check_group("_headers", None);
        check_group("app/fewshop-web_bg.wasm", Some(Group::Page));
        check_group("engine/worker.js", Some(Group::Engine));
        check_group("engine/gpu/fewshop_wasm.js", Some(Group::Gpu));
        check_group("assets/shop.pack", Some(Group::Pack));
        check_group("assets/map.txt", Some(Group::Later));
        check_group("assets/shop.words", Some(Group::Later));
        check_group("sw.js", Some(Group::Page));
        check_group("assets/pictures/1f34c.webp", Some(Group::Page));
        check_group("assets/pictures-1.bin", Some(Group::Pictures));
        check_group("assets/pictures/LICENSE.txt", None);
        check_group("assets/zh.txt", Some(Group::Words));
        check_group("together/device.js", Some(Group::Together));
        check_group("tables/page.js", Some(Group::Tables));
    }

    #[test]
    fn a_first_visit_is_of_one_shop() {
        let [first, second] = &SHOPS;
        for (file, expected) in [
            ("index.html", [Some("index.html"), None]),
            ("gift/index.html", [None, Some("index.html")]),
            ("assets/shop.pack", [Some("assets/shop.pack"), None]),
            ("gift/assets/map.txt", [None, Some("assets/map.txt")]),
            ("app/x.js", [Some("app/x.js"), Some("app/x.js")]),
            (
                "assets/boot.js",
                [Some("assets/boot.js"), Some("assets/boot.js")],
            ),
            (
                "assets/pictures-1.bin",
                [Some("assets/pictures-1.bin"), None],
            ),
        ] {
            assert_eq!(
                [within(file, first), within(file, second)],
                expected,
                "{file}"
            );
        }
        assert_eq!(
            second.folder,
            format!("{}/", fewshop_web::state::SECOND_SHOP)
        );
    }

    #[test]
    fn a_budget_is_passed_by_one_byte() {
        let files = |brotli| {
            [(
                Group::Engine,
                "engine/worker.js".to_owned(),
                Size {
                    raw: 9,
                    gzip: 9,
                    brotli,
                },
            )]
        };
        let (table, over) = report(&files(200_000), &SHOPS[0]);
        assert!(
            over.is_empty() && table.contains("  engine/worker.js"),
            "{table}"
        );
        let (_, over) = report(&files(200_001), &SHOPS[0]);
        assert_eq!(
            over,
            ["CPU engine of the shop at the root has 200001 bytes (brotli), 200000 are allowed"]
        );
    }

    #[test]
    fn the_first_load_is_the_sum_of_its_parts() {
        let one = Size {
            raw: 3,
            gzip: 2,
            brotli: 700_000,
        };
        let files = [Group::Page, Group::Engine, Group::Pack, Group::Gpu]
            .map(|group| (group, "x".to_owned(), one));
        let (_, over) = report(&files, &SHOPS[0]);
        assert!(
            over.iter()
                .any(|text| text.starts_with("first load") && text.contains("2100000")),
            "{over:?}"
        );
    }
}
