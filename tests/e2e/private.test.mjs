// Nothing leaves the device: what the site's server gets to see of a whole trip through the shop.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` sees to both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openSite } from "./site.mjs";
import { launch, products, remembered, until, visit } from "./shopper.mjs";

/** What a browser sends with any request, whoever asks. */
const KNOWN_HEADERS = new Set([
  "host", "connection", "accept", "accept-encoding", "accept-language", "user-agent", "origin", "cache-control", "pragma", "range",
  "if-none-match", "if-modified-since", "upgrade-insecure-requests", "priority", "purpose", "sec-purpose", "sec-ch-ua",
  "sec-ch-ua-mobile", "sec-ch-ua-platform", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user",
  "sec-fetch-storage-access", "if-range",
]);

let browser;
let all;
before(async () => {
  browser = await launch();
  all = await products();
});
after(() => browser.close());

/**
 * Looks, dismisses, carts, searches, browses, pays, goes back, corrects, saves, forgets: over all pages of the shop, those `withFiles` of their
 * own included unless there is no network to fetch them from.
 */
async function trip(shopper, withFiles = true) {
  const { page } = shopper;
  const bottom = (name) => page.getByRole("contentinfo").getByRole("link", { name }).click();
  await shopper.lookAt("Pets", 2);
  await shopper.goHome();
  const [pick] = await shopper.picks();
  await page.getByRole("button", { name: `Not for me: ${pick.title}` }).first().click();
  await shopper.reads(/Not shown again/);
  await shopper.cards("Picked for you").first().getByRole("button", { name: /^Why / }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await shopper.cards("Picked for you").first().getByRole("button", { name: /^Add .+ to cart$/ }).click();
  await shopper.hasInCart(1);
  await shopper.search("secret chocolate");
  await page.getByRole("searchbox").press("Enter");
  await shopper.goToCart();
  await page.getByRole("button", { name: "Check out" }).click();
  await shopper.region("Summary").getByText("nothing is sold here").waitFor();
  await page.getByRole("link", { name: "How it works" }).click();
  await shopper.at("How it works");
  await page.goBack();
  if (withFiles) {
    await bottom("Map of taste");
    await shopper.at("Map of taste");
    await bottom("Try it as");
    await page.getByRole("button", { name: "Next thing they took" }).click();
  }
  await bottom("What this page thinks you like");
  await page.getByRole("heading", { level: 1, name: /you like/ }).waitFor();
  await page.evaluate(() => {
    history.pushState(null, "", "/no/such/page");
    dispatchEvent(new PopStateEvent("popstate"));
  });
  await page.getByRole("heading", { level: 1 }).waitFor();
  await shopper.goHome();
  await page.getByRole("button", { name: "Forget" }).click();
  await shopper.reads(/All forgotten/);
}

/** What single pages fetch when they are opened, the same for everybody. */
const LATER = ["/assets/map.txt", "/assets/try.json"];

test("after load the server is asked for pictures and the files of single pages, and for nothing else", async () => {
  const site = await openSite();
  const elsewhere = [];
  const sockets = [];
  const watch = (page) => {
    page.context().on("request", (request) => request.url().startsWith(`${site.url}/`) || elsewhere.push(request.url()));
    page.on("websocket", (socket) => sockets.push(socket.url()));
  };
  try {
    await visit(browser, { url: site.url, prepare: watch }, async (shopper) => {
      await shopper.ready();
      await shopper.page.waitForLoadState("networkidle");
      const load = site.requests.length;
      assert.ok(["/", "/assets/shop.pack", "/engine/worker.js", "/assets/catalogue.json"].every((path) => site.asked.includes(path)));
      await trip(shopper);
      await shopper.page.waitForLoadState("networkidle");
      // Leaving the page is when beacons are sent.
      await shopper.page.goto("about:blank");
      await new Promise((resolve) => setTimeout(resolve, 1000));

      const pictures = new Set([...LATER, ...all.map(({ picture }) => `/assets/pictures/${picture}.webp`)]);
      const after = site.requests.slice(load);
      const odd = after.filter(({ path }) => !pictures.has(path)).map(({ method, path, search }) => `${method} ${path}${search}`);
      assert.deepEqual(odd, [], "requests after load that are no pictures, nor files of single pages");
      for (const { method, path, search, headers, body } of site.requests) {
        assert.equal(method, "GET", path);
        assert.equal(search, "", path);
        assert.equal(body, "", path);
        assert.equal(headers.cookie, undefined, path);
        assert.equal(headers["content-type"], undefined, path);
        // A client hint, or a header of one's own, would be a way out too.
        const unknown = Object.keys(headers).filter((name) => !KNOWN_HEADERS.has(name));
        assert.deepEqual(unknown, [], path);
        // A referrer would name the product that the shopper looks at.
        assert.equal(headers.referer, undefined, `${path} tells where the shopper is`);
      }
      // The engine was already there, so no picture is asked for twice: a second request would tell of a second look.
      const asked = after.map(({ path }) => path);
      assert.equal(new Set(asked).size, asked.length, "a picture is asked for twice");
      assert.deepEqual(elsewhere.filter((url) => !/^(data:|about:|blob:)/.test(url)), []);
      assert.deepEqual(sockets, []);
      assert.deepEqual(await shopper.page.context().cookies(), []);
      shopper.isContent();
    });
  } finally {
    site.close();
  }
});

test("after load the shop goes on without any network", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await page.waitForLoadState("networkidle");
    await page.context().setOffline(true);
    await trip(shopper, false);
    assert.equal(await page.getByRole("alert").count(), 0);
    await until("pictures that are missing leave a letter, not a hole", async () =>
      page.evaluate(() => [...document.images].every((img) => !img.complete || img.naturalWidth > 0)),
    );
  });
});

test("what this device remembers is one readable record, and only what the shopper did", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    assert.equal(await remembered(page), null, "a stranger who did nothing is not remembered");
    const start = Math.floor(Date.now() / 1000);
    await shopper.lookAt("Pets", 1);
    await shopper.reads(/Learned from 1/);
    const { version, last, events, ...rest } = await until("it is stored", () => remembered(page));
    assert.equal(version, 2);
    assert.ok(last >= start && last <= Date.now() / 1000, `${last} is when it was done`);
    assert.equal(events.length, 2);
    assert.equal(events[0], "view");
    assert.ok(all.some(({ id }) => id === events[1]));
    assert.ok(Object.values(rest).every((list) => Array.isArray(list) && list.length === 0), JSON.stringify(rest));
    const elsewhere = await page.evaluate(async () => [
      ...Object.keys({ ...localStorage, ...sessionStorage }),
      ...(await caches.keys()),
      ...(await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope),
    ]);
    assert.deepEqual(elsewhere, []);
  });
});
