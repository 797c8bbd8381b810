import { launch } from "../shopper.mjs";
import { openSite } from "../site.mjs";
const rounds = Number(process.argv[2] ?? 5), columns = Number(process.argv[3] ?? 20);
const site = await openSite();
const all = [];
for (let i = 0; i < rounds; i++) {
  const browser = await launch();
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${site.url}/tables/`);
  await page.waitForTimeout(3000);
  all.push(await page.evaluate(async (columns) => {
    const { Table } = await import("/tables/table.js"); Table.prepare(); await new Promise((r) => setTimeout(r, 3000));
    let seed = 7;
    const unit = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
    const make = (rows, labelled) => [[...Array.from({ length: columns }, (_, c) => "c" + c), "target"].join(","), ...Array.from({ length: rows }, (_, r) => {
      const x = Array.from({ length: columns }, () => unit().toFixed(4));
      return [...x, r < labelled ? (Number(x[0]) + Number(x[1]) + unit() > 1.5 ? "yes" : "no") : ""].join(",");
    })].join("\n");
    const text = make(320, 120);
    const table = await Table.read(text);
    await table.predict("target");
    const out = {};
    const timed = async (name, work) => { const t = performance.now(); const v = await work(); out[name] = Math.round(10 * (performance.now() - t)) / 10; return v; };
    const some = Array.from({ length: 100 }, (_, i) => 130 + i);
    const r = await timed("first", () => table.answers([128]));
    if (r.error) out.error = r.error;
    await table.label(129, "yes"); await timed("label1", () => table.answers([128]));
    await table.label(129, "no"); await timed("label2", () => table.answers([128]));
    await timed("hundred", () => table.answers(some));
    await timed("hundred2", () => table.answers(some));
    await timed("explain", () => table.explain(200));
    await timed("explain2", () => table.explain(201));
    table.close();
    return out;
  }, columns));
  await browser.close();
}
site.close?.();
console.log(JSON.stringify(all));
