//! Encryption for one party, as DAP-09 (section 4.4.2 and 4.5.2) binds it to task, sender and
//! recipient. The algorithms are those of `hpke`, chosen by the ids in a party's public key.

use hpke_dispatch::Config;
use janus_messages::{HpkeCiphertext, HpkeConfig, Role};

use crate::error::TogetherError;

/// What is encrypted. The words are the protocol's.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Label {
    /// An aggregator's part of a report.
    InputShare,
    /// An aggregator's part of the sums.
    #[cfg(feature = "aggregator")]
    AggregateShare,
}

fn info(label: Label, sender: Role, recipient: Role) -> Vec<u8> {
    let words: &[u8] = match label {
        Label::InputShare => b"dap-09 input share",
        #[cfg(feature = "aggregator")]
        Label::AggregateShare => b"dap-09 aggregate share",
    };
    [words, &[sender as u8, recipient as u8]].concat()
}

fn algorithms(config: &HpkeConfig, party: &'static str) -> Result<Config, TogetherError> {
    let ids = (
        u16::from(*config.aead_id()),
        u16::from(*config.kdf_id()),
        u16::from(*config.kem_id()),
    );
    Config::try_from_ids(ids.0, ids.1, ids.2).map_err(|unknown| TogetherError::Key {
        party,
        reason: format!("its algorithms are not known here ({unknown})"),
    })
}

/// Encrypts for `recipient`.
pub(crate) fn seal(
    config: &HpkeConfig,
    label: Label,
    (sender, recipient): (Role, Role),
    plain: &[u8],
    bound_to: &[u8],
) -> Result<HpkeCiphertext, TogetherError> {
    let party = recipient.as_str();
    let sealed = algorithms(config, party)?
        .base_mode_seal(
            config.public_key().as_ref(),
            &info(label, sender, recipient),
            plain,
            bound_to,
        )
        .map_err(|error| TogetherError::Key {
            party,
            reason: error.to_string(),
        })?;
    Ok(HpkeCiphertext::new(
        *config.id(),
        sealed.encapped_key,
        sealed.ciphertext,
    ))
}

/// Decrypts what was encrypted for the key pair's owner.
#[cfg(feature = "aggregator")]
pub(crate) fn open(
    keys: &crate::keys::KeyPair,
    label: Label,
    (sender, recipient): (Role, Role),
    sealed: &HpkeCiphertext,
    bound_to: &[u8],
) -> Result<Vec<u8>, TogetherError> {
    algorithms(keys.public(), recipient.as_str())?
        .base_mode_open(
            keys.private(),
            sealed.encapsulated_key(),
            &info(label, sender, recipient),
            sealed.payload(),
            bound_to,
        )
        .map_err(|error| TogetherError::Message {
            what: "an encrypted share",
            reason: error.to_string(),
        })
}
