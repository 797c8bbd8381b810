// Times of the page of tables in fresh browsers: `node bench/tables.mjs [browsers] [columns] [labelled rows]`, with the built site at
// FEWSHOP_URL and a Chromium at CHROME. Prints the median of each time in milliseconds.

import { openSite } from "../site.mjs";
import { launch } from "../shopper.mjs";

const [browsers = 5, columns = 20, labelled = 128] = process.argv.slice(2).map(Number);
const PRACTICE_MS = 3000;

/** In the page: makes up a table and times what a visitor waits for. */
async function measure({ columns, labelled, practice }) {
  const { Table } = await import("/tables/table.js");
  Table.prepare();
  await new Promise((done) => setTimeout(done, practice));
  let seed = 7;
  const unit = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  const names = Array.from({ length: columns }, (_, column) => `c${column}`);
  const rows = Array.from({ length: labelled + 200 }, (_, row) => {
    const values = names.map(() => unit());
    const label = values[0] + values[1] + unit() > 1.5 ? "yes" : "no";
    return [...values.map((value) => value.toFixed(4)), row < labelled ? label : ""].join(",");
  });
  const table = await Table.read([[...names, "target"].join(","), ...rows].join("\n"));
  await table.predict("target");
  const out = {};
  const timed = async (name, work) => {
    const start = performance.now();
    const value = await work();
    out[name] = performance.now() - start;
    return value;
  };
  const asked = Array.from({ length: 100 }, (_, at) => labelled + 50 + at);
  const { error } = await timed("first answer", () => table.answers([labelled]));
  if (error) throw new Error(error.message);
  await table.label(0, "no");
  await timed("label to answer", () => table.answers([labelled]));
  await timed("100 answers", () => table.answers(asked));
  await timed("reasons", () => table.explain(labelled + 150));
  table.close();
  return out;
}

const site = await openSite();
const all = [];
for (let turn = 0; turn < browsers; turn += 1) {
  const browser = await launch();
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${site.url}/tables/`);
  all.push(await page.evaluate(measure, { columns, labelled, practice: PRACTICE_MS }));
  await browser.close();
}
site.close();
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
for (const name of Object.keys(all[0])) {
  const times = all.map((one) => one[name]);
  console.log(`${name}: ${median(times).toFixed(0)} (${Math.min(...times).toFixed(0)})`);
}
