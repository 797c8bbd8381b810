//! `docs/tutorial.md` is true: its commands run as they stand there, in a folder of their own.

use crate::common::{Folder, made_up_shop};

/// The `sh` blocks, with lines that end in a backslash put together.
fn blocks(text: &str) -> Vec<Vec<String>> {
    let fenced = text
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().replace("\\\n", " "));
    fenced
        .map(|block| block.lines().map(str::to_owned).collect())
        .collect()
}

/// A line's words as a shell would see them; double quotes are all that the tutorial uses.
fn words(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (nth, part) in line.split('"').enumerate() {
        if nth % 2 == 1 {
            out.push(part.to_owned());
        } else {
            out.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    out
}

#[test]
fn a_stranger_gets_from_two_files_to_a_pack_and_a_report() {
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/tutorial.md"
    ))
    .unwrap();
    let folder = Folder::new();
    let mut ran = 0;
    for block in blocks(&text) {
        let mut lines = block.iter();
        while let Some(line) = lines.next() {
            if let Some(file) = line
                .strip_prefix("cat > ")
                .and_then(|rest| rest.strip_suffix(" <<'END'"))
            {
                let body: Vec<&str> = lines
                    .by_ref()
                    .map(String::as_str)
                    .take_while(|line| *line != "END")
                    .collect();
                folder.write(file, &(body.join("\n") + "\n"));
            } else if line.starts_with("fewshop ") {
                let said = folder.check_words(&words(line)[1..]);
                if line.starts_with("fewshop check") {
                    assert!(
                        !said.contains("problem:")
                            && !said.contains("odd:")
                            && said.contains("session lengths"),
                        "{said}"
                    );
                }
                ran += 1;
            } else {
                // What builds; `cargo xtask`'s own tests see to its lines.
                assert!(
                    ["cargo ", "export "]
                        .iter()
                        .any(|known| line.starts_with(known)),
                    "who runs this line? {line}"
                );
            }
        }
    }
    assert!(ran >= 8, "{ran} commands");
    for file in ["card.html", "card.json", "my.pack", "report.html"] {
        assert!(folder.path(file).is_file(), "{file}");
    }
    let pack =
        fewshop_model::Pack::from_bytes(&std::fs::read(folder.path("my.pack")).unwrap()).unwrap();
    assert_eq!(
        (pack.card().shop.as_str(), pack.card().currency.as_str()),
        ("Corner Pantry", "GBP")
    );
    assert!(
        !pack.rules().is_empty()
            && pack
                .catalogue()
                .items()
                .iter()
                .all(|item| !item.picture.is_empty())
    );
    let report: serde_json::Value = serde_json::from_str(&folder.read("report.json")).unwrap();
    let contenders = report["strangers"]["contenders"].as_array().unwrap();
    let of = |name: &str| {
        let one = contenders
            .iter()
            .find(|one| one["name"] == name)
            .unwrap_or_else(|| panic!("{name} is not in {contenders:?}"));
        one["all"]["ndcg@10"].as_f64().unwrap()
    };
    // Shoppers keep to a few of twenty categories, so whoever learns it leads by far.
    assert!(
        of("full") > 1.3 * of("popularity"),
        "{} {}",
        of("full"),
        of("popularity")
    );
}

#[test]
fn check_ends_with_1_where_a_training_would_fail_and_with_0_where_it_would_not() {
    let shop = made_up_shop();
    let said = shop.check_done("check --items items.csv --events events.csv --now 2024-02-01");
    assert!(
        said.contains("36 in 3 departments") && !said.contains("problem:"),
        "{said}"
    );
    // The log lies in the future of an earlier day, which is odd and no more.
    let said = shop.check_done("check --items items.csv --events events.csv --now 2024-01-10");
    assert!(said.contains("in the future"), "{said}");
    let items = shop.read("items.csv");
    shop.write("items.csv", &items.replace(",1.50\n", ",cheap\n"));
    shop.check_refused(
        "check --items items.csv --events events.csv --now 2024-02-01",
        1,
        &["problems would make training fail"],
    );
    shop.check_refused(
        "check --items nowhere.csv --events events.csv",
        1,
        &["nowhere.csv"],
    );
    shop.check_refused(
        "check --items items.csv --events events.csv --now noon",
        2,
        &["2024-05-31"],
    );
}
