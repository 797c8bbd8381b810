// Fewshop for any page: learns what one shopper likes from a few clicks and ranks the catalogue for them. It runs in a worker on the
// device and sends nothing anywhere.
//
//   const shop = new Fewshop("shop.pack");
//   shop.observe({ kind: "view", item: "12345" });
//   const picks = await shop.rank({ n: 12 });
//
// The page keeps the session, by product ids, and sends all of it with each question, so a worker that dies is replaced without loss.

import {
  EVENT_KINDS, GRACE_MS, KEEP_S, MAX_EVENTS, MAX_VISITS, MAX_VISIT_ITEMS, NEGATIVE_KINDS, PATIENCE_MS, PROTOCOL_VERSION, QUIET_MS,
  REQUEST_FAULTS, RESTART_PAUSE_MS, TAKEN_KINDS, VISIT_GAP_S,
} from "./protocol.js";

/** The kind that completes an order, and with it a visit. */
const PURCHASE = "purchase";
/** Version of what `remember` stores. Version 1 had one list of events and no visits. */
const MEMORY_VERSION = 2;

/** An error with a code to branch on. */
export class FewshopError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "FewshopError";
    this.code = code;
  }
}

/** Starts the worker of this package, or the one that the page names. */
function startWorker(named) {
  if (named) return new Worker(new URL(named, document.baseURI), { type: "module", name: "fewshop" });
  const own = new URL("./worker.js", import.meta.url);
  if (own.origin === location.origin) return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "fewshop" });
  // Browsers start no worker from another host, but a line of script that belongs to this page may import it from there.
  const line = URL.createObjectURL(new Blob([`import ${JSON.stringify(own.href)};`], { type: "text/javascript" }));
  const worker = new Worker(line, { type: "module", name: "fewshop" });
  // Not before the worker has read it; its first message proves that.
  worker.addEventListener("message", () => URL.revokeObjectURL(line), { once: true });
  return worker;
}

/** An event in the form that is kept, or an error. `type` is the old name of `kind`. */
function checked({ kind, type, item } = {}) {
  const named = kind ?? type ?? EVENT_KINDS[0];
  if (!EVENT_KINDS.includes(named)) {
    throw new FewshopError("bad_argument", `the kind of an event is '${named}': expected one of ${EVENT_KINDS.join(", ")}`);
  }
  if (item === undefined || item === null) throw new FewshopError("bad_argument", "an event lacks its item: expected a product's id");
  return { kind: named, item: String(item) };
}

/** Events that can be kept, of whatever was stored. */
function readable(events) {
  const kept = [];
  for (const event of Array.isArray(events) ? events : []) {
    try {
      kept.push(checked(event ?? {}));
    } catch {
      // Of another version or damaged: the rest is still of use.
    }
  }
  return kept.slice(-MAX_EVENTS);
}

/** Visits that can be kept, of whatever was stored. */
function readableVisits(visits) {
  const of = ({ ended, items }) => ({ ended, items: items.map(String).slice(-MAX_VISIT_ITEMS) });
  const sound = (visit) => Number.isFinite(visit?.ended) && Array.isArray(visit.items) && visit.items.length > 0;
  return (Array.isArray(visits) ? visits : []).filter(sound).map(of);
}

/** What was taken in a visit, and what was dismissed: each item once, by its latest events, as `Session` in fewshop-core counts. */
function outcome(events) {
  const best = new Map();
  const dismissed = new Set();
  for (const { kind, item } of events) {
    const before = best.get(item);
    best.delete(item);
    dismissed.delete(item);
    if (NEGATIVE_KINDS.includes(kind)) dismissed.add(item);
    else best.set(item, before && EVENT_KINDS.indexOf(before) > EVENT_KINDS.indexOf(kind) ? before : kind);
  }
  const taken = [...best].filter(([, kind]) => TAKEN_KINDS.includes(kind)).map(([item]) => item);
  return { taken, dismissals: events.filter(({ kind, item }) => NEGATIVE_KINDS.includes(kind) && dismissed.has(item)) };
}

