// The shop without a network: this version's files in one cache, all or none. `cargo xtask build` fills in the two lines below.

const VERSION = '{{version}}';
const FILES = ['{{files}}'];

const SHELF = `fewshop-${VERSION}`;
const at = (file) => new URL(file, self.registration.scope).href;
const KEPT = new Set(FILES.map(at));

self.addEventListener('install', (event) => {
  // 'no-cache': a file in the browser's own cache may be of an older version; if not, it is not sent again.
  const ask = (url) => new Request(url, { cache: 'no-cache' });
  // No pictures with the browser's data saver on.
  const wanted = (url) => !(navigator.connection?.saveData && url.endsWith('.bin'));
  const fetchAll = async () => (await caches.open(SHELF)).addAll([...KEPT].filter(wanted).map(ask));
  event.waitUntil(fetchAll());
});

self.addEventListener('activate', (event) => {
  const clean = async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith('fewshop-') && name !== SHELF);
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
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  const url = request.mode === 'navigate' ? at('./') : origin + pathname;
  if (KEPT.has(url)) event.respondWith(kept(url, request));
});

async function kept(url, request) {
  return (await (await caches.open(SHELF)).match(url)) ?? fetch(request);
}
