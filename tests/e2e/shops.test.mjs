// Two shops on one site: the header leads from one to the other, each has its own memory and its own service worker, and neither sees what is
// done in the other.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SITE, openSite } from "./site.mjs";
import { launch, until, visit } from "./shopper.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const shops = (page) => page.getByRole("navigation", { name: "Shops" });

/** Goes to a shop by the header, and waits until its engine ranks. */
async function go(shopper, name) {
  const { page } = shopper;
  await shops(page).getByRole("link", { name, exact: true }).click();
  await page.waitForURL(new URL(name === "Gifts" ? "/gift/" : "/", shopper.url).href);
  await shopper.ready();
  assert.equal(await shops(page).locator("[aria-current=true]").innerText(), name);
}

/** Opens the first product of the first shelf, and returns its id. */
async function openFirst(shopper) {
  const [{ id, title }] = await shopper.onShelf("Picked for you");
  await shopper.cards("Picked for you").first().getByRole("link").first().click();
  await shopper.at(title);
  await shopper.reads(/Learned from 1 click/);
  return id;
}

/** The products of the remembered clicks, by the name of the database. */
const memories = (page) =>
  page.evaluate(async () => {
    const done = (request) => new Promise((resolve, reject) => ((request.onsuccess = () => resolve(request.result)), (request.onerror = () => reject(request.error))));
    const found = {};
    for (const { name } of await indexedDB.databases()) {
      // The page may have deleted it since: opened anew it would be an empty one, which the page could not use.
      const request = indexedDB.open(name);
      request.onupgradeneeded = () => request.transaction.abort();
      const database = await done(request).catch(() => null);
      if (!database) continue;
      const [text] = await done(database.transaction("memory").objectStore("memory").getAll());
      database.close();
      found[name] = JSON.parse(text.slice(8)).events.filter((each) => /^[a-z]+\d/.test(each));
    }
    return found;
  });

const remembers = (page, expected) =>
  until(`this device remembers ${JSON.stringify(expected)}`, async () => JSON.stringify(await memories(page)) === JSON.stringify(expected));

test("the header leads from shop to shop, and each remembers and forgets its own", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const grocery = await openFirst(shopper);
    await remembers(page, { fewshop: [grocery] });

    await go(shopper, "Gifts");
    assert.match(await shopper.ready(), /Ready to rank 2,278 products/);
    assert.equal(await page.title(), "Gift shop");
    const cards = await shopper.onShelf("Picked for you");
    assert.ok(cards.length > 4 && cards.every(({ text }) => /£\d+\.\d\d/.test(text)), JSON.stringify(cards.slice(0, 2)));
    assert.match(await page.getByRole("contentinfo").innerText(), /Online Retail, UCI/);
    const gift = await openFirst(shopper);
    assert.notEqual(gift, grocery);
    await remembers(page, { fewshop: [grocery], "fewshop-gift": [gift] });

    // Another tab has the first shop open while the second one forgets.
    const other = await page.context().newPage();
    await other.goto(new URL("/", shopper.url).href);
    await other.getByText("Learned from 1 click").first().waitFor();
    await page.getByRole("button", { name: "Forget" }).click();
    await shopper.reads(/Everything forgotten/);
    await remembers(page, { fewshop: [grocery] });
    await go(shopper, "Groceries");
    await shopper.reads(/Learned from 1 click/);
    assert.equal(await other.getByText("Learned from 1 click").count(), 1);
    shopper.isContent();

    // The other way round.
    await go(shopper, "Gifts");
    const again = await openFirst(shopper);
    await go(shopper, "Groceries");
    await page.getByRole("button", { name: "Forget" }).click();
    await shopper.reads(/Everything forgotten/);
    await remembers(page, { "fewshop-gift": [again] });
    shopper.isContent();
  });
});

test("the choice of a shop is a link: it works without scripts, and by the keyboard", async () => {
  await visit(browser, { options: { javaScriptEnabled: false } }, async ({ page }) => {
    await shops(page).getByRole("link", { name: "Gifts" }).click();
    assert.equal(await page.title(), "Gift shop");
    await page.getByRole("link", { name: /on plain pages/ }).first().click();
    await page.getByRole("heading", { name: "All 2,278 products" }).waitFor();
    await shops(page).getByRole("link", { name: "Groceries" }).click();
    assert.equal(await page.title(), "Fewshop");
  });
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
    for (let step = 0; (await focused()) !== "Gifts"; step += 1) {
      assert.ok(step < 6, "the choice of a shop comes early");
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await page.waitForURL(new URL("/gift/", SITE).href);
  });
});

test("on a phone the choice of a shop takes nothing from the search", async () => {
  for (const width of [390, 320]) {
    await visit(browser, { options: { viewport: { width, height: 844 } } }, async (shopper) => {
      const { page } = shopper;
      await shopper.ready();
      const box = (locator) => locator.boundingBox();
      const choice = await box(shops(page));
      const search = await box(page.getByRole("searchbox"));
      assert.ok(choice.x >= 0 && choice.x + choice.width <= width, JSON.stringify(choice));
      assert.ok(search.width > 0.6 * width, `${search.width} of ${width} px`);
      await page.mouse.wheel(0, 600);
      await until("the search stays in sight", async () => (await page.evaluate(() => scrollY)) > 300);
      assert.ok((await box(page.getByRole("searchbox"))).y >= 0);
      await page.evaluate(() => scrollTo(0, 0));
      await go(shopper, "Gifts");
      // The gift shop's names are longer, and nothing of it goes past the edge either.
      assert.equal(await page.evaluate(() => document.scrollingElement.scrollWidth), width);
      const steps = page.getByRole("region", { name: /^See this shop learn/ }).getByRole("link");
      assert.ok((await steps.count()) > 3);
      // They stand in a row of their own to swipe, and each can be brought into sight.
      for (const link of await steps.all()) {
        await link.evaluate((link) => link.scrollIntoView({ block: "nearest", inline: "center" }));
        const { x, width: wide } = await box(link);
        assert.ok(x >= 0 && x + wide <= width, await link.textContent());
      }
      assert.equal(await page.evaluate(() => scrollX), 0);
    });
  }
});

