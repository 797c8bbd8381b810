// In a shop that takes part, on every page of it: the link to 'Help this shop learn', and for a shopper who agreed there the sending. Nothing
// asks. Who did not agree loads nothing after this file, and it makes no request.

import { rest } from './rest.js';

const PAGE = new URL('../together/', import.meta.url);
const RECORD = 'fewshop.together';
const TEXTS = {
  en: ['Help this shop learn', 'The one exception is yours to make: if you switch it on in “Help this shop learn”, a report that nobody can read by itself leaves this device a day after a visit. “Forget” ends that, too.'],
  zh: ['帮本店变得更好', '唯一的例外由您决定：如果您在“帮本店变得更好”中开启，访问结束一天后会有一份任何一方都无法单独读取的报告离开此设备。“清除记录”也会结束它。'],
};
/** The storefront sets the language before it draws. */
const texts = () => TEXTS[document.documentElement.lang.startsWith('zh') ? 'zh' : 'en'];

function link() {
  const made = document.createElement('a');
  made.href = PAGE.href;
  [made.textContent] = texts();
  return made;
}

/** Adds what the storefront does not know of: a link to its footer, and to 'How it works' what it says of sending. */
function complete() {
  const links = document.querySelector('footer nav:not([data-together])');
  if (links) {
    links.dataset.together = '';
    links.insertBefore(link(), links.lastElementChild);
  }
  const text = document.querySelector('main article.prose:not([data-together])');
  const promise = text?.querySelectorAll('h2')[2]?.nextElementSibling;
  if (promise) {
    text.dataset.together = '';
    const made = document.createElement('p');
    made.style.marginTop = '10px';
    made.append(`${texts()[1]} `, link());
    promise.after(made);
  }
}

complete();
new MutationObserver(complete).observe(document.body, { childList: true, subtree: true });

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

const isAgreed = has();
try {
  // The storefront then leaves out that nothing has left this device.
  if (await isAgreed) document.documentElement.dataset.told = '';
  // Who has the shop forget everything has it forget this, too: the shop says so to all tabs, and this listens as another one would.
  new BroadcastChannel('fewshop').addEventListener('message', ({ data }) => data === 'forgotten' && indexedDB.deleteDatabase(RECORD));
  await rest;
  if (await isAgreed) await (await import(`${PAGE}device.js`)).report();
} catch (error) {
  // No network, no storage, no answer: the report waits for another visit, and the shop goes on.
  console.info(`Learning together: ${error.message}`);
}
