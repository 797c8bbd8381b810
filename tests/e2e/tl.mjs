import { launch } from "./shopper.mjs";
const SITE = process.env.FEWSHOP_URL;
const NETWORK = { offline: false, latency: 150, downloadThroughput: (1.6e6 / 8) * 0.9, uploadThroughput: (750e3 / 8) * 0.9 };
const browser = await launch();
for (let run = 0; run < (process.argv[2]??1); run++) {
    const context = await browser.newContext({ viewport: { width: 412, height: 823 }, deviceScaleFactor: 1.75, isMobile: true, hasTouch: true });
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send("Network.enable");
    await devtools.send("Network.emulateNetworkConditions", NETWORK);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await page.addInitScript(() => {
      window.__n = { long: [], workers: [] };
      new PerformanceObserver((l) => l.getEntries().forEach((e) => window.__n.long.push([e.startTime | 0, e.duration | 0]))).observe({ type: "longtask", buffered: true });
      const Real = window.Worker;
      window.Worker = class extends Real {
        constructor(...args) { super(...args); window.__n.workers.push(["new", performance.now()|0]);
          const p = this.postMessage.bind(this); this.postMessage = (m, ...r) => { window.__n.workers.push(["post " + m?.type, performance.now()|0]); return p(m, ...r); };
          this.addEventListener("message", ({ data }) => { window.__n.workers.push([data?.type, performance.now()|0]); if (data?.type === "ready") console.log("READY"); }); }
      };
    });
    const ready = page.waitForEvent("console", { predicate: (m) => m.text() === "READY", timeout: 120000 });
    await page.goto(SITE);
    await ready;
    const rs = (o) => performance.getEntriesByType("resource").map((e) => [e.name.replace(/.*:8080/, ""), (o + e.startTime) | 0, (o + e.responseStart) | 0, (o + e.responseEnd) | 0, e.transferSize]);
    const o = await page.evaluate(() => performance.timeOrigin);
    const pageRs = await page.evaluate(rs, 0);
    const wo = await page.workers()[0].evaluate(() => performance.timeOrigin);
    const wRs = await page.workers()[0].evaluate(`(${rs})(${wo - o})`);
    for (const r of [...pageRs, ["--- worker at", (wo - o) | 0], ...wRs]) if (!/pictures.*webp/.test(r[0])) console.log(r.join(" "));
    const n = await page.evaluate(() => window.__n);
    console.log("ready", JSON.stringify(n.workers.filter(([t]) => t !== "loading")), JSON.stringify(n.long));
    await context.close();
}
await browser.close();
