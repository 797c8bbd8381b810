//! The known attacks on weight files, each with lengths, offsets and checksums that are right
//! wherever the attack is not about them.

use fewshop_fuzz::{Sealed, coded_bytes, peak_of, toy_bytes};
use fewshop_model::{Pack, PackError};
use serde_json::{Value, json};

/// Refused with this code, and with memory in proportion to the file.
#[track_caller]
fn check_refused(bytes: &[u8], code: &str, word: &str) {
    let (read, peak) = peak_of(|| Pack::from_bytes(bytes));
    // Not by `expect_err`, which would print the whole pack.
    let Err(error) = read else {
        panic!("an attack is refused")
    };
    assert_eq!(error.code(), code, "{error}");
    assert!(
        error.to_string().contains(word),
        "{word:?} is not in {error}"
    );
    assert!(
        peak <= (1 << 16) + 40 * bytes.len(),
        "{peak} bytes of memory to refuse {}",
        bytes.len()
    );
}

/// The toy's pack with a change to its parts, sealed again.
fn attack(change: impl FnOnce(&mut Sealed)) -> Vec<u8> {
    let mut parts = Sealed::open(&toy_bytes());
    change(&mut parts);
    parts.seal()
}

/// The toy's pack with a change to its header, whose numbers are kept as they are; only the hash is
/// right.
fn attack_header(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let parts = Sealed::open(&toy_bytes());
    let mut header = parts.header.clone();
    change(&mut header);
    let room = u32::from_le_bytes([
        toy_bytes()[12],
        toy_bytes()[13],
        toy_bytes()[14],
        toy_bytes()[15],
    ]) as usize;
    parts.seal_with(header.to_string().into_bytes(), room)
}

/// The toy's sections under a header that is no longer a value of JSON: its offsets are moved by
/// how much it grew.
fn with_offsets(parts: &Sealed, text: &str) -> Vec<u8> {
    let grown = |header: &str, room: usize| {
        let mut header = header.to_owned();
        let mut at = 16 + room;
        for section in &parts.sections {
            at = at.next_multiple_of(8);
            let from = header.find("\"offset\":").expect("an entry has an offset");
            let end = from + header[from..].find([',', '}']).expect("a number ends");
            header.replace_range(from..end, &format!("\"OFFSET\":{at}"));
            at += section.len();
        }
        header.replace("OFFSET", "offset")
    };
    let room = (text.len() + 8 * parts.sections.len()).next_multiple_of(8);
    parts.seal_with(grown(text, room).into_bytes(), room)
}

fn entry<'a>(header: &'a mut Value, name: &str) -> &'a mut Value {
    let entries = header["sections"]
        .as_array_mut()
        .expect("a header has sections");
    entries
        .iter_mut()
        .find(|entry| entry["name"] == name)
        .expect("the toy has all sections")
}

#[test]
fn the_tools_of_the_attacks_change_nothing_by_themselves() {
    assert_eq!(
        Pack::from_bytes(&attack(|_| {})).map(|pack| pack.catalogue().len()),
        Ok(60)
    );
    assert_eq!(
        Pack::from_bytes(&attack_header(|_| {})).map(|pack| pack.catalogue().len()),
        Ok(60)
    );
}

#[test]
fn cut_at_every_byte() {
    let bytes = toy_bytes();
    for len in 0..bytes.len() {
        let Err(error) = Pack::from_bytes(&bytes[..len]) else {
            panic!("a part is no pack")
        };
        let expected = [
            "pack_empty",
            "pack_not_a_pack",
            "pack_truncated",
            "pack_field",
            "pack_checksum",
        ];
        assert!(expected.contains(&error.code()), "{len}: {error}");
    }
}

#[test]
fn one_bit_of_every_byte_flipped() {
    let bytes = toy_bytes();
    for at in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        assert!(Pack::from_bytes(&bytes).is_err(), "byte {at}");
    }
}

