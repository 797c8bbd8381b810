// `import "fewshop/svelte"` defines the element and tells Svelte 5's markup about it.
import type { HTMLAttributes } from "svelte/elements";
import type { FewshopPicks, FewshopPicksProps } from "./picks.js";

declare module "svelte/elements" {
  interface SvelteHTMLElements {
    "fewshop-picks": Omit<HTMLAttributes<FewshopPicks>, keyof FewshopPicksProps> & FewshopPicksProps & {
      "onfewshop-picks-updated"?: (event: HTMLElementEventMap["fewshop-picks-updated"]) => void;
      "onfewshop-picks-failed"?: (event: HTMLElementEventMap["fewshop-picks-failed"]) => void;
    };
  }
}
