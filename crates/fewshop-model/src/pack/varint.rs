//! Numbers of any size in few bytes: most gaps between sorted rows fit into one.

/// Seven bits per byte, the lowest first; the upper bit marks that more follow.
pub(super) fn write_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// `None` if the bytes end or the number does not fit into a u32.
pub(super) fn read_varint(bytes: &mut std::slice::Iter<'_, u8>) -> Option<u32> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.next()?;
        let bits = u32::from(byte & 0x7f);
        if bits.leading_zeros() < shift.min(32) {
            return None;
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_are_read_back_and_invalid_bytes_are_refused() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u32::MAX] {
            let mut bytes = Vec::new();
            write_varint(&mut bytes, value);
            assert_eq!(read_varint(&mut bytes.iter()), Some(value));
            assert_eq!(read_varint(&mut bytes[..bytes.len() - 1].iter()), None);
        }
        assert_eq!(
            read_varint(&mut [0xff, 0xff, 0xff, 0xff, 0x1f].iter()),
            None
        );
        assert_eq!(read_varint(&mut [0x80; 9].iter()), None);
    }
}
