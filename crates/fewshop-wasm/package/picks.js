// <fewshop-picks pack="shop.pack" n="6" href="/product/{id}">: a shelf of picks as a custom element.
//
// The content between its tags is shown until there are picks, and stays if there never are any. Nothing is inline, so the element works under
// a policy without 'unsafe-inline'. This file can be imported on a server, where it defines nothing.

import { Fewshop } from "./index.js";

const STYLE = `
:host { display: block; }
:host([hidden]) { display: none; }
[hidden] { display: none !important; }
[part=list] { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1rem; margin: 0; padding: 0; list-style: none; }
[part~=item] { display: flex; flex-direction: column; gap: .25rem; min-width: 0; }
[part=picture] { width: 100%; height: auto; aspect-ratio: 1; object-fit: contain; }
[part=link] { color: inherit; font-weight: 600; overflow-wrap: anywhere; }
[part=meta], [part=reason], [part=label] { font-size: .875em; opacity: .8; }
`;
/** The English words; the element's property `words` replaces any of them. */
const WORDS = {
  heading: "Picked for you",
  because: (titles) => `because of ${titles.join(" and ")}`,
  before: () => "you took this before",
  offer: () => "on offer this week",
  popular: () => "popular here",
  pin: () => "we placed it here",
  boost: () => "we moved it up",
  bury: () => "we moved it down",
};
/** Maximum number of product names in a reason. */
const NAMES = 2;
/** A shop is closed this long after its last element has left the page, in ms: frameworks take elements out and put them back. */
const LINGER_MS = 1_000;
/** Maximum number of events that wait for an element's shop. */
const MAX_QUEUED = 200;

/** Shops that elements of this page share: an element with other options has another one. */
const shops = new Map();
let sheet;

/** The shop for these options, counted as used once more; `leave` ends that. */
function enter(pack, { worker, sha256 }) {
  const key = JSON.stringify([new URL(pack, document.baseURI).href, worker ?? "", sha256?.toLowerCase() ?? ""]);
  let entry = shops.get(key);
  if (!entry) {
    entry = { shop: new Fewshop(pack, { worker, sha256 }), users: new Map() };
    shops.set(key, entry);
    // After a failure the next element that needs the shop tries again.
    entry.shop.addEventListener("failed", () => shops.get(key) === entry && shops.delete(key));
  }
  return { shop: entry.shop, ...use(key, entry) };
}

/** One more element uses a shop. */
function use(key, entry) {
  const user = Symbol();
  entry.users.set(user, null);
  // Elements of one shop share its memory: it is on if one of them asks for it and none refuses.
  const remember = (wish) => {
    entry.users.set(user, wish);
    const wishes = [...entry.users.values()];
    entry.shop.remember = wishes.includes(true) && !wishes.includes(false);
  };
  const leave = () => {
    entry.users.delete(user);
    setTimeout(() => {
      if (entry.users.size > 0 || shops.get(key) !== entry) return;
      shops.delete(key);
      entry.shop.close();
    }, LINGER_MS);
  };
  return { remember, leave };
}

/** An address with each `{field}` filled in, encoded as one part of an address. */
function fill(pattern, product) {
  return pattern.replace(/\{(\w+)\}/g, (_, field) => encodeURIComponent(product[field] ?? ""));
}

/** On a server there is no such class, and none is needed. */
const Base = globalThis.HTMLElement ?? class {};

/** Properties that are attributes, by their types. */
const TEXTS = ["pack", "href", "picture", "heading", "sha256", "worker", "objective", "locale"];
const LISTS = ["category", "seeds"];
const SWITCHES = ["promoted", "remember"];
/** Those of which the shop depends, not only the shelf. */
const OPENS = ["pack", "worker", "sha256"];

/** A shelf of picks. */
export class FewshopPicks extends Base {
  static observedAttributes = [...TEXTS, ...LISTS, ...SWITCHES, "n"];
  #parts;
  #shop = null;
  /** Ends the use of a shared shop, and says whether to remember. */
  #use = null;
  #own = null;
  #picks = [];
  #words = WORDS;
  #asking = 0;
  #isQueued = false;
  /** Events that came before there was a shop. */
  #early = [];
  #isWarned = new Set();

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

