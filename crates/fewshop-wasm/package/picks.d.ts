import type { Fewshop, FewshopError, NewEvent, Objective, Recommendation } from "./index.js";

export interface Words {
  heading: string;
  because(titles: string[]): string;
  before(visits: number): string;
  offer(): string;
  popular(): string;
  pin(): string;
  boost(): string;
  bury(): string;
}

/** What can be set on the element, as attributes or as properties. */
export interface FewshopPicksProps {
  /** Address of the pack. */
  pack?: string | null;
  /** Number of picks, 6 by default. */
  n?: number | string;
  /** Only products below this path; as an attribute, levels are separated by '|'. */
  category?: string | readonly string[] | null;
  /** Rank for these product ids instead of the session; as an attribute, separated by '|'. */
  seeds?: string | readonly string[] | null;
  /** 'personal' by default, with seeds 'likely'. */
  objective?: Objective | null;
  /** Only products in today's leaflet. */
  promoted?: boolean | "true" | "false" | "" | null;
  /** Keep the session and earlier visits in localStorage for 30 days. */
  remember?: boolean | "true" | "false" | "" | null;
  /** Address of a product's page, with `{id}` or any other field. */
  href?: string | null;
  /** Address of a product's picture, with `{picture}` or any other field. */
  picture?: string | null;
  heading?: string | null;
  /** Language of the prices, such as 'en-GB'; by default that of the page. */
  locale?: string | null;
  sha256?: string | null;
  worker?: string | null;
}

/** `<fewshop-picks>`: a shelf of picks. */
export class FewshopPicks extends HTMLElement {
  get shop(): Fewshop | null;
  set shop(shop: Fewshop | null);
  readonly picks: readonly Recommendation[];
  get words(): Words;
  set words(words: Partial<Words>);
  pack: string | null;
  get n(): number;
  set n(n: number | string);
  get category(): string[];
  set category(category: string | readonly string[] | null);
  get seeds(): string[];
  set seeds(seeds: string | readonly string[] | null);
  objective: Objective | null;
  get promoted(): boolean;
  set promoted(promoted: boolean | string | null);
  get remember(): boolean;
  set remember(remember: boolean | string | null);
  href: string | null;
  picture: string | null;
  heading: string | null;
  locale: string | null;
  sha256: string | null;
  worker: string | null;
  /** Records what the shopper did, now or as soon as there is a shop. Returns whether it counts, as far as that is known yet. */
  observe(event: NewEvent): boolean;
}

declare global {
  interface HTMLElementTagNameMap {
    "fewshop-picks": FewshopPicks;
  }
  interface HTMLElementEventMap {
    "fewshop-picks-updated": CustomEvent<{ picks: Recommendation[] }>;
    "fewshop-picks-failed": CustomEvent<{ error: FewshopError }>;
  }
}
