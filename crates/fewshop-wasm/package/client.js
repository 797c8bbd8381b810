// The page's side of one worker: starts it, asks it one thing at a time, replaces it once if it dies, and gives up with a FewshopError.

import { FewshopError } from "./errors.js";
import { GRACE_MS, PATIENCE_MS, PROTOCOL_VERSION, QUIET_MS, REQUEST_FAULTS, RESTART_PAUSE_MS } from "./protocol.js";

const OPTIONS = { type: "module", name: "fewshop" };

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

/** One worker after the other, of which each has the same engine and pack. */
export class Client {
  #options;
  #hear;
  #worker = null;
  #isReady = false;
  #isRestarted = false;
  #failed = null;
  /** What was asked and is not answered: the message, the type of its reply and the promise. */
  #asked = null;
  #askedAt = 0;
  #timer = null;
  #pinged = false;
  /** The file of words, for each worker that starts. */
  #words = null;

  /**
   * Starts at once. `hear` is told of `loading(received, total)`, `ready(status)` whenever a worker can answer, and once of
   * `failed(error)`.
   */
  constructor({ pack, backend = "cpu", sha256 = null, worker = null }, hear) {
    this.#options = { load: { type: "load", protocol: PROTOCOL_VERSION, pack, backend, sha256 }, worker };
    this.#hear = hear;
    this.#start();
  }

  /** Whether a question can be asked now. */
  get isFree() {
    return this.#isReady && !this.#failed && !this.#asked;
  }

  /** Why there will be no more answers, or null. */
  get failure() {
    return this.#failed;
  }

  /** Posts a message and resolves with its reply, which has the type `type`. Only one may be asked at a time, see `isFree`. */
  ask(message, type) {
    if (this.#failed) return Promise.reject(this.#failed);
    this.#asked = { ...deferred(), message, type };
    this.#post();
    return this.#asked.promise;
  }

  /** Gives the worker the bytes of a file of words, and each worker that replaces it. */
  read(words) {
    this.#words = words;
    if (this.#isReady) this.#worker.postMessage({ type: "words", bytes: words });
  }

  /** Ends the worker. */
  close() {
    this.#fail(new FewshopError("closed", "the shop was closed"));
  }

  #post() {
    this.#askedAt = performance.now();
    this.#worker.postMessage(this.#asked.message);
    this.#watch();
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
      worker.postMessage(this.#options.load);
      this.#watch();
    } catch (error) {
      // Not before the caller can listen.
      queueMicrotask(() => this.#fail(new FewshopError("worker_lost", `the worker could not be started: ${error.message}`)));
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
    if (reply?.type === "loading") {
      this.#hear.loading(reply.received, reply.total);
    } else if (reply?.type === "failed") {
      this.#refused(new FewshopError(reply.code, reply.message));
    } else if (reply?.type === "ready") {
      // A worker says so again when it has chosen another engine.
      const isFresh = !this.#isReady;
      this.#isReady = true;
      if (isFresh && this.#words) this.read(this.#words);
      if (isFresh && this.#asked) this.#post();
      this.#hear.ready(reply.status);
    } else if (reply && reply.type === this.#asked?.type && reply.seq === this.#asked.message.seq) {
      const { resolve } = this.#asked;
      this.#asked = null;
      this.#isRestarted = false;
      resolve(reply);
    }
    this.#watch();
  }

  #refused(error) {
    if (REQUEST_FAULTS.includes(error.code)) {
      this.#asked?.reject(error);
      this.#asked = null;
    } else if (error.code === "internal") {
      this.#died(error.message);
    } else {
      this.#fail(error);
    }
  }

  /** Replaces a dead worker once; the open question is asked again. */
  #died(why) {
    this.#stop();
    if (this.#isRestarted || this.#failed) {
      this.#fail(new FewshopError("worker_lost", `the worker was lost: ${why}`));
      return;
    }
    this.#isRestarted = true;
    setTimeout(() => this.#failed || this.#start(), RESTART_PAUSE_MS);
  }

  #fail(error) {
    if (this.#failed) return;
    this.#failed = error;
    this.#stop();
    this.#asked?.reject(error);
    this.#asked = null;
    this.#hear.failed(error);
  }

  /** Restarts the watch while the worker owes something. */
  #watch() {
    clearTimeout(this.#timer);
    if (this.#failed || !this.#worker || (this.#isReady && !this.#asked)) return;
    if (!this.#isReady) {
      this.#timer = setTimeout(() => this.#died(`nothing came for ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
      return;
    }
    this.#timer = setTimeout(() => {
      if (performance.now() - this.#askedAt > PATIENCE_MS) {
        this.#died(`no answer came for ${PATIENCE_MS / 1000} s`);
        return;
      }
      this.#pinged = true;
      this.#worker?.postMessage({ type: "ping" });
      this.#timer = setTimeout(() => this.#pinged && this.#died(`it gave no sign for ${(QUIET_MS + GRACE_MS) / 1000} s`), GRACE_MS);
    }, QUIET_MS);
  }
}
