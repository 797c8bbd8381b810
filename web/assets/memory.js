// What this device remembers about the shopper: one text under one key in IndexedDB. The storefront writes the text and checks it when it
// reads it back (web/src/state/memory.rs); nothing here looks into it. Each write replaces the text in one transaction, so the last of two
// tabs wins and half a text is never stored. If there is nothing to remember, there is no database at all.

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
/** The stored text; undefined if there is none, null if this tab cannot know. */
let known = null;
/** Writes run one after the other; of those that wait only the newest is carried out. */
let work = Promise.resolve();
let newest = null;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Opens the database. A missing one is created, or left missing without `make`. */
async function open(make) {
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
  known = null;
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
  known = database && (await done(database.transaction(STORE).objectStore(STORE).get(KEY)));
  return known;
}

async function write(text) {
  if (text === known) return;
  if (text === undefined) {
    close();
    await done(indexedDB.deleteDatabase(DATABASE));
  } else {
    if (!database) await open(true);
    const change = database.transaction(STORE, 'readwrite');
    const put = done(change.objectStore(STORE).put(text, KEY));
    // At once: a page that is left the next moment must not lose the click that led away from it.
    change.commit?.();
    await put;
    await new Promise((resolve, reject) => {
      change.oncomplete = resolve;
      change.onabort = () => reject(change.error);
    });
  }
  known = text;
  old(true);
}

const late = new Promise((_, reject) => setTimeout(reject, PATIENCE, new Error('the browser did not answer')));
// Starts before the storefront's wasm has loaded, and never rejects.
const first = Promise.race([read(), late]).catch(refuse);

let denied = false;

/** A text that could not be read must not be overwritten. */
function refuse(error) {
  denied = true;
  warn(error);
}

function warn(error) {
  console.warn(`IndexedDB '${DATABASE}' cannot be used (${error?.message ?? error}): this visit will not be remembered`);
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

// Two tabs of one shop: when one forgets, the other must forget too.
const channel = new BroadcastChannel(DATABASE);

/** Tells other tabs that everything was forgotten. */
export function forgotten() {
  channel.postMessage(null);
}

/** Runs `act` when another tab does. */
export function on_forgotten(act) {
  channel.onmessage = () => act();
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
