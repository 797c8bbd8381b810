//! What reports cost: bytes and milliseconds on the device, and the time in which two aggregators on
//! this machine verify and add up many of them.
//!
//! `cargo run --release -p fewshop-together --features aggregator --example cost -- 10000`

use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fewshop_together::{
    Allowed, Draft, Helper, Leader, Place, Reporter, Server, Terms, collect, helper_keys,
    report_bytes, shop_keys,
};

const DAY: u64 = 86_400;

fn terms(items: usize) -> Result<Terms, fewshop_together::TogetherError> {
    Terms::new(Draft {
        shop: "Cost".to_owned(),
        items: (0..items).map(|i| format!("p{i}")).collect(),
        max_items: 20,
        epsilon: 1.0,
        delta: 1e-6,
        min_batch: 100,
        visits_per_month: 4,
        bucket_s: DAY,
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout();
    let reports: usize = match std::env::args().nth(1) {
        Some(count) => count.parse()?,
        None => 0,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let (leader_keys, collector_keys) = shop_keys()?;
    let helper_keys = helper_keys(leader_keys.shared.clone())?;
    let public = [&leader_keys.encryption, &helper_keys.encryption].map(|k| k.public_list());
    for items in [250, 500, 1_000] {
        let terms = terms(items)?;
        let reporter = Reporter::new(terms.clone(), &public[0], &public[1])?;
        let mut times = Vec::new();
        for _ in 0..101 {
            let began = Instant::now();
            reporter.report(&["p1", "p2", "p3"], now)?;
            times.push(began.elapsed());
        }
        times.sort();
        writeln!(
            out,
            "{items} products: {} bytes, {:.2} ms (median of 101)",
            report_bytes(&terms)?,
            times[50].as_secs_f64() * 1e3
        )?;
    }
    if reports == 0 {
        return Ok(());
    }
    let terms = terms(500)?;
    let folder = std::env::temp_dir().join(format!("fewshop-cost-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let helper = Helper::new(terms.clone(), helper_keys, &folder.join("helper.redb"))?;
    let helper = Server::helper(helper, any, Place::default())?;
    let allowed = Allowed {
        reports_per_address: u32::MAX,
        ..Allowed::default()
    };
    let leader = Leader::new(
        terms.clone(),
        leader_keys,
        &folder.join("leader.redb"),
        &format!("http://{}", helper.address()),
        allowed,
    )?;
    let reporter = Reporter::new(terms.clone(), &public[0], &public[1])?;
    let began = Instant::now();
    for number in 0..reports {
        let item = format!("p{}", number % 500);
        let report = reporter.report(&[item.as_str(), "p7"], now)?;
        if leader.take(&report, now) != 201 {
            return Err("the leader refuses a report".into());
        }
    }
    writeln!(
        out,
        "{reports} reports of 500 products: made and taken in after {:.1} s",
        began.elapsed().as_secs_f64()
    )?;
    let began = Instant::now();
    let leader = Server::leader(leader, any, Place::default(), |_| ())?;
    let url = format!("http://{}", leader.address());
    let start = terms.bucket_of(now);
    let patience = Duration::from_secs(3_600);
    let counts = collect(
        &terms,
        &collector_keys,
        &url,
        (start, start + DAY),
        patience,
    )?;
    writeln!(
        out,
        "{} reports: verified by both, added up and opened after {:.1} s",
        counts.visits,
        began.elapsed().as_secs_f64()
    )?;
    let files = ["leader.redb", "helper.redb"].map(|name| std::fs::metadata(folder.join(name)));
    for file in files {
        writeln!(out, "an aggregator's file: {} bytes", file?.len())?;
    }
    drop((leader, helper));
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
