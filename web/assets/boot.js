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
  } catch (error) {
    console.error(error);
    notice('The shop could not start. Load the page again; if that does not help, a newer browser will. What people buy most here is below.');
  }
}
