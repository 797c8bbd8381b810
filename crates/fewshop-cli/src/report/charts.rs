//! The report's charts, each a function of its data and its width.

use fewshop_eval::Interval;

use super::svg::{Anchor, Svg};

/// A named line through points with optional intervals.
pub(super) struct Series<'a> {
    pub(super) name: &'a str,
    /// Style number: colour, dash and marker.
    pub(super) style: usize,
    /// Drawn thick and above the others.
    pub(super) emphasis: bool,
    pub(super) points: Vec<(f64, f64, Option<Interval>)>,
}

/// The texts around a chart.
pub(super) struct Frame<'a> {
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
}

/// About five round numbers from `low` to `high`.
pub(super) fn ticks(low: f64, high: f64) -> Vec<f64> {
    let span = (high - low).max(1e-9);
    let raw = span / 5.0;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|s| *s >= raw - 1e-12)
        .unwrap_or(raw);
    let (from, to) = ((low / step).floor() as i64, (high / step).ceil() as i64);
    // At least two, because a single value would have no scale.
    (from..=to.max(from + 1)).map(|n| n as f64 * step).collect()
}

/// The number of digits that the step between ticks needs.
fn tick_label(value: f64, step: f64) -> String {
    let digits = (0..6)
        .find(|&d| (step * 10f64.powi(d) - (step * 10f64.powi(d)).round()).abs() < 1e-6)
        .unwrap_or(6) as usize;
    let text = format!("{value:.digits$}");
    if text
        .trim_start_matches('-')
        .chars()
        .all(|c| matches!(c, '0' | '.'))
    {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .filter(|v| v.is_finite())
        .fold(None, |range, v| match range {
            None => Some((v, v)),
            Some((low, high)) => Some((f64::min(low, v), f64::max(high, v))),
        })
}

/// Moves labels apart as little as possible so that they do not overlap.
fn spread(labels: &mut [(f64, usize)], gap: f64, bottom: f64) {
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    for i in 1..labels.len() {
        labels[i].0 = labels[i].0.max(labels[i - 1].0 + gap);
    }
    let mut limit = bottom;
    for label in labels.iter_mut().rev() {
        label.0 = label.0.min(limit);
        limit = label.0 - gap;
    }
}

/// Lines with bands, each named at its right end. `xs` are the labelled positions on the axis.
pub(super) fn lines(frame: &Frame<'_>, xs: &[f64], series: &[Series<'_>], width: f64) -> String {
    let named: Vec<(f64, String)> = xs.iter().map(|&x| (x, tick_label(x, 1.0))).collect();
    lines_at(frame, &named, series, width)
}

