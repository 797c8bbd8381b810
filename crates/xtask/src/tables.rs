//! The page of tables: a folder of the site with a page, a module and a service worker of its own,
//! so that a shop's visitor loads nothing of it, and its visitor nothing of a shop.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::extras;
use crate::files::{digest, files_below};
use crate::lean;
use crate::page::Base;
use crate::policy::meta_policy;
use crate::root::{root, shown};

/// Its folder in the site.
pub(crate) const FOLDER: &str = "tables/";
/// What the page shares with the npm package.
const SHARED: [&str; 2] = ["table.js", "table-worker.js"];
/// The shop's style, on which the page's own builds.
const STYLE: &str = "assets/style.css";

/// The files of the page, below its folder, without wasm-bindgen's, which are `made`. `style` is the
/// shop's style sheet as written.
pub(crate) fn files(
    base: &Base,
    made: &[(String, Vec<u8>)],
    style: &[u8],
) -> Result<Vec<(String, Vec<u8>)>> {
    let folder = root().join("web/tables");
    let mut out: Vec<(String, Vec<u8>)> = Vec::new();
    for file in files_below(&folder)? {
        let name = file.to_string_lossy().replace('\\', "/");
        let text = read(&folder.join(&file))?;
        let text = match file.extension().and_then(|ending| ending.to_str()) {
            Some("js") => lean::script(&text),
            Some("css") => lean::style(&text),
            Some("html") => lean::page(&text)
                .replace("{{site}}", &base.to_string())
                .replace("{{policy}}", &meta_policy(base, None)),
            _ => text,
        };
        out.push((name, text.into_bytes()));
    }
    for name in SHARED {
        let text = read(&root().join("crates/fewshop-wasm/package").join(name))?;
        out.push((name.to_owned(), lean::script(&text).into_bytes()));
    }
    out.extend(
        made.iter()
            .map(|(name, bytes)| (format!("table/{name}"), bytes.clone())),
    );
    out.sort();
    let mut digests = digest(style);
    let mut kept = vec!["./".to_owned(), format!("../{STYLE}")];
    for (name, bytes) in &out {
        digests += &digest(bytes);
        if name != "index.html" {
            kept.push(name.clone());
        }
    }
    let template = lean::script(&read(&root().join("web/assets/root/sw.js"))?);
    let version = &digest(digests.as_bytes())[..16];
    let worker = extras::service_worker(&template, version, &kept, "tables-", &[]);
    out.push(("sw.js".to_owned(), worker.into_bytes()));
    Ok(out)
}

fn read(path: &PathBuf) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("failed to read {}", shown(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_keeps_its_own_files_and_no_shops() {
        let made = [("fewshop_table_wasm.js".to_owned(), b"script".to_vec())];
        let all = files(&"/shop/".parse().unwrap(), &made, b"style").unwrap();
        let of = |name: &str| {
            let found = all.iter().find(|(other, _)| other == name);
            String::from_utf8(found.unwrap_or_else(|| panic!("{name}")).1.clone()).unwrap()
        };
        let page = of("index.html");
        assert!(
            page.contains(r#"src="/shop/tables/page.js""#) && !page.contains("{{"),
            "{page}"
        );
        let worker = of("sw.js");
        for kept in [
            "'../assets/style.css'",
            "'page.js'",
            "'table/fewshop_table_wasm.js'",
            "'examples/credit.csv'",
            "'fewshop-tables-'",
        ] {
            assert!(worker.contains(kept), "{kept} in {worker}");
        }
        assert!(!worker.contains("shop.pack") && !worker.contains("{{"));
    }

    #[test]
    fn both_languages_have_the_same_texts() {
        let text = read(&root().join("web/tables/texts.js")).unwrap();
        let (english, chinese) = text.split_once("const zh = ").unwrap();
        let names = |text: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.strip_prefix("  "));
            let own = lines.filter(|line| !line.starts_with([' ', '}', '.']));
            own.filter_map(|line| Some(line.split_once([':', ','])?.0.to_owned()))
                .collect()
        };
        // These are the same in both, or not needed in one.
        let shared = ["number", "percent", "file"];
        for name in names(english) {
            assert!(
                shared.contains(&name.as_str()) || names(chinese).contains(&name),
                "{name} is not translated"
            );
        }
        for code in [
            "no_rows",
            "line",
            "open_quote",
            "too_few_rows",
            "one_class",
            "too_many_classes",
            "not_a_number",
            "no_columns",
            "too_large",
            "too_many_bytes",
            "lost",
        ] {
            assert!(
                [english, chinese]
                    .iter()
                    .all(|text| text.contains(&format!("    {code}: ("))),
                "{code}"
            );
        }
    }
}
