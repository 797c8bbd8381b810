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

// The module is fetched only where it can run, and a browser too old for its syntax shows the same notice.
if (typeof WebAssembly !== 'object') {
  notice('Search, cart and picks need WebAssembly, which is missing or off in this browser. Bestsellers are shown below.');
} else {
  try {
    const app = await import('../app/fewshop-web.js');
    await app.default();
    await (await import('./rest.js')).rest;
    await keep();
  } catch (error) {
    console.error(error);
    notice('The shop could not open. Reload, or try a newer browser. Bestsellers are shown below.');
  }
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
    console.warn(`The shop will not be available offline: ${error.message}`);
  }
}