/// [`lines`] with labels of one's own, for an axis that is not even.
pub(super) fn lines_at(
    frame: &Frame<'_>,
    xs: &[(f64, String)],
    series: &[Series<'_>],
    width: f64,
) -> String {
    let height = if width < 500.0 { 340.0 } else { 380.0 };
    let longest = series
        .iter()
        .map(|s| s.name.chars().count())
        .max()
        .unwrap_or(0) as f64;
    let (top, bottom) = (30.0, height - 44.0);
    let right = width - (22.0 + 6.8 * longest).min(width * 0.42);
    let values = || {
        series
            .iter()
            .flat_map(|s| s.points.iter())
            .flat_map(|p| [p.1, p.2.map_or(p.1, |i| i[0]), p.2.map_or(p.1, |i| i[1])])
    };
    let mut svg = Svg::new(width, height, frame.title, frame.description);
    let (Some((low, high)), Some((x_low, x_high))) =
        (range(values()), range(xs.iter().map(|x| x.0)))
    else {
        return svg.finish();
    };
    let marks = ticks(low, high);
    let (low, high) = (marks[0], marks[marks.len() - 1]);
    let digits = marks
        .iter()
        .map(|&mark| tick_label(mark, marks[1] - marks[0]).len())
        .max()
        .unwrap_or(0);
    let left = 14.0 + 7.6 * digits as f64;
    let x_at =
        |x: f64| left + 10.0 + (x - x_low) / (x_high - x_low).max(1e-9) * (right - left - 20.0);
    let y_at = |y: f64| bottom - (y - low) / (high - low).max(1e-9) * (bottom - top);
    for &mark in &marks {
        svg.line("grid", (left, y_at(mark)), (right, y_at(mark)));
        svg.text(
            "tick",
            Anchor::End,
            (left - 8.0, y_at(mark) + 4.0),
            &tick_label(mark, marks[1] - marks[0]),
        );
    }
    for (x, label) in xs {
        svg.text("tick", Anchor::Middle, (x_at(*x), bottom + 18.0), label);
    }
    svg.text("axis", Anchor::Start, (4.0, 14.0), frame.y);
    svg.text("axis", Anchor::Middle, (width / 2.0, height - 6.0), frame.x);
    let mut order: Vec<usize> = (0..series.len()).collect();
    order.sort_by_key(|&at| series[at].emphasis);
    for &at in &order {
        let one = &series[at];
        let finite: Vec<_> = one.points.iter().filter(|p| p.1.is_finite()).collect();
        let band = finite.iter().filter_map(|p| p.2.map(|i| (x_at(p.0), i)));
        let upper: Vec<(f64, f64)> = band.clone().map(|(x, i)| (x, y_at(i[1]))).collect();
        let lower = band.map(|(x, i)| (x, y_at(i[0])));
        let around: Vec<(f64, f64)> = upper.into_iter().chain(lower.rev()).collect();
        let weight = if one.emphasis { "main" } else { "other" };
        if around.len() > 2 {
            svg.polygon(&format!("band {weight} c{}", one.style), &around);
        }
    }
    let mut labels = Vec::new();
    for &at in &order {
        let one = &series[at];
        let weight = if one.emphasis { "main" } else { "other" };
        let points: Vec<(f64, f64)> = one
            .points
            .iter()
            .filter(|p| p.1.is_finite())
            .map(|p| (x_at(p.0), y_at(p.1)))
            .collect();
        svg.polyline(
            &format!("line {weight} c{} d{}", one.style, one.style),
            &points,
        );
        if points.len() <= 12 {
            for &point in &points {
                svg.marker(&format!("mark c{}", one.style), one.style, point);
            }
        }
        if let Some(&(x, y)) = points.last() {
            labels.push((y, at, x));
        }
    }
    let mut places: Vec<(f64, usize)> = labels.iter().map(|&(y, at, _)| (y, at)).collect();
    spread(&mut places, 15.0, bottom + 4.0);
    for (y, at) in places {
        let from = labels
            .iter()
            .find(|label| label.1 == at)
            .map_or((right, y), |label| (label.2, label.0));
        svg.line(
            &format!("lead c{}", series[at].style),
            (from.0 + 5.0, from.1),
            (right + 6.0, y),
        );
        let weight = if series[at].emphasis { "main" } else { "other" };
        svg.text(
            &format!("name {weight} c{}", series[at].style),
            Anchor::Start,
            (right + 9.0, y + 4.0),
            series[at].name,
        );
    }
    svg.finish()
}

/// One bar of [`bars`].
pub(super) struct Bar<'a> {
    pub(super) name: &'a str,
    pub(super) value: f64,
    pub(super) interval: Option<Interval>,
    /// Colour class.
    pub(super) class: &'a str,
    /// The text at its end.
    pub(super) label: String,
}

