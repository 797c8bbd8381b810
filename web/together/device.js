// What this device keeps about learning together, and how it sends: shared by the page 'Help this shop learn', which changes the record, and by
// the shop, which sends. Who never agreed has no database of it.
//
// The record is one text under one key, written by the module (crates/fewshop-together-wasm). Every change reads and writes it in one
// transaction, so of two tabs one comes first and the other sees what it did.

import init, { TogetherDevice } from './module/fewshop_together_wasm.js';

const SHOP = new URL('../', import.meta.url);
/** The shop's own memory, of which this only reads (web/assets/memory.js). */
const MEMORY = 'fewshop';
const RECORD = 'fewshop.together';
const STORE = 'record';
const KEY = 0;
/** After this a leader that does not answer counts as silent, in ms. */
const PATIENCE = 30_000;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Opens a database. One that does not exist is made with `store`, or stays missing: null. */
async function open(name, store) {
  const request = indexedDB.open(name, 1);
  let none = false;
  request.onupgradeneeded = () => {
    if (store) {
      request.result.createObjectStore(store);
    } else {
      none = true;
      request.transaction.abort();
    }
  };
  try {
    const database = await done(request);
    // Somebody forgets: an open connection would block that.
    database.onversionchange = () => database.close();
    return database;
  } catch (error) {
    if (none) return null;
    throw error;
  }
}

/** The record as text; "" if this device never agreed. */
async function record() {
  const database = await open(RECORD);
  if (!database) return '';
  try {
    return (await done(database.transaction(STORE).objectStore(STORE).get(KEY))) ?? '';
  } finally {
    database.close();
  }
}

/** Changes the record: `next` makes the new text from the old one, at once. Without `make` a missing record stays missing. */
async function change(next, make = false) {
  const database = await open(RECORD, make && STORE);
  if (!database) return '';
  try {
    const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    ended.catch(() => {});
    const store = transaction.objectStore(STORE);
    const before = (await done(store.get(KEY))) ?? '';
    // Forgotten in another tab a moment ago, while this one opened it.
    if (!before && !make) return '';
    const after = next(before);
    store.put(after, KEY);
    await ended;
    return after;
  } finally {
    database.close();
  }
}

/** Deletes choice, budget and record. */
export async function forget() {
  await done(indexedDB.deleteDatabase(RECORD));
}

/** The visits that the shop remembers, as it writes them: for each when it ended, then the products that were taken. */
async function visits() {
  let database;
  try {
    database = await open(MEMORY);
    const text = await done(database.transaction('memory').objectStore('memory').get(0));
    // A checksum of eight letters comes first.
    return JSON.parse(text.slice(8)).visits ?? [];
  } catch {
    // There is none, or the shop says what is wrong with it; without it there is nothing to report.
    return [];
  } finally {
    database?.close();
  }
}

const now = () => Math.floor(Date.now() / 1000);

/** The shop's terms, and everything that can be done under them. */
export class Device {
  #module;

  constructor(module) {
    this.#module = module;
    /** What is asked of a shopper. */
    this.asked = JSON.parse(module.asked());
  }

  static async open() {
    const [published] = await Promise.all([fetch(new URL('assets/together.json', SHOP)), init()]);
    if (!published.ok) throw new Error(`${published.url}: the server answered ${published.status}`);
    return new Device(new TogetherDevice(await published.text()));
  }

  /** What was sent and will be sent. In a browser that stores nothing that is nothing. */
  async shown() {
    const text = await record().catch(() => '');
    return JSON.parse(this.#module.shown(text, JSON.stringify(await visits()), now()));
  }

  agree = () => change((text) => this.#module.agree(text, now()), true);
  stop = () => change((text) => this.#module.stop(text));
  skip = (visit) => change((text) => this.#module.skip(text, visit));

  /** A report of these products to look at. */
  sample = (items) => this.#module.sample(JSON.stringify(items), now());

  /** Sends the report that waits, or makes and sends one if a visit is due. True if the leader has taken it. */
  async send() {
    const taken = JSON.stringify(await visits());
    const text = await change((text) => this.#module.report(text, taken, now()));
    const visit = text ? this.#module.waitingVisit(text) : undefined;
    if (visit === undefined) return false;
    const answer = await fetch(this.asked.address, {
      method: 'PUT',
      body: this.#module.waitingBytes(text),
      headers: { 'content-type': 'application/dap-report' },
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
      // Nobody has agreed to another address.
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE),
    });
    await change((text) => this.#module.answered(text, visit, answer.status, now()));
    return answer.ok;
  }
}

/** Sends if there is something to send. Of several tabs one does; the report is stored first, and the leader counts the same one once. */
export async function report() {
  const send = async () => (await Device.open()).send();
  if (!navigator.locks) return send();
  return navigator.locks.request(RECORD, { ifAvailable: true }, (lock) => lock && send());
}