  /** Words in another language: any of heading, because(titles), before(visits), offer(), popular(), pin(), boost(), bury(). */
  get words() {
    return this.#words;
  }
  set words(words) {
    this.#words = { ...WORDS, ...words };
    this.#later();
  }

  /** Number of picks, 6 by default. */
  get n() {
    return Math.max(1, Math.trunc(Number(this.getAttribute("n"))) || 6);
  }
  set n(n) {
    this.setAttribute("n", n);
  }

  /** Records what the shopper did, now or as soon as there is a shop. Returns whether it counts, as far as that is known yet. */
  observe(event) {
    if (this.#shop) return this.#shop.observe(event);
    this.#early.push(event);
    this.#early.splice(0, this.#early.length - MAX_QUEUED);
    return true;
  }

  connectedCallback() {
    // A property set before the element was defined hides the accessor of the class.
    for (const name of ["shop", "words", "n", ...TEXTS, ...LISTS, ...SWITCHES]) {
      if (Object.hasOwn(this, name)) {
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
    }
    this.#connect();
  }

  disconnectedCallback() {
    this.#disconnect();
  }

  attributeChangedCallback(name, before, after) {
    if (!this.isConnected || before === after) return;
    if (OPENS.includes(name)) this.#connect();
    else if (name === "remember") this.#remember();
    else this.#later();
  }

  #disconnect() {
    this.#shop?.removeEventListener("changed", this.#later);
    this.#shop?.removeEventListener("failed", this.#failed);
    this.#use?.leave();
    this.#use = null;
    this.#shop = null;
  }

  #connect() {
    this.#disconnect();
    const { pack, worker, sha256 } = this;
    if (this.isConnected && (this.#own || pack)) {
      try {
        if (this.#own) this.#shop = this.#own;
        else this.#shop = (this.#use = enter(pack, { worker, sha256 })).shop;
        this.#shop.addEventListener("changed", this.#later);
        this.#shop.addEventListener("failed", this.#failed);
        if (this.hasAttribute("remember")) this.#remember();
        this.#queuedEvents();
        this.#later();
      } catch (error) {
        this.#shop = null;
        console.error(`<fewshop-picks>: ${error.message}`);
        this.#failed({ detail: { error } });
      }
    }
  }

  #remember() {
    // Without the attribute this element has no opinion; a shop of the page's own is the page's matter.
    this.#use?.remember(this.hasAttribute("remember") ? this.remember : null);
  }

  #queuedEvents() {
    for (const event of this.#early.splice(0)) {
      try {
        this.#shop.observe(event);
      } catch (error) {
        console.error(`<fewshop-picks>: ${error.message}`);
      }
    }
  }

