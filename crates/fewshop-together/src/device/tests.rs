use super::*;
use crate::published::tests::published;

const DAY: u64 = 86_400;
const NOW: u64 = 1_800_000_000;

/// 30 products `p0` to `p29`, at most 20 of a visit, 4 visits a month, at least 3 products.
struct Device {
    reporter: Reporter,
    record: Record,
}

impl Device {
    fn new() -> Self {
        let mut record = Record::default();
        record.agree("these terms", NOW);
        Self {
            reporter: published(30).reporter().expect("keys"),
            record,
        }
    }

    /// The products of a report that is made now; `None` if none is.
    fn reports(&mut self, visits: &[Visit], now_s: u64) -> Option<Vec<String>> {
        let before = self.record.told().len();
        self.record
            .report(&self.reporter, 3, visits, now_s)
            .expect("random");
        let told = self.record.told().get(before)?;
        assert_eq!(told.bytes().map(|b| b.len()), Some(self.bytes()));
        Some(told.items.clone())
    }

    fn bytes(&self) -> usize {
        crate::report_bytes(self.reporter.terms()).expect("terms")
    }
}

fn visit(ended_s: u64, items: &[&str]) -> Visit {
    let items = items.iter().map(|&item| item.to_owned()).collect();
    Visit { ended_s, items }
}

#[test]
fn nothing_is_reported_unless_its_owner_has_agreed() {
    let mut device = Device::new();
    device.record = Record::default();
    let visits = [visit(NOW, &["p1", "p2", "p3"])];
    assert_eq!(device.reports(&visits, NOW + 9 * DAY), None);
    device.record.agree("these terms", NOW + 9 * DAY);
    assert_eq!(
        device.reports(&visits, NOW + 9 * DAY),
        None,
        "it ended before"
    );
}

#[test]
fn a_visit_is_reported_a_day_after_its_end_and_once() {
    let mut device = Device::new();
    let visits = [visit(NOW + 5, &["p3", "x", "p1", "p2"])];
    assert_eq!(device.reports(&visits, NOW + 4 + DAY), None);
    let items = device.reports(&visits, NOW + 5 + DAY).expect("due");
    assert_eq!(items, ["p1", "p2", "p3"]);
    device
        .record
        .answered(NOW + 5, Outcome::Accepted, NOW + 6 + DAY);
    assert_eq!(device.reports(&visits, NOW + 20 * DAY), None);
    assert_eq!(
        device.record.told()[0].bytes(),
        None,
        "nothing is kept of it"
    );
}

#[test]
fn short_and_empty_visits_send_the_empty_report() {
    let mut device = Device::new();
    for (at, items) in [&["p1", "p2"][..], &["x", "y", "z"], &["p1", "p1", "p1"]]
        .into_iter()
        .enumerate()
    {
        let ended = NOW + at as u64;
        let items = device.reports(&[visit(ended, items)], NOW + 3 * DAY);
        assert_eq!(items, Some(Vec::new()));
        device
            .record
            .answered(ended, Outcome::Accepted, NOW + 3 * DAY);
    }
}

#[test]
fn a_report_that_was_not_answered_stays_the_same_and_no_other_is_made() {
    let mut device = Device::new();
    let visits = [visit(NOW, &["p1", "p2", "p3"]), visit(NOW + 9, &[])];
    device.reports(&visits, NOW + 2 * DAY).expect("due");
    let first = device.record.waiting().cloned().expect("it waits");
    assert_eq!(device.reports(&visits, NOW + 3 * DAY), None);
    assert_eq!(device.record.waiting(), Some(&first));
    device.record.answered(first.visit, Outcome::Refused, NOW);
    assert!(device.reports(&visits, NOW + 3 * DAY).is_some());
}

#[test]
fn a_month_has_as_many_reports_as_was_agreed() {
    let mut device = Device::new();
    let visits: Vec<Visit> = (0..10).map(|at| visit(NOW + at * DAY, &[])).collect();
    let mut times = Vec::new();
    for day in 0..60 {
        let now = NOW + day * DAY;
        if device.reports(&visits, now).is_some() {
            times.push(day);
            let visit = device.record.waiting().expect("made").visit;
            device.record.answered(visit, Outcome::Accepted, now);
        }
    }
    assert_eq!(times, [1, 2, 3, 4, 31, 32, 33, 34]);
    let spent = device.record.spent(NOW + 34 * DAY);
    assert_eq!(spent, device.reporter.terms().privacy_per_month());
}

#[test]
fn whoever_stops_sends_nothing_more_and_has_no_new_budget() {
    let mut device = Device::new();
    let visits = [visit(NOW, &[]), visit(NOW + 1, &[])];
    device.reports(&visits, NOW + DAY).expect("due");
    device.record.stop();
    assert_eq!(device.record.waiting(), None);
    assert_eq!(device.record.told()[0].outcome, Outcome::Stopped);
    assert_eq!(device.reports(&visits, NOW + 3 * DAY), None);
    device.record.agree("these terms", NOW + 3 * DAY);
    assert_eq!(
        device.record.left(device.reporter.terms(), NOW + 3 * DAY),
        3
    );
}

#[test]
fn other_terms_need_another_agreement() {
    let mut record = Record::default();
    record.agree("these terms", NOW);
    assert!(record.has_agreed("these terms") && !record.has_agreed("others"));
    record.agree("others", NOW + 7);
    assert_eq!(record.due_s(&visit(NOW + 6, &[])), None, "not under these");
    assert_eq!(record.due_s(&visit(NOW + 7, &[])), Some(NOW + 7 + DAY));
}

#[test]
fn a_visit_that_is_kept_out_is_never_reported() {
    let mut device = Device::new();
    device.record.skip(NOW);
    assert_eq!(device.reports(&[visit(NOW, &[])], NOW + 9 * DAY), None);
    let left = device.record.left(device.reporter.terms(), NOW + 9 * DAY);
    assert_eq!(left, 4, "and costs nothing");
}

#[test]
fn the_record_survives_its_text() {
    let mut device = Device::new();
    device.reports(&[visit(NOW, &["p1", "p2", "p3"])], NOW + DAY);
    device.record.skip(7);
    let text = serde_json::to_string(&device.record).expect("plain data");
    let back: Record = serde_json::from_str(&text).expect("the same data");
    assert_eq!(back, device.record);
}
