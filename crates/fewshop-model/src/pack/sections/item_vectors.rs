//! Item vectors as single numbers, with their scale and bias. In a product-quantised pack the
//! numbers come from [`product_quantisation`](super::product_quantisation).

use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, PLAIN_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section, check_length};
use crate::weights::ItemTable;

const NUMBERS: &str = "items.q";

pub(in crate::pack) struct ItemVectors;

impl Section for ItemVectors {
    const NAMES: &'static [&'static str] = &[NUMBERS, "items.scale", "items.bias"];
    const SINCE: u32 = PLAIN_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, meta: &mut Meta) -> Result<bool, PackError> {
        let table = &parts.item_table;
        let (n, d) = (table.len(), table.d);
        // Stored by dimension: the dimensions differ in spread, so this compresses 5 % better.
        if !out.has(super::product_quantisation::CODES) {
            out.i8(NUMBERS, &[d, n], &transposed(&table.q, n, d));
        }
        out.bf16("items.scale", &[n], &table.scale);
        out.bf16("items.bias", &[n], &table.bias);
        meta.d = d;
        Ok(true)
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        let (n, d) = (meta.items, meta.d);
        let table = &mut parts.item_table;
        table.d = d;
        if !file.has(super::product_quantisation::CODES) {
            table.q = transposed(&file.i8(NUMBERS, &[d, n])?, d, n);
        }
        table.scale = file.bf16("items.scale", &[n])?;
        table.bias = file.bf16("items.bias", &[n])?;
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        let (n, table) = (parts.catalogue.len(), &parts.item_table);
        let d = table.d;
        if d == 0 || d > 1024 {
            return Err(PackError::field(
                NUMBERS,
                format!("has rows of {d} numbers, expected 1 to 1024"),
            ));
        }
        check_length(NUMBERS, table.q.len(), n * d)?;
        check_length("items.scale", table.scale.len(), n)?;
        check_length("items.bias", table.bias.len(), n)?;
        if table.scale.iter().any(|&s| s < 0.0) {
            return Err(PackError::field("items.scale", "holds a negative number"));
        }
        Ok(())
    }

    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        let (table, d) = (&before.item_table, before.item_table.d);
        let rows = order.old_rows().iter();
        parts.item_table = ItemTable {
            d,
            q: rows
                .flat_map(|&old| &table.q[old * d..(old + 1) * d])
                .copied()
                .collect(),
            scale: order.permuted(&table.scale),
            bias: order.permuted(&table.bias),
            subspaces: table.subspaces,
        };
        Ok(())
    }

    /// A new item has its own vector, or the normalised mean of its neighbours' vectors, and the
    /// mean of their biases. Without neighbours it has the catalogue's mean vector and lowest bias.
    fn grow(before: &PackParts, added: &[NewItem], parts: &mut PackParts) -> Result<(), PackError> {
        let (table, d) = (&before.item_table, before.item_table.d);
        let all: Vec<(u32, f32)> = (0..table.len() as u32).map(|row| (row, 1.0)).collect();
        let middle = unit_mean(table, &all);
        let lowest = table.bias.iter().copied().fold(f32::INFINITY, f32::min);
        let mut vectors = Vec::with_capacity(added.len() * d);
        let mut biases = Vec::with_capacity(added.len());
        for new in added {
            match &new.vector {
                Some(vector) => vectors.extend_from_slice(vector),
                None if new.neighbours.is_empty() => vectors.extend_from_slice(&middle),
                None => vectors.extend(unit_mean(table, &new.neighbours)),
            }
            biases.push(new.mean(|row| table.bias[row], lowest));
        }
        let new = ItemTable::quantise(&vectors, d, biases);
        parts.item_table.q.extend(new.q);
        parts.item_table.scale.extend(new.scale);
        parts.item_table.bias.extend(new.bias);
        Ok(())
    }
}

fn unit_mean(table: &ItemTable, near: &[(u32, f32)]) -> Vec<f32> {
    let mut out = vec![0.0; table.d];
    near.iter()
        .for_each(|&(row, weight)| table.add_row(row as usize, weight, &mut out));
    let norm = out.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
    out.into_iter().map(|x| x / norm).collect()
}

/// Transposes `[rows, columns]` to `[columns, rows]`.
fn transposed(q: &[i8], rows: usize, columns: usize) -> Vec<i8> {
    (0..columns)
        .flat_map(|column| (0..rows).map(move |row| q[row * columns + column]))
        .collect()
}