/// Horizontal bars from zero, with intervals. Names are above their bars, so that they fit on a
/// phone.
pub(super) fn bars(frame: &Frame<'_>, bars: &[Bar<'_>], width: f64) -> String {
    let (row, top) = (40.0, 8.0);
    let height = top + row * bars.len() as f64 + 34.0;
    let mut svg = Svg::new(width, height, frame.title, frame.description);
    let values = bars.iter().flat_map(|b| {
        [
            b.value,
            b.interval.map_or(0.0, |i| i[0]),
            b.interval.map_or(0.0, |i| i[1]),
            0.0,
        ]
    });
    let (low, high) = range(values).unwrap_or((0.0, 1.0));
    let marks = ticks(low, high);
    let (low, high) = (marks[0], marks[marks.len() - 1]);
    let (left, right) = (6.0, width - 16.0);
    let x_at = |x: f64| left + (x - low) / (high - low).max(1e-9) * (right - left);
    let bottom = top + row * bars.len() as f64;
    let every = if width < 500.0 && marks.len() > 5 {
        2
    } else {
        1
    };
    for (nth, &mark) in marks.iter().enumerate() {
        svg.line("grid", (x_at(mark), top), (x_at(mark), bottom));
        if nth % every == 0 {
            let anchor = if nth == 0 {
                Anchor::Start
            } else if nth == marks.len() - 1 {
                Anchor::End
            } else {
                Anchor::Middle
            };
            svg.text(
                "tick",
                anchor,
                (x_at(mark), bottom + 15.0),
                &tick_label(mark, marks[1] - marks[0]),
            );
        }
    }
    for (nth, bar) in bars.iter().enumerate() {
        let y = top + row * nth as f64;
        // Only next to the bar: across the whole chart it would cross the text.
        svg.line("zero", (x_at(0.0), y + 18.0), (x_at(0.0), y + 34.0));
        let (from, to) = (x_at(bar.value.min(0.0)), x_at(bar.value.max(0.0)));
        svg.text(
            "name plain",
            Anchor::Start,
            (left + 5.0, y + 14.0),
            bar.name,
        );
        svg.text("value", Anchor::End, (right, y + 14.0), &bar.label);
        svg.rect(
            &format!("bar {}", bar.class),
            (from, y + 20.0),
            ((to - from).max(1.0), 12.0),
        );
        if let Some([a, b]) = bar.interval {
            svg.line("whisker", (x_at(a), y + 26.0), (x_at(b), y + 26.0));
            for end in [a, b] {
                svg.line("whisker", (x_at(end), y + 22.0), (x_at(end), y + 30.0));
            }
        }
    }
    svg.text("axis", Anchor::Middle, (width / 2.0, height - 4.0), frame.x);
    svg.finish()
}

/// A bar of named parts: (class, name, share).
pub(super) struct Whole<'a> {
    pub(super) name: String,
    pub(super) parts: Vec<(&'a str, &'a str, f64)>,
}

/// Bars that all reach from 0 to 100 %, with each part's share inside it if there is room,
/// otherwise in the line above.
pub(super) fn shares(frame: &Frame<'_>, wholes: &[Whole<'_>], width: f64) -> String {
    let row = 56.0;
    let height = row * wholes.len() as f64 + 8.0;
    let mut svg = Svg::new(width, height, frame.title, frame.description);
    for (nth, whole) in wholes.iter().enumerate() {
        let y = row * nth as f64 + 6.0;
        svg.text("name plain", Anchor::Start, (2.0, y + 12.0), &whole.name);
        let parts: Vec<(&str, &str, f64)> = whole
            .parts
            .iter()
            .map(|p| {
                (
                    p.0,
                    p.1,
                    if p.2.is_finite() {
                        p.2.clamp(0.0, 1.0)
                    } else {
                        0.0
                    },
                )
            })
            .collect();
        let described: Vec<String> = parts
            .iter()
            .map(|(_, name, share)| format!("{name} {:.0} %", 100.0 * share))
            .collect();
        svg.text(
            "value",
            Anchor::End,
            (width - 2.0, y + 12.0),
            &described.join(" · "),
        );
        let mut x = 2.0;
        for (class, _, share) in &parts {
            let wide = share * (width - 4.0);
            svg.rect(&format!("bar {class}"), (x, y + 20.0), (wide - 1.0, 18.0));
            x += wide;
        }
    }
    svg.finish()
}

