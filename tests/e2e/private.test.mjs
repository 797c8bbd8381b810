// Nothing leaves the device: records everything that the site's server receives during a whole trip through the shop.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SITE, openSite } from "./site.mjs";
import { launch, products, remembered, until, visit } from "./shopper.mjs";

/** What a browser sends with any request, whoever asks. */
const KNOWN_HEADERS = new Set([
  "host", "connection", "accept", "accept-encoding", "accept-language", "user-agent", "origin", "cache-control", "pragma", "range",
  "if-none-match", "if-modified-since", "upgrade-insecure-requests", "priority", "purpose", "sec-purpose", "sec-ch-ua",
  "sec-ch-ua-mobile", "sec-ch-ua-platform", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user",
  "sec-fetch-storage-access", "if-range", "service-worker",
]);

let browser;
let all;
before(async () => {
  browser = await launch();
  all = await products();
});
after(() => browser.close());

/** Looks, dismisses, carts, searches, browses, pays, goes back, corrects, saves, forgets: over all pages of the shop. */
async function trip(shopper) {
  const { page } = shopper;
  const bottom = (name) => page.getByRole("contentinfo").getByRole("link", { name }).click();
  // Until the storefront has opened, a link is the browser's and loads its page: that would tell of the machine.
  await page.locator("#shell").waitFor({ state: "detached" });
  await shopper.lookAt("Pets", 2);
  await shopper.goHome();
  const [pick] = await shopper.picks();
  await page.getByRole("button", { name: `Not for me: ${pick.title}` }).first().click();
  await shopper.reads(/Hidden: /);
  await shopper.cards("Picked for you").first().getByRole("button", { name: /^Why / }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await shopper.cards("Picked for you").first().getByRole("button", { name: /^Add .+ to cart$/ }).click();
  await shopper.hasInCart(1);
  await shopper.search("secret chocolate");
  await page.getByRole("searchbox").press("Enter");
  await shopper.goToCart();
  await page.getByRole("button", { name: "Check out" }).click();
  await shopper.region("Summary").getByText("no order was placed").waitFor();
  await page.getByRole("link", { name: "How it works" }).click();
  await shopper.at("How it works");
  await page.goBack();
  await bottom("Taste map");
  await page.getByRole("img", { name: "Taste map" }).waitFor();
  await bottom("Replay a recorded shopper");
  await page.getByRole("button", { name: "Next product" }).click();
  await bottom("Your taste");
  await page.getByRole("heading", { level: 1, name: /Your taste/ }).waitFor();
  await page.evaluate(() => {
    history.pushState(null, "", "/no/such/page");
    dispatchEvent(new PopStateEvent("popstate"));
  });
  await page.getByRole("heading", { level: 1 }).waitFor();
  await shopper.goHome();
  await page.getByRole("button", { name: "Forget" }).click();
  await shopper.reads(/Everything forgotten/);
}

/** What every visit fetches after load, in this order: the files of single pages, then all pictures. */
async function afterLoad() {
  const files = ["/assets/sales.txt", "/assets/map.txt", "/assets/try.json", "/assets/shop.words", "/assets/map.js", "/assets/agents.js"];
  for (let number = 1; ; number += 1) {
    const file = `/assets/pictures-${number}.bin`;
    files.push(file);
    const bytes = Buffer.from(await (await fetch(new URL(file, SITE))).arrayBuffer());
    if (!JSON.parse(bytes.subarray(0, bytes.indexOf(10))).more) return files;
  }
}

/** An engine that gives no sign on a busy machine is replaced, and its files are then fetched again: that tells of the machine. */
const isEngines = (path) => path.startsWith("/engine/") || path === "/assets/shop.pack";

/** What was asked for, sorted: the engine's files once, all others as often as they were asked for. */
const sorted = (asked) => [...asked.filter((path) => !isEngines(path)), ...new Set(asked.filter(isEngines))].sort();

/** Waits until nothing of that is to come any more. */
const hasAll = (site, files) => until("all that comes after load", () => files.every((file) => site.asked.includes(file)));

/**
 * All that a server sees of one visit to a page from before it loads until after it is left; `steps` begin while it loads. Fails on what carries
 * anything with it, whatever it is asked for.
 */
async function seen(path, options, steps) {
  const site = await openSite();
  const elsewhere = [];
  const sockets = [];
  const prepare = (page) => {
    page.context().on("request", (request) => request.url().startsWith(`${site.url}/`) || elsewhere.push(request.url()));
    page.on("websocket", (socket) => sockets.push(socket.url()));
  };
  try {
    await visit(browser, { url: site.url, path, prepare, options }, async (shopper) => {
      await steps(shopper, site);
      // Beacons are sent when the page is left.
      await shopper.page.goto("about:blank");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      for (const { method, path, search, headers, body } of site.requests) {
        assert.equal(method, "GET", path);
        assert.equal(search, "", path);
        assert.equal(body, "", path);
        assert.equal(headers.cookie, undefined, path);
        assert.equal(headers["content-type"], undefined, path);
        // A client hint or a custom header could also leak data.
        const unknown = Object.keys(headers).filter((name) => !KNOWN_HEADERS.has(name));
        assert.deepEqual(unknown, [], path);
        // A referrer would reveal the viewed product.
        assert.equal(headers.referer, undefined, `${path} tells where the shopper is`);
      }
      assert.deepEqual(elsewhere.filter((url) => !/^(data:|about:)/.test(url)), []);
      assert.deepEqual(sockets, []);
      assert.deepEqual(await shopper.page.context().cookies(), []);
      shopper.isContent();
    });
    return site.asked;
  } finally {
    site.close();
  }
}

test("two shoppers who do different things ask the server for the same files, those after load in the same order", async () => {
  const files = await afterLoad();
  // One shopper visits all pages from the first moment, while everything is still loading.
  const busy = await seen("/", {}, async (shopper, site) => {
    await trip(shopper);
    await hasAll(site, files);
  });
  // One visits all pages after everything has loaded: nothing more is requested.
  const late = await seen("/", {}, async (shopper, site) => {
    await shopper.ready();
    await hasAll(site, files);
    const before = site.asked.length;
    await trip(shopper);
    const wasReplaced = shopper.console.some((line) => line.startsWith("warning: the worker"));
    const asked = site.asked.slice(before).filter((path) => !(wasReplaced && isEngines(path)));
    assert.deepEqual(asked, [], "asked for during a whole trip");
  });
  // One does nothing, and one opens a single long page full of pictures, on a different screen.
  const idle = await seen("/", {}, async (_, site) => hasAll(site, files));
  const phone = { viewport: { width: 390, height: 844 } };
  const other = await seen("/department/baby", phone, async ({ page }, site) => {
    await page.getByRole("heading", { name: "Baby", level: 1 }).waitFor();
    for (let step = 0; step < 20; step += 1) await page.mouse.wheel(0, 800);
    await hasAll(site, files);
  });
  assert.equal(busy[0], "/");
  assert.equal(other[0], "/department/baby");
  const expected = sorted(idle.slice(1));
  assert.ok(["/assets/shop.pack", "/engine/worker.js", "/assets/catalogue.json"].every((path) => expected.includes(path)));
  for (const [who, asked] of Object.entries({ busy, late, idle, other })) {
    // The first files load in parallel, so their order is random; the set of files, each once, is not.
    assert.deepEqual(sorted(asked.slice(1)), expected, `${who}: the same files, each once`);
    assert.deepEqual(asked.filter((path) => files.includes(path)), files, `${who}: after load, in order`);
  }
});

test("files for offline use are requested last, the same for everyone", async () => {
  const options = { serviceWorkers: "allow" };
  const kept = ({ page }) => until("the shop is kept", () => page.evaluate(() => Boolean(navigator.serviceWorker.controller)));
  const idle = await seen("/", options, kept);
  const busy = await seen("/", options, async (shopper) => {
    await trip(shopper);
    await kept(shopper);
  });
  const own = (asked) => asked.slice(asked.indexOf("/sw.js"));
  assert.deepEqual(idle.slice(0, idle.length - own(idle).length).filter((path) => path.endsWith(".bin")), (await afterLoad()).filter((path) => path.endsWith(".bin")));
  assert.deepEqual(sorted(own(busy)), sorted(own(idle)));
  assert.deepEqual(sorted(busy), sorted(idle));
});

test("pictures replace letters without moving the layout", async () => {
  let open;
  const held = new Promise((resolve) => (open = resolve));
  const hold = { reply: async (response, body, type) => (await held, response.writeHead(200, { "content-type": type }), response.end(body)) };
  const site = await openSite({ "/assets/pictures-1.bin": hold });
  try {
    await visit(browser, { url: site.url }, async (shopper) => {
      const { page } = shopper;
      await shopper.ready();
      const shown = () => page.evaluate(() => document.querySelectorAll("main .tile .initial").length);
      const tiles = () => page.locator("main .tile, main .title, main .dept span:last-child").evaluateAll((all) => all.map((one) => JSON.stringify(one.getBoundingClientRect())));
      assert.equal(await shopper.cards("Picked for you").locator("img").count(), 12, "those of the first shelf are there at once");
      await until("departments have letters", shown);
      const before = await tiles();
      open();
      await until("letters have become pictures", async () => (await shown()) === 0);
      await until("they are drawn", () => page.evaluate(() => [...document.images].every((img) => img.complete && img.naturalWidth > 0)));
      assert.deepEqual(await tiles(), before);
      assert.equal(await page.evaluate(() => [...document.images].filter((img) => !/^data:|\/assets\/pictures\//.test(img.src)).length), 0);
      shopper.isContent();
    });
  } finally {
    site.close();
  }
});

test("with the browser's data saver no pictures load later", async () => {
  const site = await openSite();
  const prepare = (page) => page.addInitScript(() => Object.defineProperty(navigator, "connection", { value: { saveData: true } }));
  try {
    await visit(browser, { url: site.url, prepare }, async (shopper) => {
      await shopper.ready();
      await until("the last of what comes", () => site.asked.includes("/assets/try.json"));
      await shopper.lookAt("Pets", 1);
      assert.deepEqual(site.asked.filter((path) => path.endsWith(".bin")), []);
      shopper.isContent();
    });
  } finally {
    site.close();
  }
});

test("after load the shop works without any network, on all pages", async () => {
  const files = await afterLoad();
  const site = await openSite();
  try {
    await visit(browser, { url: site.url }, async (shopper) => {
      const { page } = shopper;
      await shopper.ready();
      await hasAll(site, files);
      await page.waitForLoadState("networkidle");
      await page.context().setOffline(true);
      await trip(shopper);
      assert.equal(await page.getByRole("alert").count(), 0);
      await until("every picture is there", async () =>
        page.evaluate(() => document.images.length > 12 && [...document.images].every((img) => img.complete && img.naturalWidth > 0)),
      );
    });
  } finally {
    site.close();
  }
});

test("what this device remembers is one readable record, and only what the shopper did", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    assert.equal(await remembered(page), null, "a shopper who did nothing is not remembered");
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
