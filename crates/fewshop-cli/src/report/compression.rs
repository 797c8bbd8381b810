//! A stand-alone picture of NDCG@10 by bytes.

use fewshop_train::compress::{CompressionResult, Vectors};

use super::charts::{Frame, Series, lines, ticks};

/// Styles of a stand-alone picture; the page includes the same in its own styles. They follow the
/// reader's light or dark theme.
pub(super) const STYLE: &str = "<style>:root{--card:#fff;--ink:#5c574c;--line:#e4dfd4;--c0:#1f6f54;--c1:#8a5a00;--c2:#2b5fa8;--c3:#9b3d6e;--c4:#6b4fa0;--c5:#b3472b;--c6:#5c6670;--c7:#00707c}\
@media (prefers-color-scheme:dark){:root{--card:#1e1e1a;--ink:#b4ae9f;--line:#35342d;--c0:#67c8a3;--c1:#e0b05a;--c2:#7fb0f0;--c3:#e58fbd;--c4:#b9a2ea;--c5:#f09a7e;--c6:#aab4be;--c7:#5fc8d6}}\
svg{background:var(--card)}text{font:13px system-ui,sans-serif;fill:var(--ink)}text.name{font-weight:500}text.main{font-weight:700}.grid{stroke:var(--line)}\
.line{fill:none;stroke-width:1.7}.lead{stroke-width:1;opacity:.5}.d1{stroke-dasharray:7 4}.d2{stroke-dasharray:2 3}.d3{stroke-dasharray:9 3 2 3}.d4{stroke-dasharray:12 4}.d5{stroke-dasharray:4 2}.d6{stroke-dasharray:1 4}\
.c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}.c4{stroke:var(--c4)}.c5{stroke:var(--c5)}.c6{stroke:var(--c6)}.c7{stroke:var(--c7)}\
.mark.c0,text.c0{fill:var(--c0)}.mark.c1,text.c1{fill:var(--c1)}.mark.c2,text.c2{fill:var(--c2)}.mark.c3,text.c3{fill:var(--c3)}.mark.c4,text.c4{fill:var(--c4)}.mark.c5,text.c5{fill:var(--c5)}.mark.c6,text.c6{fill:var(--c6)}.mark.c7,text.c7{fill:var(--c7)}text{stroke:none}</style>";

/// The picture as a file of its own.
#[must_use]
pub fn compression(search: &CompressionResult) -> String {
    chart(search, "NDCG@10 by bytes", 720.0).replacen('>', &format!(">{STYLE}"), 1)
}

/// One line for each format of the vectors, over the shares of the pairs; the chosen pack has its
/// own mark.
pub(super) fn chart(search: &CompressionResult, title: &str, width: f64) -> String {
    let plain = || {
        search
            .tried
            .iter()
            .filter(|one| one.mix.ranker_zeros == 0.0)
    };
    let mut kinds: Vec<Vectors> = Vec::new();
    for one in plain() {
        if !kinds.contains(&one.mix.vectors) {
            kinds.push(one.mix.vectors);
        }
    }
    let point = |one: &fewshop_train::compress::CompressionRow| {
        (one.brotli_bytes as f64 / 1e3, one.ndcg, None)
    };
    let name = |kind: Vectors| {
        let first = plain().find(|one| one.mix.vectors == kind);
        first
            .and_then(|one| one.name.split(',').next().map(str::to_owned))
            .unwrap_or_default()
    };
    let names: Vec<String> = kinds.iter().map(|&kind| name(kind)).collect();
    let mut series: Vec<Series<'_>> = kinds
        .iter()
        .zip(&names)
        .enumerate()
        .map(|(nth, (&kind, name))| {
            let mut points: Vec<_> = plain()
                .filter(|one| one.mix.vectors == kind)
                .map(point)
                .collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            Series {
                name,
                style: nth + 1,
                emphasis: false,
                points,
            }
        })
        .collect();
    let taken = search.tried.get(search.chosen).map(point);
    series.push(Series {
        name: "taken",
        style: 0,
        emphasis: true,
        points: taken.into_iter().collect(),
    });
    let (low, high) = series
        .iter()
        .flat_map(|one| &one.points)
        .fold((f64::MAX, 0f64), |(low, high), p| {
            (low.min(p.0), high.max(p.0))
        });
    let frame = Frame {
        title,
        description: "One line for each format of the item vectors; its points, from left to right, keep 25, 50, 75 and 100 % of the pairs.",
        x: if width < 500.0 {
            "kB on the wire (brotli 11)"
        } else {
            "kB on the wire (brotli 11); points of a line: 25, 50, 75, 100 % of the pairs"
        },
        y: "NDCG@10, mean over k",
    };
    lines(&frame, &ticks(low.min(high), high), &series, width)
}

#[cfg(test)]
mod tests {
    use fewshop_train::compress::{CompressionRow, Mix};

    use super::super::svg::tests::check_well_formed;
    use super::*;

    #[test]
    fn the_picture_is_well_formed_whatever_was_tried() {
        let one = |vectors, pairs, brotli_bytes, ndcg| CompressionRow {
            mix: Mix {
                vectors,
                pairs,
                ..Mix::NONE
            },
            name: "6 bits, 75 % of the pairs".to_owned(),
            raw_bytes: 10,
            brotli_bytes,
            ndcg,
            share_of_full: 1.0,
            minus_full: 0.0,
            minus_full_interval: [0.0, 0.0],
            on_front: true,
        };
        let search = |tried| CompressionResult {
            budget_bytes: 1,
            cases: 1,
            tried,
            chosen: 0,
        };
        for tried in [
            Vec::new(),
            vec![one(Vectors::AsIs, 1.0, 900_000, f64::NAN)],
            vec![
                one(Vectors::AsIs, 1.0, 900_000, 0.17),
                one(Vectors::Codes(8), 0.5, 600_000, 0.16),
            ],
        ] {
            let picture = compression(&search(tried));
            check_well_formed(&picture);
            assert!(
                picture.contains("prefers-color-scheme")
                    && !picture.contains("NaN")
                    && !picture.contains("http://127")
            );
        }
    }
}
