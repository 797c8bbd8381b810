// Fewshop for any page: learns what one shopper likes from a few clicks, on the device, in a worker, and sends nothing anywhere.
//
//   const shop = await Fewshop.open("shop.pack");
//   shop.observe({ type: "view", item: "12345" });
//   const picks = await shop.rank({ n: 12 });
//
// The page keeps the session and sends it whole with each question, so a worker that dies is replaced and nothing is lost.

/** The most events that are kept; the oldest fall off. */
const MAX_EVENTS = 200;
/** Faults of one question; the next may be fine. */
const QUESTION_FAULTS = ["bad_argument", "nothing_wanted", "unknown_item", "backend_failed"];
/** A worker that owes an answer is asked for a sign of life after so much silence, in ms, and then has so much time to give one. */
const QUIET_MS = 1_000;
const GRACE_MS = 4_000;
/** A question that is not answered after so long, in ms, never will be, whatever signs the worker gives. */
const PATIENCE_MS = 30_000;
/** A download that does not move for so long, in ms, has failed. */
const STALLED_MS = 60_000;
/** What is remembered is forgotten after so long, in ms: 30 days. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;
const KINDS = ["view", "cart", "purchase", "dismiss"];

/** What goes wrong, with a word to branch on. */
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
  // Browsers start no worker from another host. A line of script that belongs to this page may fetch it from there.
  const line = URL.createObjectURL(new Blob([`import ${JSON.stringify(own.href)};`], { type: "text/javascript" }));
  const worker = new Worker(line, { type: "module", name: "fewshop" });
  // Not before the worker has read it.
  worker.addEventListener("message", () => URL.revokeObjectURL(line), { once: true });
  return worker;
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
  /** Rows and kinds, oldest first. */
  #events = [];
  #seq = 0;
  /** Questions that wait, by what they ask, so that the same question is asked once. */
  #waiting = new Map();
  /** Questions under way, as they were posted. */
  #asked = null;
  #timer = null;
  #pinged = false;
  #changes = 0;

  /**
   * Opens a shop: starts the worker, which fetches engine and pack. Rejects with a FewshopError where that fails; the page goes on
   * without picks then.
   */
  static async open(pack, options = {}) {
    const shop = new Fewshop(pack, options);
    await shop.#ready.promise;
    return shop;
  }

  constructor(pack, options = {}) {
    super();
    if (!pack) throw new FewshopError("bad_argument", "the pack is missing: expected its address, as 'shop.pack'");
    this.#pack = new URL(pack, document.baseURI).href;
    this.#options = options;
    this.#ready.promise.catch(() => {});
    this.#start();
  }

  // ---- what the page knows

  /** Resolves when the engine ranks. */
  get ready() {
    return this.#ready.promise;
  }

  /** What the engine says of itself, or null. */
  get status() {
    return this.#status;
  }

  /** All products; empty before the shop is open. */
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

  /** What the shopper did, oldest first, by ids: plain JSON, which `restore` takes back. */
  get session() {
    return this.#events.map(({ item, kind }) => ({ type: kind, item: this.#items[item].id }));
  }

  // ---- what the shopper does

  /** Notes what the shopper did. */
  observe({ type = "view", item } = {}) {
    this.#check();
    if (!KINDS.includes(type)) throw new FewshopError("bad_argument", `an event is '${type}': expected one of ${KINDS.join(", ")}`);
    const row = this.#rows.get(String(item));
    if (row === undefined) throw new FewshopError("unknown_item", `the pack has no product '${item}'`);
    this.#events.push({ item: row, kind: type });
    this.#events.splice(0, this.#events.length - MAX_EVENTS);
    this.#changed();
  }

  /** Takes the last event back and returns it, or null. */
  undo() {
    const last = this.session.at(-1) ?? null;
    this.#events.pop();
    if (last) this.#changed();
    return last;
  }

  /** Forgets all that the shopper did, here and where it is remembered. */
  forget() {
    this.#events = [];
    this.#changed();
  }

  /** Takes a session from `session`; products that the pack does not know are left out. */
  restore(session) {
    this.#check();
    const known = (event) => KINDS.includes(event?.type) && this.#rows.has(String(event.item));
    const events = (Array.isArray(session) ? session : []).filter(known);
    this.#events = events.slice(-MAX_EVENTS).map(({ type, item }) => ({ item: this.#rows.get(String(item)), kind: type }));
    this.#changed();
  }

  #changed() {
    this.#changes += 1;
    this.#remember();
    this.dispatchEvent(new CustomEvent("changed", { detail: { events: this.#events.length } }));
  }

  // ---- questions

  /**
   * The best `n` products for the session as it stands when the engine gets to it, none of them seen in it. `category` allows only products
   * below that path; `seeds` ranks for these products instead of the session.
   */
  rank({ n = 12, category = [], seeds = [] } = {}) {
    // Checked here: what one part of a page asks wrongly must not fail what another asks in the same request.
    if (!Number.isSafeInteger(n) || n < 1 || ![category, seeds].every(Array.isArray)) {
      const expected = "{n: 1 or more, category: [department, …], seeds: [id, …]}";
      return Promise.reject(new FewshopError("bad_argument", `rank takes ${expected}`));
    }
    const shelf = { n, filter: { category: category.map(String) }, seeds };
    return this.#ask(JSON.stringify(shelf), () => {
      const rows = seeds.map((id) => this.#rows.get(String(id)));
      const odd = rows.indexOf(undefined);
      if (odd >= 0) throw new FewshopError("unknown_item", `the pack has no product '${seeds[odd]}'`);
      return { shelf: { ...shelf, seeds: rows } };
    });
  }

  /** Picks now, and anew after each change of the session; in between, only the newest session counts. */
  async *rankings(options = {}) {
    for (;;) {
      const seen = this.#changes;
      yield await this.rank(options);
      while (seen === this.#changes) {
        await new Promise((resolve) => this.addEventListener("changed", resolve, { once: true }));
      }
    }
  }

  /** Score and full reason of one product, picked or not. */
  explain(item) {
    return this.#ask(`explain ${item}`, () => {
      const row = this.#rows.get(String(item));
      if (row === undefined) throw new FewshopError("unknown_item", `the pack has no product '${item}'`);
      return { explain: row };
    });
  }

  /** Ends the worker. Nothing can be asked any more. */
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
    this.#next();
    return question.promise;
  }

  #check() {
    if (this.#failed) throw this.#failed;
  }

  /** Posts what waits, if the engine is free: all shelves in one request, or one explanation. */
  #next() {
    if (!this.#isReady || this.#failed || this.#asked || this.#waiting.size === 0) return;
    const shelves = [];
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
        asked.push(question);
        // The worker explains for the session that it heard last.
        const empty = { type: "session", seq: (this.#seq += 1), session: this.#sessionOfRows(), shelves: [] };
        this.#begin(asked, [empty, { type: "explain", item: made.explain }]);
        return;
      }
      this.#waiting.delete(key);
      shelves.push({ ...made.shelf, name: String(asked.length) });
      asked.push(question);
    }
    if (asked.length === 0) return;
    this.#begin(asked, [{ type: "session", seq: (this.#seq += 1), session: this.#sessionOfRows(), shelves }]);
  }

  #begin(asked, messages) {
    this.#asked = { questions: asked, seq: this.#seq, explains: messages.length > 1, at: performance.now() };
    for (const message of messages) this.#worker.postMessage(message);
    this.#watch();
  }

  #sessionOfRows() {
    return { events: this.#events.map(({ item, kind }) => ({ item, kind })) };
  }

  // ---- the worker

  #start() {
    try {
      const worker = startWorker(this.#options.worker);
      this.#worker = worker;
      worker.onmessage = ({ data }) => this.#worker === worker && this.#hear(data);
      worker.onmessageerror = () => this.#worker === worker && this.#died("the worker said what cannot be read");
      worker.onerror = (event) => {
        event.preventDefault?.();
        if (this.#worker === worker) this.#died(event.message || "its script could not be loaded");
      };
      const { backend = "cpu", sha256 = null } = this.#options;
      worker.postMessage({ type: "load", pack: this.#pack, backend, sha256 });
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

  #hear(reply) {
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
        this.#recall();
        this.#opened();
        break;
      case "picks":
        if (this.#asked && !this.#asked.explains && reply.seq === this.#asked.seq) this.#answer(reply);
        break;
      case "explanation":
        if (this.#asked?.explains) {
          const [question] = this.#asked.questions;
          this.#asked = null;
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

  #opened() {
    this.#isReady = true;
    this.#ready.resolve(this);
  }

  #answer({ shelves, status }) {
    const { questions } = this.#asked;
    this.#asked = null;
    this.#restarted = false;
    this.#status = status;
    shelves.forEach(({ picks }, at) => {
      const named = picks.map((pick) => this.#named(pick));
      questions[at].resolve(named);
      this.dispatchEvent(new CustomEvent("ranked", { detail: { picks: named, status } }));
    });
  }

  /** A pick by its product instead of its row. */
  #named({ item, score, reason }) {
    const product = this.#items[item];
    const because = reason.shots?.map(({ item: shot, share }) => ({ item: this.#items[shot], share }));
    return { ...product, score, reason: because ? { ...reason, shots: because } : reason };
  }

  #refused(error) {
    if (!QUESTION_FAULTS.includes(error.code) || !this.#asked) {
      if (error.code === "internal") this.#died(error.message);
      else if (!QUESTION_FAULTS.includes(error.code)) this.#fail(error);
      return;
    }
    // A session that carries no shelf is refused before its explanation is given; only the latter counts.
    if (this.#asked.explains && error.code === "nothing_wanted") return;
    const { questions } = this.#asked;
    this.#asked = null;
    for (const question of questions) question.reject(error);
  }

  /** Replaces a worker that is of no use any more, once; then what was asked is asked again. */
  #died(why) {
    this.#stop();
    if (this.#restarted || this.#failed) {
      this.#fail(new FewshopError("worker_lost", `the worker was lost: ${why}`));
      return;
    }
    this.#restarted = true;
    const { questions = [] } = this.#asked ?? {};
    this.#asked = null;
    // First in the queue again.
    this.#waiting = new Map([...questions.map((question) => [question, question]), ...this.#waiting]);
    setTimeout(() => this.#failed || this.#start(), 200);
  }

  #fail(error) {
    if (this.#failed) return;
    this.#failed = error;
    this.#stop();
    this.#ready.reject(error);
    for (const question of [...(this.#asked?.questions ?? []), ...this.#waiting.values()]) question.reject(error);
    this.#asked = null;
    this.#waiting.clear();
    this.dispatchEvent(new CustomEvent("failed", { detail: { error } }));
  }

  /** Begins the watch anew while the worker owes anything. */
  #watch() {
    clearTimeout(this.#timer);
    if (this.#failed || !this.#worker || (this.#isReady && !this.#asked)) return;
    if (!this.#isReady) {
      this.#timer = setTimeout(() => this.#died(`nothing came for ${STALLED_MS / 1000} s`), STALLED_MS);
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
      if (this.#events.length === 0) localStorage.removeItem(this.#key);
      else localStorage.setItem(this.#key, JSON.stringify({ version: 1, last: Date.now(), session: this.session }));
    } catch {
      // A browser that lets the page store nothing costs the shopper the memory of this visit, and no more.
    }
  }

  #recall() {
    if (!this.#options.remember || this.#events.length > 0) return;
    try {
      const { version, last, session } = JSON.parse(localStorage.getItem(this.#key)) ?? {};
      if (version === 1 && Date.now() - last < KEEP_MS) this.restore(session);
      else localStorage.removeItem(this.#key);
    } catch {
      // As above; and what cannot be read is as good as nothing.
    }
  }
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
