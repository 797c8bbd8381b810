//! The checksum of Fewshop's files.

use crc::{CRC_32_ISO_HDLC, Crc, Table};

static CRC32: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);

/// The CRC-32 of gzip and PNG.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    CRC32.checksum(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_has_the_check_value_of_the_catalogue_of_checksums() {
        assert_eq!(super::crc32(b"123456789"), 0xcbf4_3926);
    }
}
