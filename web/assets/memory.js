// What this device remembers of the shopper: one text under one key in IndexedDB. The storefront makes it and checks it when it comes
// back (web/src/state/memory.rs); nothing here looks into it. Each write replaces the text in one transaction, so that of two tabs the
// last one wins and half a text is never there. With nothing to remember there is no database at all.

const DATABASE = 'fewshop';
const STORE = 'memory';
const KEY = 0;
/** Where the first version of the page kept it, in localStorage. */
const OLD = 'fewshop.memory';
/** A database that has not been read after so long, in ms, will not be waited for: the shop opens without. */
const PATIENCE = 3000;

let database;
/** The text that is stored; undefined where there is none, null where this tab cannot know. */
let known = null;
/** Writes come one after the other, and of those that wait only the newest is done. */
let work = Promise.resolve();
let newest = null;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Opens the database; one that is not there is made, or, without `make`, is none. */
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
  // Another tab forgets, or the shopper clears this site's data: a connection that stays open would hold that up.
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
    // At once: a page that is left the next moment shall not lose the click that led away from it.
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

const late = new Promise((_, reject) => setTimeout(reject, PATIENCE, new Error('the browser does not answer')));
// Begun before the storefront's wasm is there, and never rejected.
const first = Promise.race([read(), late]).catch(refuse);

let denied = false;

/** What could not be read must not be written over. */
function refuse(error) {
  denied = true;
  warn(error);
}

function warn(error) {
  console.warn(`IndexedDB '${DATABASE}' cannot be used (${error?.message ?? error}): this visit will not be remembered`);
}

/** The text that is stored, or undefined. */
export async function recall() {
  return (await first) ?? old() ?? undefined;
}

/** Stores a text instead of the last one; undefined erases it. */
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

// Two tabs of one shop: what one forgets the other must not go on to know.
const channel = new BroadcastChannel(DATABASE);

/** Tells other tabs that all was forgotten. */
export function forgotten() {
  channel.postMessage(null);
}

/** Runs `act` when another tab says so. */
export function on_forgotten(act) {
  channel.onmessage = () => act();
}

const LANGUAGE = 'fewshop.language';

/** The language that the shopper chose, or else the browser's. */
export function language() {
  let chosen;
  try {
    chosen = localStorage.getItem(LANGUAGE);
  } catch {
    // A browser that lets the page store nothing tells its language all the same.
  }
  return (chosen ?? navigator.language).startsWith('zh') ? 'zh' : 'en';
}

/** Chooses a language and opens the page anew in it. */
export function speak(language) {
  try {
    localStorage.setItem(LANGUAGE, language);
  } catch (error) {
    warn(error);
  }
  location.reload();
}

/** The text of the file chosen in a field. */
export async function chosen_text(field) {
  return field.files[0]?.text();
}
