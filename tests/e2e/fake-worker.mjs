// A clock that goes on only when told and a worker that says what a test lets it say, for the tests of the page's side of the worker. No browser.

import assert from "node:assert/strict";
import { afterEach, beforeEach } from "node:test";

export const PACKAGE = new URL("../../crates/fewshop-wasm/package/", import.meta.url);
const { RESTART_PAUSE_MS } = await import(new URL("protocol.js", PACKAGE));

const real = { setTimeout, clearTimeout };
const { warn, error } = console;
export const HOUR = 3_600_000;

/** A clock that goes on only when told, and its timers. */
class Clock {
  now = 0;
  #timers = new Map();
  #last = 0;

  setTimeout(act, wait = 0) {
    this.#timers.set((this.#last += 1), { act, at: this.now + wait });
    return this.#last;
  }

  clearTimeout(timer) {
    this.#timers.delete(timer);
  }

  /** Lets time pass, with everything that is due on the way. */
  pass(ms) {
    const end = this.now + ms;
    for (;;) {
      const [id, next] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
      if (!next || next.at > end) break;
      this.#timers.delete(id);
      // A timer that should have run in the past runs now.
      this.now = Math.max(this.now, next.at);
      next.act();
    }
    this.now = end;
  }

  /** Time passes while the page is frozen; what was due in it runs when it wakes. */
  sleep(ms) {
    this.now += ms;
    this.pass(0);
  }
}

/** What a page has of a worker. */
export class FakeWorker {
  static started = [];
  /** Why none can be started, if so. */
  static refusal = null;
  posted = [];
  isTerminated = false;

  constructor(url) {
    if (FakeWorker.refusal) throw new Error(FakeWorker.refusal);
    this.url = String(url);
    FakeWorker.started.push(this);
  }

  postMessage(message) {
    this.posted.push(structuredClone(message));
  }

  addEventListener() {}

  terminate() {
    this.isTerminated = true;
  }

  /** The worker says something. */
  say(reply) {
    this.onmessage({ data: reply });
  }

  /** What was posted of a type. */
  of(type) {
    return this.posted.filter((message) => message.type === type);
  }
}

/** The worker that was started last. */
export const worker = () => FakeWorker.started.at(-1);

export const status = (more = {}) => ({ backend: "cpu", pack: "aa", shots: 0, ...more });
export const READY = { type: "ready", status: status() };
export const LOADING = { type: "loading", received: 1, total: 9 };
export const picks = (seq) => ({ type: "picks", seq, shelves: [], status: status({ shots: 1 }) });
export const failed = (code, message = code) => ({ type: "failed", code, message });

/** Lets promises settle. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** The clock of the test, and what was written to the console. */
export let clock;
export let warnings;

/** Gives each test of a file its own clock, and a page's globals that nothing was done with. */
export function fakePage() {
  beforeEach(() => {
    clock = new Clock();
    warnings = [];
    Object.assign(FakeWorker, { started: [], refusal: null });
    const events = { addEventListener() {}, removeEventListener() {} };
    Object.assign(globalThis, {
      setTimeout: (act, wait) => clock.setTimeout(act, wait),
      clearTimeout: (timer) => clock.clearTimeout(timer),
      Worker: FakeWorker,
      document: { baseURI: "http://shop/", ...events },
      location: new URL("http://shop/"),
      ...events,
    });
    performance.now = () => clock.now;
    console.warn = console.error = (line) => warnings.push(line);
  });
  afterEach(() => {
    Object.assign(globalThis, real);
    delete performance.now;
    Object.assign(console, { warn, error });
  });
}

/** What the worker was asked last: the number of the question and its product. */
export const lastAsked = () => {
  const { seq, session } = worker().of("session").at(-1);
  return [seq, session.events[0].item];
};

/** Passes the pause before a dead worker is replaced. */
export const replaced = () => {
  const before = FakeWorker.started.length;
  clock.pass(RESTART_PAUSE_MS);
  assert.equal(FakeWorker.started.length, before + 1, "another worker is started");
  assert.ok(FakeWorker.started.at(-2).isTerminated);
};
