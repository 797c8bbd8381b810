import "fewshop/picks";

const shelf = document.querySelector("fewshop-picks");
addEventListener("hashchange", () => shelf.observe({ kind: "view", item: decodeURIComponent(location.hash.slice(1)) }));
