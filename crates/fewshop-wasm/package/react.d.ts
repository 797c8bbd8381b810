// `import "fewshop/react"` defines the element and tells TypeScript's JSX for React 19 about it.
import type { ClassAttributes, HTMLAttributes } from "react";
import type { FewshopPicks, FewshopPicksProps } from "./picks.js";

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "fewshop-picks": ClassAttributes<FewshopPicks> & Omit<HTMLAttributes<FewshopPicks>, keyof FewshopPicksProps> & FewshopPicksProps & {
        "onfewshop-picks-updated"?: (event: HTMLElementEventMap["fewshop-picks-updated"]) => void;
        "onfewshop-picks-failed"?: (event: HTMLElementEventMap["fewshop-picks-failed"]) => void;
      };
    }
  }
}
