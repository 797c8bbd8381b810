// Fewshop for any page: learns what one shopper likes from a few clicks and ranks the catalogue for them. It runs in a worker on the
// device and sends nothing anywhere.
//
//   const shop = new Fewshop("shop.pack");
//   shop.observe({ kind: "view", item: "12345" });
//   const picks = await shop.rank({ n: 12 });
//
// The page keeps the session, by product ids, and sends all of it with each question, so a worker that dies is replaced without loss.
// This file can be imported on a server, where it does nothing: a shop is opened in a browser.

import { Client, deferred } from "./client.js";
import { FewshopError, bad } from "./errors.js";
import { Memory } from "./memory.js";
import { CORRECTIONS, Session, checked } from "./session.js";

export { FewshopError };

const OBJECTIVES = ["likely", "personal", "complements", "similar"];
/** Products asked for beyond those wanted where some may be left out afterwards. */
const SPARE = 24;

const remedies = {
  pack_missing: "check the address of the pack",
  pack_corrupt: "copy the pack again, and name the SHA-256 of that very file",
  engine_corrupt: "copy all files of the package again, from one version",
  wrong_protocol: "serve all files of the package from one version",
  worker_lost: "see 'Where it runs' in the README: worker.js and the folder cpu have to be reachable beside index.js",
};

/** The names by which corrections know a product's category and brand. */
const keys = ({ category, brand }) => [`category/${category.slice(0, 2).join("/")}`, `brand/${brand}`];

/** One shopper in one shop. */
export class Fewshop extends EventTarget {
  #client;
  #memory;
  #session = new Session();
  #ready = deferred();
  #isReady = false;
  #failed = null;
  #status = null;
  #items = [];
  #rows = new Map();
  #currency = "";
  /** Questions that wait, by what they ask, so that the same question is asked once. */
  #waiting = new Map();
  #changes = 0;
  /** Address of the file of words, and its fetching. */
  #words;
  #reading = null;

  /**
   * As the constructor, but resolves when the shop is ready.
   * @deprecated Use `new Fewshop(…)`: it can be used at once, and `ready` resolves when the engine ranks.
   */
  static async open(pack, options = {}) {
    return new Fewshop(pack, options).ready;
  }

