// The storefront's engine: a client of one worker (client.js, which is the npm package's as well), and another one when the shopper tries again.
// The storefront writes questions and reads replies as JSON text (web/src/state/wire.rs).

import { Client } from './client.js';
import { FewshopError } from './errors.js';

/** Products asked for in one search; a shopper refines it rather than looking at more. */
const MOST_FOUND = 1000;
const BACKENDS = ['cpu', 'wgpu'];

let client;
/** Where worker and pack lie, and the pack's hash. */
let source;
/** Takes each reply as text, and a failure like one, with the name of the pack that the page's catalogue was written from. */
let tell;
let name;
/** What the client said before the storefront listened. */
let early = [];
/** The file of words, once it is there. */
let words;
/** The newest question about the session, and the one that was posted last; '' for none. */
let newest = '';
let posted = '';

const say = (reply) => tell(JSON.stringify(reply));

/** Makes a client. Where `after` is given, it loads once that has settled. */
function open(after) {
  const asked = new URLSearchParams(location.search).get('backend');
  const hear = {
    loading: (received, total) => say({ type: 'loading', received, total }),
    ready(status) {
      // Rows mean nothing in another pack.
      if (status.pack === name) say({ type: 'ready', status });
      else client.close(new FewshopError('wrong_pack', `the engine loaded pack ${status.pack}, the catalogue was written from pack ${name}`));
    },
    again: (reply) => say(reply),
    lost(why) {
      console.warn(`the worker is replaced: ${why}`);
      say({ type: 'loading', received: 0 });
      // Also if it was answered: a fresh worker knows nothing of the session.
      ask(newest);
    },
    // Letters find products without it, too.
    wordless: ({ message }) => console.warn(message),
    failed({ code, message }) {
      if (code === 'worker_lost') console.warn(message);
      say({ type: 'failed', code, message });
    },
  };
  for (const [event, act] of Object.entries(hear)) {
    hear[event] = (...what) => (early ? early.push(() => act(...what)) : act(...what));
  }
  client = new Client({ ...source, backend: BACKENDS.includes(asked) ? asked : null, after }, hear);
}

/** Lets the prepared worker load. */
let release = () => {};

/**
 * Starts the worker ahead of the storefront: it loads engine and pack once the promise `arrived` has resolved, or once the storefront asks for
 * them. `worker` is the address of its script, `pack` the pack's relative to that.
 */
export function prepare(worker, pack, sha256, arrived) {
  source = { worker, pack, sha256 };
  open(Promise.race([arrived, new Promise((resolve) => (release = resolve))]));
}

/**
 * Starts the engine, or takes over the prepared one. `pack_name` and `sha256` are of the pack that the page's catalogue was written from; `listen`
 * takes replies as text.
 */
export function start(worker, pack, pack_name, sha256, listen) {
  // The page is older or newer than its catalogue, which counts.
  const is_other = client && source.sha256 !== sha256;
  if (is_other) client.close();
  const said = is_other ? [] : early;
  [early, name, tell] = [null, pack_name, listen];
  if (client && !is_other) {
    release();
    for (const act of said) act();
  } else {
    source = { worker, pack, sha256 };
    open();
  }
}

/** Starts a failed engine again. */
export function retry() {
  say({ type: 'loading', received: 0 });
  open();
  if (words) client.read(words);
  ask(newest);
}

/** A question that is refused ends the engine, too: the page asks no wrong ones. */
function post(kind, make) {
  const one = client;
  one.ask(kind, make).then((reply) => reply && say(reply), (error) => one.close(error));
}

/** Asks about a session; '' asks nothing any more. The newest question wins. */
export function ask(text) {
  newest = text;
  if (!text) {
    posted = text;
    client.drop('session', true);
  } else if (client.isReady && text === posted) {
    // Its answer is there, or coming.
    client.drop('session');
  } else {
    post('session', () => JSON.parse((posted = text)));
  }
}

/** Searches by words. The newest query wins; an engine that does not answer yet answers later. */
export const find = (query) => post('find', () => ({ query, n: MOST_FOUND }));

/** Hands over the file of words. */
export function give_words(bytes) {
  words = bytes;
  client.read(bytes);
}

/** Whether the engine can answer at once. */
export const is_ready = () => client.isReady;
