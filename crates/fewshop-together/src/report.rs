//! The report of one visit, as the shopper's device makes it.

use janus_messages::codec::{Decode, Encode};
use janus_messages::{
    HpkeConfig, HpkeConfigList, InputShareAad, PlaintextInputShare, Report, ReportId,
    ReportMetadata, Role, TaskId, Time,
};
use prio::vdaf::Client;
use prio::vdaf::prio3::Prio3MultihotCountVec;

use crate::error::TogetherError;
use crate::hpke::{Label, seal};
use crate::terms::Terms;

/// Makes reports under one shop's terms, for two aggregators.
#[derive(Debug)]
pub struct Reporter {
    terms: Terms,
    task: TaskId,
    vdaf: Prio3MultihotCountVec,
    leader: HpkeConfig,
    helper: HpkeConfig,
}

impl Reporter {
    /// With the public keys of both aggregators, as they answer to `GET hpke_config`.
    ///
    /// # Errors
    /// When a key cannot be read.
    pub fn new(terms: Terms, leader: &[u8], helper: &[u8]) -> Result<Self, TogetherError> {
        Ok(Self {
            task: terms.task(),
            vdaf: terms.vdaf()?,
            leader: first_key(leader, "leader")?,
            helper: first_key(helper, "helper")?,
            terms,
        })
    }

    /// The terms.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What is put into the report of a visit with these products: those on the watch list, each
    /// once; of more than `max_items` a random choice, since the first ones of every visit would be
    /// counted too often.
    ///
    /// # Errors
    /// When there are no random numbers.
    pub fn counted<'a>(&self, items: &[&'a str]) -> Result<Vec<&'a str>, TogetherError> {
        let mut out: Vec<&str> = Vec::new();
        for item in items {
            let is_watched = self.terms.items().iter().any(|watched| watched == item);
            if is_watched && !out.contains(item) {
                out.push(item);
            }
        }
        while out.len() > self.terms.draft().max_items {
            let mut random = [0; 8];
            getrandom::fill(&mut random)?;
            // The remainder favours some products by less than one part in 10¹⁶.
            let at = u64::from_be_bytes(random) % out.len() as u64;
            out.swap_remove(at as usize);
        }
        Ok(out)
    }

    /// The report of a visit with these products, made at this time (seconds since 1970). Its size
    /// depends on the terms alone, and so does all that a reader without both aggregators' keys
    /// can tell from it, except for the time, rounded to the terms' bucket.
    ///
    /// # Errors
    /// When there are no random numbers, or a key cannot be used.
    pub fn report(&self, items: &[&str], time_s: u64) -> Result<Vec<u8>, TogetherError> {
        let counted = self.counted(items)?;
        let flags = self.terms.items().iter();
        let flags: Vec<bool> = flags
            .map(|watched| counted.contains(&watched.as_str()))
            .collect();
        self.report_of(&flags, time_s)
    }

    fn report_of(&self, flags: &Vec<bool>, time_s: u64) -> Result<Vec<u8>, TogetherError> {
        let mut id = [0; ReportId::LEN];
        getrandom::fill(&mut id)?;
        let (public, shares) = self.vdaf.shard(flags, &id)?;
        let public = encoded(&public)?;
        let time = Time::from_seconds_since_epoch(self.terms.bucket_of(time_s));
        let metadata = ReportMetadata::new(ReportId::from(id), time);
        let bound_to = encoded(&InputShareAad::new(
            self.task,
            metadata.clone(),
            public.clone(),
        ))?;
        let mut sealed = Vec::new();
        for (share, (config, role)) in shares
            .iter()
            .zip([(&self.leader, Role::Leader), (&self.helper, Role::Helper)])
        {
            let plain = encoded(&PlaintextInputShare::new(Vec::new(), encoded(share)?))?;
            let parties = (Role::Client, role);
            sealed.push(seal(config, Label::InputShare, parties, &plain, &bound_to)?);
        }
        let helper = sealed.pop().expect("two shares were made");
        let leader = sealed.pop().expect("two shares were made");
        encoded(&Report::new(metadata, public, leader, helper))
    }
}

/// Media type of a report.
pub const REPORT_MEDIA_TYPE: &str = Report::MEDIA_TYPE;

/// The path on the leader to which a report is sent with PUT.
#[must_use]
pub fn report_path(terms: &Terms) -> String {
    format!("tasks/{}/reports", terms.task())
}

/// The path on either aggregator of its public key.
#[must_use]
pub fn key_path(terms: &Terms) -> String {
    format!("hpke_config?task_id={}", terms.task())
}