  /**
   * Opens a shop: starts the worker, which fetches engine and pack. Events and questions are taken at once and wait for it. If it
   * fails, `ready` and all questions reject with a FewshopError, and the page goes on without picks.
   */
  constructor(pack, options = {}) {
    super();
    if (typeof document === "undefined") throw bad("a shop is opened in a browser: on a server, import the package but make no shop");
    if (!pack) throw bad("the pack is missing: expected its address, as 'shop.pack'");
    const { sha256 = null, worker = null, backend = "cpu", remember = false, words = null } = options;
    if (sha256 !== null && !/^[\da-f]{64}$/i.test(sha256)) throw bad(`sha256 is '${sha256}': expected the 64 hex digits of the pack's SHA-256`);
    const address = new URL(pack, document.baseURI).href;
    this.#words = words && new URL(words, document.baseURI).href;
    this.#ready.promise.catch(() => {});
    this.#memory = new Memory(address, () => {
      const before = this.#session.write();
      this.#join();
      this.#memory.keep(this.#session);
      if (this.#session.write() !== before) this.#changed();
    });
    this.#memory.isOn = Boolean(remember);
    this.#join();
    this.#client = new Client({ pack: address, sha256: sha256?.toLowerCase() ?? null, worker, backend }, {
      loading: (received, total) => this.#tell("loading", { received, total }),
      ready: (status) => this.#started(status),
      wordless: (error) => console.error(`Fewshop searches by letters alone: ${error.message}`),
      failed: (error) => this.#ended(error),
    });
  }

  // ---- state

  /** Resolves with this shop when the engine ranks. */
  get ready() {
    return this.#ready.promise;
  }

  /** The state of the engine, or null. */
  get status() {
    return this.#status;
  }

  /** All products; empty before the shop is ready. */
  get items() {
    return this.#items;
  }

  /** ISO code of the prices' currency; may be empty. */
  get currency() {
    return this.#currency;
  }

  /** The product with an id, or undefined. */
  item(id) {
    return this.#items[this.#rows.get(String(id))];
  }

  /** The events of the current visit, oldest first, by ids: plain JSON, which `restore` takes back. */
  get session() {
    return this.#session.events.map(({ kind, item }) => ({ kind, item }));
  }

  /** Earlier visits, the latest first: when each ended (ms since 1970) and the ids taken. Plain JSON, which `restore` takes back. */
  get visits() {
    return this.#session.visits.map(({ ended, items }) => ({ ended, items: [...items] }));
  }

  /** What the shopper asked for in words on this visit, oldest first, see `ask`. */
  get asked() {
    return this.#session.asked.map(({ text }) => text);
  }

  /** Ids that do not count, see `ignore`. */
  get ignored() {
    return [...this.#session.ignored];
  }

  /** The shopper's corrections by 'category/…' or 'brand/…', see `correct`. */
  get corrections() {
    return { ...this.#session.corrections };
  }

  /** Whether session and visits are kept in localStorage. Switching it off erases what was kept there. */
  get remember() {
    return this.#memory.isOn;
  }
  set remember(remember) {
    this.#memory.isOn = Boolean(remember);
    this.#join();
    this.#memory.write(this.#session);
  }

  // ---- what the shopper does

  /**
   * Records what the shopper did: `{ kind, item }`. A new visit begins after 30 minutes without an event, or with the first event
   * after an order (purchases in a row are one order). Returns whether it counts: a product that is ignored does not, nor one that the
   * pack does not have; that one is reported by the event `unknown`.
   */
  observe(event) {
    this.#check();
    const next = checked(event);
    if (this.#items.length > 0 && !this.#rows.has(next.item)) {
      this.#tell("unknown", { items: [next.item] });
      return false;
    }
    if (this.#session.ignored.includes(next.item)) return false;
    this.#change((session, now) => session.add(next, now));
    return true;
  }

  /**
   * As `find`, and what was found counts as an example for the picks, as a click does, until the visit ends. Products that the shopper
   * does not want ('no nuts') are no picks meanwhile. Asking the same again counts once.
   */
  async ask(query) {
    const found = await this.#find(query, 1);
    const ids = (rows) => rows.map((row) => this.#items[row].id);
    const question = { text: String(query), items: ids(found.example), without: ids(found.without ?? []) };
    if (question.items.length > 0) this.#change((session, now) => session.ask(question, now));
    return question.items.length > 0;
  }

  /** What was asked counts no more; whether it did. */
  unask(query) {
    this.#check();
    return this.#change((session) => session.unask(String(query)));
  }

  /** Ends the visit, as an order does: what was put into the cart or bought becomes the latest of the earlier visits. */
  checkOut() {
    this.#check();
    this.#change((session, now) => {
      session.last = Math.max(session.last, now);
      session.endVisit(now);
    });
  }

  /** Removes the last event of the visit and returns it, or null. */
  undo() {
    return this.#session.events.length > 0 ? this.#change((session) => session.undo()) : null;
  }

  /** A product counts no more, in this visit and in earlier ones, because it was a gift, say; or counts again from now on. */
  ignore(item, isIgnored = true) {
    this.#check();
    this.#change((session) => session.ignore(String(item), isIgnored));
  }

  /**
   * The shopper corrects what the picks rest on: `{ category: ["Pets", "Cat food"] }` (its first two levels) or `{ brand: "Acme" }`, and
   * 'more', 'less', 'never', or null for no correction.
   */
  correct({ category, brand } = {}, correction) {
    this.#check();
    if ((!Array.isArray(category) && typeof brand !== "string") || !(correction === null || CORRECTIONS.includes(correction))) {
      throw bad(`correct takes {category: [department, …]} or {brand}, and one of ${CORRECTIONS.join(", ")} or null`);
    }
    const [ofCategory, ofBrand] = keys({ category: category ?? [], brand });
    const key = category ? ofCategory : ofBrand;
    this.#change((session) => {
      if (correction === null) delete session.corrections[key];
      else session.corrections[key] = correction;
    });
  }

  /** Forgets all that the shopper did, in this visit and in earlier ones, here, in storage and in other tabs. */
  forget() {
    this.#session = new Session();
    this.#memory.write(this.#session);
    this.#changed();
  }

  /** Replaces events and visits by those of `session` and `visits`. Products that the pack does not have are left out. */
  restore(session, visits = []) {
    this.#check();
    this.#change((kept, now) => {
      kept.restore(session, visits, now);
      if (this.#items.length > 0) kept.keepOnly((id) => this.#rows.has(id));
    });
  }

  /** Brings the session up to date by what other tabs have stored. */
  #join() {
    this.#session = this.#memory.join(this.#session);
    if (this.#items.length > 0) this.#session.keepOnly((id) => this.#rows.has(id));
  }

  /** Changes the session: on top of what other tabs have stored. */
  #change(act) {
    this.#join();
    const answer = act(this.#session, Date.now());
    this.#memory.write(this.#session);
    this.#changed();
    return answer;
  }

  #changed() {
    this.#changes += 1;
    this.#tell("changed", { events: this.#session.events.length });
  }

  #row(id) {
    const row = this.#rows.get(String(id));
    if (row === undefined) throw new FewshopError("unknown_item", `the pack has no product '${id}'`);
    return row;
  }

  // ---- questions

  /**
   * The best `n` products for the session at the time when the engine ranks, after the first `skip`, none of them seen in it.
   *
   * `category` allows only products below that path, `promoted` only products in the leaflet of the day, `where` only those for which it
   * returns true. `seeds` ranks for these products instead of the session. `objective`: 'likely' (how likely the shopper takes it),
   * 'personal' (the same without what everybody takes), 'complements' or 'similar' (to the seeds).
   */
  async rank(options = {}) {
    return this.#shelf(options, 0);
  }

  /** Several shelves in one question: an array of what `rank` takes, answered by an array of picks. No product stands on two of them. */
  async shelves(options) {
    if (!Array.isArray(options)) throw bad("shelves takes an array of what rank takes");
    const answers = await Promise.all(options.map((each) => this.#shelf(each, options.length * SPARE)));
    const shown = new Set();
    return answers.map((picks, at) => {
      const fresh = picks.filter(({ id }) => !shown.has(id)).slice(0, options[at]?.n ?? 12);
      for (const { id } of fresh) shown.add(id);
      return fresh;
    });
  }

  /** Alternatives to a product: of its category, the most alike first. */
  similar(item, options = {}) {
    return this.rank({ ...options, seeds: [item], objective: "similar" });
  }

  /** What becomes likelier beside a product, or beside several. */
  goesWith(items, options = {}) {
    return this.rank({ ...options, seeds: [items].flat(), objective: "complements" });
  }

  /** Picks now, and again after each change of the session; only the newest session counts. Ends when the shop is closed. */
  async *rankings(options = {}) {
    while (this.#failed?.code !== "closed") {
      const seen = this.#changes;
      let picks;
      try {
        picks = await this.rank(options);
      } catch (error) {
        if (error.code === "closed") return;
        throw error;
      }
      yield picks;
      while (seen === this.#changes && !this.#failed) await this.#next(["changed", "failed"]);
    }
  }

  /**
   * The best `n` products for words as a shopper types them: `{ items, by, unwanted, maxPrice }`. By letters, and by meaning if the shop
   * was opened with `words`. `by` is 'letters', 'meaning' (no product has these words: the nearest) or 'nothing'. `unwanted` are words
   * that the shopper does not want and `maxPrice` is the most that may be paid, as far as they can be read; the items keep to both.
   */
  async find(query, { n = 24 } = {}) {
    if (!Number.isSafeInteger(n) || n < 1) throw bad("find takes words and {n: 1 or more}");
    const { items, by, unwanted = [], max_price: maxPrice = null } = await this.#find(query, n);
    return { items: items.map((row) => this.#items[row]), by, unwanted, maxPrice };
  }

  /** Asks the worker for a query, after it has the file of words. */
  async #find(query, n) {
    if (typeof query !== "string") throw bad("find and ask take words as a string");
    if (this.#words) await (this.#reading ??= this.#read());
    return this.#ask(`find ${n} ${query}`, () => ({ query, n }), "find");
  }

  /** Fetches the file of words. A search without it has letters alone. */
  async #read() {
    try {
      const response = await fetch(this.#words);
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      this.#client.read(await response.arrayBuffer());
    } catch (error) {
      console.error(`Fewshop searches by letters alone: ${this.#words} could not be loaded: ${error.message}`);
    }
  }

  /** Score and full reason of one product for the current session, picked or not. */
  explain(item) {
    return this.#ask(`explain ${item}`, () => ({ explain: this.#row(item) }), "explain");
  }

  /** At most `max` predictions of a task of the pack. Empty if the pack does not hold the task; `outcomes` is null where the session says too little. */
  answer(task, max = 10) {
    if (typeof task !== "string" || !Number.isSafeInteger(max) || max < 1) return Promise.reject(bad("answer takes the name of a task and a number of 1 or more"));
    return this.#ask(`task ${task} ${max}`, () => ({ task, max }));
  }

  /** Predicted household attributes; `values` is null where the session says too little. Empty if the pack predicts none. */
  async attributes() {
    const predictions = await this.answer("attributes", 100);
    return predictions.map(({ target, outcomes }) => ({
      attribute: target,
      values: outcomes && outcomes.map(({ value, probability, base_rate }) => ({ value, probability, everyone: base_rate })),
    }));
  }

  /** The best `n` offers for the session. Empty if the pack has none. */
  async offers(n = 3) {
    if (!Number.isSafeInteger(n) || n < 1) throw bad("offers takes a number of 1 or more");
    const predictions = await this.answer("offers", n);
    return predictions.map(({ target, title, outcomes: [{ probability, base_rate }], evidence: { reason, examples, covers, items } }) => (
      { id: target, title, covers, items, probability, everyone: base_rate, reason, products: examples }
    ));
  }

  /** Ends the worker. Every later question is refused. */
  close() {
    this.#memory.close();
    this.#client.close();
  }

  /** The picks of a shelf, and `spare` more. */
  async #shelf({ n = 12, skip = 0, category = [], seeds = [], promoted = false, where = null, objective = "likely" }, spare) {
    // Checked here: a wrong question of one part of a page must not fail another part's question in the same request.
    const isCount = (value, least) => Number.isSafeInteger(value) && value >= least;
    if (
      !isCount(n, 1) || !isCount(skip, 0) || ![category, seeds].every(Array.isArray) || typeof promoted !== "boolean" ||
      !(where === null || typeof where === "function") || !OBJECTIVES.includes(objective)
    ) {
      const expected = "n: 1 or more, skip: 0 or more, category: [department, …], seeds: [id, …], promoted: true or false, where: a function";
      throw bad(`rank takes {${expected}, objective: one of ${OBJECTIVES.join(", ")}}`);
    }
    const isCorrected = Object.keys(this.#session.corrections).length > 0;
    const shelf = { n: n + skip + spare + (isCorrected ? n + SPARE : 0), filter: { category: category.map(String), ...(promoted && { promoted }) }, seeds, objective };
    // A function is not the same question as another function.
    const key = where ? Symbol() : JSON.stringify(shelf);
    const picks = await this.#ask(key, () => {
      const among = where && this.#items.flatMap((item, row) => (where(item) ? [row] : []));
      if (among?.length === 0) return { none: true };
      const without = seeds.length > 0 ? [] : this.#session.asked.flatMap((one) => one.without.map((id) => this.#rows.get(id)));
      const filter = { ...shelf.filter, ...(among && { among }), ...(without.length > 0 && { without }) };
      return { shelf: { ...shelf, filter, seeds: seeds.map((id) => this.#row(id)) } };
    });
    return this.#corrected(picks).slice(skip, skip + n + spare);
  }

  /** Picks in the engine's order, corrected: 'never' removes a pick, 'more' halves its rank, 'less' doubles it. */
  #corrected(picks) {
    const { corrections } = this.#session;
    if (Object.keys(corrections).length === 0) return picks;
    const placed = [];
    for (const [at, pick] of picks.entries()) {
      const made = keys(pick).map((key) => corrections[key]).filter(Boolean);
      if (made.includes("never")) continue;
      placed.push([made.reduce((place, correction) => (correction === "more" ? place / 2 : place * 2), at + 1), pick]);
    }
    return placed.sort(([a], [b]) => a - b).map(([, pick]) => pick);
  }

  /** Waits for the answer to a question of a kind; what ranks is asked together. */
  async #ask(key, make, kind = "session") {
    this.#check();
    let question = this.#waiting.get(key);
    if (!question) {
      question = { ...deferred(), make, kind };
      this.#waiting.set(key, question);
    }
    // After the caller's own code, so that questions asked together are one request.
    queueMicrotask(() => this.#work());
    return question.promise;
  }

  #check() {
    if (this.#failed) throw this.#failed;
  }

  /** Asks what waits and the engine is free for: everything that ranks in one request, one explanation and one search. */
  #work() {
    if (!this.#isReady || this.#failed) return;
    const free = [...this.#waiting].filter(([, { kind }]) => this.#client.isFree(kind));
    if (free.length === 0) return;
    const request = { session: this.#sessionOfRows(), shelves: [] };
    const asked = [];
    for (const [key, question] of free) {
      const { kind } = question;
      // One before it may have been of its kind.
      if (!this.#client.isFree(kind)) continue;
      let made;
      try {
        made = question.make();
      } catch (error) {
        this.#waiting.delete(key);
        question.reject(error);
        continue;
      }
      this.#waiting.delete(key);
      if (kind === "find") {
        this.#send(kind, made, [question], question.resolve);
        continue;
      }
      if (kind === "explain") {
        this.#send(kind, { session: request.session, item: made.explain }, [question], ({ pick }) => question.resolve(this.#named(pick)));
        continue;
      }
      if (made.none) {
        question.resolve([]);
        continue;
      }
      if (made.shelf) request.shelves.push({ ...made.shelf, name: String(asked.length) });
      if (made.task) {
        request.tasks ??= [];
        made.at = request.tasks.push({ task: made.task, max: made.max }) - 1;
      }
      asked.push({ question, made });
    }
    if (asked.length === 0) return;
    this.#send("session", request, asked.map(({ question }) => question), (reply) => this.#answered(asked, reply));
  }

  #send(kind, message, questions, answered) {
    const refused = (error) => questions.forEach((question) => question.reject(error));
    this.#client.ask(kind, () => message).then(answered).catch(refused).finally(() => this.#work());
  }

  #sessionOfRows() {
    return {
      events: this.#session.events.map(({ kind, item }) => ({ kind, item: this.#rows.get(item) })),
      asked: this.#session.asked.map(({ items }) => items.map((item) => this.#rows.get(item))),
      visits: this.#session.visits.map(({ items }) => items.map((item) => this.#rows.get(item))),
      // Days since 1970 by the shopper's own calendar, for promotions.
      day: Math.floor(Date.now() / 86_400_000 - new Date().getTimezoneOffset() / 1440),
    };
  }

  #answered(asked, { shelves, tasks = [], status }) {
    this.#status = status;
    const filled = new Map(shelves.map(({ name, picks }) => [name, picks]));
    asked.forEach(({ question, made }, at) => {
      if (made.task) {
        const named = ({ evidence, ...prediction }) => ({ ...prediction, evidence: { ...evidence, items: evidence.items.map((row) => this.#items[row]) } });
        question.resolve(tasks[made.at].predictions.map(named));
      } else {
        const picks = filled.get(String(at)).map((pick) => this.#named(pick));
        question.resolve(picks);
        this.#tell("ranked", { picks, status });
      }
    });
  }

  /** A pick with its product instead of its row. */
  #named({ item, score, reason, rule = null, promoted = false, lift = null }) {
    // A product that only stands for words is named by them.
    const clicked = new Set(this.#session.events.map((event) => event.item));
    const question = (id) => (clicked.has(id) ? undefined : this.#session.asked.findLast(({ items }) => items.includes(id))?.text);
    const because = reason.shots?.map(({ item: row, share }) => ({ item: this.#items[row], share, asked: question(this.#items[row].id) ?? null }));
    return { ...this.#items[item], score, reason: because ? { ...reason, shots: because } : reason, rule, promoted, lift };
  }

  // ---- the engine

  #started(status) {
    this.#status = status;
    if (this.#items.length > 0 || !this.#client.isFree("catalogue")) {
      this.#work();
      return;
    }
    const opened = ({ catalogue }) => {
      this.#items = catalogue.items;
      this.#currency = catalogue.currency;
      this.#rows = new Map(this.#items.map(({ id }, row) => [id, row]));
      this.#admit();
      this.#isReady = true;
      this.#ready.resolve(this);
      this.#work();
    };
    this.#client.ask("catalogue", () => ({})).then(opened, () => {});
  }

  /** The catalogue is there: events that came before it are checked now, and unknown ids are reported once. */
  #admit() {
    const unknown = this.#session.keepOnly((id) => this.#rows.has(id));
    if (unknown.length === 0) return;
    this.#memory.write(this.#session);
    this.#tell("unknown", { items: unknown });
  }

  #ended(error) {
    this.#failed = error;
    this.#memory.close();
    if (error.code !== "closed") {
      const remedy = remedies[error.code] ? `: ${remedies[error.code]}` : "";
      console.error(`Fewshop cannot rank (${error.code}): ${error.message}${remedy}`);
    }
    this.#ready.reject(error);
    for (const question of this.#waiting.values()) question.reject(error);
    this.#waiting.clear();
    this.#tell("failed", { error });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Resolves with the next event of these types. */
  #next(types) {
    return new Promise((resolve) => {
      const heard = () => {
        for (const type of types) this.removeEventListener(type, heard);
        resolve();
      };
      for (const type of types) this.addEventListener(type, heard);
    });
  }
}
