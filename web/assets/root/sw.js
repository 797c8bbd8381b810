// The shop without a network: this version's files in one cache, whole or not at all. `cargo xtask build` fills in the two lines below.

const VERSION = '{{version}}';
const FILES = ['{{files}}'];

const SHELF = `fewshop-${VERSION}`;
const at = (file) => new URL(file, self.registration.scope).href;
const KEPT = new Set(FILES.map(at));

self.addEventListener('install', (event) => {
  // 'no-cache': what the browser kept may be of an older version, and is not sent again if it is not.
  const ask = (url) => new Request(url, { cache: 'no-cache' });
  // Who asked to save data gets no pictures.
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

// The shopper wants the newer page.
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
