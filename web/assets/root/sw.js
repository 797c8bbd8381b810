// The shop without a network: this version's files in one cache, all or none. `cargo xtask build` fills in the lines with braces. Of two
// shops on a site each has its own worker and cache: neither answers for the other, nor clears what it keeps.

const VERSION = '{{version}}';
const FILES = ['{{files}}'];
const OWN = 'fewshop-{{shop}}';
/** The folders of other shops within this one's scope. */
const OTHERS = [{{others}}];

const SHELF = OWN + VERSION;
const at = (file) => new URL(file, self.registration.scope).href;
const KEPT = new Set(FILES.map(at));
const isOthers = (url) => OTHERS.some((folder) => `${url}/`.startsWith(at(folder)));

self.addEventListener('install', (event) => {
  // 'no-cache': a file in the browser's own cache may be of an older version; if not, it is not sent again.
  const ask = (url) => new Request(url, { cache: 'no-cache' });
  // No pictures with the browser's data saver on.
  const wanted = (url) => !(navigator.connection?.saveData && url.endsWith('.bin'));
  const fetchAll = async () => (await caches.open(SHELF)).addAll([...KEPT].filter(wanted).map(ask));
  event.waitUntil(fetchAll());
});

self.addEventListener('activate', (event) => {
  // A version has no '-', so a cache that goes on with one is another shop's.
  const isOld = (name) => name.startsWith(OWN) && name !== SHELF && !name.slice(OWN.length).includes('-');
  const clean = async () => {
    const old = (await caches.keys()).filter(isOld);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

// The shopper opens the newer version.
self.addEventListener('message', ({ data }) => data === 'open' && self.skipWaiting());

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin || isOthers(origin + pathname)) return;
  const isPage = request.mode === 'navigate';
  // Pages that need no script are the server's own: readers without JavaScript and search engines go there.
  if (isPage && (origin + pathname).startsWith(at('plain/'))) {
    event.respondWith(fetch(request).catch(() => kept(at('./'), event)));
    return;
  }
  const url = isPage ? at('./') : origin + pathname;
  if (KEPT.has(url)) event.respondWith(kept(url, event));
});

async function kept(url, { request, clientId }) {
  // Another shop's page on its first visit, before it has a worker: it came from the network, and its program has to be of the same version.
  const client = OTHERS.length > 0 && clientId && (await self.clients.get(clientId));
  if (client && isOthers(client.url.split(/[?#]/)[0])) return fetch(request);
  return (await (await caches.open(SHELF)).match(url)) ?? fetch(request);
}
