//! Two aggregators on loopback, and devices that send to them.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fewshop_together::{
    Allowed, CollectorKeys, Counts, Draft, Helper, HelperKeys, Leader, LeaderKeys, Place, Reporter,
    Server, Terms, TogetherError, collect, helper_keys, public_keys, report_path, shop_keys,
};
use tempfile::TempDir;

pub(crate) const DAY: u64 = 86_400;
/// The header in which a test names the client that it plays.
const CLIENT: &str = "x-client";

/// The day before today, which is over and young enough.
pub(crate) fn yesterday() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    now.as_secs() / DAY * DAY - DAY
}

/// 60 products, at most five of a visit; noise of deviation 1.66 from each aggregator.
pub(crate) fn draft() -> Draft {
    Draft {
        shop: "A shop".to_owned(),
        items: (0..60).map(|i| format!("p{i}")).collect(),
        max_items: 5,
        epsilon: 8.0,
        delta: 1e-6,
        min_batch: 100,
        visits_per_month: 4,
        bucket_s: DAY,
    }
}

pub(crate) fn terms() -> Terms {
    Terms::new(draft()).expect("the terms can be kept")
}

/// The parties' keys and files.
pub(crate) struct Parties {
    pub(crate) folder: TempDir,
    pub(crate) terms: Terms,
    pub(crate) leader: LeaderKeys,
    pub(crate) helper: HelperKeys,
    pub(crate) collector: CollectorKeys,
}

impl Parties {
    pub(crate) fn new(terms: Terms) -> Self {
        let (leader, collector) = shop_keys().expect("random numbers");
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            terms,
            helper: helper_keys(leader.shared.clone()).expect("random numbers"),
            leader,
            collector,
        }
    }

    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn start_helper(&self, at: SocketAddr) -> Server {
        let helper = Helper::new(
            self.terms.clone(),
            self.helper.clone(),
            &self.file("helper.redb"),
        )
        .expect("the helper starts");
        Server::helper(helper, at, Place::default()).expect("the port is free")
    }

    pub(crate) fn leader(&self, store: &Path, helper: SocketAddr, allowed: Allowed) -> Leader {
        Leader::new(
            self.terms.clone(),
            self.leader.clone(),
            store,
            &format!("http://{helper}"),
            allowed,
        )
        .expect("the leader starts")
    }

    pub(crate) fn start_leader(&self, helper: SocketAddr, allowed: Allowed) -> Server {
        let leader = self.leader(&self.file("leader.redb"), helper, allowed);
        let place = Place {
            address_header: Some(CLIENT.to_owned()),
            origin: None,
        };
        Server::leader(leader, any_port(), place, |worked| {
            worked.expect("the helper answers");
        })
        .expect("the port is free")
    }
}

/// Any free port of this machine.
pub(crate) fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Both aggregators, running.
pub(crate) struct Trial {
    pub(crate) parties: Parties,
    pub(crate) leader: Server,
    pub(crate) helper: Server,
    pub(crate) keys: [Vec<u8>; 2],
    agent: ureq::Agent,
}

impl Trial {
    pub(crate) fn start(terms: Terms, allowed: Allowed) -> Self {
        let parties = Parties::new(terms);
        let helper = parties.start_helper(any_port());
        let leader = parties.start_leader(helper.address(), allowed);
        let keys = public_keys(
            &parties.terms,
            &format!("http://{}", leader.address()),
            &format!("http://{}", helper.address()),
        )
        .expect("both answer");
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build();
        Self {
            parties,
            leader,
            helper,
            keys,
            agent: config.new_agent(),
        }
    }

    pub(crate) fn leader_url(&self) -> String {
        format!("http://{}", self.leader.address())
    }

    /// The honest device's side.
    pub(crate) fn reporter(&self) -> Reporter {
        let [leader, helper] = &self.keys;
        Reporter::new(self.parties.terms.clone(), leader, helper).expect("the keys are right")
    }

    /// Sends bytes to where reports go, as the client with this address; the status of the answer.
    pub(crate) fn upload(&self, client: &str, bytes: &[u8]) -> u16 {
        let url = format!("{}/{}", self.leader_url(), report_path(&self.parties.terms));
        let answer = self
            .agent
            .put(&url)
            .header("content-type", fewshop_together::REPORT_MEDIA_TYPE)
            .header(CLIENT, client)
            .send(bytes);
        answer.expect("the leader answers").status().as_u16()
    }

    pub(crate) fn collect(&self, from_s: u64, until_s: u64) -> Result<Counts, TogetherError> {
        collect(
            &self.parties.terms,
            &self.parties.collector,
            &self.leader_url(),
            (from_s, until_s),
            Duration::from_secs(120),
        )
    }
}

/// An address for each number.
pub(crate) fn client(number: usize) -> String {
    format!("198.51.{}.{}", number / 250, number % 250)
}
