// What this device remembers about the shopper: one text under one key in IndexedDB. The storefront writes the text and checks it when it
// reads it back (web/src/state/memory.rs); nothing here looks into it. If there is nothing to remember, there is no database at all.
//
// Several tabs of one shop share it. A tab writes only over the text that it knows; if another tab has stored something since, the storefront
// merges the two (web/src/state/merge.rs) and writes again. So no tab overwrites another, however long it has slept.

/** Each shop of a site has a memory of its own; the one at the root keeps the name it always had. */
const SHOP = document.documentElement.dataset.shop;
const DATABASE = SHOP ? `fewshop-${SHOP}` : 'fewshop';
const STORE = 'memory';
const KEY = 0;
/** Where the first version of the page kept it, in localStorage. */
const OLD = `${DATABASE}.memory`;
/** Longest wait for the database, in ms: after that the shop opens without it. */
const PATIENCE = 3000;

let database;
/** The stored text that the storefront knows; undefined if there was none. */
let known;
/** Reads and writes run one after the other; of writes that wait only the newest is carried out. */
let work = Promise.resolve();
let newest = null;
/** Nothing is read or written here any more. */
let denied = false;
/** Told of what was known and of what another tab has stored. */
let merge = null;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Anything but a text was not written by a storefront, and counts as nothing. */
const read_text = (stored) => (typeof stored === 'string' ? stored : undefined);

/** Opens the database. A missing one is created, or left missing without `make`. */
async function open(make) {
  if (database) return;
  const request = indexedDB.open(DATABASE, 1);
  let none = false;
  request.onupgradeneeded = () => {
    if (make) {
      request.result.createObjectStore(STORE);
    } else {
      none = true;
      request.transaction.abort();
    }
  };
  try {
    database = await done(request);
  } catch (error) {
    if (none) return;
    throw error;
  }
  // Another tab forgets, or the shopper clears this site's data: an open connection would block that.
  database.onversionchange = database.onclose = close;
}

function close() {
  database?.close();
  database = undefined;
}

function old(erase) {
  try {
    return erase ? localStorage.removeItem(OLD) : localStorage.getItem(OLD);
  } catch {
    return null;
  }
}

async function read() {
  await open(false);
  return database && read_text(await done(database.transaction(STORE).objectStore(STORE).get(KEY)));
}

/** Hands what another tab has stored to the storefront, which writes what comes of it. */
function differs(stored) {
  const before = known;
  known = stored;
  merge?.(before, stored);
}

/** Writes over the known text; if it is another one by now, that is merged first. */
async function write(text) {
  if (text === known) return;
  if (text === undefined) {
    const stored = await read();
    if (stored !== known) return differs(stored);
    close();
    await done(indexedDB.deleteDatabase(DATABASE));
  } else {
    await open(true);
    const change = database.transaction(STORE, 'readwrite');
    const ended = new Promise((resolve, reject) => {
      change.oncomplete = resolve;
      change.onabort = () => reject(change.error);
    });
    const store = change.objectStore(STORE);
    // Read and written in one transaction: no other tab comes between.
    const stored = read_text(await done(store.get(KEY)));
    if (stored !== known) return differs(stored);
    store.put(text, KEY);
    // At once: a page that is left the next moment must not lose the click that led away from it.
    change.commit?.();
    await ended;
  }
  known = text;
  old(true);
  tell('stored');
}

const late = new Promise((_, reject) => setTimeout(reject, PATIENCE, new Error('the browser did not answer')));
// Starts before the storefront's wasm has loaded, and never rejects.
const first = Promise.race([read(), late]).then((text) => (known = text), refuse);

/** A text that could not be read must not be overwritten. */
function refuse(error) {
  denied = true;
  warn(error);
}

function warn(error) {
  document.documentElement.dataset.unkept = '';
  console.warn(`IndexedDB '${DATABASE}' cannot be used (${error?.message || error?.name || error}): this visit will not be remembered`);
}

/** The stored text, or undefined. */
export async function recall() {
  return (await first) ?? old() ?? undefined;
}

/** Replaces the stored text; undefined erases it. */
export function remember(text) {
  if (text === undefined) old(true);
  const waits = newest !== null;
  newest = { text };
  if (denied || waits) return;
  work = work.then(() => {
    const { text } = newest;
    newest = null;
    return write(text);
  }).catch((error) => {
    close();
    warn(error);
  });
}

/** Looks whether another tab has stored something. */
function look() {
  if (denied || !merge) return;
  work = work.then(async () => {
    // What waits to be written will find out by itself.
    const stored = newest === null ? await read() : known;
    if (stored !== known) differs(stored);
  }).catch(close);
}

/** Firefox throws here with cookies blocked; then tabs share nothing anyway. */
function openChannel() {
  try {
    return new BroadcastChannel(DATABASE);
  } catch {
    return null;
  }
}
const channel = openChannel();
const tell = (what) => channel?.postMessage(what);

/** Tells other tabs that everything was forgotten: at once, and also where nothing can be stored. */
export function forgotten() {
  tell('forgotten');
}

/** Runs `isForgotten` when another tab has forgotten everything, and `changed` when one has stored something. */
export function on_other_tabs(isForgotten, changed) {
  merge = changed;
  if (channel) channel.onmessage = ({ data }) => (data === 'stored' ? look() : isForgotten());
  // A tab that was frozen or kept for 'back' may have missed it.
  addEventListener('pageshow', look);
  document.addEventListener('visibilitychange', () => document.hidden || look());
  document.addEventListener('resume', look);
}

/** One for all shops of a site: it says who reads, not what they like. */
const LANGUAGE = 'fewshop.language';

/** The language the shopper chose, otherwise the browser's. */
export function language() {
  let chosen;
  try {
    chosen = localStorage.getItem(LANGUAGE);
  } catch {
    // A browser that blocks storage still reports its language.
  }
  return (chosen ?? navigator.language).startsWith('zh') ? 'zh' : 'en';
}

/** Stores a language and reloads the page in it. */
export function speak(language) {
  try {
    localStorage.setItem(LANGUAGE, language);
  } catch (error) {
    warn(error);
  }
  location.reload();
}

/** The text of the file chosen in a field, if there is one. */
export async function chosen_text(field) {
  return field.files[0]?.text();
}
