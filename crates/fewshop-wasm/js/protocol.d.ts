// Generated from fewshop_core::protocol. To write it again:
//   FEWSHOP_WRITE=1 cargo test -p fewshop-wasm --test protocol

/** A product's row in one catalogue; meaningless in another. */
export type ItemIx = number;

/** A product's id in the shop's own files, kept as text. */
export type ItemId = string;

/** The kinds of event. */
export type EventKind = "view" | "cart" | "purchase" | "dismiss";

/** One action of a shopper on one product. */
export type ShopEvent = {
    /** The product's row. */
    item: ItemIx;
    /** The action. */
    kind: EventKind;
};

/** The events of one visit, and the earlier visits that this device remembers. */
export type Session = {
    /** The current visit, oldest event first. */
    events: Array<ShopEvent>;
    /** Products taken on earlier visits, the latest visit first. Only the device knows them. */
    visits?: Array<Array<ItemIx>>;
};

/** Which products may be picked. */
export type Filter = {
    /** Only products whose category path begins with these levels; empty allows all. */
    category?: Array<string>;
    /**
     * Only these products, in any order; empty allows all. Rows past the end of the catalogue are
     * ignored.
     */
    among?: Array<ItemIx>;
};

/** The share of a pick's score that one context item carries. */
export type Share = {
    /** The context item. */
    item: ItemIx;
    /**
     * How far the pick's score falls when this context item is left out, divided by the sum of all
     * such falls: 0 to 1.
     */
    share: number;
};

/** Why a product was picked, measured on the scores themselves. */
export type Reason = {
    "kind": "because_of";
    /** The context items. */
    shots: Array<Share>;
} | {
    "kind": "taken_before";
    /** On how many of them, at least 1. */
    visits: number;
} | {
    "kind": "popular_here"
};

/** The business rule that moved a pick, after the model had ranked. */
export type MerchantRule = "pin" | "boost" | "bury";

/** One pick. */
export type Recommendation = {
    /** The product. */
    item: ItemIx;
    /** Its score: not a probability, comparable within one answer only. */
    score: number;
    /** Why the model ranked it there. */
    reason: Reason;
    /** The business rule that moved it; `None` for nearly all picks. */
    rule?: MerchantRule | null;
};

/** The engine module that computes. */
export type Backend = "cpu" | "wgpu";

/** How to start an engine. */
export type LoadOptions = {
    /** The backend to use, the CPU by default. `wgpu` needs the module that was built with it. */
    backend?: Backend | null;
};

/** The state of the engine. */
export type Status = {
    /** Running backend. */
    backend: Backend;
    /** Why that one, for people. */
    backend_reason: string;
    /** Number of products ranked. */
    items: number;
    /** Number of context items that the last run learned from. */
    shots: number;
    /** Blend weight of the fine-tuned user embedding in the last run: 0 uses the frozen one alone. */
    gate: number;
    /** Wall time of the last run in milliseconds. */
    last_run_ms: number;
    /** First 8 bytes of the pack's SHA-256 in hex. Rows mean nothing in another pack. */
    pack: string;
};

/** One shelf that the page wants filled. */
export type ShelfRequest = {
    /** The page's own name for the shelf; the answer returns it. */
    name: string;
    /** Number of picks wanted, at least 1. */
    n: number;
    /** Products allowed. */
    filter?: Filter;
    /**
     * Rank for these products instead of the session, as for 'goes well with' on a product page
     * or in the cart.
     */
    seeds?: Array<ItemIx>;
};

/** A session and what the page wants for it: shelves, household attributes, offers. */
export type SessionRequest = {
    /** Grows with each request; the answer returns it. */
    seq: number;
    /** Everything the shopper did. */
    session: Session;
    /** The shelves to fill. May be empty if household attributes or offers are wanted. */
    shelves: Array<ShelfRequest>;
    /** Whether to predict household attributes. They are not computed unless they are wanted. */
    household?: boolean;
    /** Number of offers wanted, 0 for none. */
    offers?: number;
};

/** A filled shelf. */
export type Shelf = {
    /** Name given in the request. */
    name: string;
    /** Best first. */
    picks: Array<Recommendation>;
};

/** One possible value of an attribute, and how likely it is. */
export type ValuePrediction = {
    /** As the shop's data calls it. */
    value: string;
    /** Calibrated probability, 0 to 1; the values of one attribute sum to 1. */
    probability: number;
    /** Its share among all households of the training data. */
    everyone: number;
};

/** The prediction for one attribute. */
export type AttributePrediction = {
    /** As the shop's data calls it: `children`, `household_size`. */
    attribute: string;
    /**
     * All its values in the order of the pack. `None` means 'not enough to tell': in training, the
     * prediction did not beat the plain shares of all households at this number of products, so
     * nothing may be shown.
     */
    values: Array<ValuePrediction> | null;
};