/// Reliability: observed shares over predicted probabilities, both on a logarithmic scale because
/// most candidates are unlikely.
pub(super) fn reliability(
    frame: &Frame<'_>,
    points: &[(f64, f64, Interval)],
    width: f64,
) -> String {
    let height = width.min(440.0);
    let (left, right, top, bottom) = (52.0, width - 16.0, 28.0, height - 44.0);
    let mut svg = Svg::new(width, height, frame.title, frame.description);
    let positive = points.iter().flat_map(|p| [p.0, p.1]).filter(|v| *v > 0.0);
    let Some((low, high)) = range(positive) else {
        return svg.finish();
    };
    // 1, 2 and 5 times powers of ten, from the last one below the points to the first one above.
    let marks: Vec<f64> = (0..6)
        .rev()
        .flat_map(|p| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(-p)))
        .filter(|m| *m <= 1.0)
        .collect();
    let low = marks
        .iter()
        .copied()
        .rev()
        .find(|m| *m <= low && *m < 1.0)
        .unwrap_or(marks[0]);
    let high = marks
        .iter()
        .copied()
        .find(|m| *m >= high && *m > low)
        .unwrap_or(1.0);
    let at = |v: f64| (v.max(low).ln() - low.ln()) / (high.ln() - low.ln());
    let x_at = |v: f64| left + at(v) * (right - left);
    let y_at = |v: f64| bottom - at(v) * (bottom - top);
    for &mark in marks.iter().filter(|m| (low..=high).contains(*m)) {
        let step = [1.0, 0.1, 0.01]
            .into_iter()
            .find(|step| 100.0 * mark >= *step * 0.99)
            .unwrap_or(0.001);
        let plain = format!("{} %", tick_label(100.0 * mark, step));
        svg.line("grid", (left, y_at(mark)), (right, y_at(mark)));
        svg.text("tick", Anchor::End, (left - 6.0, y_at(mark) + 4.0), &plain);
        // Only powers of ten and the ends along the bottom: more would not fit on a phone.
        if (mark.log10() - mark.log10().round()).abs() < 1e-9 || mark == low || mark == high {
            svg.text("tick", Anchor::Middle, (x_at(mark), bottom + 18.0), &plain);
        }
    }
    svg.line("ideal", (x_at(low), y_at(low)), (x_at(high), y_at(high)));
    let mut line = Vec::new();
    for &(predicted, relevant, [from, to]) in points {
        if predicted >= low {
            svg.line(
                "whisker",
                (x_at(predicted), y_at(from)),
                (x_at(predicted), y_at(to)),
            );
            line.push((x_at(predicted), y_at(relevant)));
        }
    }
    svg.polyline("line main c0 d0", &line);
    for &point in &line {
        svg.marker("mark c0", 0, point);
    }
    svg.text("axis", Anchor::Start, (4.0, 14.0), frame.y);
    svg.text(
        "axis",
        Anchor::Middle,
        ((left + right) / 2.0, height - 6.0),
        frame.x,
    );
    svg.finish()
}

/// Upright bars side by side: (name, count).
pub(super) fn columns(frame: &Frame<'_>, columns: &[(String, f64)], width: f64) -> String {
    let height = 220.0;
    let (left, right, top, bottom) = (8.0, width - 8.0, 24.0, height - 44.0);
    let mut svg = Svg::new(width, height, frame.title, frame.description);
    let Some((_, high)) = range(columns.iter().map(|c| c.1)) else {
        return svg.finish();
    };
    let each = (right - left) / columns.len() as f64;
    for (nth, (name, value)) in columns.iter().enumerate() {
        let x = left + each * nth as f64;
        let tall = value / high.max(1e-9) * (bottom - top);
        svg.rect(
            "bar c0",
            (x + each * 0.1, bottom - tall),
            (each * 0.8, tall.max(0.5)),
        );
        svg.text(
            "tick",
            Anchor::Middle,
            (x + each / 2.0, bottom - tall - 5.0),
            &format!("{:.0} %", 100.0 * value),
        );
        svg.text(
            "tick",
            Anchor::Middle,
            (x + each / 2.0, bottom + 16.0),
            name,
        );
    }
    svg.text("axis", Anchor::Middle, (width / 2.0, height - 6.0), frame.x);
    svg.finish()
}

