// What comes after load: the files of single pages, and the pictures of all products. Always all of it and always in this order, so that
// whoever runs the server sees nothing of what the shopper does. A picture reaches the page as `data:`, which asks nobody for anything.

/** Pictures by key: an element to copy, or the bytes to make one of. */
const pictures = new Map();

/** A picture, or undefined as long as it is not there. */
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

/** Puts pictures that have come into the places that wait for them. */
function fill() {
  for (const place of document.querySelectorAll('[data-picture]')) {
    const img = picture(place.dataset.picture);
    if (img) place.replaceWith(img);
  }
}

// Those of the first shelf stand in the page before any script runs. As long as an element holds one, the browser does not fetch it again.
for (const img of document.querySelectorAll('#shell img')) {
  const have = () => pictures.set(img.src.match(/([^/]+)\.webp$/)[1], img);
  if (img.complete) {
    if (img.naturalWidth) have();
  } else {
    img.onload = () => have() && fill();
  }
}

let begin;
/** Each file after the one before it, whether that came or not. */
let line = new Promise((resolve) => (begin = resolve));
function next(fetchIt) {
  const done = line.then(fetchIt);
  line = done.catch((error) => console.warn(error.message));
  return done;
}

async function get(file) {
  const response = await fetch(new URL(file, import.meta.url), { priority: 'low' });
  if (!response.ok) throw new Error(`${response.url}: the server answered ${response.status}`);
  return response;
}

const texts = {};
for (const file of ['map.txt', 'try.json']) texts[file] = next(async () => (await get(file)).text());

/** The text of a page's own file, once it is there. */
export const page_file = (file) => texts[file];

/** A file of pictures: a line of JSON with keys and sizes in order, and whether another file follows; then one picture behind the other. */
async function bundle(number) {
  const bytes = new Uint8Array(await (await get(`pictures-${number}.bin`)).arrayBuffer());
  let from = bytes.indexOf(10) + 1;
  const { sizes, more } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, from)));
  if (sizes.reduce((sum, [, size]) => sum + size, from) !== bytes.length) throw new Error(`pictures-${number}.bin is cut off`);
  for (const [key, size] of sizes) pictures.set(key, bytes.subarray(from, (from += size)));
  fill();
  if (more) await bundle(number + 1);
}

// Who asked the browser to save data gets letters: that says what they set, not what they do.
if (!navigator.connection?.saveData) next(() => bundle(1));

/** Begins: the engine is there, or will not come, and nothing is held up any more. */
export { begin as fetch_rest };
/** Settled when nothing more is to be fetched. */
export const rest = line;
