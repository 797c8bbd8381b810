// Measures typing into the search: the time that the page's thread works on each letter, from the event's first
// listener to its last; from the query's message to the worker's answer; and from the letter to the frame that shows the
// results. Run by `cargo xtask bench web --typing`.

import { launch } from "../shopper.mjs";
import { SITE } from "../site.mjs";

const QUERIES = ["organic milk", "chocolate cookies", "bannana bred", "toilet paper", "dog food chicken"];

function watch() {
  const took = (window.__took = []);
  let start = 0;
  addEventListener("input", () => (start = performance.now()), true);
  addEventListener("input", ({ target }) => took.push([performance.now() - start, target.value]));
  const answered = (window.__answered = []);
  const shown = (window.__shown = []);
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (message, ...rest) {
    if (message?.type === "find") {
      const [letter, asked] = [start, performance.now()];
      const hear = ({ data }) => {
        if (data?.type !== "found" || data.query !== message.query) return;
        this.removeEventListener("message", hear);
        answered.push([performance.now() - asked, message.query]);
        requestAnimationFrame(() => shown.push([performance.now() - letter, message.query]));
      };
      this.addEventListener("message", hear);
    }
    return postMessage.call(this, message, ...rest);
  };
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
  for (const [what, name] of [["the page's work on a letter", "__took"], ["query to answer", "__answered"], ["letter to results shown", "__shown"]]) {
    const all = (await page.evaluate((name) => window[name], name)).sort(([a], [b]) => a - b);
    const at = (share) => all[Math.min(all.length - 1, Math.floor(all.length * share))][0].toFixed(1);
    const slowest = all.slice(-3).reverse().map(([ms, text]) => `${ms.toFixed(1)} at '${text}'`);
    console.log(`${what}: ${all.length} letters, ms: p50 ${at(0.5)}, p95 ${at(0.95)}; the slowest ${slowest.join(", ")}`);
  }
} finally {
  await browser.close();
}
