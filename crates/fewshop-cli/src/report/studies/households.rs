//! `fewshop study profile`.

use fewshop_train::tasks::attributes::{Cell, Comparison, Figure};

use super::*;

pub(super) fn section(found: &Comparison, id: &str) -> String {
    let intro = format!(
        "From the first products of {} described households, asked of households that taught nothing. What is measured is how much surer of \
         the truth the answer is than the plain shares of all households (log loss saved).",
        found.households
    );
    let mut out = super::section("What can be told of a household", &intro);
    let mut attributes: Vec<&str> = Vec::new();
    for cell in &found.cells {
        if !attributes.contains(&cell.attribute.as_str()) {
            attributes.push(&cell.attribute);
        }
    }
    let named = |names: &[&str]| {
        names
            .iter()
            .map(|name| name.replace('_', " "))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (tells, silent): (Vec<&str>, Vec<&str>) = attributes.iter().partition(|name| {
        found
            .cells
            .iter()
            .any(|cell| cell.attribute == **name && cell.is_reliable)
    });
    let (class, word, mut said) = if tells.is_empty() {
        (
            "same",
            "Off:",
            "nothing can be told beyond chance.".to_owned(),
        )
    } else {
        (
            "good",
            "A little:",
            format!(
                "{} can be told better than by the shares of everyone.",
                named(&tells)
            ),
        )
    };
    if !silent.is_empty() {
        let _ = write!(
            said,
            " Not enough to tell: {}; the page says so and shows no number.",
            named(&silent)
        );
    }
    out += &verdict(class, word, &said);
    // The most that is known of each attribute.
    let last: Vec<(String, &Cell, &Figure)> = attributes
        .iter()
        .filter_map(|name| {
            found
                .cells
                .iter()
                .rev()
                .find(|cell| cell.attribute == **name)
        })
        .filter_map(|cell| {
            Some((
                format!(
                    "{}, after {}",
                    cell.attribute.replace('_', " "),
                    cell.amount
                ),
                cell,
                cell.figures.last()?,
            ))
        })
        .collect();
    let bars: Vec<Bar<'_>> = last
        .iter()
        .map(|(name, cell, figure)| Bar {
            name,
            value: figure.gain,
            interval: Some(figure.gain_interval),
            class: if cell.is_reliable { "good" } else { "same" },
            label: plus(figure.gain, 3),
        })
        .collect();
    let said: Vec<String> = bars
        .iter()
        .map(|bar| format!("{}: {}", bar.name, bar.label))
        .collect();
    let title = format!("What can be told, {id}");
    let frame = Frame {
        title: &title,
        description: &said.join(", "),
        x: "log loss saved against the shares of everyone",
        y: "",
    };
    out += &figure(
        |width| charts::bars(&frame, &bars, width),
        "Green: speaks. Grey: not enough to tell. Lines: 95 % intervals.",
        "",
    );
    let gain = |figure: &Figure| signed(figure.gain, figure.gain_interval);
    let of = |cell: &Cell, method: &str| {
        cell.figures
            .iter()
            .find(|figure| figure.method == method)
            .map_or_else(String::new, gain)
    };
    let row = |cell: &Cell| {
        vec![
            format!("{}, {}", cell.attribute.replace('_', " "), cell.amount),
            of(cell, "heads"),
            of(cell, "logistic regression"),
            of(cell, "boosting"),
            if cell.is_reliable {
                "tells"
            } else {
                "not enough"
            }
            .to_owned(),
        ]
    };
    let head = [
        "log loss saved, 95 %",
        "Fewshop",
        "logistic regression",
        "boosting",
        "",
    ];
    let rows: Vec<Vec<String>> = found.cells.iter().map(row).collect();
    let short: Vec<Vec<String>> = last.iter().map(|(_, cell, _)| row(cell)).collect();
    out += &table(&head, &short);
    out += &details("At every number of products", &head, &rows);
    out + &together(found)
}

/// Several tasks in one network, or each in one of its own.
fn together(found: &Comparison) -> String {
    let kinds: Vec<Verdict> = found
        .cells
        .iter()
        .map(|cell| Verdict::of(cell.together_interval))
        .collect();
    let count = |kind| kinds.iter().filter(|one| **one == kind).count();
    let (better, worse) = (count(Verdict::Gain), count(Verdict::Loss));
    let mut out = "<h3>Learned together, or each alone</h3>\n".to_owned();
    let text = format!(
        "of {} comparisons, learning all attributes in one network is clearly better in {better}, clearly worse in {worse}; the rest is too \
         close to call. One network is shipped: it is smaller.",
        kinds.len()
    );
    let (class, word) = match (better > worse, better < worse) {
        (true, _) => ("good", "Rather together:"),
        (_, true) => ("bad", "Rather alone:"),
        _ => ("same", "Even:"),
    };
    out += &verdict(class, word, &text);
    let row = |cell: &Cell| {
        vec![
            format!("{}, {}", cell.attribute.replace('_', " "), cell.amount),
            signed(cell.together, cell.together_interval),
        ]
    };
    out + &details(
        "Figures",
        &["", "log loss saved by learning together, 95 %"],
        &found.cells.iter().map(row).collect::<Vec<_>>(),
    )
}
