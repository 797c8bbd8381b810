import type {
  Backend, BusinessRule, EventKind, Evidence, FailureCode as WorkerFailureCode, Item, Objective, Outcome, Prediction, Reason as RowReason,
  Status,
} from "./cpu/fewshop_wasm.js";

export type { Backend, BusinessRule, EventKind, Item, Objective, Outcome, Status };

// The package names products by the shop's own ids and by whole products; the protocol's types, which are generated from Rust, name them
// by rows. What follows is the difference.

/** What a shopper does to a product, by the shop's own id. */
export interface ShopEvent {
  kind: EventKind;
  item: string;
}

/** An earlier visit: when it ended, in ms since 1970, and the ids of what was taken. */
export interface Visit {
  ended: number;
  items: string[];
}

/** An event as `observe` takes it; a kind that is left out is "view". */
export type NewEvent = { item: string; kind?: EventKind } | {
  item: string;
  /** @deprecated The old name of `kind`. */
  type: EventKind;
};

/** A product that the shopper chose, or that stands for what the shopper asked for in words, and its share of a pick's score, 0 to 1. */
export interface Share {
  item: Item;
  share: number;
  /** The shopper's words that the product stands for; null for a product that the shopper chose. */
  asked: string | null;
}

/** Why a product was picked. */
export type Reason = Exclude<RowReason, { kind: "because_of" }> | { kind: "because_of"; shots: Share[] };

/** A pick: the product and why it was picked. */
export interface Recommendation extends Item {
  /** Comparable within one answer only. */
  score: number;
  reason: Reason;
  /** The business rule that moved it, if any. */
  rule: BusinessRule | null;
  /** Whether it is in today's leaflet. */
  promoted: boolean;
  /** How many times as likely as for a shopper of whom nothing is known; null where the ranking did not compare the two. */
  lift: number | null;
}

/** A prediction of a task, with products instead of rows. */
export type TaskPrediction = Omit<Prediction, "evidence"> & { evidence: Omit<Evidence, "items"> & { items: Item[] } };

/** The prediction for one attribute of the household. */
export interface AttributePrediction {
  /** As the shop's data calls it. */
  attribute: string;
  /** All its values, or null where the session says too little: nothing may be shown then. */
  values: { value: string; probability: number; everyone: number }[] | null;
}

/** An offer for this shopper. */
export interface Offer {
  /** The shop's own id. */
  id: string;
  title: string;
  /** Number of products that it covers. */
  covers: number;
  /** A few of them, the most likely for this shopper first. */
  items: Item[];
  /** Expected share of such shoppers who redeem it when it is shown, 0 to 1. */
  probability: number;
  /** The share of households that redeemed it. */
  everyone: number;
  reason: "covered" | "same_part" | "taste" | "most_redeemed";
  /** Products of the session that the reason counts; 0 if it counts none. */
  products: number;
}

export interface OpenOptions {
  /** SHA-256 of the pack in hex; any other file is refused. */
  sha256?: string | null;
  /** Address of a worker script on your own host that imports this package's `worker.js`. */
  worker?: string | null;
  /** Keep the session and earlier visits in localStorage, for 30 days. Nothing is stored otherwise. */
  remember?: boolean;
  /** "cpu" by default. */
  backend?: Backend | null;
  /** Address of the file that `fewshop words` made for this pack: `find` and `ask` read meaning as well as letters. Fetched when first needed. */
  words?: string | null;
}

/** The answer to a search. */
export interface Found {
  /** Best first. */
  items: Item[];
  /** 'letters'; 'meaning' if no product has these words; 'nothing' if none can be read. */
  by: "letters" | "meaning" | "nothing";
  /** What the shopper does not want, as typed. It goes by the words of titles and categories. */
  unwanted: string[];
  /** The most that may be paid, in the shop's currency. */
  maxPrice: number | null;
}

export interface RankOptions {
  /** 12 by default. */
  n?: number;
  /** Only products whose category path begins with these. */
  category?: string[];
  /** Leave out the first ones: the next page of a list. */
  skip?: number;
  /** Rank for these products, by id, instead of the session. */
  seeds?: string[];
  /**
   * 'likely' (by default): how likely the shopper takes a product. 'personal': the same, without what everybody takes. 'complements':
   * how much likelier it becomes beside the seeds. 'similar': of the seeds' category, the most alike first.
   */
  objective?: Objective;
  /** Only products for which it returns true, such as those in stock. */
  where?: ((item: Item) => boolean) | null;
  /** Only products that are in today's leaflet. */
  promoted?: boolean;
}

