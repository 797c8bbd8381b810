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
    /**
     * What the shopper asked for in words on this visit, oldest first: for each question the products
     * that stand for it, the best first. They are context items like viewed ones that count as one
     * together, are older than any event, and may still be picked.
     */
    asked?: Array<Array<ItemIx>>;
    /** The day of the visit, in days since 1970, for promotions; unknown is `None`. */
    day?: number;
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
    /** None of these products. Rows past the end of the catalogue are ignored. */
    without?: Array<ItemIx>;
    /** Only products that are in the leaflet on the day of the session. */
    promoted?: boolean;
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
    "kind": "on_offer"
} | {
    "kind": "popular_here"
};

/** The business rule that moved a pick, after the model had ranked. */
export type BusinessRule = "pin" | "boost" | "bury";

/** One pick. */
export type Recommendation = {
    /** The product. */
    item: ItemIx;
    /** Its score: not a probability, comparable within one answer only. */
    score: number;
    /** Why the model ranked it there. */
    reason: Reason;
    /** The business rule that moved it; `None` for nearly all picks. */
    rule?: BusinessRule | null;
    /** Whether it is in the leaflet on the day of the session. */
    promoted?: boolean;
    /**
     * How many times as likely as for a shopper of whom nothing is known; `None` where the ranking
     * did not compare the two.
     */
    lift?: number | null;
};

/** What a shelf is ranked by. */
export type Objective = "likely" | "personal" | "complements" | "similar";

/** The engine module that computes. */
export type Backend = "cpu" | "wgpu";

/** How to start an engine. */
export type LoadOptions = {
    /** The backend to use, the CPU by default. `wgpu` needs the module that was built with it. */
    backend?: Backend | null;
    /**
     * SHA-256 of all but the last 32 bytes of the pack in hex, if it is known already. The pack is
     * refused where it differs from those 32.
     */
    digest?: string | null;
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
    /**
     * Milliseconds of the last run by step: encoding and fine-tuning, scan, candidates, ranker,
     * reasons. Empty before the first run.
     */
    steps_ms?: Array<number>;
    /**
     * The loss of fine-tuning in the last run, before its first gradient step and after its last;
     * empty if the gate was shut.
     */
    losses?: Array<number>;
    /**
     * The products nearest to the user embedding of the last run, with their cosine, nearest first
     * and without the context items; empty before the first click.
     */
    nearest?: Array<[ItemIx, number]>;
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
    /** What to rank by. */
    objective?: Objective;
};

/** A session and what the page wants for it: shelves and tasks. */
export type SessionRequest = {
    /** Grows with each request; the answer returns it. */
    seq: number;
    /** Everything the shopper did. */
    session: Session;
    /** The shelves to fill. May be empty if tasks are wanted. */
    shelves: Array<ShelfRequest>;
    /** The tasks to answer. A task is not computed unless it is wanted. */
    tasks?: Array<TaskRequest>;
};

/** A filled shelf. */
export type Shelf = {
    /** Name given in the request. */
    name: string;
    /** Best first. */
    picks: Array<Recommendation>;
};

/** A question to a task of the pack. */
export type TaskRequest = {
    /** Name of the task, such as `attributes`. */
    task: string;
    /** The largest number of predictions to return. */
    max: number;
};

/** One possible outcome and how likely it is. */
export type Outcome = {
    /** As the shop's data calls it. */
    value: string;
    /** Calibrated probability, 0 to 1. */
    probability: number;
    /** Its share in the training data, before any example. */
    base_rate: number;
};

/** What a prediction rests on. Empty if the task does not explain itself. */
export type Evidence = {
    /** The strongest reason, one of the task's own words; empty if it names none. */
    reason: string;
    /** Examples that the reason counts; 0 if it counts none. */
    examples: number;
    /** Products that the target covers; 0 if it covers none. */
    covers: number;
    /** A few of them, the most likely ones first. */
    items: Array<ItemIx>;
};

/** The prediction for one target: an attribute of the household, an offer, a column of a table. */
export type Prediction = {
    /** As the shop's data calls it: the name of the attribute, the id of the offer. */
    target: string;
    /** For people; the same as `target` if the data has no other text. */
    title: string;
    /**
     * The possible outcomes. `None` means 'not enough evidence to tell': in training, the prediction
     * did not beat the base rates with this number of examples, so nothing may be shown.
     */
    outcomes: Array<Outcome> | null;
    /** What the prediction rests on. */
    evidence: Evidence;
};

/** What a task answers. */
export type TaskAnswer = {
    /** Name of the task. */
    task: string;
    /**
     * Predictions in the order of the task: attributes in the order of the pack, offers by
     * expected redemption.
     */
    predictions: Array<Prediction>;
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

/** Why a search found its products. */
export type FoundBy = "letters" | "meaning" | "nothing";

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
} | {
    "type": "words";
    /** The file. */
    bytes: ArrayBuffer;
} | {
    "type": "find";
    /** As typed. */
    query: string;
    /** Maximum number of products. */
    n: number;
};

/**
 * From the worker to the page.
 * 
 * Written with an internal tag (`type`), the form that JavaScript reads most easily. The storefront
 * reads it by hand (`web/src/state/wire.rs`), because serde's reader would be 15 kB of the page.
 * [`Reply::Catalogue`] is for JavaScript only and cannot be read back: the storefront has its own
 * copy.
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
    /** In the order of the request; a task that the pack does not hold has no predictions. */
    tasks?: Array<TaskAnswer>;
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
    "type": "found";
    /** The query. */
    query: string;
    /** Best first. */
    items: Array<ItemIx>;
    /** Why these. */
    by: FoundBy;
    /**
     * The products that stand for the query as an example, for [`Session::asked`]; empty if
     * nothing of the shop is near it.
     */
    example: Array<ItemIx>;
    /** Words that the shopper does not want (*no nuts*), as typed. */
    unwanted?: Array<string>;
    /** The products with these words, which are not among `items`; for [`Filter::without`]. */
    without?: Array<ItemIx>;
    /**
     * The highest price that the shopper named, in the currency of the catalogue; dearer products
     * are not among `items`.
     */
    max_price?: number;
} | {
    "type": "failed";
    /** One of [`REQUEST_FAULTS`] or [`WORKER_FAULTS`], for programs. */
    code: FailureCode;
    /** For people. */
    message: string;
    /** The type of the request that was refused; none if the engine cannot go on. */
    about?: string;
};

/** The code of a failed reply. */
export type FailureCode =
    | "bad_argument"
    | "no_catalogue"
    | "no_words"
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
    | "no_catalogue"
    | "no_words"
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
