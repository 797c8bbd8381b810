//! How many reports one address may send.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// A day: a household, or a shop's own Wi-Fi, shares one address.
const WINDOW_S: u64 = 86_400;
/// Addresses that are counted at the same time, about 40 bytes each. Further ones are refused until
/// the day is over, since dropping counts would let a sender with many addresses empty the table.
const MAX_ADDRESSES: usize = 1_000_000;

/// Counts reports by address. Counts are kept in memory only, and thrown away after a day: nothing
/// that could be asked for later says who has taken part.
#[derive(Debug)]
pub(crate) struct Limit {
    most: u32,
    counts: Mutex<(u64, HashMap<[u8; 8], u32>)>,
}

impl Limit {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most,
            counts: Mutex::new((0, HashMap::new())),
        }
    }

    /// Counts a report of this address; `false` if it has sent too many today.
    pub(crate) fn allows(&self, from: IpAddr, now_s: u64) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let window = now_s / WINDOW_S;
        if counts.0 != window {
            *counts = (window, HashMap::new());
        }
        let key = key(from);
        let is_full = counts.1.len() >= MAX_ADDRESSES && !counts.1.contains_key(&key);
        if is_full {
            return false;
        }
        let count = counts.1.entry(key).or_default();
        *count = count.saturating_add(1);
        *count <= self.most
    }
}

/// An IPv4 address, or the half of an IPv6 address that names a network: one household has 2^64 of
/// the other half.
fn key(from: IpAddr) -> [u8; 8] {
    let mut key = [0; 8];
    match from.to_canonical() {
        IpAddr::V4(v4) => key[4..].copy_from_slice(&v4.octets()),
        IpAddr::V6(v6) => key.copy_from_slice(&v6.octets()[..8]),
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn of_100_000_reports_of_one_client_the_limit_passes() {
        let limit = Limit::new(50);
        let from = address("192.0.2.7");
        let passed = (0..100_000)
            .filter(|i| limit.allows(from, i % 86_400))
            .count();
        assert_eq!(passed, 50);
        assert!(limit.allows(address("192.0.2.8"), 5), "others are not hurt");
        assert!(limit.allows(from, 86_400), "the next day");
    }

    #[test]
    fn one_ipv6_network_counts_as_one_client() {
        let limit = Limit::new(1);
        assert!(limit.allows(address("2001:db8::1"), 0));
        assert!(!limit.allows(address("2001:db8::2"), 0));
        assert!(limit.allows(address("2001:db8:0:1::1"), 0));
        assert!(limit.allows(address("192.0.2.7"), 0));
        assert!(
            !limit.allows(address("::ffff:192.0.2.7"), 0),
            "the same IPv4"
        );
    }
}
