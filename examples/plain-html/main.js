// The module on its own: goods that can be clicked, picks that follow.
import { Fewshop } from "./fewshop/index.js";

const [status, goods, picks, undo, forget] = ["status", "goods", "picks", "undo", "forget"].map((id) => document.getElementById(id));

function line(product, reason) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = product.title;
  button.onclick = () => shop.observe({ kind: "view", item: product.id });
  item.append(button);
  if (reason) {
    const small = document.createElement("small");
    small.textContent = ` ${reason}`;
    item.append(small);
  }
  return item;
}

const why = ({ kind, shots }) => {
  if (kind === "because_of") return `because of ${shots[0].item.title}`;
  return kind === "taken_before" ? "you took this before" : "popular here";
};

const shop = new Fewshop("shop.pack", { remember: true });
try {
  await shop.ready;
  const every = Math.ceil(shop.items.length / 16);
  goods.replaceChildren(...shop.items.filter((_, row) => row % every === 0).map((product) => line(product)));
  undo.onclick = () => shop.undo();
  forget.onclick = () => shop.forget();
  for await (const best of shop.rankings({ n: 8 })) {
    const { length } = shop.session;
    status.textContent = `Learned from ${length} click${length === 1 ? "" : "s"}; nothing has left this device`;
    undo.disabled = forget.disabled = length === 0;
    picks.replaceChildren(...best.map((pick) => line(pick, why(pick.reason))));
  }
} catch (error) {
  status.textContent = `No picks: ${error.message}`;
}
