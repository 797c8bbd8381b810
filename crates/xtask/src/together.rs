//! The page 'Help this shop learn': a folder of the site with a page and a module of its own, like the
//! page of tables. In a shop with a file of `fewshop together publish` the shop's page also gets a
//! small script, and its policy names one more address.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::files::files_below;
use crate::lean;
use crate::page::Base;
use crate::policy::meta_policy;
use crate::root::{root, shown};

/// Its folder in the site.
pub(crate) const FOLDER: &str = "together/";
/// The shop's file as the page fetches it, below the shop's folder.
pub(crate) const PUBLISHED: &str = "assets/together.json";
/// The script of a shop that takes part.
pub(crate) const SCRIPT: &str = "assets/together.js";
/// Where its source lies, among the page's own files.
const SCRIPT_SOURCE: &str = "shop.js";

/// A shop that takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asking {
    /// Its file.
    pub(crate) published: String,
    /// The origin to which reports go.
    pub(crate) origin: String,
}

impl Asking {
    /// Reads the file beside a pack; `None` if there is none.
    pub(crate) fn beside(pack: &Path) -> Result<Option<Self>> {
        Self::read(&pack.with_extension("together"))
    }

    /// Reads the file of a built site.
    pub(crate) fn of_site(site: &Path) -> Result<Option<Self>> {
        Self::read(&site.join(PUBLISHED))
    }

    fn read(file: &Path) -> Result<Option<Self>> {
        if !file.is_file() {
            return Ok(None);
        }
        let published =
            fs::read_to_string(file).with_context(|| format!("failed to read {}", shown(file)))?;
        let value: Value = serde_json::from_str(&published).with_context(|| {
            format!(
                "{}: expected the file of `fewshop together publish`",
                shown(file)
            )
        })?;
        let url = value["leader"]["url"].as_str().unwrap_or_default();
        let origin =
            origin(url).with_context(|| format!("{}: leader.url cannot be used", shown(file)))?;
        Ok(Some(Self { published, origin }))
    }
}

/// The origin of an address: what a policy names.
fn origin(url: &str) -> Result<String> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    ensure!(
        ["https", "http"].contains(&scheme),
        "'{url}', expected an address that begins with https://"
    );
    let host = rest.split('/').next().unwrap_or_default();
    // Anything else could add to the policy.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    if host.is_empty() || !host.chars().all(is_plain) {
        bail!("'{url}', expected a host of letters, digits, '.', '-' and a port");
    }
    Ok(format!("{scheme}://{host}"))
}

/// The script's tag in the shop's page; nothing in a shop that takes no part.
pub(crate) fn tag(base: &str, asking: Option<&Asking>) -> String {
    asking.map_or_else(String::new, |_| {
        format!("<script type=\"module\" src=\"{base}{SCRIPT}\"></script>")
    })
}

/// The script of a shop that takes part.
pub(crate) fn script() -> Result<String> {
    Ok(lean::script(&read(SCRIPT_SOURCE)?))
}

/// The page. It sends nothing, so its policy names nobody.
pub(crate) fn page(base: &Base, asking: Option<&Asking>) -> Result<String> {
    let asks = if asking.is_some() { " data-asks" } else { "" };
    Ok(lean::page(&read("index.html")?)
        .replace("{{site}}", &base.to_string())
        .replace("{{policy}}", &meta_policy(base, None))
        .replace("{{asks}}", asks))
}

/// The page's other files, by name below its folder, around wasm-bindgen's in `made`.
pub(crate) fn files(made: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut out = Vec::new();
    for file in files_below(&root().join("web/together"))? {
        let name = file.to_string_lossy().replace('\\', "/");
        let lean = match file.extension().and_then(|ending| ending.to_str()) {
            Some("js") if name != SCRIPT_SOURCE => lean::script(&read(&name)?),
            Some("css") => lean::style(&read(&name)?),
            _ => continue,
        };
        out.push((name, lean.into_bytes()));
    }
    for file in files_below(made)? {
        let from = made.join(&file);
        let bytes = fs::read(&from).with_context(|| format!("failed to read {}", shown(&from)))?;
        out.push((format!("module/{}", file.to_string_lossy()), bytes));
    }
    Ok(out)
}