#[test]
fn a_header_that_is_bloated() {
    // By its length alone, by blanks, by a long list, by deep nesting, by a long name.
    let mut bytes = toy_bytes();
    bytes[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    check_refused(&bytes, "pack_field", "header");
    let parts = Sealed::open(&toy_bytes());
    let mut text = parts.header.to_string();
    text.push_str(&" ".repeat(2 << 20));
    check_refused(
        &parts.seal_with(text.into_bytes(), 0),
        "pack_field",
        "header",
    );
    let many = attack_header(|header| {
        let one = entry(header, "popularity").clone();
        header["sections"] = (0..5_000).map(|_| one.clone()).collect();
    });
    check_refused(&many, "pack_field", "");
    let deep = format!(
        "\"card\":{{\"x\":{}{},",
        "[".repeat(400_000),
        "]".repeat(400_000)
    );
    let text = parts.header.to_string().replacen("\"card\":{", &deep, 1);
    let mut deep = parts.clone();
    deep.header = json!({});
    check_refused(&with_offsets(&deep, &text), "pack_field", "meta");
    let long = "x".repeat(900_000);
    check_refused(
        &attack(|parts| parts.header["meta"]["card"][long.as_str()] = json!(1)),
        "pack_field",
        "meta",
    );
    check_refused(
        &attack(|parts| parts.header["meta"]["features"] = json!(vec!["popularity"; 50_000])),
        "pack_field",
        "features",
    );
}

#[test]
fn sections_that_overlap_lie_outside_or_have_a_gap() {
    for (name, offset) in [
        ("popularity", json!(16)),
        ("recent", json!(u64::MAX)),
        ("repeat", json!(u32::MAX)),
        ("items.q", json!(0)),
        ("recent", json!(-8)),
    ] {
        check_refused(
            &attack_header(|header| entry(header, name)["offset"] = offset),
            "pack_field",
            "",
        );
    }
    // Two sections on the same bytes.
    let twin = attack_header(|header| {
        let offset = entry(header, "popularity")["offset"].clone();
        entry(header, "recent")["offset"] = offset;
    });
    check_refused(&twin, "pack_field", "recent");
    // Bytes that no section speaks for.
    let parts = Sealed::open(&toy_bytes());
    let mut hidden = parts.clone();
    hidden
        .sections
        .last_mut()
        .expect("there are sections")
        .extend([7; 64]);
    let room = u32::from_le_bytes([
        toy_bytes()[12],
        toy_bytes()[13],
        toy_bytes()[14],
        toy_bytes()[15],
    ]) as usize;
    check_refused(
        &hidden.seal_with(parts.header.to_string().into_bytes(), room),
        "pack_field",
        "left over",
    );
}

#[test]
fn sections_of_no_size() {
    for name in [
        "catalogue.ids",
        "popularity",
        "items.q",
        "pairs.gaps",
        "adapter.gate",
        "encoder.w",
        "ranker.w1",
        "catalogue.category",
    ] {
        check_refused(
            &attack(|parts| parts.replace(name, Vec::new(), 0)),
            "pack_field",
            "",
        );
    }
    // A shape of nothing whose other side is as long as can be.
    for shape in [json!([0, usize::MAX]), json!([usize::MAX, 0]), json!([])] {
        check_refused(
            &attack(|parts| {
                let at = parts.section("items.q");
                parts.sections[at].clear();
                parts.header["sections"][at]["shape"] = shape;
            }),
            "pack_field",
            "items.q",
        );
    }
    check_refused(
        &attack(|parts| parts.header["meta"]["items"] = json!(0)),
        "pack_field",
        "",
    );
    check_refused(
        &attack(|parts| parts.header["meta"]["d"] = json!(0)),
        "pack_field",
        "",
    );
}

#[test]
fn shapes_that_overflow() {
    for shape in [
        json!([1u64 << 61, 8]),
        json!([1u64 << 32, 1u64 << 32]),
        json!([u64::MAX]),
        json!([3, u64::MAX / 3 + 1]),
        json!([-1]),
    ] {
        check_refused(
            &attack_header(|header| entry(header, "ranker.w1")["shape"] = shape),
            "pack_field",
            "",
        );
    }
    for (name, value) in [
        ("items", json!(u64::MAX)),
        ("items", json!(5_000_001)),
        ("items", json!(5_000_000)),
        ("d", json!(u64::MAX)),
        ("d", json!(1_024)),
        ("encoder_hidden", json!(1u64 << 62)),
        ("ranker_hidden", json!(4_096)),
        ("items", json!(-1)),
        ("items", json!(60.5)),
    ] {
        check_refused(
            &attack(|parts| parts.header["meta"][name] = value),
            "pack_field",
            "",
        );
    }
}

#[test]
fn bytes_that_follow_the_end() {
    for more in [&[0u8][..], &[0; 8], &[0; 32], &toy_bytes()] {
        let bytes = [&toy_bytes(), more].concat();
        check_refused(&bytes, "pack_field", "left over");
    }
}

#[test]
fn names_that_stand_twice_are_missing_or_unknown() {
    let rename =
        |to: &'static str| attack_header(move |header| entry(header, "recent")["name"] = json!(to));
    // As long as the name that it takes, so that no offset moves.
    check_refused(&rename("repeat"), "pack_field", "stands twice");
    check_refused(&rename("secent"), "pack_field", "not a section");
    check_refused(
        &attack_header(|header| entry(header, "recent")["dtype"] = json!("f32")),
        "pack_field",
        "recent",
    );
    check_refused(
        &attack_header(|header| entry(header, "recent")["more"] = json!(1)),
        "pack_field",
        "more",
    );
    // Twice in one JSON object: which of the two holds must not be a question.
    let parts = Sealed::open(&toy_bytes());
    let text = parts.header.to_string();
    let twice = text.replacen("\"items\":60", "\"items\":60,\"items\":59", 1);
    assert_ne!(text, twice);
    check_refused(&parts.seal_with(twice.into_bytes(), 0), "pack_field", "");
}

#[test]
fn numbers_that_are_none() {
    let floats = [
        "catalogue.price",
        "encoder.w",
        "encoder.kind",
        "adapter.learning_rate",
        "adapter.gate",
        "ranker.inv_std",
        "ranker.w2",
    ];
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for name in floats {
            let bytes = attack(|parts| {
                let at = parts.section(name);
                parts.sections[at][..4].copy_from_slice(&bad.to_le_bytes());
            });
            check_refused(&bytes, "pack_field", name);
        }
        for name in ["items.scale", "items.bias"] {
            let bytes = attack(|parts| {
                let at = parts.section(name);
                let half = parts.sections[at].len() / 2;
                let [low, high] = ((bad.to_bits() >> 16) as u16).to_le_bytes();
                (parts.sections[at][0], parts.sections[at][half]) = (low, high);
            });
            check_refused(&bytes, "pack_field", name);
        }
    }
    for name in [
        "recency",
        "ranker_bias",
        "pair_count_min",
        "pair_count_max",
        "pair_regression_max",
    ] {
        let text = Sealed::open(&toy_bytes()).header.to_string();
        let at = text.find(&format!("\"{name}\":")).expect("meta names it") + name.len() + 3;
        let end = at + text[at..].find([',', '}']).expect("a number ends");
        for bad in ["1e999", "NaN", "null", "\"1\""] {
            let text = format!("{}{bad}{}", &text[..at], &text[end..]);
            check_refused(
                &Sealed::open(&toy_bytes()).seal_with(text.into_bytes(), 0),
                "pack_field",
                "",
            );
        }
    }
}

