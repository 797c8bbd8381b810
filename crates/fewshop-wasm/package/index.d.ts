import type { Backend, EventKind, Item, Status } from "./cpu/fewshop_wasm.js";

export type { Backend, EventKind, Item, Status };

/** What a shopper does to a product, by the shop's own id. */
export interface ShopEvent {
  type: EventKind;
  item: string;
}

/** A product that the shopper dealt with, and its share of a pick's score, 0 to 1. */
export interface Share {
  item: Item;
  share: number;
}

/** Why a product was picked. */
export type Reason = { kind: "because_of"; shots: Share[] } | { kind: "taken_before"; visits: number } | { kind: "popular_here" };

/** A pick: the product, its score (comparable within one answer only) and its reason. */
export type Pick = Item & { score: number; reason: Reason };

export interface OpenOptions {
  /** SHA-256 of the pack in hex: another file is refused. */
  sha256?: string | null;
  /** Address of a worker script of your own host that imports this package's `worker.js`. */
  worker?: string | null;
  /** Keep the session in localStorage, for 30 days; nothing is stored without. */
  remember?: boolean;
  /** "cpu" unless told otherwise. */
  backend?: Backend | null;
}

export interface RankOptions {
  /** 12 unless told otherwise. */
  n?: number;
  /** Only products whose category path begins so. */
  category?: string[];
  /** Rank for these products, by id, instead of the session. */
  seeds?: string[];
}

export type FailureCode =
  | "pack_missing" | "pack_corrupt" | "engine_corrupt" | "no_wasm" | "worker_lost" | "internal" | "closed"
  | "bad_argument" | "unknown_item" | "nothing_wanted" | "backend_failed";

export class FewshopError extends Error {
  constructor(code: FailureCode, message: string);
  readonly code: FailureCode;
}

export interface FewshopEventMap {
  /** A ranking was answered. */
  ranked: CustomEvent<{ picks: Pick[]; status: Status }>;
  /** The session changed. */
  changed: CustomEvent<{ events: number }>;
  /** Bytes of pack and engine that have arrived. */
  loading: CustomEvent<{ received: number; total: number | null }>;
  /** The shop cannot rank any more; the page can go on. */
  failed: CustomEvent<{ error: FewshopError }>;
}

/** One shopper in one shop, ranked on this device. */
export class Fewshop extends EventTarget {
  static open(pack: string, options?: OpenOptions): Promise<Fewshop>;
  /** As `open`, without waiting: see `ready`. */
  constructor(pack: string, options?: OpenOptions);
  readonly ready: Promise<Fewshop>;
  readonly status: Status | null;
  readonly items: readonly Item[];
  readonly currency: string;
  readonly session: ShopEvent[];
  item(id: string): Item | undefined;
  observe(event: { type?: EventKind; item: string }): void;
  undo(): ShopEvent | null;
  forget(): void;
  restore(session: readonly ShopEvent[]): void;
  rank(options?: RankOptions): Promise<Pick[]>;
  rankings(options?: RankOptions): AsyncGenerator<Pick[], void, void>;
  explain(item: string): Promise<Pick>;
  close(): void;
  addEventListener<K extends keyof FewshopEventMap>(
    type: K, listener: (event: FewshopEventMap[K]) => void, options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}
