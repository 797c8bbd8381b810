// The page 'Help this shop learn'. It shows what the shop asks for and what this device has sent, and changes the choice. It sends nothing
// itself: that is the shop's, at a later visit (shop.js).

import { TEXTS } from './texts.js';

/** The shop's choice of language, which this page shares. */
const LANGUAGE = 'fewshop.language';

function language() {
  let chosen = null;
  try {
    chosen = localStorage.getItem(LANGUAGE);
  } catch {
    // A browser that blocks storage still reports its language.
  }
  return (chosen ?? navigator.language).startsWith('zh') ? 'zh' : 'en';
}

let texts = TEXTS[language()];
const content = document.getElementById('content');
const problem = document.getElementById('problem');

/** An element with text or other elements in it. */
function el(what, attributes = {}, ...kids) {
  const [name, ...classes] = what.split('.');
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...kids.flat());
  return made;
}

function complain(text) {
  problem.textContent = text;
  problem.hidden = false;
}

/** Titles by id. The columns of the catalogue are written as web/src/state/columns.rs says. */
async function titles() {
  const { items } = await (await fetch(new URL('../assets/catalogue.json', import.meta.url))).json();
  const { words, of } = items.title;
  const digits = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).filter((c) => !'"\\'.includes(c));
  const used = [];
  const found = new Map();
  let [high, next, row] = [0, 0, 0];
  for (const digit of [...of].map((c) => digits.indexOf(c))) {
    if (digit >= 70) {
      high = high * 22 + digit - 70 + 1;
      continue;
    }
    const back = high * 70 + digit;
    high = 0;
    const word = back === 0 ? next++ : back <= 4096 ? used.splice(-back, 1)[0] : used.at(-back);
    if (back <= 4096) used.push(word);
    found.set(`${items.prefix}${items.id[row]}`, words[word]);
    row += 1;
  }
  return found;
}

/** The device, and the names of products; null in a shop that does not ask. */
let device = null;
let forget;
let names = new Map();
/** What was said last about forgetting. */
let told = '';
/** The report to look at, while it is shown. */
let sample = null;

/** The products' names, each once: several kinds of milk may have the same. */
function named(ids) {
  const times = new Map();
  for (const id of ids) {
    const name = names.get(id) ?? id;
    times.set(name, (times.get(name) ?? 0) + 1);
  }
  return [...times].map(([name, n]) => (n > 1 ? `${name} ×${n}` : name));
}

/** How sure somebody can become, of 100, who gave even odds before. */
const sure = (epsilon) => Math.ceil(100 / (1 + Math.exp(-epsilon)) - 1e-9);

/** Runs what the shopper has started, then shows what is now. */
const start = (action) => async () => {
  problem.hidden = true;
  told = '';
  try {
    await action();
  } catch (error) {
    console.warn(error);
    complain(texts.unkept);
  }
  await draw();
};

function choice({ is_on, has_changed, left }, asked) {
  const box = el('input', { type: 'checkbox', role: 'switch', id: 'choice', 'aria-describedby': 'choice-state', onchange: start(() => (box.checked ? device.agree() : device.stop())) });
  box.checked = is_on;
  return el(
    'section.choice',
    { 'aria-label': texts.choice },
    el('label', { for: 'choice' }, box, texts.choice),
    el('p', { id: 'choice-state', role: 'status' }, told || (is_on ? texts.on(left, asked.visits_per_month) : has_changed ? texts.changed : texts.off)),
  );
}

function odds({ visit, month, visits_per_month }) {
  const line = (name, n) => {
    const fill = el('span');
    fill.style.width = `${n}%`;
    return [el('span', {}, `${name}: ${texts.odds_in(n)}`), el('span.bar-of', { 'aria-hidden': 'true' }, fill)];
  };
  return el(
    'section',
    { 'aria-labelledby': 'odds' },
    el('h2', { id: 'odds' }, texts.odds),
    el('p', {}, texts.odds_text),
    el('div.odds', {}, line(texts.odds_before, 50), line(texts.odds_one, sure(visit.epsilon)), line(texts.odds_month(visits_per_month), sure(month.epsilon))),
    el('p', {}, texts.odds_more(visit.epsilon, visit.delta, month.epsilon)),
    sure(month.epsilon) > 95 ? el('p', {}, texts.odds_weak) : [],
  );
}

