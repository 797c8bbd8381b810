//! `fewshop together`: a trial on one machine, from a pack to counts.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fewshop_data::files::{day_of, format_day};
use fewshop_model::toy;
use fewshop_together::Published;

use crate::common::Folder;

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that was free a moment ago.
fn port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn settings(leader: u16, helper: u16) -> String {
    format!(
        "shop = \"Toys\"\nwatch = \"watch.csv\"\nmax_items = 3\nepsilon = 8.0\nmin_batch = 50\n\
         [leader]\nurl = \"http://127.0.0.1:{leader}\"\nlisten = \"127.0.0.1:{leader}\"\n\
         [helper]\nurl = \"http://127.0.0.1:{helper}\"\nlisten = \"127.0.0.1:{helper}\"\n\
         [limits]\nreports_per_address = 1000\n"
    )
}

/// A folder with a watch list, keys and settings.
fn shop() -> (Folder, u16) {
    let shop = Folder::new();
    std::fs::write(shop.path("shop.pack"), toy::pack().to_bytes().unwrap()).unwrap();
    let said = shop.check_done("together watch --pack shop.pack --items 12 --out watch.csv");
    assert!(said.contains("12 products"), "{said}");
    shop.check_done("together keys --party trial --out keys");
    let leader = port();
    shop.write("together.toml", &settings(leader, port()));
    (shop, leader)
}

fn serve(shop: &Folder, leader: u16) -> Running {
    let child = Command::new(env!("CARGO_BIN_EXE_fewshop"))
        .args(
            "together serve --settings together.toml --role both --keys keys --store store"
                .split(' '),
        )
        .current_dir(shop.path("."))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..600 {
        if std::net::TcpStream::connect(("127.0.0.1", leader)).is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Running(child)
}

#[test]
fn a_trial_leads_from_a_pack_to_counts() {
    let (shop, leader) = shop();
    let watch = shop.read("watch.csv");
    let items: Vec<&str> = watch.lines().skip(1).collect();
    let mut visits = String::from("session_id,item_id\n");
    for visit in 0..60 {
        visits += &format!("s{visit},{}\ns{visit},unknown\n", items[0]);
        if visit % 2 == 0 {
            visits += &format!("s{visit},{}\n", items[1]);
        }
    }
    shop.write("visits.csv", &visits);
    let running = serve(&shop, leader);
    let said = shop.check_done("together publish --settings together.toml --pack shop.pack");
    assert!(said.contains("shop.together: task "), "{said}");
    let published: Published = serde_json::from_str(&shop.read("shop.together")).unwrap();
    assert_eq!(published.terms.items, items);
    assert_eq!(published.leader.url, format!("http://127.0.0.1:{leader}"));
    published.reporter().unwrap();
    let said = shop.check_done("together send --settings together.toml --visits visits.csv");
    assert!(said.contains("60 reports sent"), "{said}");
    // Around midnight the reports may be of either day.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let today = format_day(day_of(now.as_secs() as i64));
    let collect = format!(
        "together collect --settings together.toml --keys keys/collector.toml --from 2020-01-01 --until {today} --out counts.csv"
    );
    let said = shop.check_done(&collect);
    assert!(said.contains("60 visits from 2020-01-01 to"), "{said}");
    assert!(said.contains("epsilon 8 and delta 0.000001"), "{said}");
    let counts = shop.read("counts.csv");
    let mut lines = counts.lines();
    assert_eq!(lines.next(), Some("item_id,count,visits,noise"));
    let counts: Vec<i64> = lines
        .zip(&items)
        .map(|(line, item)| {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!((cells[0], cells[2]), (*item, "60"));
            cells[1].parse().unwrap()
        })
        .collect();
    // The noise of both has a deviation of 1.82.
    for (count, truth) in counts.iter().zip([60, 30].into_iter().chain([0; 10])) {
        assert!((count - truth).abs() < 12, "{counts:?}");
    }
    let first = shop.read("counts.csv");
    shop.check_done(&collect);
    assert_eq!(
        shop.read("counts.csv"),
        first,
        "opened once: the same noise"
    );
    shop.check_refused(
        &collect.replace("2020-01-01", "2021-01-01"),
        1,
        &["opened before"],
    );
    let said = shop.check_done("refresh --pack shop.pack --counts counts.csv --out new.pack");
    assert!(said.contains("60 visits"), "{said}");
    drop(running);
    shop.check_refused(&collect.replace("counts.csv", "new.csv"), 1, &["127.0.0.1"]);
}

#[test]
fn what_is_wrong_is_named() {
    let (shop, _) = shop();
    shop.check_refused(
        "together keys --party trial --out keys",
        1,
        &["leader.toml", "exists"],
    );
    shop.check_refused(
        "together keys --party helper --out other",
        1,
        &["--shared", "for-helper.toml"],
    );
    let serve = "together serve --settings together.toml --role leader --keys nowhere --store .";
    shop.check_refused(serve, 1, &["leader.toml", "the leader's keys"]);
    let good = settings(1, 2);
    for (from, to, words) in [
        (
            "epsilon = 8.0",
            "epsilon = 80",
            &["epsilon: 80", "at most 10"][..],
        ),
        (
            "max_items = 3",
            "max_items = 13",
            &["max_items: 13", "watch list"],
        ),
        (
            "min_batch = 50",
            "min_batch = 1",
            &["min_batch: 1", "at least 10"],
        ),
        (
            "http://127.0.0.1:2",
            "http://helper.example",
            &["helper.url", "https://"],
        ),
        ("shop = ", "name = ", &["together.toml", "name"]),
    ] {
        shop.write("together.toml", &good.replacen(from, to, 1));
        let collect = "together collect --settings together.toml --keys keys/collector.toml --from 2026-11-01 --out c.csv";
        shop.check_refused(collect, 1, words);
    }
    shop.write("together.toml", &good);
    let publish = "together publish --settings together.toml --pack shop.pack";
    shop.check_refused(publish, 1, &["127.0.0.1"]);
    shop.write("watch.csv", "item_id\nmilk of another shop\na\nb\n");
    shop.check_refused(publish, 1, &["milk of another shop", "watch list"]);
    let collect = "together collect --settings together.toml --keys keys/collector.toml --from 2999-11-01 --out c.csv";
    shop.check_refused(collect, 1, &["--from: 2999-11-01", "--until"]);
    let collect = "together collect --settings together.toml --keys keys/collector.toml --from today --out c.csv";
    shop.check_refused(collect, 2, &["--from", "2026-11-01"]);
}

/// The helper's keys are made from what the shop gave, which has no private key.
#[cfg(unix)]
#[test]
fn two_parties_make_their_own_keys() {
    use std::os::unix::fs::PermissionsExt;

    let shop = Folder::new();
    shop.check_done("together keys --party shop --out shop");
    shop.check_done("together keys --party helper --shared shop/for-helper.toml --out helper");
    assert!(!shop.read("shop/for-helper.toml").contains("private"));
    assert!(!shop.path("shop/helper.toml").exists());
    for file in [
        "shop/leader.toml",
        "shop/collector.toml",
        "helper/helper.toml",
    ] {
        let mode = std::fs::metadata(shop.path(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{file} can be read by others");
    }
}