/** A shopper's correction of a category or a brand. */
export type Correction = "more" | "less" | "never";

export type FailureCode = WorkerFailureCode | "worker_lost" | "closed";

export class FewshopError extends Error {
  constructor(code: FailureCode, message: string);
  readonly code: FailureCode;
}

export interface FewshopEventMap {
  /** A ranking was answered. */
  ranked: CustomEvent<{ picks: Recommendation[]; status: Status }>;
  /** The session changed. */
  changed: CustomEvent<{ events: number }>;
  /** Ids that the pack does not have, from `observe` or from storage. They do not count. */
  unknown: CustomEvent<{ items: string[] }>;
  /** Bytes of pack and engine that have arrived. */
  loading: CustomEvent<{ received: number; total: number | null }>;
  /** The shop cannot rank any more; the page can go on. */
  failed: CustomEvent<{ error: FewshopError }>;
}

/** One shopper in one shop, ranked on this device. */
export class Fewshop extends EventTarget {
  /** Starts at once. Events and questions may come before `ready`; they wait. */
  constructor(pack: string, options?: OpenOptions);
  /** @deprecated Use the constructor, and `await shop.ready` if you need `items`. */
  static open(pack: string, options?: OpenOptions): Promise<Fewshop>;
  readonly ready: Promise<Fewshop>;
  readonly status: Status | null;
  readonly items: readonly Item[];
  readonly currency: string;
  readonly session: ShopEvent[];
  readonly visits: Visit[];
  /** What the shopper asked for in words on this visit. */
  readonly asked: string[];
  /** Ids that do not count. */
  readonly ignored: string[];
  /** By 'category/…' or 'brand/…'. */
  readonly corrections: Record<string, Correction>;
  /** Whether session and visits are kept in localStorage. Switching it off erases what was kept there. */
  remember: boolean;
  item(id: string): Item | undefined;
  /** Returns whether the event counts: not for a product that is ignored or that the pack does not have. */
  observe(event: NewEvent): boolean;
  /** Finds products by words, as a search field does. */
  find(query: string, options?: { n?: number }): Promise<Found>;
  /** A sentence as an example: it moves the picks as a click does. Resolves to whether something of the shop is near it. */
  ask(query: string): Promise<boolean>;
  /** Takes back what was asked. */
  unask(query: string): boolean;
  /** Ends the visit at once. It ends by itself after an order, or after 30 minutes without an event. */
  checkOut(): void;
  undo(): ShopEvent | null;
  /** A product, such as a gift, counts no more; or again from now on. */
  ignore(item: string, isIgnored?: boolean): void;
  /** The shopper wants more or less of a category (its first two levels) or of a brand, or never to see it. */
  correct(what: { category: readonly string[] } | { brand: string }, correction: Correction | null): void;
  forget(): void;
  restore(session: readonly NewEvent[], visits?: readonly Visit[]): void;
  rank(options?: RankOptions): Promise<Recommendation[]>;
  /** Several shelves in one question. No product stands on two of them. */
  shelves(options: readonly RankOptions[]): Promise<Recommendation[][]>;
  /** Alternatives to a product. */
  similar(item: string, options?: Omit<RankOptions, "seeds" | "objective">): Promise<Recommendation[]>;
  /** What becomes likelier beside a product, or beside several. */
  goesWith(items: string | readonly string[], options?: Omit<RankOptions, "seeds" | "objective">): Promise<Recommendation[]>;
  /** Picks now, and again after each change of the session. Ends when the shop is closed. */
  rankings(options?: RankOptions): AsyncGenerator<Recommendation[], void, void>;
  explain(item: string): Promise<Recommendation>;
  answer(task: string, max?: number): Promise<TaskPrediction[]>;
  attributes(): Promise<AttributePrediction[]>;
  offers(n?: number): Promise<Offer[]>;
  close(): void;
  addEventListener<K extends keyof FewshopEventMap>(
    type: K, listener: (event: FewshopEventMap[K]) => void, options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}
