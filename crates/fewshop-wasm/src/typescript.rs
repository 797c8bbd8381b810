//! The TypeScript types of what crosses: the serde forms of `fewshop-core`, written by hand. The
//! browser suite holds the values against them.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What a shopper does to a product. */
export type EventKind = "view" | "cart" | "purchase" | "dismiss";

/** One thing that a shopper did; `item` is a row, see `Recommender.itemRow`. */
export interface ShopEvent { item: number; kind: EventKind; }

/** One visit, oldest event first, and the items taken in earlier ones, the latest visit first. */
export interface Session { events: ShopEvent[]; visits?: number[][]; }

/** Only products whose category path begins with `category`, and only those `among` these rows; what is left out allows all. */
export interface Filter { category?: string[]; among?: number[]; }

/** A shot and its share of a pick's score, 0 to 1. */
export interface Share { item: number; share: number; }

/** Why a product was picked. The shares of one reason add up to 1; `visits` counts the earlier visits on which it was taken. */
export type Reason =
    | { kind: "because_of"; shots: Share[] }
    | { kind: "taken_before"; visits: number }
    | { kind: "popular_here" };

/** What the shop's own rules did to a pick's place, after the model had ranked. */
export type MerchantRule = "pin" | "boost" | "bury";

/** One pick. Scores compare within one answer only, and fall from pick to pick where no rule moved any. */
export interface Recommendation { item: number; score: number; reason: Reason; rule?: MerchantRule; }

/** Kernels on the CPU, or burn on WebGPU. */
export type Backend = "cpu" | "wgpu";

/** Which backend to use; 'wgpu' needs the module that was built with it. */
export interface LoadOptions { backend?: Backend | null; }

/** What the engine says of itself. */
export interface Status {
    backend: Backend;
    backend_reason: string;
    /** Products ranked. */
    items: number;
    /** Shots that the last run learned from. */
    shots: number;
    /** Weight of the fine-tuned taste in the last run: 0 is frozen. */
    gate: number;
    last_run_ms: number;
    /** First 8 bytes of the pack's SHA-256 in hex: rows mean nothing in another pack. */
    pack: string;
}

/** One shelf to fill: for `seeds` where there are any, else for the session. */
export interface ShelfRequest { name: string; n: number; filter?: Filter; seeds?: number[]; }

/** A session and what is wanted for it: shelves, what is believed of the household, the best so many offers. */
export interface SessionRequest { seq: number; session: Session; shelves: ShelfRequest[]; household?: boolean; offers?: number; }

/** A filled shelf, best first. */
export interface Shelf { name: string; picks: Recommendation[]; }

/** A value of an attribute, how likely it is (0 to 1, calibrated), and its share among all households. */
export interface ValuePrediction { value: string; probability: number; everyone: number; }

/** What is believed of one attribute of the household; `null` is 'not enough to tell', and nothing may be shown. */
export interface AttributePrediction { attribute: string; values: ValuePrediction[] | null; }

/** An offer: what it covers, some of it (rows), the expected share of such shoppers who redeem it and that of all, and what speaks most for it. */
export interface OfferPick {
    id: string;
    title: string;
    covers: number;
    items: number[];
    probability: number;
    everyone: number;
    reason: "covered" | "same_part" | "taste" | "most_redeemed";
    /** Products at hand that the reason counts. */
    products: number;
}

/** The answer to a session. What was not asked for, or is not in the pack, is left out. */
export interface PicksReply {
    type: "picks";
    seq: number;
    shelves: Shelf[];
    household?: AttributePrediction[];
    offers?: OfferPick[];
    status: Status;
}

/** One product as people see it. `picture` is the key of its picture; texts may be empty. */
export interface Item {
    id: string;
    title: string;
    category: string[];
    brand: string;
    size: string;
    price: number | null;
    picture: string;
}

/** All products by row. */
export interface Catalogue { currency: string; items: Item[]; }

/** What the worker takes. */
export type Request =
    | { type: "load"; pack: string; backend?: Backend | null; sha256?: string | null }
    | { type: "ping" }
    | ({ type: "session" } & SessionRequest)
    | { type: "catalogue" }
    | { type: "explain"; item: number };

/** What the worker says. */
export type Reply =
    | { type: "loading"; received: number; total: number | null }
    | { type: "alive" }
    | { type: "ready"; status: Status }
    | PicksReply
    | { type: "catalogue"; catalogue: Catalogue }
    | { type: "explanation"; pick: Recommendation }
    | { type: "failed"; code: string; message: string };

/** The `code` of the errors that are thrown. */
export type ErrorCode =
    | "pack_empty" | "pack_not_a_pack" | "pack_version" | "pack_truncated" | "pack_checksum" | "pack_field"
    | "unknown_item" | "nothing_wanted" | "bad_argument"
    | "no_adapter" | "no_gpu_in_module" | "backend_failed" | "internal";

/** What is thrown: an `Error` with a word to branch on. */
export interface FewshopError extends Error { code: ErrorCode; }
"#;