#[test]
fn rows_and_entries_out_of_range() {
    let set = |name: &'static str, at: usize, byte: u8| {
        attack(move |parts| {
            let nth = parts.section(name);
            parts.sections[nth][at] = byte;
        })
    };
    // The lowest plane comes first, so these bytes are the low ones of the first numbers.
    check_refused(
        &set("catalogue.category", 0, 200),
        "pack_field",
        "catalogue.category",
    );
    check_refused(
        &set("catalogue.brand", 0, 9),
        "pack_field",
        "catalogue.brand",
    );
    check_refused(
        &set("adapter.negatives", 0, 60),
        "pack_field",
        "adapter.negatives",
    );
    check_refused(&set("adapter.negatives", 0, 4), "pack_field", "twice");
    check_refused(&set("pairs.gaps", 0, 0xff), "pack_field", "pairs");
    check_refused(&set("pairs.gaps", 0, 60), "pack_field", "pairs.gaps");
    check_refused(&set("pairs.lengths", 0, 0xff), "pack_field", "pairs");
    // More pairs than there are bytes for.
    let long = attack(|parts| {
        let at = parts.section("pairs.lengths");
        parts.sections[at].fill(0xff);
    });
    check_refused(&long, "pack_field", "pairs.gaps");
    check_refused(
        &attack(|parts| {
            let at = parts.section("catalogue.ids");
            parts.sections[at][..4].copy_from_slice(b"toy1");
        }),
        "pack_field",
        "unique",
    );
}

