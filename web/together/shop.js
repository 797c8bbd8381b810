// In a shop that takes part, on every page of it: the link to 'Help this shop learn', and for a shopper who agreed there the sending. Nothing
// asks. Who did not agree loads nothing after this file, and it makes no request.

import { rest } from './rest.js';

const PAGE = new URL('../together/', import.meta.url);
const RECORD = 'fewshop.together';

/** The storefront draws the footer; it stays on all pages. */
function link() {
  const links = document.querySelector('footer nav');
  if (!links) return false;
  const made = document.createElement('a');
  made.href = PAGE.href;
  made.textContent = document.documentElement.lang.startsWith('zh') ? '帮本店变得更好' : 'Help this shop learn';
  links.insertBefore(made, links.lastElementChild);
  return true;
}

if (!link()) {
  const watch = new MutationObserver(() => link() && watch.disconnect());
  watch.observe(document.body, { childList: true });
}

/** Whether this device has a record, without making one. */
function has() {
  return new Promise((resolve) => {
    const request = indexedDB.open(RECORD, 1);
    request.onupgradeneeded = () => request.transaction.abort();
    request.onsuccess = () => {
      request.result.close();
      resolve(true);
    };
    request.onerror = () => resolve(false);
  });
}

try {
  // Who has the shop forget everything has it forget this, too: the shop says so to all tabs, and this listens as another one would.
  new BroadcastChannel('fewshop').addEventListener('message', ({ data }) => data === 'forgotten' && indexedDB.deleteDatabase(RECORD));
  await rest;
  if (await has()) await (await import(`${PAGE}device.js`)).report();
} catch (error) {
  // No network, no storage, no answer: the report waits for another visit, and the shop goes on.
  console.info(`Learning together: ${error.message}`);
}
