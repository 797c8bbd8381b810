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

/** Length of the storefront's program. The build of the site puts it here. */
const PROGRAM_BYTES = Infinity;
/** Share of the program that arrives while a request is on its way. */
const SOON = 0.2;

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
    const program = fetchProgram();
    prepare(own('engine/worker.js').href, '../assets/shop.pack', document.documentElement.dataset.pack, program.soon);
    const app = await import('../app/fewshop-web.js');
    await app.default({ module_or_path: program.response });
    await (await import('./rest.js')).rest;
    await keep();
  } catch (error) {
    console.error(error);
    notice('The shop could not open. Reload, or try a newer browser. Bestsellers are shown below.');
  }
}

/**
 * The storefront's program. `soon` resolves when nearly all of it has arrived: the network would idle while a request for the engine is on its way
 * and while the program is compiled and run.
 */
function fetchProgram() {
  let near;
  const soon = new Promise((resolve) => (near = resolve));
  const count = (whole) => {
    let left = PROGRAM_BYTES;
    const counter = new TransformStream({
      transform(chunk, out) {
        out.enqueue(chunk);
        left -= chunk.byteLength;
        if (left < SOON * PROGRAM_BYTES) near();
      },
      flush: near,
    });
    return new Response(whole.body.pipeThrough(counter), whole);
  };
  const response = fetch(new URL('../app/fewshop-web_bg.wasm', import.meta.url));
  // Older browsers cannot count: there the storefront starts the engine.
  return { soon, response: self.TransformStream ? response.then(count) : response };
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