/// One text of the file in the memory of every item: 3 MB would be 60 GB.
#[test]
fn a_text_that_grows_with_every_item() {
    for (words, column) in [
        ("catalogue.categories", "catalogue.category"),
        ("catalogue.brands", "catalogue.brand"),
    ] {
        let bytes = attack(|parts| {
            parts.replace(words, vec![b'\t'; 1_000_000], 1_000_000);
            let len = parts.sections[parts.section(column)].len();
            parts.replace(column, vec![0; len], 60);
        });
        check_refused(&bytes, "pack_field", words);
    }
}

#[test]
fn work_that_would_hang_the_page() {
    for (name, value) in [
        ("candidates", json!(0)),
        ("candidates", json!(u64::MAX)),
        ("adapter_steps", json!(u64::MAX)),
        ("adapter_steps", json!(100_000)),
        ("logit_scale", json!(-1.0)),
    ] {
        let bytes = attack(|parts| parts.header["meta"]["config"][name] = value);
        check_refused(&bytes, "pack_field", "config");
    }
}

/// The toy's pack with one section of text more.
fn with_text(name: &str, version: u32, text: &str) -> Vec<u8> {
    attack(|parts| {
        parts.version = version;
        parts.header["sections"]
            .as_array_mut()
            .expect("a header has sections")
            .push(json!({"name": name, "dtype": "utf8",
            "shape": [text.len()], "offset": 0, "length": 0, "crc32": 0}));
        parts.sections.push(text.as_bytes().to_vec());
    })
}

