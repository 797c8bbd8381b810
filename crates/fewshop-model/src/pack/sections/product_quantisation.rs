//! Item vectors by product quantisation (Jégou, Douze and Schmid 2011) in the file: each vector is
//! split into sub-vectors, and each of these is stored as the number of one of at most 256
//! *centroids*. In memory it is an ordinary table of bytes: only the file is smaller.

use std::collections::HashMap;

use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, Dtype, QUANTISED_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section};
use crate::weights::{ItemTable, MAX_SUB_VECTOR_WIDTH};

pub(super) const CODES: &str = "items.codes";
const CENTROIDS: &str = "items.centroids";
/// A code is one byte.
pub(crate) const MAX_CENTROIDS: usize = 256;
pub(in crate::pack) struct ProductQuantisation;

impl Section for ProductQuantisation {
    /// They replace `items.q`.
    const NAMES: &'static [&'static str] = &[CODES, CENTROIDS];
    const SINCE: u32 = QUANTISED_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, _: &mut Meta) -> Result<bool, PackError> {
        Ok(write(&parts.item_table, out))
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        if let Some((q, subspaces)) = read(file, meta.items, meta.d)? {
            (parts.item_table.q, parts.item_table.subspaces) = (q, subspaces);
        }
        Ok(())
    }

    /// The memory holds only the table, which [`ItemVectors`](super::item_vectors::ItemVectors)
    /// checks, reorders and grows.
    fn check(_: &PackParts) -> Result<(), PackError> {
        Ok(())
    }

    fn reorder(_: &PackParts, _: &RowOrder, _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }

    fn grow(_: &PackParts, _: &[NewItem], _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }
}

/// Writes the table as codes if it has subspaces and its distinct sub-vectors are few enough;
/// returns whether it did.
fn write(table: &ItemTable, out: &mut Writer) -> bool {
    let Some((codes, centroids)) = codes(table) else {
        return false;
    };
    out.bytes(CODES, Dtype::U8, &[table.subspaces, table.len()], codes);
    out.i8(CENTROIDS, &[centroids.len() / table.d, table.d], &centroids);
    true
}

/// `[subspaces, items]` and `[centroids, d]`: the centroids of a subspace are in its columns, in
/// order of first use.
fn codes(table: &ItemTable) -> Option<(Vec<u8>, Vec<i8>)> {
    let (n, d, subspaces) = (table.len(), table.d, table.subspaces);
    if !ItemTable::can_cut(d, subspaces) {
        return None;
    }
    let width = d / subspaces;
    let mut codes = Vec::with_capacity(subspaces * n);
    let mut lists = Vec::with_capacity(subspaces);
    for subspace in 0..subspaces {
        let mut list: Vec<&[i8]> = Vec::new();
        let mut known: HashMap<&[i8], u8> = HashMap::new();
        for row in table.q.chunks_exact(d) {
            let part = &row[subspace * width..(subspace + 1) * width];
            let code = match known.get(part) {
                Some(&code) => code,
                // Rows that were added later may have other sub-vectors; the table is then written
                // as single numbers.
                None => {
                    let code = u8::try_from(list.len()).ok()?;
                    known.insert(part, code);
                    list.push(part);
                    code
                }
            };
            codes.push(code);
        }
        lists.push(list);
    }
    let max_codes = lists.iter().map(Vec::len).max().unwrap_or(0);
    let mut centroids = vec![0i8; max_codes * d];
    for (subspace, list) in lists.iter().enumerate() {
        for (nth, part) in list.iter().enumerate() {
            centroids[nth * d + subspace * width..][..width].copy_from_slice(part);
        }
    }
    Some((codes, centroids))
}

/// Reads the table's numbers, `[n, d]`, and the number of subspaces; `None` if the file has no
/// codes.
fn read(file: &Container<'_>, n: usize, d: usize) -> Result<Option<(Vec<i8>, usize)>, PackError> {
    if !ProductQuantisation::NAMES.iter().any(|name| file.has(name)) {
        return Ok(None);
    }
    if file.has("items.q") {
        return Err(PackError::field(
            CODES,
            "is present together with 'items.q': a table has only one form",
        ));
    }
    let (subspaces, count) = (file.len_of(CODES)?, file.len_of(CENTROIDS)?);
    if !ItemTable::can_cut(d, subspaces) {
        return Err(PackError::field(
            CODES,
            format!(
                "has {subspaces} sub-vectors a row: they must divide {d} numbers evenly, into parts of at most {MAX_SUB_VECTOR_WIDTH}"
            ),
        ));
    }
    if count > MAX_CENTROIDS {
        return Err(PackError::field(
            CENTROIDS,
            format!("has {count} rows, at most {MAX_CENTROIDS} can be named"),
        ));
    }
    let codes = file.shaped_u8(CODES, &[subspaces, n])?;
    let centroids = file.i8(CENTROIDS, &[count, d])?;
    if let Some(&bad) = codes.iter().find(|&&code| usize::from(code) >= count) {
        return Err(PackError::field(
            CODES,
            format!("names centroid {bad}, there are {count}"),
        ));
    }
    let width = d / subspaces;
    let mut q = Vec::with_capacity(n * d);
    for row in 0..n {
        for subspace in 0..subspaces {
            let code = usize::from(codes[subspace * n + row]);
            q.extend_from_slice(&centroids[code * d + subspace * width..][..width]);
        }
    }
    Ok(Some((q, subspaces)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[[i8; 4]], subspaces: usize) -> ItemTable {
        ItemTable {
            d: 4,
            q: rows.concat(),
            scale: vec![1.0; rows.len()],
            bias: vec![0.0; rows.len()],
            subspaces,
        }
    }

    #[test]
    fn a_sub_vector_is_stored_once_and_named_by_its_index() {
        let (codes, centroids) =
            codes(&table(&[[1, 2, 3, 4], [1, 2, 5, 6], [7, 8, 3, 4]], 2)).unwrap();
        assert_eq!(codes, [0, 0, 1, 0, 1, 0]);
        assert_eq!(centroids, [1, 2, 3, 4, 7, 8, 5, 6]);
    }

    #[test]
    fn a_table_that_cannot_be_split_or_has_too_many_parts_has_no_codes() {
        assert!(codes(&table(&[[1, 2, 3, 4]], 0)).is_none());
        assert!(codes(&table(&[[1, 2, 3, 4]], 3)).is_none());
        let rows: Vec<[i8; 4]> = (0..257)
            .map(|i| [(i % 100) as i8, (i / 100) as i8, 0, 0])
            .collect();
        assert!(codes(&table(&rows, 2)).is_none());
        assert!(codes(&table(&rows[..256], 2)).is_some());
        assert!(!ItemTable::can_cut(64, 2) && ItemTable::can_cut(64, 4));
    }
}
