// The page's side of one worker, for the package and for the storefront: starts it, asks it, notices when it is dead, replaces it once, and
// gives up with a FewshopError.

import { FewshopError } from "./errors.js";
import {
  GRACE_MS, PATIENCE_FORCED_MS, PATIENCE_MS, PROTOCOL_VERSION, QUIET_MS, REQUEST_FAULTS, RESTART_PAUSE_MS, SLEPT_MS,
} from "./protocol.js";

const OPTIONS = { type: "module", name: "fewshop" };

/** The kinds of question, each with the type of its reply. */
const REPLIES = { session: "picks", find: "found", explain: "explanation", catalogue: "catalogue" };

/** Starts the worker of this package, or the one that the page names. */
function startWorker(named) {
  if (named) return new Worker(new URL(named, document.baseURI), OPTIONS);
  const own = new URL(import.meta.url);
  // Bundlers follow this address; some leave a `file:` address in the line above, of a file that they have put into the page's own.
  if (own.origin === location.origin || !/^https?:$/.test(own.protocol)) {
    return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "fewshop" });
  }
  // Browsers start no worker from another host, but a line of script that belongs to this page may import it from there.
  const line = URL.createObjectURL(new Blob([`import ${JSON.stringify(new URL("worker.js", own).href)};`], { type: "text/javascript" }));
  const worker = new Worker(line, OPTIONS);
  // Not before the worker has read it; its first message proves that.
  worker.addEventListener("message", () => URL.revokeObjectURL(line), { once: true });
  return worker;
}

/** A promise with its two ends. */
export function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

const seconds = (ms) => `${Math.round(ms / 1000)} s`;

/** One worker after the other, of which each has the same engine and pack. */
export class Client {
  #options;
  #hear;
  #worker = null;
  #isReady = false;
  #isRestarted = false;
  #failed = null;
  /** By kind, the question that the worker owes an answer to, and the newest of those that wait for it. */
  #open = new Map();
  #next = new Map();
  #seq = 0;
  /** The file of words, for each worker that starts. */
  #words = null;
  /** The watch, in ms of a clock that never goes back: the last question or progress, the last sign, and the next look. */
  #timer = null;
  #progress = 0;
  #sign = 0;
  #due = 0;
  #isPinged = false;

