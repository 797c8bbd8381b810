// Generated from fewshop_core::protocol. To write it again:
//   FEWSHOP_WRITE=1 cargo test -p fewshop-wasm --test protocol

/**
 * Version of the protocol. Grows when a message changes so that the older side would
 * misread it.
 */
export const PROTOCOL_VERSION = 2;

/**
 * Maximum number of events kept of the current visit; the oldest fall off. Far more than any
 * ranking needs, and a bound on what is stored.
 */
export const MAX_EVENTS = 200;

/** Maximum number of earlier visits kept; the oldest fall off. */
export const MAX_VISITS = 10;

/** Maximum number of items kept of an earlier visit: those taken last. */
export const MAX_VISIT_ITEMS = 60;

/** Maximum number of questions in words kept of the current visit; the oldest fall off. */
export const MAX_ASKED = 5;

/** Maximum number of products that stand for one question. */
export const MAX_ASKED_ITEMS = 5;

/**
 * A visit is over after this time without an event, in seconds: half an hour, the web's usual
 * definition of a visit.
 */
export const VISIT_GAP_S = 1_800;

/** Anything older than this is forgotten, in seconds: 30 days. */
export const KEEP_S = 2_592_000;

/**
 * A worker that owes an answer is pinged after this much silence, in ms. An answer takes
 * milliseconds.
 */
export const QUIET_MS = 1_000;

/**
 * Time for the answer to a ping, in ms. One ranking at most holds up the worker's loop: the
 * slowest sign took 470 ms, in a visit of 200 events after ten visits of 60 items each, on a
 * machine with four times more work than cores.
 */
export const GRACE_MS = 4_000;

/**
 * A worker that loads or ranks without any message for this long, in ms, is considered dead,
 * pings or not. Rankings take milliseconds and a download reports its progress, so even a slow
 * phone stays far below. Twice the 10 s after which the worker gives up on a GPU, so that the
 * CPU engine still answers in time. The package used to wait 30 s for an answer and 60 s for a
 * download; nothing ever arrived that late, and a shopper does not wait that long.
 */
export const PATIENCE_MS = 20_000;

/**
 * The same if WebGPU is forced, in ms: in software it needs seconds for what a CPU does in
 * milliseconds, and those who force it expect to wait.
 */
export const PATIENCE_FORCED_MS = 180_000;

/** A look at the clock that is this much late, in ms, follows a sleep of the page and its worker. */
export const SLEPT_MS = 1_500;

/** Pause before a dead worker is replaced, in ms: whatever killed it may pass. */
export const RESTART_PAUSE_MS = 200;

/** The kinds of event, the weakest sign of interest first. */
export const EVENT_KINDS = ["view", "cart", "purchase", "dismiss"];

/** The kinds by which a product is taken, the weakest first: what a device remembers of a visit. */
export const TAKEN_KINDS = ["cart", "purchase"];

/** The kinds that speak against a product. */
export const NEGATIVE_KINDS = ["dismiss"];

/** Codes of a failure that blames one request; the next request may succeed. */
export const REQUEST_FAULTS = ["bad_argument", "no_catalogue", "no_words", "nothing_wanted", "unknown_item"];
