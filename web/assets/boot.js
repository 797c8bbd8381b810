// Starts the storefront. If that fails, the bestsellers in the page stay: a shop window is better than an empty page.

/** Shows in the page that the storefront will not start. */
function notice(text) {
  const place = document.getElementById('boot-notice');
  if (place) {
    place.textContent = text;
    place.hidden = false;
    document.querySelector('#shell .strip')?.remove();
  }
}

const { shop } = document.documentElement.dataset;
/** This shop's own file; the script lies at the root of the site for all its shops. */
const own = (file) => new URL(shop ? `../${shop}/${file}` : `../${file}`, import.meta.url);

// A host with one page for all unknown addresses sends the first shop's for those of the second one, too. What follows a '#' is sent to nobody.
const other = document.querySelector('.shops a:not([aria-current])');
if (!shop && other && location.pathname.startsWith(other.pathname)) {
  location.replace(`${other.href}#/${location.pathname.slice(other.pathname.length)}`);
  await new Promise(() => {});
} else if (shop && location.hash.startsWith('#/')) {
  history.replaceState(null, '', own(`./${location.hash.slice(2)}`));
}

// The module is fetched only where it can run, and a browser too old for its syntax shows the same notice.
if (typeof WebAssembly !== 'object') {
  notice('Search, cart and picks need WebAssembly, which is missing or off in this browser. Bestsellers are shown below.');
} else {
  try {
    const { prepare } = await import('./engine.js');
    prepare(own('engine/worker.js').href, '../assets/shop.pack', document.documentElement.dataset.pack, programArrived());
    const app = await import('../app/fewshop-web.js');
    await app.default();
    await (await import('./rest.js')).rest;
    await keep();
  } catch (error) {
    console.error(error);
    notice('The shop could not open. Reload, or try a newer browser. Bestsellers are shown below.');
  }
}

/** Resolves when the storefront's program has arrived: from then on the network would idle while it is compiled and run. */
function programArrived() {
  return new Promise((resolve) => {
    const look = (list) => list.getEntries().some(({ name }) => name.endsWith('/fewshop-web_bg.wasm')) && resolve();
    new PerformanceObserver(look).observe({ type: 'resource', buffered: true });
  });
}

/**
 * Keeps the shop on this device for use without a network. This runs after everything the shopper waits for, and always in the same way:
 * nothing the shopper does changes what is requested. A newer version is announced and opens when the shopper agrees.
 */
async function keep() {
  const shelf = navigator.serviceWorker;
  if (!shelf) return;
  const announce = (worker) => {
    const place = document.getElementById('update');
    // WebKit reports the first version of a first visit when it already answers.
    if (!place || worker === initial) return;
    place.hidden = false;
    place.querySelector('button').onclick = () => {
      shelf.addEventListener('controllerchange', () => location.reload(), { once: true });
      worker.postMessage('open');
    };
  };
  /** The version that this visit began with, if nothing was kept before. */
  let initial = null;
  try {
    // Each shop of a site has its own, for its own folder. What answers may be the worker of the site's other shop.
    const scope = own('./').href;
    const before = await shelf.getRegistration(scope);
    const isFirst = before?.scope !== scope || !before.active;
    const kept = await shelf.register(own('sw.js'));
    if (isFirst) initial = kept.installing ?? kept.waiting ?? kept.active;
    if (kept.waiting) announce(kept.waiting);
    kept.addEventListener('updatefound', () => {
      const fresh = kept.installing;
      if (isFirst) initial ??= fresh;
      fresh.addEventListener('statechange', () => fresh.state === 'installed' && announce(fresh));
    });
  } catch (error) {
    console.warn(`The shop will not be available offline: ${error.message}`);
  }
}