  /**
   * Starts at once. `hear` is told of `loading(received, total)` until a worker can answer, `ready(status)` then and whenever it has chosen
   * another engine, `again(reply)` when it answers the newest session once more, `lost(why)` when a dead one is to be replaced, `wordless(error)`
   * when it cannot read the file of words, and once of `failed(error)`. All but `ready` and `failed` may be left out. Until the promise `after`
   * resolves, the worker fetches nothing but its own script.
   */
  constructor({ pack, backend = "cpu", sha256 = null, worker = null, after = null }, hear) {
    // WebGPU in software needs seconds for what a CPU does in milliseconds, and who forces it expects to wait. It may compile for long at any
    // time, and its worker then gives no sign.
    const isForced = backend === "wgpu";
    this.#options = {
      load: { type: "load", protocol: PROTOCOL_VERSION, pack, backend, sha256 },
      worker,
      after,
      patience: isForced ? PATIENCE_FORCED_MS : PATIENCE_MS,
      isPinged: !isForced,
    };
    this.#hear = hear;
    this.#start();
  }

  /** Whether the worker can answer. */
  get isReady() {
    return this.#isReady;
  }

  /** Why there will be no more answers, or null. */
  get failure() {
    return this.#failed;
  }

  /** Whether a question of a kind would be posted at once. */
  isFree(kind) {
    return this.#isReady && !this.#open.has(kind) && !this.#next.has(kind);
  }

  /**
   * Asks a question of a kind and resolves with its reply. `make` returns the message when it is posted: as soon as the worker is ready and has
   * answered the question of this kind before it, and again to a worker that replaces it. Of the questions that wait only the newest is posted,
   * also to a new worker; the others resolve with null.
   */
  ask(kind, make) {
    if (this.#failed) return Promise.reject(this.#failed);
    this.#next.get(kind)?.resolve(null);
    const question = { ...deferred(), make, seq: 0 };
    this.#next.set(kind, question);
    this.#post();
    return question.promise;
  }

  /** The question of a kind that waits is of no use any more; with `open` also the one that was posted. */
  drop(kind, open = false) {
    for (const questions of open ? [this.#next, this.#open] : [this.#next]) {
      questions.get(kind)?.resolve(null);
      questions.delete(kind);
    }
    if (!open) return;
    // Its answer may still come.
    this.#seq += 1;
    this.#watch();
  }

  /** Gives the worker the bytes of a file of words, and each worker that replaces it. */
  read(words) {
    this.#words = words;
    if (this.#isReady) this.#worker.postMessage({ type: "words", bytes: words });
  }

  /** Ends the worker. */
  close(error = new FewshopError("closed", "the shop was closed")) {
    if (this.#failed) return;
    this.#failed = error;
    this.#stop();
    for (const questions of [this.#open, this.#next]) {
      for (const question of questions.values()) question.reject(error);
      questions.clear();
    }
    this.#hear.failed(error);
  }

  /** Posts what waits. */
  #post() {
    if (!this.#isReady) return;
    for (const [kind, question] of this.#next) {
      if (this.#open.has(kind)) continue;
      this.#next.delete(kind);
      if (this.#open.size === 0) this.#watch(true);
      this.#open.set(kind, question);
      const message = { type: kind, ...question.make() };
      if (kind === "session") message.seq = question.seq = this.#seq += 1;
      this.#worker.postMessage(message);
    }
  }

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
      const load = () => {
        if (this.#worker !== worker) return;
        worker.postMessage(this.#options.load);
        this.#watch();
      };
      if (this.#options.after) this.#options.after.then(load);
      else load();
    } catch (error) {
      // A browser that cannot start one now cannot start one a moment later. Not before the caller can listen.
      queueMicrotask(() => this.close(new FewshopError("worker_lost", `the worker could not be started: ${error.message}`)));
    }
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = null;
    this.#isReady = false;
  }

  #receive(reply) {
    if (reply?.type === "alive") {
      this.#sign = performance.now();
      this.#isPinged = false;
      return;
    }
    if (reply?.type === "loading") {
      // Bytes of an engine that loads while another one answers take nothing away.
      if (!this.#isReady) this.#hear.loading?.(reply.received, reply.total);
    } else if (reply?.type === "failed") {
      this.#refused(new FewshopError(reply.code, reply.message), reply.about);
    } else if (reply?.type === "ready") {
      // A worker says so again when it has chosen another engine.
      const isFresh = !this.#isReady;
      this.#isReady = true;
      // Before anything that is searched for.
      if (isFresh && this.#words) this.read(this.#words);
      this.#hear.ready(reply.status);
    } else if (reply) {
      this.#answered(reply);
    }
    this.#post();
    this.#watch();
  }

  #answered(reply) {
    const kind = Object.keys(REPLIES).find((kind) => REPLIES[kind] === reply.type);
    const question = this.#open.get(kind);
    if (kind === "session" && reply.seq !== this.#seq) return;
    if (question) {
      this.#open.delete(kind);
      // This worker works: if it dies later, it may be replaced again.
      this.#isRestarted = false;
      question.resolve(reply);
    } else if (kind === "session") {
      this.#hear.again?.(reply);
    }
  }

  #refused(error, about) {
    if (about === "words") {
      this.#hear.wordless?.(error);
    } else if (REQUEST_FAULTS.includes(error.code)) {
      // A worker that does not name the request may mean any.
      for (const kind of about ? [about] : [...this.#open.keys()]) {
        this.#open.get(kind)?.reject(error);
        this.#open.delete(kind);
      }
    } else if (error.code === "internal") {
      this.#died(error.message);
    } else {
      this.close(error);
    }
  }

  /** Replaces a dead worker once; the open questions are asked again, or the newer ones that wait. */
  #died(why) {
    this.#stop();
    if (this.#isRestarted) {
      this.close(new FewshopError("worker_lost", `the worker was lost: ${why}`));
      return;
    }
    this.#isRestarted = true;
    for (const [kind, question] of this.#open) {
      if (this.#next.has(kind)) question.resolve(null);
      else this.#next.set(kind, question);
    }
    this.#open.clear();
    this.#hear.lost?.(why);
    // Not at once: whatever killed it may pass.
    setTimeout(() => this.#failed || this.#start(), RESTART_PAUSE_MS);
  }

  /** Restarts the watch while the worker owes something. */
  #watch(owes = !this.#isReady || this.#open.size > 0) {
    clearTimeout(this.#timer);
    if (!this.#worker || !owes) return;
    this.#progress = this.#sign = performance.now();
    this.#isPinged = false;
    this.#lookIn(this.#canPing ? QUIET_MS : this.#options.patience);
  }

  /** Whether a worker that lives answers a ping in time: while it loads, pack and engine may block its loop. */
  get #canPing() {
    return this.#isReady && this.#options.isPinged;
  }

  #lookIn(wait) {
    this.#due = performance.now() + wait;
    this.#timer = setTimeout(() => this.#look(), wait);
  }

  #ping() {
    this.#isPinged = true;
    this.#worker.postMessage({ type: "ping" });
    this.#lookIn(GRACE_MS);
  }

  /** There are two limits: a short one for a sign, which a worker gives when asked unless its loop hangs, and a long one for progress. */
  #look() {
    const now = performance.now();
    const { patience } = this.#options;
    if (now - this.#due > SLEPT_MS) {
      // The page was frozen, with its worker: that time does not count.
      this.#progress = this.#sign = now;
      this.#ping();
    } else if (now - this.#progress >= patience) {
      this.#died(`it made no progress for ${seconds(now - this.#progress)}`);
    } else if (!this.#canPing) {
      this.#lookIn(patience - (now - this.#progress));
    } else if (this.#isPinged) {
      this.#died(`it gave no sign for ${seconds(now - this.#sign)}`);
    } else if (now - this.#sign >= QUIET_MS) {
      this.#ping();
    } else {
      this.#lookIn(QUIET_MS - (now - this.#sign));
    }
  }
}