#[test]
fn offers_that_are_none() {
    let with = |offer: &str, weight: &str| {
        let weights = vec![format!("[{}]", [weight; 10].join(",")); 4].join(",");
        format!(r#"{{"offers":[{offer}],"weights":[{weights}]}}"#)
    };
    let offer =
        |items: &str| format!(r#"{{"id":"a","title":"A","rates":[-5.0,-6.0],"items":[{items}]}}"#);
    let good = with(&offer("3,50,6"), "0.5");
    assert!(Pack::from_bytes(&with_text("offers", 4, &good)).is_ok());
    check_refused(
        &with_text("offers", 3, &good),
        "pack_field",
        "not a section",
    );
    let many = vec![offer("1"); 3_000].join(",");
    let deep = format!(
        "{{\"offers\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for text in [
        // Rows are written as steps: past the catalogue, past all numbers, one that stays.
        with(&offer("3,50,7"), "0.5"),
        with(&offer("4294967295,4294967295"), "0.5"),
        with(&offer("3,0"), "0.5"),
        with(&offer("-1"), "0.5"),
        with(&offer(""), "0.5"),
        with(&offer(vec!["1"; 100].join(",").as_str()), "0.5"),
        with(&offer("1"), "1e300"),
        with(&offer("1"), "null"),
        with(&many, "0.5"),
        with("", "0.5"),
        r#"{"offers":[],"weights":[]}"#.to_owned(),
        String::new(),
        deep,
    ] {
        check_refused(&with_text("offers", 4, &text), "pack_field", "offers");
    }
    for (version, fresh, word) in [
        (3, json!([1]), "fresh"),
        (4, json!([60]), "fresh"),
        (4, json!([2, 1]), "fresh"),
        (4, json!([-1]), "meta"),
    ] {
        let bytes = attack(|parts| {
            parts.version = version;
            parts.header["meta"]["fresh"] = fresh;
        });
        check_refused(&bytes, "pack_field", word);
    }
}

#[test]
fn rules_that_are_none() {
    // In a pack of the older version there is no such section.
    let with = |version: u32, text: &str| with_text("rules", version, text);
    assert!(Pack::from_bytes(&with(4, r#"{"pin":[[59,1]]}"#)).is_ok());
    check_refused(
        &with(3, r#"{"pin":[[59,1]]}"#),
        "pack_field",
        "not a section",
    );
    let deep = format!("{{\"cap\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let long = format!("{{\"exclude\":[{}60]}}", "1,".repeat(300_000));
    for text in [
        "",
        "{",
        r#"{"pin":[[60,1]]}"#,
        r#"{"pin":[[1,0]]}"#,
        r#"{"pin":[[-1,1]]}"#,
        r#"{"pine":[]}"#,
        &deep,
        &long,
    ] {
        check_refused(&with(4, text), "pack_field", "rules");
    }
}

#[test]
fn pairs_that_lead_nowhere() {
    let with = |change: &dyn Fn(&mut Sealed)| {
        let mut parts = Sealed::open(&coded_bytes());
        change(&mut parts);
        parts.seal()
    };
    let set = |name: &'static str, at: usize, byte: u8| {
        with(&move |parts: &mut Sealed| {
            let nth = parts.section(name);
            parts.sections[nth][at] = byte;
        })
    };
    assert!(Pack::from_bytes(&with(&|_| {})).is_ok());
    check_refused(
        &with(&|parts| parts.version = 9),
        "pack_field",
        "not a section",
    );
    check_refused(&set("joined.gaps", 0, 0xff), "pack_field", "joined.gaps");
    check_refused(&set("joined.gaps", 0, 60), "pack_field", "joined.gaps");
    check_refused(&set("joined.lengths", 0, 0), "pack_field", "joined.gaps");
    check_refused(&set("joined.lengths", 0, 0x7f), "pack_field", "joined.gaps");
    check_refused(&set("joined.sides", 0, 4), "pack_field", "joined.sides");
    // Two counts instead of one, so that a count is missing.
    check_refused(&set("joined.sides", 0, 3), "pack_field", "joined.counts");
    for (name, what) in [
        ("joined.lengths", "joined.lengths"),
        ("joined.gaps", "joined.gaps"),
        ("joined.sides", "joined.sides"),
        ("joined.counts", "joined.counts"),
        ("joined.regression", "joined.regression"),
    ] {
        let short = with(&move |parts: &mut Sealed| {
            let at = parts.section(name);
            let mut bytes = parts.sections[at].clone();
            bytes.pop();
            let elements = bytes.len();
            parts.replace(name, bytes, elements);
        });
        check_refused(&short, "pack_field", what);
    }
    // More pairs than there are bytes for.
    let long = with(&|parts| {
        let mut lengths = vec![0xff, 0xff, 0xff, 0xff, 0x0f];
        lengths.extend([0; 59]);
        parts.replace("joined.lengths", lengths, 64);
    });
    check_refused(&long, "pack_field", "joined.gaps");
    // Both forms at once.
    let twice = with(&|parts| {
        let at = parts.section("joined.lengths");
        parts.header["sections"][at]["name"] = "pairs.lengths".into();
    });
    check_refused(&twice, "pack_field", "pairs.");
}

#[test]
fn codes_that_name_nothing() {
    let with = |change: &dyn Fn(&mut Sealed)| {
        let mut parts = Sealed::open(&coded_bytes());
        change(&mut parts);
        parts.seal()
    };
    let shape = |name: &'static str, shape: Value, bytes: usize| {
        with(&move |parts: &mut Sealed| {
            let at = parts.section(name);
            parts.sections[at] = vec![0; bytes];
            parts.header["sections"][at]["shape"] = shape.clone();
        })
    };
    assert!(Pack::from_bytes(&with(&|_| {})).is_ok());
    // Of 5 centroids the sixth.
    let sixth = with(&|parts| {
        let at = parts.section("items.codes");
        parts.sections[at][7] = 5;
    });
    check_refused(&sixth, "pack_field", "names centroid 5");
    check_refused(
        &with(&|parts| parts.version = 4),
        "pack_field",
        "not a section",
    );
    // Rows that are not cut evenly, into nothing, into less than one number; no centroid and more
    // than a byte can name.
    for (cut, bytes) in [(3, 180), (0, 0), (16, 960)] {
        check_refused(
            &shape("items.codes", json!([cut, 60]), bytes),
            "pack_field",
            "items.codes",
        );
    }
    check_refused(
        &shape("items.codes", json!([4, 59]), 236),
        "pack_field",
        "items.codes",
    );
    check_refused(
        &shape("items.codes", json!([0, 60]), 0),
        "pack_field",
        "items.codes",
    );
    check_refused(
        &shape("items.codes", json!([4, 1u64 << 62]), 0),
        "pack_field",
        "items.codes",
    );
    check_refused(
        &shape("items.centroids", json!([0, 8]), 0),
        "pack_field",
        "items.codes",
    );
    check_refused(
        &shape("items.centroids", json!([257, 8]), 257 * 8),
        "pack_field",
        "items.centroids",
    );
    check_refused(
        &shape("items.centroids", json!([5, 7]), 35),
        "pack_field",
        "items.centroids",
    );
    // One byte may not become a thousand numbers.
    let wide = with(&|parts| {
        parts.header["meta"]["d"] = json!(1_024);
        let at = parts.section("items.codes");
        parts.sections[at].truncate(60);
        parts.header["sections"][at]["shape"] = json!([1, 60]);
    });
    check_refused(&wide, "pack_field", "items.codes");
    // Half of a table, and one that is written twice.
    for gone in ["items.codes", "items.centroids"] {
        let bytes = with(&|parts| {
            let at = parts.section(gone);
            parts.sections.remove(at);
            parts.header["sections"]
                .as_array_mut()
                .expect("a header has sections")
                .remove(at);
        });
        check_refused(&bytes, "pack_field", gone);
    }
    let twice = with(&|parts| {
        let entry = json!({"name": "items.q", "dtype": "i8", "shape": [8, 60], "offset": 0, "length": 0, "crc32": 0});
        parts.header["sections"]
            .as_array_mut()
            .expect("a header has sections")
            .push(entry);
        parts.sections.push(vec![0; 480]);
    });
    check_refused(&twice, "pack_field", "together with 'items.q'");
}

/// The largest numbers that may stand in a pack: scores overflow on the way and are numbers all the
/// same.
#[test]
fn numbers_as_large_as_can_be_are_ranked_by_finite_scores() {
    use fewshop_core::{ItemIx, Reason, Session};
    use fewshop_model::{Compute, RankOptions, Recommender};
    for (name, value) in [
        ("ranker.w2", f32::MAX),
        ("ranker.w1", f32::MAX),
        ("encoder.w", f32::MIN),
        ("ranker.inv_std", f32::MAX),
    ] {
        let bytes = attack(|parts| {
            let at = parts.section(name);
            parts.sections[at]
                .as_chunks_mut::<4>()
                .0
                .iter_mut()
                .for_each(|number| *number = value.to_le_bytes());
        });
        let pack =
            Pack::from_bytes(&bytes).unwrap_or_else(|error: PackError| panic!("{name}: {error}"));
        let mut recommender = Recommender::new(pack, Compute::Kernels);
        recommender
            .set_session(Session::of_items(&[ItemIx(1), ItemIx(22), ItemIx(43)]))
            .expect("rows of the toy");
        let picks = pollster::block_on(recommender.rank(&RankOptions::default()))
            .expect("kernels do not fail")
            .picks;
        assert_eq!(picks.len(), 20);
        for pick in picks {
            assert!(pick.score.is_finite(), "{name}: {pick:?}");
            if let Reason::BecauseOf { shots } = pick.reason {
                assert!(
                    (shots.iter().map(|share| share.share).sum::<f32>() - 1.0).abs() < 1e-3,
                    "{name}: {shots:?}"
                );
            }
        }
    }
}
