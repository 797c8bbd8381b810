//! What shop systems export, damaged: tables, JSON lines, XML, packed and in other encodings.

use std::io::Write as _;
use std::sync::LazyLock;

use fewshop_data::example::{Export, Plan, write_as};

use crate::program::Program;
use crate::tables::{read_as_events, read_as_items, text, with_file};

static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let plan = Plan {
        items: 4,
        shoppers: 2,
        unseen_users: 0,
        seed: 1,
        clicks: false,
    };
    let mut seeds = Vec::new();
    for (export, files) in [
        (
            Export::Shopify,
            ["products_export.csv", "orders_export.csv"],
        ),
        (Export::Woocommerce, ["products.csv", "orders.csv"]),
        (Export::Ga4, ["events.jsonl", "events.jsonl"]),
        (Export::Merchant, ["feed.xml", "events.csv"]),
        (Export::Retailrocket, ["item_properties.csv", "events.csv"]),
        (Export::Recbole, ["shop.inter", "shop.item"]),
    ] {
        let folder = tempfile::tempdir().expect("there is a folder for temporary files");
        write_as(plan, Some(export), folder.path()).expect("the shop can be written");
        for file in files {
            let bytes = std::fs::read(folder.path().join(file)).expect("it was just written");
            seeds.push(bytes);
        }
    }
    seeds.push(
        b"1,2014-04-07T10:51:09.277Z,214536502,0\n1,2014-04-07T10:54:09.868Z,214536500,0\n"
            .to_vec(),
    );
    seeds
});

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let done = encoder.write_all(bytes).and_then(|()| encoder.finish());
    done.expect("memory takes all bytes")
}

fn utf16(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xff, 0xfe].into_iter().chain(units).collect()
}

pub(crate) fn run(input: &[u8]) -> usize {
    let mut program = Program::new(input);
    let which = program.below(SEEDS.len());
    let form = program.byte() % 8;
    let mut bytes = text(&mut program, &SEEDS[which]);
    match form {
        0 => {
            bytes = packed(&bytes);
            program.damage(&mut bytes);
        }
        1 => bytes = packed(&bytes),
        2 => {
            bytes = utf16(&bytes);
            program.damage(&mut bytes);
        }
        _ => {}
    }
    with_file(&bytes, |path| {
        read_as_items(path);
        read_as_events(path);
    });
    bytes.len().max(SEEDS[which].len())
}