/** One shopper in one shop. */
export class Fewshop extends EventTarget {
  #pack;
  #options;
  #worker = null;
  #ready = Promise.withResolvers?.() ?? deferred();
  #isReady = false;
  #restarted = false;
  #failed = null;
  #status = null;
  #items = [];
  #rows = new Map();
  #currency = "";
  /** Kinds and ids of the current visit, oldest first. Before the catalogue is there, any id is taken. */
  #events = [];
  /** Earlier visits, the latest first: when they ended and the ids that were taken. */
  #visits = [];
  /** Time of the last event, in ms. */
  #last = 0;
  #seq = 0;
  /** Questions that wait, by what they ask, so that the same question is asked once. */
  #waiting = new Map();
  /** Questions under way, as they were posted. */
  #asked = null;
  #timer = null;
  #pinged = false;
  #changes = 0;

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
    if (!pack) throw new FewshopError("bad_argument", "the pack is missing: expected its address, as 'shop.pack'");
    this.#pack = new URL(pack, document.baseURI).href;
    this.#options = options;
    this.#ready.promise.catch(() => {});
    this.#recall();
    this.#start();
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
    return this.#events.map((event) => ({ ...event }));
  }

  /** Earlier visits, the latest first: when each ended (ms since 1970) and the ids taken. Plain JSON, which `restore` takes back. */
  get visits() {
    return this.#visits.map(({ ended, items }) => ({ ended, items: [...items] }));
  }

  // ---- what the shopper does

  /**
   * Records what the shopper did: `{ kind, item }`. A new visit begins after 30 minutes without an event, or with the first event
   * after an order (purchases in a row are one order).
   */
  observe(event) {
    this.#check();
    const next = checked(event);
    if (this.#items.length > 0) this.#row(next.item);
    const now = Date.now();
    const ordered = this.#events.at(-1)?.kind === PURCHASE && next.kind !== PURCHASE;
    if (ordered || this.#isOver(now)) this.#endVisit(now);
    this.#last = now;
    this.#events.push(next);
    this.#events.splice(0, this.#events.length - MAX_EVENTS);
    this.#changed();
  }

  /** Ends the visit, as an order does: what was put into the cart or bought becomes the latest of the earlier visits. */
  checkOut() {
    this.#check();
    this.#last = Date.now();
    this.#endVisit(this.#last);
    this.#changed();
  }

  /** Removes the last event of the visit and returns it, or null. */
  undo() {
    const last = this.#events.pop() ?? null;
    if (last) this.#changed();
    return last;
  }

  /** Forgets all that the shopper did, in this visit and in earlier ones, here and in storage. */
  forget() {
    this.#events = [];
    this.#visits = [];
    this.#changed();
  }

  /** Replaces events and visits by those of `session` and `visits`. Products that the pack does not have are left out. */
  restore(session, visits = []) {
    this.#check();
    this.#events = readable(session);
    this.#visits = readableVisits(visits);
    this.#last = Date.now();
    this.#expire(this.#last);
    if (this.#items.length > 0) this.#withoutUnknown();
    this.#changed();
  }

  #changed() {
    this.#changes += 1;
    this.#remember();
    this.dispatchEvent(new CustomEvent("changed", { detail: { events: this.#events.length } }));
  }

  /** Whether the visit has ended by time. A clock that was set back says no. */
  #isOver(now) {
    return this.#events.length > 0 && now - this.#last >= VISIT_GAP_S * 1000;
  }

  /** Dismissals go on to hold; views are forgotten; what was taken becomes a visit. */
  #endVisit(now) {
    const { taken, dismissals } = outcome(this.#events);
    this.#events = dismissals;
    if (taken.length > 0) this.#visits.unshift({ ended: Math.min(this.#last, now), items: taken.slice(-MAX_VISIT_ITEMS) });
    this.#expire(now);
  }

  #expire(now) {
    this.#visits = this.#visits.filter(({ ended }) => now - ended < KEEP_S * 1000).slice(0, MAX_VISITS);
  }

  /** Leaves out what the pack does not have; returns the ids. */
  #withoutUnknown() {
    const known = (id) => this.#rows.has(id);
    const unknown = [...this.#events.map(({ item }) => item), ...this.#visits.flatMap(({ items }) => items)].filter((id) => !known(id));
    this.#events = this.#events.filter(({ item }) => known(item));
    this.#visits = this.#visits.map((visit) => ({ ...visit, items: visit.items.filter(known) })).filter(({ items }) => items.length > 0);
    return [...new Set(unknown)];
  }

  #row(id) {
    const row = this.#rows.get(String(id));
    if (row === undefined) throw new FewshopError("unknown_item", `the pack has no product '${id}'`);
    return row;
  }

  // ---- questions

  /**
   * The best `n` products for the session at the time when the engine ranks, none of them seen in it. `category` allows only products
   * below that path, `promoted` only products in the leaflet of the day; `seeds` ranks for these products instead of the session.
   */
  rank({ n = 12, category = [], seeds = [], promoted = false } = {}) {
    // Checked here: a wrong question of one part of a page must not fail another part's question in the same request.
    if (!Number.isSafeInteger(n) || n < 1 || ![category, seeds].every(Array.isArray) || typeof promoted !== "boolean") {
      const expected = "{n: 1 or more, category: [department, …], seeds: [id, …], promoted: true or false}";
      return Promise.reject(new FewshopError("bad_argument", `rank takes ${expected}`));
    }
    const shelf = { n, filter: { category: category.map(String), ...(promoted && { promoted }) }, seeds };
    return this.#ask(JSON.stringify(shelf), () => ({ shelf: { ...shelf, seeds: seeds.map((id) => this.#row(id)) } }));
  }

  /** Picks now, and again after each change of the session; only the newest session counts. */
  async *rankings(options = {}) {
    for (;;) {
      const seen = this.#changes;
      yield await this.rank(options);
      while (seen === this.#changes) {
        await new Promise((resolve) => this.addEventListener("changed", resolve, { once: true }));
      }
    }
  }

  /** Score and full reason of one product for the current session, picked or not. */
  explain(item) {
    return this.#ask(`explain ${item}`, () => ({ explain: this.#row(item) }));
  }

  /** At most `max` predictions of a task of the pack. Empty if the pack does not hold the task; `outcomes` is null where the session says too little. */
  answer(task, max = 10) {
    if (typeof task !== "string" || !Number.isSafeInteger(max) || max < 1) return Promise.reject(new FewshopError("bad_argument", "answer takes the name of a task and a number of 1 or more"));
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
    if (!Number.isSafeInteger(n) || n < 1) throw new FewshopError("bad_argument", "offers takes a number of 1 or more");
    const predictions = await this.answer("offers", n);
    return predictions.map(({ target, title, outcomes: [{ probability, base_rate }], evidence: { reason, examples, covers, items } }) => (
      { id: target, title, covers, items, probability, everyone: base_rate, reason, products: examples }
    ));
  }

  /** Ends the worker. Every later question is refused. */
  close() {
    this.#fail(new FewshopError("closed", "the shop was closed"));
  }

  async #ask(key, make) {
    this.#check();
    let question = this.#waiting.get(key);
    if (!question) {
      question = { ...(Promise.withResolvers?.() ?? deferred()), make };
      this.#waiting.set(key, question);
    }
    // After the caller's own code, so that questions asked together are one request.
    queueMicrotask(() => this.#next());
    return question.promise;
  }

  #check() {
    if (this.#failed) throw this.#failed;
  }

  /** Posts what waits, if the engine is free: everything that ranks in one request, or one explanation. */
  #next() {
    if (!this.#isReady || this.#failed || this.#asked || this.#waiting.size === 0) return;
    const request = { type: "session", seq: 0, session: this.#sessionOfRows(), shelves: [] };
    const asked = [];
    for (const [key, question] of this.#waiting) {
      let made;
      try {
        made = question.make();
      } catch (error) {
        this.#waiting.delete(key);
        question.reject(error);
        continue;
      }
      if (made.explain !== undefined) {
        if (asked.length > 0) continue;
        this.#waiting.delete(key);
        this.#post([{ question, made }], { type: "explain", session: request.session, item: made.explain });
        return;
      }
      this.#waiting.delete(key);
      if (made.shelf) request.shelves.push({ ...made.shelf, name: String(asked.length) });
      if (made.task) {
        request.tasks ??= [];
        made.at = request.tasks.push({ task: made.task, max: made.max }) - 1;
      }
      asked.push({ question, made });
    }
    if (asked.length === 0) return;
    request.seq = this.#seq += 1;
    this.#post(asked, request);
  }

  #post(asked, message) {
    this.#asked = { asked, message, at: performance.now() };
    this.#worker.postMessage(message);
    this.#watch();
  }

  #sessionOfRows() {
    return {
      events: this.#events.map(({ kind, item }) => ({ kind, item: this.#rows.get(item) })),
      visits: this.#visits.map(({ items }) => items.map((item) => this.#rows.get(item))),
      // Days since 1970 by the shopper's own calendar, for promotions.
      day: Math.floor(Date.now() / 86_400_000 - new Date().getTimezoneOffset() / 1440),
    };
  }

  // ---- the worker

  #start() {
    try {
      const worker = startWorker(this.#options.worker);
      this.#worker = worker;
      worker.onmessage = ({ data }) => this.#worker === worker && this.#receive(data);
      worker.onmessageerror = () => this.#worker === worker && this.#died("it sent an unreadable message");
      worker.onerror = (event) => {
        event.preventDefault?.();
        if (this.#worker === worker) this.#died(event.message || "its script could not be loaded");
      };
      const { backend = "cpu", sha256 = null } = this.#options;
      worker.postMessage({ type: "load", protocol: PROTOCOL_VERSION, pack: this.#pack, backend, sha256 });
      this.#watch();
    } catch (error) {
      this.#fail(new FewshopError("worker_lost", `the worker could not be started: ${error.message}`));
    }
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = null;
    this.#isReady = false;
  }

  #receive(reply) {
    this.#pinged = false;
    switch (reply?.type) {
      case "loading":
        this.dispatchEvent(new CustomEvent("loading", { detail: { received: reply.received, total: reply.total } }));
        break;
      case "ready":
        this.#status = reply.status;
        if (this.#items.length === 0) this.#worker.postMessage({ type: "catalogue" });
        else this.#opened();
        break;
      case "catalogue":
        this.#items = reply.catalogue.items;
        this.#currency = reply.catalogue.currency;
        this.#rows = new Map(this.#items.map(({ id }, row) => [id, row]));
        this.#admit();
        this.#opened();
        break;
      case "picks":
        if (this.#asked?.message.type === "session" && reply.seq === this.#asked.message.seq) this.#answer(reply);
        break;
      case "explanation":
        if (this.#asked?.message.type === "explain") {
          const [{ question }] = this.#asked.asked;
          this.#asked = null;
          this.#restarted = false;
          question.resolve(this.#named(reply.pick));
        }
        break;
      case "failed":
        this.#refused(new FewshopError(reply.code, reply.message));
        break;
    }
    this.#next();
    this.#watch();
  }

  /** The catalogue is there: events that came before it are checked now, and unknown ids are reported once. */
  #admit() {
    const unknown = this.#withoutUnknown();
    if (unknown.length === 0) return;
    this.#remember();
    this.dispatchEvent(new CustomEvent("unknown", { detail: { items: unknown } }));
  }

  #opened() {
    this.#isReady = true;
    this.#ready.resolve(this);
  }

  #answer({ shelves, tasks = [], status }) {
    const { asked } = this.#asked;
    this.#asked = null;
    this.#restarted = false;
    this.#status = status;
    const filled = new Map(shelves.map(({ name, picks }) => [name, picks]));
    asked.forEach(({ question, made }, at) => {
      if (made.task) {
        const named = ({ evidence, ...prediction }) => ({ ...prediction, evidence: { ...evidence, items: evidence.items.map((row) => this.#items[row]) } });
        question.resolve(tasks[made.at].predictions.map(named));
      } else {
        const picks = filled.get(String(at)).map((pick) => this.#named(pick));
        question.resolve(picks);
        this.dispatchEvent(new CustomEvent("ranked", { detail: { picks, status } }));
      }
    });
  }

  /** A pick with its product instead of its row. */
  #named({ item, score, reason, rule = null, promoted = false }) {
    const because = reason.shots?.map(({ item: row, share }) => ({ item: this.#items[row], share }));
    return { ...this.#items[item], score, reason: because ? { ...reason, shots: because } : reason, rule, promoted };
  }

  #refused(error) {
    if (!REQUEST_FAULTS.includes(error.code)) {
      if (error.code === "internal") this.#died(error.message);
      else this.#fail(error);
      return;
    }
    const { asked = [] } = this.#asked ?? {};
    this.#asked = null;
    for (const { question } of asked) question.reject(error);
  }

  /** Replaces a dead worker once, and asks the open questions again. */
  #died(why) {
    this.#stop();
    if (this.#restarted || this.#failed) {
      this.#fail(new FewshopError("worker_lost", `the worker was lost: ${why}`));
      return;
    }
    this.#restarted = true;
    const { asked = [] } = this.#asked ?? {};
    this.#asked = null;
    // First in the queue again.
    this.#waiting = new Map([...asked.map(({ question }) => [question, question]), ...this.#waiting]);
    setTimeout(() => this.#failed || this.#start(), RESTART_PAUSE_MS);
  }

  #fail(error) {
    if (this.#failed) return;
    this.#failed = error;
    this.#stop();
    this.#ready.reject(error);
    const asked = this.#asked?.asked.map(({ question }) => question) ?? [];
    for (const question of [...asked, ...this.#waiting.values()]) question.reject(error);
    this.#asked = null;
    this.#waiting.clear();
    this.dispatchEvent(new CustomEvent("failed", { detail: { error } }));
  }

  /** Restarts the watch while the worker owes an answer. */
  #watch() {
    clearTimeout(this.#timer);
    if (this.#failed || !this.#worker || (this.#isReady && !this.#asked)) return;
    if (!this.#isReady) {
      this.#timer = setTimeout(() => this.#died(`nothing came for ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
      return;
    }
    this.#timer = setTimeout(() => {
      if (performance.now() - this.#asked?.at > PATIENCE_MS) {
        this.#died(`no answer came for ${PATIENCE_MS / 1000} s`);
        return;
      }
      this.#pinged = true;
      this.#worker?.postMessage({ type: "ping" });
      this.#timer = setTimeout(() => this.#pinged && this.#died(`it gave no sign for ${(QUIET_MS + GRACE_MS) / 1000} s`), GRACE_MS);
    }, QUIET_MS);
  }

  // ---- memory

  get #key() {
    return `fewshop ${this.#pack}`;
  }

  #remember() {
    if (!this.#options.remember) return;
    try {
      const isBlank = this.#events.length === 0 && this.#visits.length === 0;
      if (isBlank) localStorage.removeItem(this.#key);
      else {
        const kept = { version: MEMORY_VERSION, last: this.#last, session: this.#events, visits: this.#visits };
        localStorage.setItem(this.#key, JSON.stringify(kept));
      }
    } catch {
      // If the browser stores nothing, this visit is not remembered; nothing else is lost.
    }
  }

  /** Takes what is stored. By ids, and so before the catalogue is there: events that come early follow what is remembered. */
  #recall() {
    if (!this.#options.remember) return;
    try {
      const { version, last, session, visits } = JSON.parse(localStorage.getItem(this.#key)) ?? {};
      const now = Date.now();
      if (!(version === 1 || version === MEMORY_VERSION) || !Number.isFinite(last) || now - last >= KEEP_S * 1000) {
        localStorage.removeItem(this.#key);
        return;
      }
      this.#events = readable(session);
      this.#visits = readableVisits(visits);
      this.#last = Math.min(last, now);
      if (this.#isOver(now)) this.#endVisit(now);
      this.#expire(now);
    } catch {
      // As above; unreadable storage counts as empty.
    }
  }
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
