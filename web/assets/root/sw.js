// The shop without a network: this version's files in one cache, whole or not at all. `cargo xtask build` fills in the two lines below.

const VERSION = '{{version}}';
const FILES = ['{{files}}'];

const SHELF = `fewshop-${VERSION}`;
const at = (file) => new URL(file, self.registration.scope).href;
const KEPT = new Set(FILES.map(at));

self.addEventListener('install', (event) => {
  // 'reload': what the browser kept may be of an older version.
  const fetchAll = async () => (await caches.open(SHELF)).addAll([...KEPT].map((url) => new Request(url, { cache: 'reload' })));
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
  if (KEPT.has(url)) {
    event.respondWith(kept(url, request));
  } else if (pathname.includes('/assets/')) {
    event.respondWith(picture(url, request));
  }
});

async function kept(url, request) {
  return (await (await caches.open(SHELF)).match(url)) ?? fetch(request);
}

/** Pictures and other extras are kept as they are seen. */
async function picture(url, request) {
  const shelf = await caches.open(SHELF);
  const known = await shelf.match(url);
  if (known) return known;
  const response = await fetch(request);
  if (response.ok) shelf.put(url, response.clone());
  return response;
}
