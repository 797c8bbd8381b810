import "fewshop/react";
import type { FewshopPicks } from "fewshop/picks";
import { StrictMode, useEffect, useRef } from "react";
import { createRoot } from "react-dom/client";

function Picks() {
  const shelf = useRef<FewshopPicks>(null);
  useEffect(() => {
    const opened = () => shelf.current?.observe({ kind: "view", item: decodeURIComponent(location.hash.slice(1)) });
    addEventListener("hashchange", opened);
    return () => removeEventListener("hashchange", opened);
  }, []);
  return <fewshop-picks ref={shelf} pack="/shop.pack" n={6} href="#{id}" remember><p>What people buy most here.</p></fewshop-picks>;
}

createRoot(document.getElementById("root")!).render(<StrictMode><Picks /></StrictMode>);
