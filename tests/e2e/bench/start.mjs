// Measures the start on a simulated phone: a processor four times slower and a 4G network, set through the DevTools
// protocol. Largest contentful paint, layout shift and blocking time as Lighthouse defines them. Run by `cargo xtask
// bench web --start`.

import { launch } from "../shopper.mjs";
import { SITE } from "../site.mjs";

/** Lighthouse's slow 4G: 1.6 Mbit/s down, 750 kbit/s up, 150 ms. */
const NETWORK = { offline: false, latency: 150, downloadThroughput: (1.6e6 / 8) * 0.9, uploadThroughput: (750e3 / 8) * 0.9 };
const SLOWER = 4;
const RUNS = 5;

/** What the page says on its console when the engine is ready. To wait for it in the page, Playwright would run scripts there on every frame
 * from the load on, and their tasks would be counted. */
const READY = "bench: the engine is ready";

function watch(READY) {
  const notes = (window.__start = { lcp: 0, cls: 0, long: [], ready: null });
  const observe = (type, each) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
  observe("largest-contentful-paint", (entry) => (notes.lcp = entry.startTime));
  observe("layout-shift", (entry) => entry.hadRecentInput || (notes.cls += entry.value));
  observe("longtask", (entry) => notes.long.push([entry.startTime, entry.duration]));
  const Real = window.Worker;
  window.Worker = class extends Real {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => {
        if (data?.type !== "ready" || notes.ready !== null) return;
        notes.ready = performance.now();
        console.log(READY);
      });
    }
  };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const runs = [];
const browser = await launch();
try {
  for (let run = 0; run < RUNS; run += 1) {
    const context = await browser.newContext({ viewport: { width: 412, height: 823 }, deviceScaleFactor: 1.75, isMobile: true, hasTouch: true });
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send("Network.enable");
    await devtools.send("Network.emulateNetworkConditions", NETWORK);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    await page.addInitScript(watch, READY);
    const ready = page.waitForEvent("console", { predicate: (message) => message.text() === READY, timeout: 120_000 });
    await page.goto(SITE);
    await ready;
    await page.waitForTimeout(2000);
    const seen = await page.evaluate(() => {
      const { lcp, cls, long, ready } = window.__start;
      const fcp = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
      const blocking = long.filter(([start]) => start >= fcp).reduce((sum, [, ms]) => sum + ms - 50, 0);
      return { fcp, lcp, cls, blocking, longest: Math.max(0, ...long.map(([, ms]) => ms)), ready };
    });
    runs.push(seen);
    await context.close();
  }
} finally {
  await browser.close();
}
const of = (name, digits = 0) => `${median(runs.map((run) => run[name])).toFixed(digits)} (${runs.map((run) => run[name].toFixed(digits)).join(", ")})`;
process.stdout.write(
  `start, processor ${SLOWER}x slower, slow 4G, ${RUNS} runs, medians\n` +
    `first paint, ms          ${of("fcp")}\nlargest paint, ms        ${of("lcp")}\nlayout shift             ${of("cls", 4)}\n` +
    `blocking time, ms        ${of("blocking")}\nlongest task, ms         ${of("longest")}\nengine ready, ms         ${of("ready")}\n`,
);
