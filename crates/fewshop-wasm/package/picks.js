// <fewshop-picks pack="shop.pack" n="6" href="/product/{id}">: a shelf of picks as a custom element.
//
// The content between its tags is shown until there are picks, and stays if there never are any. Nothing is inline, so the element works under
// a policy without 'unsafe-inline'.

import { Fewshop } from "./index.js";

const STYLE = `
:host { display: block; }
:host([hidden]) { display: none; }
[hidden] { display: none !important; }
[part=list] { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1rem; margin: 0; padding: 0; list-style: none; }
[part=item] { display: flex; flex-direction: column; gap: .25rem; min-width: 0; }
[part=picture] { width: 100%; height: auto; aspect-ratio: 1; object-fit: contain; }
[part=link] { color: inherit; font-weight: 600; overflow-wrap: anywhere; }
[part=meta], [part=reason] { font-size: .875em; opacity: .8; }
`;
/** The English words; the element's property `words` replaces any of them. */
const WORDS = {
  heading: "Picked for you",
  because: (titles) => `because of ${titles.join(" and ")}`,
  before: () => "you took this before",
  offer: () => "on offer this week",
  popular: () => "popular here",
};
/** Maximum number of product names in a reason. */
const NAMES = 2;

/** Shops that elements of this page share, by pack and worker. */
const shops = new Map();
let sheet;

function shared(pack, options) {
  const key = JSON.stringify([new URL(pack, document.baseURI).href, options.worker ?? ""]);
  if (!shops.has(key)) {
    const shop = new Fewshop(pack, options);
    // After a failure the next element that needs the shop tries again.
    shop.addEventListener("failed", () => shops.delete(key));
    shops.set(key, shop);
  }
  return shops.get(key);
}

/** An address with each `{field}` filled in, encoded as one part of an address. */
function fill(pattern, product) {
  return pattern.replace(/\{(\w+)\}/g, (_, field) => encodeURIComponent(product[field] ?? ""));
}

