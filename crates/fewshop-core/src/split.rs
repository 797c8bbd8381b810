//! The split into training and evaluation: a hash of the id assigns whole shoppers, so that no
//! shopper is on both sides.

/// Fold of a shopper in `0..folds`, the same on every machine: FNV-1a of salt and id, mixed.
///
/// # Panics
/// When `folds` is 0.
#[must_use]
pub fn fold(user: &str, salt: &str, folds: u64) -> u64 {
    let mut h: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in salt.bytes().chain([0]).chain(user.bytes()) {
        h = (h ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    // FNV's low bits are weak for short keys; one round of splitmix64 spreads them.
    h = (h ^ (h >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h = (h ^ (h >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (h ^ (h >> 31)) % folds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_even_and_depend_on_the_salt() {
        let mut counts = [0; 10];
        for user in 0..10_000 {
            counts[fold(&format!("h{user}"), "a", 10) as usize] += 1;
        }
        assert!(
            counts.iter().all(|&n| (900..1100).contains(&n)),
            "{counts:?}"
        );
        assert!(
            (0..100).any(
                |user| fold(&format!("h{user}"), "a", 10) != fold(&format!("h{user}"), "b", 10)
            )
        );
    }
}