function what(asked) {
  return el(
    'section',
    { 'aria-labelledby': 'what' },
    el('h2', { id: 'what' }, texts.what),
    el('p', {}, texts.what_visit(texts.number(asked.items.length), asked.max_items)),
    el('details', {}, el('summary', {}, texts.what_list(texts.number(asked.items.length))), el('p.hint', {}, named(asked.items).join(', '))),
    el('p', {}, texts.what_not),
    el('p', {}, texts.what_short(asked.min_items)),
    el('p', {}, texts.what_size(texts.number(asked.bytes), asked.visits_per_month)),
    el('h2', {}, texts.who),
    el('p', {}, texts.who_halves),
    el('ul.plain', {}, el('li.address', {}, texts.who_first(asked.leader)), el('li.address', {}, texts.who_second(asked.helper))),
    el('p', {}, texts.who_sums(texts.number(asked.min_batch))),
    el('p', {}, texts.who_limits),
  );
}

const says = (items, most) => (items.length ? texts.says(named(items), items.length, most) : texts.says_no);

function yours({ is_on, next, told: sent, left }, asked) {
  const waits = next.map(({ visit, due_s, items }) =>
    el(
      'li',
      {},
      el('p', {}, texts.next(texts.time(visit), texts.time(due_s)), ' ', says(items, asked.max_items), left ? '' : ` ${texts.next_full}`),
      el('button.btn.small', { type: 'button', onclick: start(() => device.skip(visit)) }, texts.skip),
    ),
  );
  const lines = [...sent].reverse().map(({ made_s, answered_s, outcome, items }) =>
    el('li', {}, texts.sent_line[outcome](texts.time(answered_s ?? made_s)), ' ', says(items, asked.max_items)),
  );
  const clear = is_on || sent.length > 0 ? [el('div.acts', {}, el('button.btn', { type: 'button', onclick: start(forgetAll) }, texts.forget)), el('p.hint', {}, texts.forget_hint)] : [];
  return el(
    'section',
    { 'aria-labelledby': 'sent' },
    is_on ? [el('h2', {}, texts.yours), waits.length ? el('ul.reports', { role: 'list' }, waits) : el('p', {}, texts.yours_none)] : [],
    el('h2', { id: 'sent' }, texts.sent),
    lines.length ? el('ul.reports', { role: 'list' }, lines) : el('p', {}, texts.sent_none),
    clear,
  );
}

async function forgetAll() {
  await forget();
  told = texts.forgotten;
}

/** Bytes as pairs of hexadecimal digits. */
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

function look({ next }, asked) {
  // Without a visit that waits: the first products of the list, as many as make a visit count.
  const items = (next.find(({ items }) => items.length)?.items ?? asked.items.slice(0, asked.min_items)).slice(0, asked.max_items);
  const make = () => {
    const bytes = device.sample(items);
    sample = [
      el('p', {}, texts.look_inside(named(items), items.length, asked.items.length)),
      el('p', {}, texts.look_outside(texts.number(bytes.length))),
      el('pre', { tabindex: '0', 'aria-label': texts.look }, hex(bytes)),
      el('p.address', {}, texts.look_where(asked.address)),
    ];
    place.replaceChildren(...sample);
  };
  const place = el('div', { 'aria-live': 'polite' }, sample ?? []);
  return el(
    'section',
    { 'aria-labelledby': 'look' },
    el('h2', { id: 'look' }, texts.look),
    el('p', {}, texts.look_hint(named(items))),
    el('div.acts', {}, el('button.btn', { type: 'button', onclick: make }, texts.look_make)),
    place,
  );
}

async function draw() {
  if (!device) {
    content.replaceChildren(el('p.lead', {}, texts.none));
    return;
  }
  const { asked } = device;
  const shown = await device.shown();
  const focused = document.activeElement?.id;
  content.replaceChildren(el('p.lead', {}, texts.lead), choice(shown, asked), what(asked), odds(asked), yours(shown, asked), look(shown, asked));
  if (focused) document.getElementById(focused)?.focus();
}

async function speak() {
  document.documentElement.lang = texts.lang;
  document.title = texts.title;
  for (const place of document.querySelectorAll('[data-t]')) place.textContent = texts[place.dataset.t];
  const button = document.getElementById('language');
  button.textContent = texts.other;
  button.lang = texts.otherLang;
  await draw();
}

document.getElementById('language').addEventListener('click', () => {
  const next = texts === TEXTS.en ? 'zh' : 'en';
  texts = TEXTS[next];
  sample = null;
  told = '';
  try {
    localStorage.setItem(LANGUAGE, next);
  } catch {
    // The page is in this language all the same, until it is closed.
  }
  speak();
});

try {
  if (document.documentElement.hasAttribute('data-asks')) {
    const { Device, forget: forgetRecord } = await import('./device.js');
    [device, names] = await Promise.all([Device.open(), titles()]);
    forget = forgetRecord;
    document.getElementById('home').textContent = device.asked.shop;
  }
  await speak();
} catch (error) {
  console.error(error);
  complain(texts.failed(error.message ?? error));
}