/// A message in the protocol's encoding.
pub(crate) fn encoded(message: &impl Encode) -> Result<Vec<u8>, TogetherError> {
    message
        .get_encoded()
        .map_err(|error| TogetherError::Message {
            what: "a message of this program",
            reason: error.to_string(),
        })
}

fn first_key(list: &[u8], party: &'static str) -> Result<HpkeConfig, TogetherError> {
    let unusable = |reason| TogetherError::Key { party, reason };
    let list = HpkeConfigList::get_decoded(list).map_err(|error| unusable(error.to_string()))?;
    let first = list.hpke_configs().first().cloned();
    first.ok_or_else(|| unusable("the list of keys is empty".to_owned()))
}

/// Bytes of every report under these terms.
///
/// # Errors
/// When there are no random numbers.
pub fn report_bytes(terms: &Terms) -> Result<usize, TogetherError> {
    let none = vec![false; terms.items().len()];
    let (public, shares) = terms.vdaf()?.shard(&none, &[0; ReportId::LEN])?;
    // Id and time; then lengths, key id, encapsulated key (X25519) and the cipher's tag.
    let mut bytes = ReportId::LEN + 8 + 4 + encoded(&public)?.len();
    for share in &shares {
        let plain = 2 + 4 + encoded(share)?.len();
        bytes += 1 + 2 + 32 + 4 + plain + 16;
    }
    Ok(bytes)
}

#[cfg(all(test, feature = "aggregator"))]
mod tests {
    use super::*;
    use crate::keys::KeyPair;
    use crate::terms::tests::draft;

    fn reporter(items: usize) -> Reporter {
        let keys = KeyPair::generate().expect("keys").public_list();
        Reporter::new(Terms::new(draft(items)).expect("terms"), &keys, &keys).expect("keys")
    }

    #[test]
    fn every_report_has_the_same_size_whatever_was_bought() {
        let reporter = reporter(250);
        let expected = report_bytes(&reporter.terms).expect("terms");
        let names: Vec<String> = (0..250).map(|i| format!("p{i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for items in [0, 1, 20, 250] {
            let report = reporter.report(&names[..items], 1_000_000).expect("random");
            assert_eq!(report.len(), expected, "{items} products");
        }
    }

    #[test]
    fn a_report_costs_less_than_20_kb() {
        let bytes = |items| report_bytes(&Terms::new(draft(items)).expect("terms")).expect("terms");
        assert!(bytes(500) < 20_000, "{}", bytes(500));
        assert!(bytes(1_000) < 20_000, "{}", bytes(1_000));
    }

    #[test]
    fn a_report_says_the_watched_products_once() {
        let reporter = reporter(30);
        let counted = reporter.counted(&["p2", "x", "p1", "p2"]).expect("random");
        assert_eq!(counted, ["p2", "p1"]);
    }

    #[test]
    fn of_a_long_visit_every_product_is_counted_as_often() {
        let reporter = reporter(30);
        let names: Vec<String> = (0..30).map(|i| format!("p{i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut times = [0; 30];
        for _ in 0..900 {
            let counted = reporter.counted(&names).expect("random");
            assert_eq!(counted.len(), 20);
            for (time, name) in times.iter_mut().zip(&names) {
                *time += u32::from(counted.contains(name));
            }
        }
        // 600 expected, with a deviation of 14; seven of them on either side.
        assert!(
            times.iter().all(|time| (500..700).contains(time)),
            "{times:?}"
        );
    }

    #[test]
    fn only_the_bucket_of_the_time_is_sent() {
        let report = reporter(30)
            .report(&["p1"], 86_400 * 7 + 12_345)
            .expect("random");
        let report = Report::get_decoded(&report).expect("a report");
        let time = report.metadata().time().as_seconds_since_epoch();
        assert_eq!(time, 86_400 * 7);
    }

    #[test]
    fn two_reports_of_the_same_visit_have_nothing_in_common_but_the_time() {
        let reporter = reporter(30);
        let [a, b] = [0, 1].map(|_| reporter.report(&["p1"], 86_400).expect("random"));
        let [a, b] = [a, b].map(|bytes| Report::get_decoded(&bytes).expect("a report"));
        assert_ne!(a.metadata().id(), b.metadata().id());
        assert_ne!(a.public_share(), b.public_share());
        assert_ne!(
            a.helper_encrypted_input_share().payload(),
            b.helper_encrypted_input_share().payload()
        );
    }
}
