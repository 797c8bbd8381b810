//! What a shop publishes beside its page, so that a device can report without asking anybody.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::TogetherError;
use crate::report::{Reporter, report_path};
use crate::terms::{Draft, Terms};

/// An aggregator as shoppers' devices know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Where it is. A device sends to the leader alone; the helper's is for the shopper, who has to
    /// know who it is.
    pub url: String,
    /// Its public keys as it answers to `GET hpke_config`, in base64. They are part of the file, since
    /// an aggregator that is asked could give every shopper another key and know them by it.
    pub key: String,
}

impl Address {
    /// With the keys as bytes.
    #[must_use]
    pub fn new(url: &str, key: &[u8]) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            key: URL_SAFE_NO_PAD.encode(key),
        }
    }

    fn bytes(&self, party: &'static str) -> Result<Vec<u8>, TogetherError> {
        let decoded = URL_SAFE_NO_PAD.decode(&self.key);
        decoded.map_err(|error| TogetherError::Key {
            party,
            reason: error.to_string(),
        })
    }
}

/// The file of `fewshop together publish`, which the page reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// What shoppers are told and both aggregators keep to.
    pub terms: Draft,
    /// A visit of fewer products sends the empty report: a refresh counts the longer ones alone. That
    /// it sends nothing at all would tell how long it was.
    pub min_items: usize,
    /// Who takes the reports in.
    pub leader: Address,
    /// Who must belong to somebody else.
    pub helper: Address,
}

impl Published {
    /// Checks everything.
    ///
    /// # Errors
    /// When the terms cannot be kept to, or a key cannot be read.
    pub fn reporter(&self) -> Result<Reporter, TogetherError> {
        let terms = Terms::new(self.terms.clone())?;
        let keys = [self.leader.bytes("leader")?, self.helper.bytes("helper")?];
        Reporter::new(terms, &keys[0], &keys[1])
    }

    /// The address to which reports go.
    ///
    /// # Errors
    /// When the terms cannot be kept to.
    pub fn address(&self) -> Result<String, TogetherError> {
        let terms = Terms::new(self.terms.clone())?;
        Ok(format!("{}/{}", self.leader.url, report_path(&terms)))
    }

    /// A name of all that a shopper agrees to: terms, shortest visit, who the aggregators are. With
    /// another one a shopper has to be asked again.
    ///
    /// # Errors
    /// When the terms cannot be kept to.
    pub fn agreement(&self) -> Result<String, TogetherError> {
        let terms = Terms::new(self.terms.clone())?;
        let mut hash = Sha256::new();
        hash.update(terms.task().as_ref());
        hash.update((self.min_items as u64).to_be_bytes());
        for text in [
            &self.leader.url,
            &self.leader.key,
            &self.helper.url,
            &self.helper.key,
        ] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        Ok(URL_SAFE_NO_PAD.encode(hash.finalize()))
    }
}

#[cfg(all(test, feature = "aggregator"))]
pub(crate) mod tests {
    use super::*;
    use crate::keys::KeyPair;
    use crate::terms::tests::draft;

    pub(crate) fn published(items: usize) -> Published {
        let key = || KeyPair::generate().expect("random").public_list();
        Published {
            terms: draft(items),
            min_items: 3,
            leader: Address::new("https://leader.example/", &key()),
            helper: Address::new("https://helper.example", &key()),
        }
    }

    #[test]
    fn the_file_has_all_that_a_report_needs() {
        let published = published(30);
        let text = serde_json::to_string(&published).expect("plain data");
        let read: Published = serde_json::from_str(&text).expect("the same data");
        assert_eq!(read, published);
        let address = read.address().expect("terms");
        assert!(
            address.starts_with("https://leader.example/tasks/"),
            "{address}"
        );
        let report = read.reporter().expect("keys").report(&["p1"], 0);
        assert!(report.is_ok());
    }

    #[test]
    fn whatever_a_shopper_agrees_to_changes_the_agreement() {
        let one = published(30);
        let name = |change: fn(&mut Published)| {
            let mut changed = one.clone();
            change(&mut changed);
            changed.agreement().expect("terms")
        };
        let changes: [fn(&mut Published); 6] = [
            |_| {},
            |p| p.terms.epsilon = 2.0,
            |p| p.min_items = 4,
            |p| p.leader.url.push('x'),
            |p| p.helper.url.push('x'),
            |p| p.helper.key.clone_from(&p.leader.key),
        ];
        let mut all: Vec<String> = changes.into_iter().map(name).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), changes.len());
    }

    #[test]
    fn a_damaged_key_is_named() {
        let mut published = published(30);
        published.helper.key.push('!');
        let error = published.reporter().expect_err("damaged").to_string();
        assert!(error.contains("the key of the helper"), "{error}");
    }
}
