//! What a power cut or an absent helper must not do: count a report twice, or never.

use fewshop_together::{Allowed, Reporter};

use crate::common::{DAY, Parties, any_port, terms, yesterday};

#[test]
fn a_job_whose_answer_was_lost_counts_its_reports_once() {
    let parties = Parties::new(terms());
    let (file, saved) = (parties.file("leader.redb"), parties.file("saved.redb"));
    // A port on which nobody listens.
    let absent = {
        let helper = parties.start_helper(any_port());
        helper.address()
    };
    let keys = [&parties.leader.encryption, &parties.helper.encryption].map(|k| k.public_list());
    let reporter = Reporter::new(terms(), &keys[0], &keys[1]).expect("keys");
    {
        let leader = parties.leader(&file, absent, Allowed::default());
        for _ in 0..120 {
            let report = reporter.report(&["p7"], yesterday()).expect("a report");
            assert_eq!(leader.take(&report, yesterday() + DAY), 201);
        }
        leader.work().expect_err("the helper is absent");
    }
    // The leader asks the helper, is answered, and dies before it has written its sums.
    std::fs::copy(&file, &saved).expect("a copy of its file");
    let helper = parties.start_helper(any_port());
    {
        let leader = parties.leader(&file, helper.address(), Allowed::default());
        assert_eq!(leader.work().expect("answered").counted, 120);
    }
    std::fs::copy(&saved, &file).expect("as it was before");
    {
        let leader = parties.leader(&file, helper.address(), Allowed::default());
        assert_eq!(leader.work().expect("answered again").counted, 120);
        assert_eq!(leader.work().expect("nothing is left").counted, 0);
    }
    // Both have counted the same reports, or the helper would refuse.
    let server = parties.start_leader(helper.address(), Allowed::default());
    let counts = fewshop_together::collect(
        &parties.terms,
        &parties.collector,
        &format!("http://{}", server.address()),
        (yesterday(), yesterday() + DAY),
        std::time::Duration::from_secs(60),
    )
    .expect("it is opened");
    assert_eq!(counts.visits, 120);
    assert!((counts.counts[7] - 120).abs() < 20, "{:?}", counts.counts);
}
