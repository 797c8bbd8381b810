//! Keys and passwords of the three parties.
//!
//! | who | has | must not have |
//! |---|---|---|
//! | leader | its private key, what both aggregators share, the collector's password | the helper's private key |
//! | helper | its private key, what both aggregators share | the leader's private key |
//! | collector (the shop) | its private key, its password | what the aggregators share |

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hpke_dispatch::{Kem, Keypair};
use janus_messages::codec::{Decode, Encode};
use janus_messages::{
    HpkeAeadId, HpkeConfig, HpkeConfigId, HpkeConfigList, HpkeKdfId, HpkeKemId, HpkePublicKey,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use crate::error::TogetherError;

/// Bytes that only their owner knows, as base64 in files and never in a message of this program.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Random bytes.
    ///
    /// # Errors
    /// When the system has none.
    pub fn random(bytes: usize) -> Result<Self, TogetherError> {
        let mut secret = vec![0; bytes];
        getrandom::fill(&mut secret)?;
        Ok(Self(secret))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The password in a request's `Authorization`.
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", URL_SAFE_NO_PAD.encode(&self.0))
    }

    /// Whether a request carries this password. Hashes are compared, since comparing the texts
    /// would take longer the more of their beginning is right.
    pub(crate) fn is_carried_by(&self, authorization: Option<&str>) -> bool {
        let hash = |text: &str| Sha256::digest(text.as_bytes());
        authorization.is_some_and(|carried| hash(carried) == hash(&self.bearer()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(de::Error::custom)?;
        Ok(Self(bytes))
    }
}

/// A public key with its algorithms, as base64 of the protocol's encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(pub(crate) HpkeConfig);

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.get_encoded().map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(de::Error::custom)?;
        let config = HpkeConfig::get_decoded(&bytes).map_err(de::Error::custom)?;
        Ok(Self(config))
    }
}

/// An encryption key pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPair {
    /// What everybody may know.
    public: PublicKey,
    /// What nobody else may know.
    private: Secret,
}

impl KeyPair {
    /// A new pair: X25519, HKDF-SHA256, ChaCha20-Poly1305.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn generate() -> Result<Self, TogetherError> {
        let mut id = [0];
        getrandom::fill(&mut id)?;
        let Keypair {
            public_key,
            private_key,
        } = Kem::X25519HkdfSha256.gen_keypair();
        let public = HpkeConfig::new(
            HpkeConfigId::from(id[0]),
            HpkeKemId::X25519HkdfSha256,
            HpkeKdfId::HkdfSha256,
            HpkeAeadId::ChaCha20Poly1305,
            HpkePublicKey::from(public_key),
        );
        Ok(Self {
            public: PublicKey(public),
            private: Secret(private_key),
        })
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    pub(crate) fn public(&self) -> &HpkeConfig {
        &self.public.0
    }

    pub(crate) fn private(&self) -> &[u8] {
        self.private.bytes()
    }

    /// What is answered to somebody who asks for the key.
    #[must_use]
    pub fn public_list(&self) -> Vec<u8> {
        HpkeConfigList::new(vec![self.public().clone()])
            .get_encoded()
            .expect("a key of 32 bytes fits its length field")
    }
}

/// What both aggregators know and nobody else: made by one of them, given to the other in
/// confidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// From this key come the random questions that a report's proof must answer. A shopper who
    /// knew it could prove anything.
    pub verify_key: Secret,
    /// The password with which the leader asks the helper.
    pub leader_password: Secret,
    /// The collector's public key, for which the sums are encrypted.
    pub collector: PublicKey,
}

/// The leader's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaderKeys {
    /// The password with which the collector asks the leader.
    pub collector_password: Secret,
    /// Its own key pair.
    pub encryption: KeyPair,
    /// What it shares with the helper.
    pub shared: Shared,
}

/// The helper's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelperKeys {
    /// Its own key pair.
    pub encryption: KeyPair,
    /// What it shares with the leader.
    pub shared: Shared,
}

/// The collector's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectorKeys {
    /// The password with which it asks the leader.
    pub password: Secret,
    /// Its own key pair.
    pub encryption: KeyPair,
}

/// New keys for the shop: those of leader and collector, and what the helper is given. Whoever makes
/// them learns no key of the helper's.
///
/// # Errors
/// When the system has no random numbers.
pub fn shop_keys() -> Result<(LeaderKeys, CollectorKeys), TogetherError> {
    let collector = CollectorKeys {
        password: Secret::random(32)?,
        encryption: KeyPair::generate()?,
    };
    let leader = LeaderKeys {
        collector_password: collector.password.clone(),
        encryption: KeyPair::generate()?,
        shared: Shared {
            verify_key: Secret::random(16)?,
            leader_password: Secret::random(32)?,
            collector: collector.encryption.public_key(),
        },
    };
    Ok((leader, collector))
}

/// New keys for the helper.
///
/// # Errors
/// When the system has no random numbers.
pub fn helper_keys(shared: Shared) -> Result<HelperKeys, TogetherError> {
    Ok(HelperKeys {
        encryption: KeyPair::generate()?,
        shared,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_their_file_and_say_nothing_when_printed() {
        let (leader, collector) = shop_keys().expect("random");
        let helper = helper_keys(leader.shared.clone()).expect("random");
        let text = serde_json::to_string(&leader).expect("plain data");
        assert_eq!(
            serde_json::from_str::<LeaderKeys>(&text).expect("the same data"),
            leader
        );
        let secret = URL_SAFE_NO_PAD.encode(leader.encryption.private());
        assert!(text.contains(&secret));
        assert!(!format!("{leader:?}").contains(&secret));
        assert_ne!(leader.encryption.private(), helper.encryption.private());
        assert_eq!(
            leader.shared.collector.0,
            *collector.encryption.public(),
            "the sums are for the collector"
        );
    }

    #[test]
    fn a_password_is_carried_whole_or_not() {
        let secret = Secret::random(32).expect("random");
        let bearer = secret.bearer();
        assert!(secret.is_carried_by(Some(&bearer)));
        assert!(!secret.is_carried_by(None));
        assert!(!secret.is_carried_by(Some(&bearer[..bearer.len() - 1])));
        assert!(!secret.is_carried_by(Some("Bearer ")));
    }
}
