import type { Fewshop, FewshopError, NewEvent, Pick } from "./index.js";

export interface Words {
  heading: string;
  because(titles: string[]): string;
  before(visits: number): string;
  offer(): string;
  popular(): string;
}

/** `<fewshop-picks>`: a shelf of picks. */
export class FewshopPicks extends HTMLElement {
  get shop(): Fewshop | null;
  set shop(shop: Fewshop | null);
  readonly picks: readonly Pick[];
  set words(words: Partial<Words>);
  observe(event: NewEvent): Promise<void>;
}

declare global {
  interface HTMLElementTagNameMap {
    "fewshop-picks": FewshopPicks;
  }
  interface HTMLElementEventMap {
    "fewshop-picks-updated": CustomEvent<{ picks: Pick[] }>;
    "fewshop-picks-failed": CustomEvent<{ error: FewshopError }>;
  }
}