/// Any number of thin upright bars in order of time: (first day, count). Only the first, the middle
/// and the last are labelled.
pub(super) fn timeline(frame: &Frame<'_>, bars: &[(String, f64)], width: f64) -> String {
    let height = 220.0;
    let (right, top, bottom) = (width - 8.0, 28.0, height - 44.0);
    let mut svg = Svg::new(width, height, frame.title, frame.description);
    let Some((_, high)) = range(bars.iter().map(|bar| bar.1)) else {
        return svg.finish();
    };
    let marks = ticks(0.0, high);
    let high = marks[marks.len() - 1].max(1e-9);
    let label = |mark: f64| tick_label(mark, marks[1] - marks[0]);
    let left = 14.0
        + 7.6
            * marks
                .iter()
                .map(|&mark| label(mark).len())
                .max()
                .unwrap_or(0) as f64;
    for &mark in &marks {
        let y = bottom - mark / high * (bottom - top);
        svg.line("grid", (left, y), (right, y));
        svg.text("tick", Anchor::End, (left - 8.0, y + 4.0), &label(mark));
    }
    let each = (right - left) / bars.len() as f64;
    for (nth, (_, value)) in bars.iter().enumerate() {
        let tall = value / high * (bottom - top);
        svg.rect(
            "bar c0",
            (left + each * (nth as f64 + 0.1), bottom - tall),
            (each * 0.8, tall),
        );
    }
    let last = bars.len() - 1;
    let mut named = vec![(0, Anchor::Start, left), (last, Anchor::End, right)];
    named.truncate(bars.len().min(2));
    if last >= 6 {
        named.push((
            last / 2,
            Anchor::Middle,
            left + each * (last as f64 / 2.0).floor() + each / 2.0,
        ));
    }
    for (nth, anchor, x) in named {
        svg.text("tick", anchor, (x, bottom + 16.0), &bars[nth].0);
    }
    svg.text("axis", Anchor::Start, (4.0, 14.0), frame.y);
    svg.text("axis", Anchor::Middle, (width / 2.0, height - 6.0), frame.x);
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::super::svg::tests::check_well_formed;
    use super::*;

    const FRAME: Frame<'_> = Frame {
        title: "T & t",
        description: "d",
        x: "x",
        y: "y",
    };

    #[track_caller]
    fn check(chart: impl Fn(f64) -> String) {
        for width in [340.0, 720.0] {
            let out = chart(width);
            check_well_formed(&out);
            assert!(!out.contains("NaN") && !out.contains("inf"), "{out}");
        }
    }

    #[test]
    fn charts_of_nothing_of_one_point_and_of_bad_numbers_stay_well_formed() {
        check(|width| lines(&FRAME, &[], &[], width));
        let series = |y| Series {
            name: "a <b>",
            style: 0,
            emphasis: true,
            points: vec![(1.0, y, Some([y, f64::NAN]))],
        };
        check(|width| lines(&FRAME, &[1.0], &[series(0.0), series(f64::NAN)], width));
        check(|width| bars(&FRAME, &[], width));
        let bar = |value| Bar {
            name: "<a>",
            value,
            interval: Some([-1.0, 1.0]),
            class: "c1",
            label: String::new(),
        };
        check(|width| bars(&FRAME, &[bar(0.0), bar(f64::NAN)], width));
        check(|width| {
            shares(
                &FRAME,
                &[Whole {
                    name: "k".to_owned(),
                    parts: vec![("c0", "a", f64::NAN), ("c1", "b", 1.0)],
                }],
                width,
            )
        });
        check(|width| reliability(&FRAME, &[], width));
        check(|width| {
            reliability(
                &FRAME,
                &[(0.0, 0.0, [0.0, 0.0]), (0.2, 0.3, [0.1, 0.4])],
                width,
            )
        });
        check(|width| columns(&FRAME, &[], width));
        check(|width| columns(&FRAME, &[("1".to_owned(), 0.0)], width));
        for bars in [0, 1, 2, 60] {
            let bars: Vec<(String, f64)> =
                (0..bars).map(|n| (n.to_string(), f64::from(n))).collect();
            check(|width| timeline(&FRAME, &bars, width));
        }
        check(|width| timeline(&FRAME, &[("1".to_owned(), f64::NAN)], width));
    }

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        let marks = ticks(0.103, 0.187);
        assert!(
            marks[0] <= 0.103 && marks[marks.len() - 1] >= 0.187 && marks.len() <= 8,
            "{marks:?}"
        );
        assert_eq!(tick_label(0.125, 0.025), "0.125");
        assert_eq!(tick_label(-0.0, 0.5), "0.0");
    }

    #[test]
    fn labels_never_lie_on_each_other() {
        let mut labels = vec![(50.0, 0), (51.0, 1), (99.0, 2), (98.0, 3)];
        spread(&mut labels, 15.0, 100.0);
        assert!(
            labels.windows(2).all(|w| w[1].0 - w[0].0 >= 15.0 - 1e-9),
            "{labels:?}"
        );
        assert!(labels.iter().all(|l| l.0 <= 100.0));
    }
}