  #failed = ({ detail: { error } }) => {
    if (error.code === "closed") return;
    this.dispatchEvent(new CustomEvent("fewshop-picks-failed", { bubbles: true, composed: true, detail: { error } }));
  };

  /** Asks again, once for all changes of one task. */
  #later = () => {
    if (this.#isQueued) return;
    this.#isQueued = true;
    queueMicrotask(async () => {
      this.#isQueued = false;
      const shop = this.#shop;
      if (!shop) return;
      const asking = (this.#asking += 1);
      // Not if a newer question is under way or the element was removed.
      const isCurrent = () => asking === this.#asking && shop === this.#shop;
      try {
        await shop.ready;
        if (!isCurrent()) return;
        const { n, category, seeds, promoted } = this;
        const known = seeds.filter((id) => shop.item(id));
        if (known.length < seeds.length) this.#warn(`the pack has no product '${seeds.find((id) => !shop.item(id))}', which 'seeds' names`);
        // None left: there is nothing to rank for, and the picks of another product would be wrong.
        const objective = this.objective || (known.length > 0 ? "likely" : "personal");
        const picks = seeds.length > 0 && known.length === 0 ? [] : await shop.rank({ n, category, seeds: known, promoted, objective });
        if (isCurrent()) this.#show(picks);
      } catch (error) {
        // The shop reports its own failure, once.
        if (isCurrent() && error.code === "bad_argument") {
          this.#warn(error.message);
          this.#failed({ detail: { error } });
        }
      }
    });
  };

  /** Says in the console what is wrong with the element's attributes, each thing once. */
  #warn(what) {
    if (this.#isWarned.has(what)) return;
    this.#isWarned.add(what);
    console.warn(`<fewshop-picks>: ${what}`);
  }

  #show(picks) {
    const { named, list, instead } = this.#parts;
    named.textContent = this.heading || this.#words.heading;
    const focused = this.shadowRoot.activeElement?.dataset.id;
    // A pick that stays keeps its element, and with it focus and place.
    const old = new Map([...list.children].map((item) => [item.dataset.id, item]));
    list.replaceChildren(...picks.map((pick, at) => this.#item(pick, at, old.get(pick.id))));
    if (focused) [...list.querySelectorAll("a")].find((link) => link.dataset.id === focused)?.focus({ preventScroll: true });
    list.hidden = picks.length === 0;
    instead.hidden = picks.length > 0;
    this.#picks = picks;
    this.dispatchEvent(new CustomEvent("fewshop-picks-updated", { bubbles: true, composed: true, detail: { picks } }));
  }

  /** A place in the list: the page's own card, if there is one in the slot `card-1`, `card-2` and so on, or ours. */
  #item(pick, at, item = document.createElement("li")) {
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
    if (this.picture && pick.picture) {
      const image = element("img", "picture");
      image.alt = "";
      image.loading = "lazy";
      image.src = fill(this.picture, pick);
    }
    const { href } = this;
    const title = element(href ? "a" : "span", href ? "link" : "title", pick.title);
    title.dataset.id = pick.id;
    if (href) title.href = fill(href, pick);
    const price = pick.price === null || pick.price === undefined ? "" : this.#money(pick.price);
    const meta = [pick.size, pick.brand, price].filter(Boolean).join(" · ");
    if (meta) element("span", "meta", meta);
    element("span", "reason", this.#reason(pick.reason));
    if (pick.rule) element("span", "label", this.#words[pick.rule]());
    const card = document.createElement("slot");
    card.name = `card-${at + 1}`;
    card.append(...made);
    item.replaceChildren(card);
    return item;
  }

  /** A price in the currency of the pack and the language of the page. */
  #money(price) {
    const { currency } = this.#shop;
    const locale = this.locale || this.closest("[lang]")?.lang || undefined;
    const format = (locale, options) => new Intl.NumberFormat(locale, options).format(price);
    const style = currency ? { style: "currency", currency } : {};
    try {
      return format(locale, style);
    } catch {
      try {
        const text = format(undefined, style);
        this.#warn(`'${locale}' is no language tag: prices are written in the browser's language; expected one such as 'en-GB'`);
        return text;
      } catch {
        this.#warn(`the pack's currency '${currency}' is no ISO 4217 code, such as 'EUR': prices have none`);
        return `${price.toFixed(2)} ${currency}`;
      }
    }
  }

  #reason({ kind, shots = [], visits }) {
    if (kind === "because_of") {
      const strongest = [...shots].sort((a, b) => b.share - a.share);
      // Several products may stand for the same words.
      const named = new Set(strongest.map(({ item, asked }) => (asked === null ? item.title : `“${asked}”`)));
      return this.#words.because([...named].slice(0, NAMES));
    }
    if (kind === "on_offer") return this.#words.offer();
    return kind === "taken_before" ? this.#words.before(visits) : this.#words.popular();
  }
}

/** Gives the class a property that is the attribute of the same name. */
function reflect(name, read, write) {
  const set = function (value) {
    const text = value === null || value === undefined ? null : write(value);
    if (text === null) this.removeAttribute(name);
    else this.setAttribute(name, text);
  };
  Object.defineProperty(FewshopPicks.prototype, name, { get() { return read(this.getAttribute(name)); }, set, enumerable: true, configurable: true });
}

const parts = (text) => (text ?? "").split("|").map((part) => part.trim()).filter(Boolean);
for (const name of TEXTS) reflect(name, (text) => text, String);
for (const name of LISTS) reflect(name, parts, (value) => [value].flat().join("|"));
// `remember="false"` is what frameworks write for a property that is off.
for (const name of SWITCHES) reflect(name, (text) => text !== null && text !== "false", (value) => (value === true || value === "" || value === "true" ? "" : value === false ? null : String(value)));

// Two versions on one page: the first stays.
if (globalThis.customElements && !customElements.get("fewshop-picks")) customElements.define("fewshop-picks", FewshopPicks);
