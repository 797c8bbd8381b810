// `import "fewshop/vue"` defines the element and tells Vue's templates about it. Vue's compiler also wants
// `isCustomElement: (tag) => tag === "fewshop-picks"` in its options, as for every custom element.
import type { DefineComponent } from "vue";
import type { FewshopPicksProps } from "./picks.js";

declare module "vue" {
  interface GlobalComponents {
    "fewshop-picks": DefineComponent<FewshopPicksProps & {
      "onFewshop-picks-updated"?: (event: HTMLElementEventMap["fewshop-picks-updated"]) => void;
      "onFewshop-picks-failed"?: (event: HTMLElementEventMap["fewshop-picks-failed"]) => void;
    }>;
  }
}