test("the second shop asks for its own files and the program's, the same whatever is done there", async () => {
  // The last of all files says that no other follows.
  let last;
  for (let [number, more] = [1, true]; more; number += 1) {
    last = `/gift/assets/pictures-${number}.bin`;
    const bytes = Buffer.from(await (await fetch(new URL(last, SITE))).arrayBuffer());
    ({ more } = JSON.parse(bytes.subarray(0, bytes.indexOf(10))));
  }
  const seen = async (steps) => {
    const site = await openSite();
    try {
      await visit(browser, { url: site.url, path: "/gift/" }, async (shopper) => {
        await shopper.ready();
        await until("all that comes after load", () => site.asked.includes(last));
        await steps(shopper);
        await shopper.page.goto("about:blank");
        shopper.isContent();
      });
      assert.ok(site.requests.every(({ method, search, body }) => method === "GET" && search === "" && body === ""));
      return site.asked;
    } finally {
      site.close();
    }
  };
  const idle = await seen(() => {});
  const busy = await seen(async (shopper) => {
    await openFirst(shopper);
    await shopper.search("lantern");
    await shopper.page.getByRole("contentinfo").getByRole("link", { name: "Replay a recorded shopper" }).click();
    await shopper.page.getByRole("button", { name: "Next product" }).click();
    await shopper.page.getByText(/^So far: /).waitFor();
    await shopper.page.getByRole("button", { name: "Forget" }).click();
    await shopper.reads(/Everything forgotten/);
  });
  // The engine's files more than once only if a busy machine let it be replaced.
  assert.deepEqual([...new Set(busy)].sort(), [...new Set(idle)].sort());
  const shared = /^\/(app\/|engine\/|assets\/[\w-]+\.(js|css)$)/;
  assert.deepEqual(idle.filter((path) => !path.startsWith("/gift/") && !shared.test(path)), []);
  const later = ["/gift/assets/sales.txt", "/gift/assets/map.txt", "/gift/assets/try.json", "/gift/assets/shop.words", "/gift/assets/pictures-1.bin"];
  assert.deepEqual(idle.filter((path) => later.includes(path)), later);
});

/** Waits until this shop's own worker answers for the page, and nothing is left to install. */
const kept = (page, script) =>
  until(`${script} answers`, () =>
    page.evaluate((script) => {
      const { controller } = navigator.serviceWorker;
      return controller?.state === "activated" && new URL(controller.scriptURL).pathname === script;
    }, script),
  );

test("a host with one page for all unknown addresses still leads to the second shop's pages", async () => {
  const page = await (await fetch(SITE)).text();
  const site = await openSite({ "/gift/how-it-works": { status: 404, type: "text/html", body: page } });
  try {
    await visit(browser, { url: site.url, path: "/gift/how-it-works" }, async (shopper) => {
      await shopper.at("How it works");
      assert.equal(shopper.page.url(), `${site.url}/gift/how-it-works`);
      await shopper.page.getByText(/^Groceries and gifts are two shops/).waitFor();
      assert.equal(site.asked.filter((path) => path === "/gift/").length, 1);
    });
  } finally {
    site.close();
  }
});

test("after one visit each shop works offline, and neither worker answers for the other", async () => {
  const site = await openSite();
  await visit(browser, { url: site.url, options: { serviceWorkers: "allow" } }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await kept(page, "/sw.js");
    // The root's worker has this address within its scope, too.
    await go(shopper, "Gifts");
    assert.equal(await page.title(), "Gift shop");
    await kept(page, "/gift/sw.js");
    assert.equal(await page.getByText("A new version is available.").isVisible(), false);
    const names = await page.evaluate(() => caches.keys());
    assert.deepEqual(names.map((name) => name.replace(/[0-9a-f]{16}$/, "")).sort(), ["fewshop-", "fewshop-gift-"]);
    // Not only the page but its workers, too, are without a network once the server is gone.
    site.close();
    await page.reload();
    await shopper.ready();
    await openFirst(shopper);
    await go(shopper, "Groceries");
    assert.equal(await page.title(), "Fewshop: the shop that learns on your device");
    await openFirst(shopper);
    await page.goto(new URL("/gift/cart", site.url).href);
    await shopper.at("Your cart is empty");
    await shopper.reads(/Learned from 1 click/);
  });
});

test("the second shop needs no visit to the first one", async () => {
  const site = await openSite();
  await visit(browser, { url: site.url, path: "/gift/", options: { serviceWorkers: "allow" } }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await kept(page, "/gift/sw.js");
    site.close();
    await page.reload();
    await shopper.ready();
    await openFirst(shopper);
    assert.deepEqual(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => new URL(scope).pathname)), ["/gift/"]);
  });
});
