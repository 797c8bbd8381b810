// What is fetched after load: the files of single pages and the pictures of all products. Always all of it and always in this order, so that
// the server learns nothing about what the shopper does. A picture enters the page as a `data:` URL, which makes no request.

/** Pictures by key: an element to copy, or the bytes to make one from. */
const pictures = new Map();

/** A picture, or undefined while it has not arrived. */
export function picture(key) {
  let img = pictures.get(key);
  if (img instanceof Uint8Array) {
    const text = btoa(String.fromCharCode(...img));
    img = new Image(160, 160);
    img.alt = '';
    img.src = `data:image/webp;base64,${text}`;
    pictures.set(key, img);
  }
  return img?.cloneNode();
}

/** How long a task may go on before it pauses, in ms. */
const LONG = 10;
let began = 0;

/** Goes on in a task of its own if the current one has taken long: the browser draws and listens in between. */
export async function pause() {
  if (performance.now() - began < LONG) return;
  await new Promise((resolve) => setTimeout(resolve));
  began = performance.now();
}

/** Puts pictures that have arrived in the places that wait for them, from the top of the page down. */
async function fill() {
  for (const place of document.querySelectorAll('[data-picture]')) {
    const img = picture(place.dataset.picture);
    if (img) place.replaceWith(img);
    await pause();
  }
}

// The pictures of the first shelf are in the page before any script runs. While an element holds one, the browser does not fetch it again.
for (const img of document.querySelectorAll('#shell img')) {
  const have = () => pictures.set(img.src.match(/([^/]+)\.webp$/)[1], img);
  if (img.complete) {
    if (img.naturalWidth) have();
  } else {
    img.onload = () => have() && fill();
  }
}

let begin;
/** Each file follows the one before it, whether that arrived or not. */
let line = new Promise((resolve) => (begin = resolve));
function next(fetchIt) {
  const done = line.then(fetchIt);
  line = done.catch((error) => console.warn(error.message));
  return done;
}

/** The shop's own files: this script is shared by all shops of a site, of which one lies at its root. */
const { shop } = document.documentElement.dataset;
const OWN = new URL(shop ? `../${shop}/assets/` : './', import.meta.url);

async function get(file) {
  const response = await fetch(new URL(file, OWN), { priority: 'low' });
  if (!response.ok) throw new Error(`${response.url}: the server answered ${response.status}`);
  return response;
}

const texts = {};
for (const file of ['sales.txt', 'map.txt', 'try.json']) texts[file] = next(async () => (await get(file)).text());

/** What words mean in this shop; empty where the shop has no such file. */
const words = next(async () => (await get('shop.words')).arrayBuffer());
export const words_file = () => words;

/** A promise of the text of a page's own file. */
export const page_file = (file) => texts[file];

/** Scripts that the first page does not need. */
const scripts = {};
for (const file of ['map.js', 'agents.js']) scripts[file] = next(() => import(`./${file}`));

/** Draws the map of products in `host`, from the text of `map.txt` and the groups of each row with their names, one a line. */
export async function draw_map(host, text, departments, department_names, categories, category_names, here, tell) {
  // These arrays lie in the program's memory, which moves.
  const groups = [[departments.slice(), department_names.split('\n')], [categories.slice(), category_names.split('\n')]];
  const { draw } = await scripts['map.js'];
  draw(host, text, groups, here, (row) => tell(row).split('\n'));
}

/** Marks rows on a map that was drawn: clicks in order, products of earlier visits, picks, and where the taste is now. */
export const mark_map = (host, clicks, earlier, picks, now) => host.mark?.(Array.from(clicks), Array.from(earlier), Array.from(picks), now);
/** Offers tools to the browser's own agent; `words` are texts for its questions, one a line. */
export const serve_agents = async (words, act) => (await scripts['agents.js']).serve(act, words.split('\n'));

/** Rings a product on a map that was drawn; -1 for none. */
export const light_map = (host, row) => host.light?.(row);

/** A file of pictures: a line of JSON with keys and sizes in order and whether another file follows, then one picture after the other. */
async function bundle(number) {
  const bytes = new Uint8Array(await (await get(`pictures-${number}.bin`)).arrayBuffer());
  let from = bytes.indexOf(10) + 1;
  const { sizes, more } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, from)));
  if (sizes.reduce((sum, [, size]) => sum + size, from) !== bytes.length) throw new Error(`pictures-${number}.bin is cut off`);
  for (const [key, size] of sizes) pictures.set(key, bytes.subarray(from, (from += size)));
  await fill();
  if (more) await bundle(number + 1);
}

// With the browser's data saver on, products show letters instead: that depends on a setting, not on what the shopper does.
if (!navigator.connection?.saveData) next(() => bundle(1));

/** Starts the downloads: the engine is ready or has failed, so they delay nothing. */
export { begin as fetch_rest };
/** Settles when everything has been fetched. */
export const rest = line;

/** Requests that the page made after everything had been fetched, and who wants to know. */
let requests;
let told = () => {};
rest.then(() => {
  requests = 0;
  const from = performance.now();
  const count = (list) => {
    requests += list.getEntries().filter(({ name, startTime }) => startTime > from && name.startsWith('http')).length;
    told(requests);
  };
  new PerformanceObserver(count).observe({ type: 'resource' });
  told(requests);
});

/** Tells the number of those requests, now and whenever there is one more. */
export function count_requests(act) {
  told = act;
  if (requests !== undefined) act(requests);
}
