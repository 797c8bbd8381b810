// Measures typing into the search: the time that the page's thread works on each letter, from the event's first
// listener to its last, which includes searching and drawing the first screen of results. Run by `cargo xtask bench web
// --typing`.

import { launch } from "../shopper.mjs";
import { SITE } from "../site.mjs";

const QUERIES = ["organic milk", "chocolate cookies", "bannana bred", "toilet paper", "dog food chicken"];

function watch() {
  const took = (window.__took = []);
  let start = 0;
  addEventListener("input", () => (start = performance.now()), true);
  addEventListener("input", ({ target }) => took.push([performance.now() - start, target.value]));
}

const browser = await launch();
try {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-US" })).newPage();
  await page.addInitScript(watch);
  await page.goto(SITE);
  await page.waitForTimeout(3000);
  const field = page.getByRole("searchbox");
  await field.click();
  for (const query of QUERIES) {
    await field.fill("");
    for (const letter of query) {
      await page.keyboard.press(letter === " " ? "Space" : letter);
      await page.waitForTimeout(150);
    }
  }
  const took = (await page.evaluate(() => window.__took)).sort(([a], [b]) => a - b);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))][0].toFixed(1);
  const slowest = took.slice(-3).reverse().map(([ms, text]) => `${ms.toFixed(1)} at '${text}'`);
  console.log(`${took.length} letters, ms a letter: p50 ${at(0.5)}, p95 ${at(0.95)}; the slowest ${slowest.join(", ")}`);
} finally {
  await browser.close();
}
