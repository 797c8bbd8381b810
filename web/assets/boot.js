// Starts the storefront. What stands in the page already stays when that fails: a shop window is better than an empty page.

/** Says in the page, plainly, that the rest will not come. */
function notice(text) {
  const place = document.getElementById('boot-notice');
  if (place) {
    place.textContent = text;
    place.hidden = false;
    document.querySelector('#shell .strip')?.remove();
  }
}

// The module is fetched only where it can run, and a browser too old for its syntax ends in the same notice.
if (typeof WebAssembly !== 'object') {
  notice('Search, cart and picks need WebAssembly, which is switched off or missing in this browser. What people buy most here is below.');
} else {
  try {
    const app = await import('../app/fewshop-web.js');
    await app.default();
    await (await import('./rest.js')).rest;
    await keep();
  } catch (error) {
    console.error(error);
    notice('The shop could not start. Load the page again; if that does not help, a newer browser will. What people buy most here is below.');
  }
}

/**
 * Keeps the shop on this device, for when there is no network. After all that the shopper waits for, and always: nothing that one does changes
 * what is asked for. A newer one is announced and opened when the shopper says so.
 */
async function keep() {
  const shelf = navigator.serviceWorker;
  if (!shelf) return;
  const announce = (worker) => {
    const place = document.getElementById('update');
    if (!place || !shelf.controller) return;
    place.hidden = false;
    place.querySelector('button').onclick = () => {
      shelf.addEventListener('controllerchange', () => location.reload(), { once: true });
      worker.postMessage('open');
    };
  };
  try {
    const kept = await shelf.register(new URL('../sw.js', import.meta.url));
    if (kept.waiting) announce(kept.waiting);
    kept.addEventListener('updatefound', () => {
      const fresh = kept.installing;
      fresh.addEventListener('statechange', () => fresh.state === 'installed' && announce(fresh));
    });
  } catch (error) {
    console.warn(`The shop will not open without a network: ${error.message}`);
  }
}