/** A shelf of picks. */
export class FewshopPicks extends HTMLElement {
  static observedAttributes = ["pack", "n", "category", "seeds", "promoted", "href", "picture", "heading"];
  #parts;
  #shop = null;
  #own = null;
  #picks = [];
  #words = WORDS;
  #asking = 0;
  #queued = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
    }
    root.adoptedStyleSheets = [sheet];
    const element = (tag, part, parent) => {
      const made = document.createElement(tag);
      if (part) made.setAttribute("part", part);
      parent.append(made);
      return made;
    };
    const section = element("section", "shelf", root);
    const heading = element("h2", "heading", section);
    heading.id = "heading";
    section.setAttribute("aria-labelledby", "heading");
    const named = element("slot", null, heading);
    named.name = "heading";
    const list = element("ul", "list", section);
    // Safari does not announce a list without bullets as a list.
    list.setAttribute("role", "list");
    const instead = element("slot", null, section);
    this.#parts = { section, named, list, instead };
    section.hidden = false;
    list.hidden = true;
  }

  /** The shop that it shows: the one of the attribute `pack`, or the one set here. */
  get shop() {
    return this.#shop;
  }
  set shop(shop) {
    this.#own = shop;
    this.#connect();
  }

  /** The picks shown. */
  get picks() {
    return this.#picks;
  }

  /** Words in another language: any of heading, because(titles), before(), offer(), popular(). */
  set words(words) {
    this.#words = { ...WORDS, ...words };
    this.#later();
  }

  /** Records what the shopper did. */
  async observe(event) {
    this.#shop?.observe(event);
  }

  connectedCallback() {
    // A property set before the element was defined hides the accessor of the class.
    for (const name of ["shop", "words"]) {
      if (Object.hasOwn(this, name)) {
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
    }
    this.#connect();
  }

  disconnectedCallback() {
    this.#leave();
  }

  attributeChangedCallback(name, before, after) {
    if (!this.isConnected || before === after) return;
    if (name === "pack") this.#connect();
    else this.#later();
  }

  #leave() {
    this.#shop?.removeEventListener("changed", this.#later);
    this.#shop?.removeEventListener("failed", this.#failed);
    this.#shop = null;
  }

  #connect() {
    this.#leave();
    const pack = this.getAttribute("pack");
    if (!this.isConnected || !(this.#own || pack)) return;
    const [worker, sha256] = [this.getAttribute("worker"), this.getAttribute("sha256")];
    this.#shop = this.#own ?? shared(pack, { worker, sha256, remember: this.hasAttribute("remember") });
    this.#shop.addEventListener("changed", this.#later);
    this.#shop.addEventListener("failed", this.#failed);
    this.#later();
  }

  #failed = ({ detail: { error } }) => {
    this.dispatchEvent(new CustomEvent("fewshop-picks-failed", { bubbles: true, composed: true, detail: { error } }));
  };

  /** Asks again, once for all changes of one task. */
  #later = () => {
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(async () => {
      this.#queued = false;
      const shop = this.#shop;
      if (!shop) return;
      const asking = (this.#asking += 1);
      try {
        await shop.ready;
        const paths = (name) => (this.getAttribute(name) ?? "").split("|").map((part) => part.trim()).filter(Boolean);
        const n = Math.max(1, Math.trunc(Number(this.getAttribute("n"))) || 6);
        const picks = await shop.rank({ n, category: paths("category"), seeds: paths("seeds"), promoted: this.hasAttribute("promoted") });
        // Not if a newer question is under way or the element was removed.
        if (asking === this.#asking && shop === this.#shop) this.#show(picks);
      } catch (error) {
        // The shop reports its own failure, once.
        if (asking === this.#asking && error.code !== "worker_lost") this.#complain(error, shop);
      }
    });
  };

  #complain(error, shop) {
    if (shop === this.#shop && error.code === "unknown_item") this.#failed({ detail: { error } });
  }

  #show(picks) {
    const { named, list, instead } = this.#parts;
    named.textContent = this.getAttribute("heading") ?? this.#words.heading;
    const focused = this.shadowRoot.activeElement?.dataset.id;
    // A pick that stays keeps its element, and with it focus and place.
    const old = new Map([...list.children].map((item) => [item.dataset.id, item]));
    list.replaceChildren(...picks.map((pick) => this.#item(pick, old.get(pick.id))));
    if (focused) [...list.querySelectorAll("a")].find((link) => link.dataset.id === focused)?.focus({ preventScroll: true });
    list.hidden = picks.length === 0;
    instead.hidden = picks.length > 0;
    this.#picks = picks;
    this.dispatchEvent(new CustomEvent("fewshop-picks-updated", { bubbles: true, composed: true, detail: { picks } }));
  }

  #item(pick, item = document.createElement("li")) {
    item.setAttribute("part", "item");
    item.dataset.id = pick.id;
    // For styles such as `::part(item pin)`: a business rule of the shop moved this pick.
    if (pick.rule) item.part.add(pick.rule);
    if (pick.promoted) item.part.add("promoted");
    const made = [];
    const element = (tag, part, text) => {
      const element = document.createElement(tag);
      element.setAttribute("part", part);
      if (text) element.textContent = text;
      made.push(element);
      return element;
    };
    const picture = this.getAttribute("picture");
    if (picture && pick.picture) {
      const image = element("img", "picture");
      image.alt = "";
      image.loading = "lazy";
      image.src = fill(picture, pick);
    }
    const href = this.getAttribute("href");
    const title = element(href ? "a" : "span", href ? "link" : "title", pick.title);
    title.dataset.id = pick.id;
    if (href) title.href = fill(href, pick);
    const price = pick.price === null || pick.price === undefined ? "" : this.#money(pick.price);
    const meta = [pick.size, pick.brand, price].filter(Boolean).join(" · ");
    if (meta) element("span", "meta", meta);
    element("span", "reason", this.#reason(pick.reason));
    item.replaceChildren(...made);
    return item;
  }

  #money(price) {
    const { currency } = this.#shop;
    const language = this.closest("[lang]")?.lang || undefined;
    try {
      return new Intl.NumberFormat(language, currency ? { style: "currency", currency } : {}).format(price);
    } catch {
      return price.toFixed(2);
    }
  }

  #reason({ kind, shots = [], visits }) {
    if (kind === "because_of") {
      const strongest = shots.toSorted?.((a, b) => b.share - a.share) ?? [...shots].sort((a, b) => b.share - a.share);
      return this.#words.because(strongest.slice(0, NAMES).map(({ item }) => item.title));
    }
    if (kind === "on_offer") return this.#words.offer();
    return kind === "taken_before" ? this.#words.before(visits) : this.#words.popular();
  }
}

// Two versions on one page: the first stays.
if (!customElements.get("fewshop-picks")) customElements.define("fewshop-picks", FewshopPicks);
