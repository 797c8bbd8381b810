//! The numbers that the storefront, the npm package and the worker keep to. The package's
//! `protocol.js` is generated from this list.

macro_rules! limits {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty = $value:expr;)*) => {
        $($(#[doc = $doc])* pub const $name: $type = $value;)*

        /// Every limit: its name, its value, and the lines of its documentation.
        #[cfg(feature = "typescript")]
        pub(super) const ALL: &[(&str, u64, &[&str])] =
            &[$((stringify!($name), $value as u64, &[$($doc),*])),*];
    };
}

limits! {
    /// Version of the protocol. Grows when a message changes so that the older side would
    /// misread it.
    PROTOCOL_VERSION: u32 = 2;
    /// Maximum number of events kept of the current visit; the oldest fall off. Far more than any
    /// ranking needs, and a bound on what is stored.
    MAX_EVENTS: usize = 200;
    /// Maximum number of earlier visits kept; the oldest fall off.
    MAX_VISITS: usize = 10;
    /// Maximum number of items kept of an earlier visit: those taken last.
    MAX_VISIT_ITEMS: usize = 60;
    /// Maximum number of questions in words kept of the current visit; the oldest fall off.
    MAX_ASKED: usize = 5;
    /// Maximum number of products that stand for one question.
    MAX_ASKED_ITEMS: usize = 5;
    /// A visit is over after this time without an event, in seconds: half an hour, the web's usual
    /// definition of a visit.
    VISIT_GAP_S: u32 = 30 * 60;
    /// Anything older than this is forgotten, in seconds: 30 days.
    KEEP_S: u32 = 30 * 24 * 60 * 60;
    /// A worker that owes an answer is pinged after this much silence, in ms. An answer takes
    /// milliseconds.
    QUIET_MS: u32 = 1_000;
    /// Time for the answer to a ping, in ms. One ranking at most holds up the worker's loop: the
    /// slowest sign took 470 ms, in a visit of 200 events after ten visits of 60 items each, on a
    /// machine with four times more work than cores.
    GRACE_MS: u32 = 4_000;
    /// A worker that loads or ranks without any message for this long, in ms, is considered dead,
    /// pings or not. Rankings take milliseconds and a download reports its progress, so even a slow
    /// phone stays far below. Twice the 10 s after which the worker gives up on a GPU, so that the
    /// CPU engine still answers in time. The package used to wait 30 s for an answer and 60 s for a
    /// download; nothing ever arrived that late, and a shopper does not wait that long.
    PATIENCE_MS: u32 = 20_000;
    /// The same if WebGPU is forced, in ms: in software it needs seconds for what a CPU does in
    /// milliseconds, and those who force it expect to wait.
    PATIENCE_FORCED_MS: u32 = 180_000;
    /// A look at the clock that is this much late, in ms, follows a sleep of the page and its worker.
    SLEPT_MS: u32 = 1_500;
    /// Pause before a dead worker is replaced, in ms: whatever killed it may pass.
    RESTART_PAUSE_MS: u32 = 200;
}