fn read(name: &str) -> Result<String> {
    let file = root().join("web/together").join(name);
    fs::read_to_string(&file).with_context(|| format!("failed to read {}", shown(&file)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::Which;
    use crate::site::furnish;

    #[test]
    fn a_policy_gets_an_origin_and_nothing_more() {
        for (url, expected) in [
            ("https://learn.example/dap/", "https://learn.example"),
            ("http://127.0.0.1:8401", "http://127.0.0.1:8401"),
            ("http://[::1]:8401/x", "http://[::1]:8401"),
        ] {
            assert_eq!(origin(url).unwrap(), expected);
        }
        for url in [
            "",
            "learn.example",
            "data://x",
            "https://",
            "https://a; script-src *",
            "https://*",
        ] {
            assert!(origin(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_page_says_whether_the_shop_asks_and_sends_nothing_itself() {
        let asking = Asking {
            published: String::new(),
            origin: "https://learn.example".to_owned(),
        };
        let base: Base = "/shop/".parse().unwrap();
        let [without, with] = [None, Some(&asking)].map(|asking| page(&base, asking).unwrap());
        assert!(with.contains("<html lang=\"en\" data-asks>") && !without.contains("data-asks"));
        for page in [with, without] {
            assert!(page.contains(r#"src="/shop/together/page.js""#) && !page.contains("{{"));
            assert!(!page.contains("learn.example"), "{page}");
        }
        assert_eq!(tag("/", None), "");
    }

    /// A shop's own files are all that differs, and the page of a shop that takes no part names nobody.
    #[test]
    fn a_shop_takes_part_if_its_file_lies_beside_its_pack() {
        let dir = tempfile::tempdir().unwrap();
        let pack = dir.path().join("other.pack");
        fs::write(&pack, fewshop_model::toy::pack().to_bytes().unwrap()).unwrap();
        let which = Which {
            pack: Some(pack.clone()),
            ..Which::default()
        };
        let made = |name: &str| {
            let out = dir.path().join(name);
            furnish(&which, &out).unwrap();
            move |file: &str| fs::read_to_string(out.join(file)).ok()
        };
        let without = made("without");
        let file = r#"{"leader":{"url":"https://learn.example/dap"}}"#;
        fs::write(pack.with_extension("together"), file).unwrap();
        let with = made("with");
        assert_eq!(with(PUBLISHED).as_deref(), Some(file));
        assert_eq!(without(PUBLISHED), None);
        assert_eq!(without(SCRIPT), None);
        for page in ["index.html", "_headers"] {
            let named = |text: Option<String>| text.unwrap().contains("https://learn.example;");
            assert!(named(with(page)) && !named(without(page)), "{page}");
        }
        let worker = with("sw.js").unwrap();
        assert!(worker.contains("'assets/together.js'"), "{worker}");
        for unkept in ["assets/together.json", "'together/i"] {
            assert!(
                !worker.contains(unkept),
                "who does not agree does not load {unkept}"
            );
        }
        assert!(with("together/index.html").unwrap().contains("data-asks"));
        assert!(
            !without("together/index.html")
                .unwrap()
                .contains("data-asks")
        );
    }

    #[test]
    fn both_languages_have_the_same_texts() {
        let text = read("texts.js").unwrap();
        let (english, chinese) = text.split_once("const zh = ").unwrap();
        let names = |text: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.strip_prefix("  "));
            let own = lines.filter(|line| !line.starts_with([' ', '}', ']']));
            own.filter_map(|line| Some(line.split_once(':')?.0.to_owned()))
                .collect()
        };
        assert!(names(english).len() > 20);
        assert_eq!(names(english), names(chinese));
    }
}
