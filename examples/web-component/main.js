// A product is 'opened' by its link, `#product/…`; a real shop would do this on the product's own page.
const [yours, goesWith, forget] = ["yours", "with", "forget"].map((id) => document.getElementById(id));

function opened() {
  const [, id] = location.hash.match(/^#product\/(.+)$/) ?? [];
  if (!id) return;
  const item = decodeURIComponent(id);
  yours.observe({ kind: "view", item });
  goesWith.setAttribute("seeds", item);
  goesWith.hidden = false;
}

addEventListener("hashchange", opened);
forget.onclick = () => yours.shop.forget();
opened();
