// The shop window: the page before and without the storefront, and the hosts that the page may reach.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const SITE = process.env.FEWSHOP_URL ?? "http://127.0.0.1:8080";
const SHELL_WASM = "**/app/fewshop-web_bg.wasm";

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROME, args: ["--no-sandbox", "--disable-quic"] });
});
after(() => browser.close());

/** Opens the home page in a fresh profile, after `prepare`, and closes it after `steps`. */
async function withPage(options, prepare, steps) {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    await prepare(page);
    await page.goto(SITE);
    await steps(page);
  } finally {
    await context.close();
  }
}

const products = (page) => page.getByRole("region", { name: "Bestsellers" }).getByRole("listitem");

test("without JavaScript there are goods with prices, and a notice about what is missing", async () => {
  await withPage({ javaScriptEnabled: false }, async () => {}, async (page) => {
    assert.equal(await products(page).count(), 12);
    for (const text of await products(page).allInnerTexts()) {
      assert.match(text, /\d\.\d\d|No price listed/, text);
    }
    assert.match(await page.locator("main noscript").innerText(), /need JavaScript/);
    await page.getByRole("link", { name: /^All [\d,]+ products/ }).click();
    await page.getByRole("heading", { level: 1, name: /^All [\d,]+ products$/ }).waitFor();
    await page.getByRole("main").getByRole("link", { name: "Produce" }).first().click();
    await page.getByRole("heading", { level: 1, name: "Produce" }).waitFor();
    assert.match((await page.getByRole("main").getByRole("listitem").allInnerTexts()).join("\n"), /^Bananas.*\d\.\d\d$/m);
  });
});

test("without WebAssembly the window stays, with a notice", async () => {
  await withPage({}, (page) => page.addInitScript("delete globalThis.WebAssembly"), async (page) => {
    await page.getByRole("alert").waitFor();
    assert.match(await page.getByRole("alert").innerText(), /need WebAssembly/);
    assert.equal(await products(page).count(), 12);
    assert.equal(await page.getByRole("link", { name: /^All [\d,]+ products/ }).count(), 1);
  });
});

test("a browser without streams of its own opens the shop, and its engine", async () => {
  await withPage({}, (page) => page.addInitScript("delete globalThis.TransformStream"), async (page) => {
    await page.getByText("Ready to rank").first().waitFor({ timeout: 60_000 });
  });
});

test("a storefront that cannot be fetched leaves the window and a notice", async () => {
  await withPage({}, (page) => page.route(SHELL_WASM, (route) => route.abort()), async (page) => {
    await page.getByRole("alert").waitFor();
    assert.match(await page.getByRole("alert").innerText(), /could not open/);
    assert.equal(await products(page).count(), 12);
  });
});

test("the storefront takes the window's place, and nothing breaks the page's policy", async () => {
  const complaints = [];
  const listen = async (page) => {
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
  };
  await withPage({}, listen, async (page) => {
    await page.locator("#shell").waitFor({ state: "detached" });
    await page.getByRole("search").waitFor();
    assert.deepEqual(complaints, []);
  });
});

/** What the browser takes for the largest thing on the page, one after the other, and how much has moved by itself. */
function watch() {
  const seen = (window.seen = { largest: [], moved: [] });
  const observe = (type, each) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
  observe("largest-contentful-paint", (entry) => seen.largest.push(entry));
  observe("layout-shift", (entry) => entry.hadRecentInput || seen.moved.push(entry.value));
}

for (const [name, viewport] of [["a phone", { width: 412, height: 823 }], ["a wide screen", { width: 1280, height: 800 }]]) {
  test(`on ${name} the window shows the largest part of the page, and nothing moves when storefront and engine come`, async () => {
    const phone = viewport.width < 720;
    const options = { viewport, locale: "en-US", isMobile: phone, hasTouch: phone, deviceScaleFactor: phone ? 1.75 : 1, serviceWorkers: "block" };
    const prepare = async (page) => {
      await page.addInitScript(watch);
      // The storefront comes when the window has been seen.
      await page.route(SHELL_WASM, async (route) => {
        await page.waitForFunction(async () => {
          const pictures = [...document.images].filter((picture) => picture.getBoundingClientRect().top < innerHeight);
          await Promise.all(pictures.map((picture) => picture.decode()));
          return window.seen.largest.length > 0;
        });
        await page.waitForTimeout(500);
        await route.continue();
      });
    };
    await withPage(options, prepare, async (page) => {
      await page.locator("#shell").waitFor({ state: "detached" });
      await page.getByRole("status").getByText(/Ready to rank/).waitFor();
      await page.getByRole("contentinfo").waitFor();
      const { painted, moved } = await page.evaluate(async () => {
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        // What belonged to the window has left the page.
        const painted = window.seen.largest.filter(({ element }) => element?.isConnected);
        return {
          painted: painted.map(({ element, size }) => `${size}: ${element.outerHTML.slice(0, 200)}`),
          moved: window.seen.moved.reduce((sum, value) => sum + value, 0),
        };
      });
      assert.deepEqual(painted, []);
      // The budget of docs/performance.md.
      assert.ok(moved <= 0.02, `layout shift ${moved}`);
    });
  });
}

test("the page's policy keeps every other host out", async () => {
  await withPage({}, async () => {}, async (page) => {
    const outcome = await page.evaluate(() => fetch("https://example.com/").then(() => "reached", (error) => error.name));
    assert.equal(outcome, "TypeError");
    const blocked = await page.evaluate(
      () =>
        new Promise((resolve) => {
          document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), { once: true });
          fetch("https://example.com/").catch(() => {});
        }),
    );
    assert.equal(blocked, "connect-src");
  });
});

test("addresses of the shop open the page, other files are missing", async () => {
  const status = async (path) => (await fetch(new URL(path, SITE))).status;
  assert.equal(await status("/product/1"), 200);
  assert.equal(await status("/assets/no-such-file.js"), 404);
});

test("text files are compressed, and only once", async () => {
  const url = new URL("/assets/catalogue.json", SITE);
  const first = await fetch(url, { headers: { "accept-encoding": "br" } });
  assert.equal(first.headers.get("content-encoding"), "br");
  const tag = first.headers.get("etag");
  const again = await fetch(url, { headers: { "accept-encoding": "br", "if-none-match": tag } });
  assert.equal(again.status, 304);
});
