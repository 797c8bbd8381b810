// The storefront's engine: a client of one worker (client.js, which is the npm package's as well), and another one when the shopper tries again.
// The storefront writes questions and reads replies as JSON text (web/src/state/wire.rs).

import { Client } from './client.js';
import { FewshopError } from './errors.js';

/** Products asked for in one search; a shopper refines it rather than looking at more. */
const MOST_FOUND = 1000;
const BACKENDS = ['cpu', 'wgpu'];

let client;
/** Makes a client. */
let open;
/** Takes each reply, and a failure like one. */
let say;
/** The file of words, once it is there. */
let words;
/** The newest question about the session, and the one that was posted last; '' for none. */
let newest = '';
let posted = '';

/**
 * Starts the engine. `worker` is the address of its script, `pack` the pack's relative to that; `name` and `sha256` are of the pack that the page's
 * catalogue was written from. `tell` takes replies as text.
 */
export function start(worker, pack, name, sha256, tell) {
  const asked = new URLSearchParams(location.search).get('backend');
  const backend = BACKENDS.includes(asked) ? asked : null;
  say = (reply) => tell(JSON.stringify(reply));
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
  open = () => new Client({ worker, pack, sha256, backend }, hear);
  client = open();
}

/** Starts a failed engine again. */
export function retry() {
  say({ type: 'loading', received: 0 });
  client = open();
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