/** The strongest reason for an offer. */
export type OfferReason = "covered" | "same_part" | "taste" | "most_redeemed";

/** An offer for one shopper. */
export type OfferPick = {
    /** The shop's own id. */
    id: string;
    /** Its title, for people. */
    title: string;
    /** Number of products that it covers. */
    covers: number;
    /** A few of them, the most likely for this shopper first. */
    items: Array<ItemIx>;
    /** Expected share of such shoppers who redeem it when it is shown, 0 to 1. */
    probability: number;
    /**
     * The share of households that redeemed it among all to whom it was shown, shrunk towards the
     * share of its category when it was shown to few.
     */
    everyone: number;
    /** The strongest reason. */
    reason: OfferReason;
    /** Context products that the reason counts; 0 if it counts none. */
    products: number;
};

/** One product as people see it. */
export type Item = {
    /** The shop's own id. */
    id: ItemId;
    /** Readable title, never empty. */
    title: string;
    /** Category path from the department down; empty where the shop has none. */
    category: Array<string>;
    /** Brand or maker as shown; may be empty. */
    brand: string;
    /** Package size as shown; may be empty. */
    size: string;
    /** Shelf price in the shop's currency; `None` where unknown. */
    price: number | null;
    /** Key of its picture; may be empty. */
    picture: string;
};

/** All products by row, and the currency of their prices. */
export type Catalogue = {
    /** ISO code; may be empty. */
    currency: string;
    /** In the order of their rows. */
    items: Array<Item>;
};

/** From the page to the worker. */
export type Request = {
    "type": "load";
    /**
     * Version of the protocol that the page speaks, [`limits::PROTOCOL_VERSION`]. A worker of
     * another version fails with `wrong_protocol`; one that is not told assumes its own.
     */
    protocol?: number | null;
    /** URL of the pack, relative to the worker's. */
    pack: string;
    /** A backend to force; `None` lets calibration choose. */
    backend: Backend | null;
    /** SHA-256 of the pack in hex; any other file is refused before it is read. */
    sha256?: string | null;
} | {
    "type": "ping"
} | {
    "type": "session"
} & SessionRequest | {
    "type": "catalogue"
} | {
    "type": "explain";
    /** The session to explain for. */
    session: Session;
    /** The product. */
    item: ItemIx;
};

/**
 * From the worker to the page.
 * 
 * Written with an internal tag (`type`), the form that JavaScript reads most easily, and read from
 * a flat record: serde's own reader for internally tagged enums buffers every value first, which
 * adds 40 kB to the page's wasm. [`Reply::Catalogue`] is for JavaScript only and cannot be read
 * back: the storefront has its own copy and would ship the reader for nothing.
 */
export type Reply = {
    "type": "loading";
    /** Bytes so far. */
    received: number;
    /** Bytes in total, if the server sent a length. */
    total: number | null;
} | {
    "type": "alive"
} | {
    "type": "ready";
    /** The running backend, and why it was chosen. */
    status: Status;
} | {
    "type": "picks";
    /** Of the request. */
    seq: number;
    /** In the order of the request. */
    shelves: Array<Shelf>;
    /** Predicted household attributes, if they were wanted and the pack has prediction heads. */
    household?: Array<AttributePrediction>;
    /** The best offers first, if they were wanted and the pack has any. */
    offers?: Array<OfferPick>;
    /** After this run. */
    status: Status;
} | {
    "type": "catalogue";
    /** All products. */
    catalogue: Catalogue;
} | {
    "type": "explanation";
    /** The product with its score and full reason. */
    pick: Recommendation;
} | {
    "type": "failed";
    /** One of [`REQUEST_FAULTS`] or [`WORKER_FAULTS`], for programs. */
    code: FailureCode;
    /** For people. */
    message: string;
};

/** The code of a failed reply. */
export type FailureCode =
    | "bad_argument"
    | "nothing_wanted"
    | "unknown_item"
    | "pack_missing"
    | "pack_corrupt"
    | "engine_corrupt"
    | "no_wasm"
    | "wrong_protocol"
    | "internal";

/** The `code` of the errors that the class `Recommender` throws. */
export type ErrorCode =
    | "bad_argument"
    | "nothing_wanted"
    | "unknown_item"
    | "pack_empty"
    | "pack_not_a_pack"
    | "pack_version"
    | "pack_truncated"
    | "pack_checksum"
    | "pack_field"
    | "no_adapter"
    | "no_gpu_in_module"
    | "backend_failed"
    | "internal";
