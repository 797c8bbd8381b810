// Faults during a session, other than missing or broken files (broken.test.mjs) and denied storage (visits.test.mjs):
// the shop keeps working each time, and the session is not lost.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openSite } from "./site.mjs";
import { Shopper, launch, products, remembered, until, visit } from "./shopper.mjs";

const SHELF = "Picked for you";
const PACK = "/assets/shop.pack";
const NOTICE = "Your picks are unavailable right now. The rest of the shop works.";

let browser;
let all;
before(async () => {
  browser = await launch();
  all = await products();
});
after(() => browser.close());

/** Counts what the page says to its workers and how many it starts. */
const counted = (page) =>
  page.addInitScript(() => {
    window.posted = 0;
    window.workers = 0;
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, ...rest) {
      window.posted += message.type === "session";
      window.workers += message.type === "load";
      return postMessage.call(this, message, ...rest);
    };
  });

/** Takes the shopper to a page of the shop without leaving the document, as a link does. */
const goTo = (page, path) =>
  page.evaluate((path) => {
    history.pushState(null, "", path);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);

/** Looks at products one after the other, in one go, each for as long as its page takes to stand. */
const lookAtAll = (page, ids) =>
  page.evaluate(async (ids) => {
    for (const id of ids) {
      history.pushState(null, "", `/product/${encodeURIComponent(id)}`);
      dispatchEvent(new PopStateEvent("popstate"));
      // A page runs its opening work in microtasks and in one task after them.
      await new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => (port1.close(), resolve());
        port2.postMessage(null);
      });
    }
  }, ids);

/** Bytes that the page holds on to, and the engine's own memory. */
async function memory(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  // Wait for memory that timers or transitions still hold, or that the first collection only marked as free.
  await page.waitForTimeout(1_000);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return { page: usedSize + embedderHeapUsedSize + backingStorageSize, engine: await page.workers().at(-1).evaluate(() => self.fewshop.bytes) };
}

test("an idle worker that is killed is replaced every time", async () => {
  await visit(browser, { prepare: counted }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.lookAt("Pets", 2);
    await shopper.goHome();
    for (let time = 2; time <= 4; time += 1) {
      await until("an engine is there", () => page.workers().length === 1);
      await page.workers()[0].evaluate(() => self.close());
      await shopper.lookAt("Baby", time);
      await until("another worker is started", () => page.evaluate((time) => window.workers === time, time));
      await shopper.reads(/Learned from \d+ clicks · ranked/);
      await shopper.goHome();
      assert.equal((await shopper.picks()).length, 12);
    }
    assert.equal(await page.getByRole("alert").count(), 0);
  });
});

/** Opens the shop from a host that sends the second half of the pack when `steps` call `go`. */
async function withSlowPack(steps) {
  let go;
  const gone = new Promise((resolve) => (go = resolve));
  const slow = {
    async reply(response, bytes, type) {
      response.writeHead(200, { "content-type": type, "content-length": bytes.length });
      response.write(bytes.subarray(0, bytes.length >> 1));
      await gone;
      response.end(bytes.subarray(bytes.length >> 1));
    },
  };
  const site = await openSite({ [PACK]: slow });
  try {
    await visit(browser, { url: site.url }, (shopper) => steps(shopper, go));
  } finally {
    go();
    site.close();
  }
}

test("a slow pack delays only the picks", async () => {
  await withSlowPack(async (shopper, go) => {
    await shopper.region(SHELF).getByText(/^(Our bestsellers|Bestsellers for now)\./).waitFor();
    await shopper.lookAt("Pets", 2);
    await shopper.search("milk");
    assert.equal(await shopper.page.getByRole("alert").count(), 0);
    go();
    await shopper.goHome();
    await shopper.reads(/Learned from 2 clicks · ranked/);
    shopper.isContent();
  });
});

test("a search that is submitted and left before the engine is ready is learned from once it is", async () => {
  await withSlowPack(async (shopper, go) => {
    const { page } = shopper;
    const words = "cat food";
    await shopper.search(words);
    await page.getByRole("searchbox").press("Enter");
    await page.getByRole("list", { name: `Results for “${words}”` }).getByRole("listitem").first().waitFor();
    await shopper.goHome();
    assert.equal(await remembered(page), null, "it has taught nothing yet");
    go();
    await shopper.reads(/^1 search used · ranked /);
    await shopper.picks();
    await shopper.region(SHELF).getByText(`Based on your search “${words}”. Updates with every click.`).waitFor();
    shopper.isContent();
  });
});

test("a truncated download is reported, and the second try succeeds", async () => {
  let times = 0;
  const torn = {
    reply(response, bytes, type) {
      times += 1;
      response.writeHead(200, { "content-type": type, "content-length": bytes.length });
      if (times > 1) response.end(bytes);
      else response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
    },
  };
  const site = await openSite({ [PACK]: torn });
  try {
    await visit(browser, { url: site.url }, async (shopper) => {
      await shopper.page.getByRole("alert").getByText(NOTICE).waitFor();
      await shopper.lookAt("Pets", 1);
      await shopper.page.getByRole("button", { name: "Try again" }).click();
      await shopper.reads(/Learned from 1 click · ranked/);
      assert.equal(await shopper.page.getByRole("alert").count(), 0);
    });
  } finally {
    site.close();
  }
});

test("a worker without WebAssembly does not affect the shop", async () => {
  const blocked = (bytes) => `delete self.WebAssembly;\n${bytes}`;
  const site = await openSite({ "/engine/worker.js": blocked });
  try {
    await visit(browser, { url: site.url }, async (shopper) => {
      await shopper.page.getByRole("alert").getByText(NOTICE).waitFor();
      await shopper.lookAt("Pets", 1);
      await shopper.goHome();
      assert.equal((await shopper.onShelf(SHELF)).length, 12);
    });
  } finally {
    site.close();
  }
});

test("a clock that is set back or ahead during a session loses nothing", async () => {
  const start = Date.now();
  await visit(browser, { prepare: (page) => page.clock.setSystemTime(start) }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.lookAt("Pets", 1);
    await page.clock.setSystemTime(start - 400 * 24 * 3600_000);
    await shopper.lookAt("Baby", 1);
    await shopper.reads(/^Learned from 2 clicks · ranked/);
    await page.clock.setSystemTime(start - 399.99 * 24 * 3600_000);
    await page.goto(shopper.url);
    await shopper.reads(/^Learned from 2 clicks · ranked/);
    await shopper.goHome();
    assert.equal((await shopper.picks()).length, 12);
    shopper.isContent();
  });
});

test("a frozen tab resumes with the same worker", async () => {
  await visit(browser, { prepare: counted }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.lookAt("Pets", 2);
    await shopper.goHome();
    const session = await page.context().newCDPSession(page);
    // A request is pending when it freezes.
    await lookAtAll(page, [all.find(({ department }) => department === "Baby").id]);
    await session.send("Page.setWebLifecycleState", { state: "frozen" });
    // Longer than the worker's timeout.
    await new Promise((resolve) => setTimeout(resolve, 9_000));
    await session.send("Page.setWebLifecycleState", { state: "active" });
    await shopper.reads(/^Learned from 3 clicks · ranked/);
    await shopper.goHome();
    await shopper.picks();
    assert.equal(await page.evaluate(() => window.workers), 1);
    assert.equal(await page.getByRole("alert").count(), 0);
    shopper.isContent();
  });
});

test("a newer version during a session is offered, and takes over the session", async () => {
  const replaced = {};
  const site = await openSite(replaced);
  try {
    await visit(browser, { url: site.url, options: { serviceWorkers: "allow" } }, async (shopper) => {
      const { page } = shopper;
      await shopper.ready();
      await shopper.lookAt("Pets", 2);
      await until("the shop is kept", () => page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration())?.active)));
      replaced["/sw.js"] = (bytes) => Buffer.from(String(bytes).replace(/const VERSION = '[0-9a-f]+'/, "const VERSION = 'newer'"));
      await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
      const open = page.locator("#update").getByRole("button");
      await open.waitFor();
      // Meanwhile the shopper continues in the old version.
      await shopper.lookAt("Baby", 1);
      await page.getByText(/^Learned from 3 clicks/).waitFor();
      await open.click();
      await until("the newer one is in charge", () =>
        page.evaluate(async () => (await caches.keys()).every((name) => name.endsWith("newer"))).catch(() => false));
      await shopper.goHome();
      await shopper.reads(/Learned from [34] clicks · ranked/);
    });
  } finally {
    site.close();
  }
});

test("offline at any moment: before the engine is there, while it loads, and for good", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    // The storefront has loaded, the engine has not.
    await page.route("**/engine/**", (route) => route.abort("internetdisconnected"));
    await page.reload();
    await page.getByRole("alert").getByText(NOTICE).waitFor();
    await page.context().setOffline(true);
    await shopper.lookAt("Pets", 2);
    await shopper.goToCart();
    await shopper.goHome();
    assert.equal((await shopper.onShelf(SHELF)).length, 12);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("alert").getByText(NOTICE).waitFor();
    // Online again: the events of the meantime are learned.
    await page.context().setOffline(false);
    await page.unroute("**/engine/**");
    await page.getByRole("button", { name: "Try again" }).click();
    await shopper.reads(/Learned from 2 clicks · ranked/);
    await page.context().setOffline(true);
    await shopper.lookAt("Baby", 1);
    await shopper.reads(/Learned from 3 clicks · ranked/);
  });
});

test("two tabs at once: the clicks of both are kept, and both learn from all of them", async () => {
  await visit(browser, {}, async (one) => {
    await one.ready();
    const two = new Shopper(await one.page.context().newPage(), one.url);
    await two.page.goto(two.url);
    await two.ready();
    const of = (department) => all.filter((product) => product.department === department).slice(0, 60).map(({ id }) => id);
    await Promise.all([lookAtAll(one.page, of("Pets")), lookAtAll(two.page, of("Baby"))]);
    for (const shopper of [one, two]) await shopper.reads(/^Learned from \d+ clicks/);
    await until("the record has the clicks of both", async () => {
      const { events } = (await remembered(one.page)) ?? { events: [] };
      const kept = new Set(events.filter((_, at) => at % 2 === 1));
      return [...of("Pets"), ...of("Baby")].every((id) => kept.has(id));
    });
    one.isContent();
    two.isContent();
  });
});

test("three tabs, one of them frozen: carts meet, and what was forgotten does not come back", async () => {
  await visit(browser, {}, async (one) => {
    await one.ready();
    const [two, frozen] = [new Shopper(await one.page.context().newPage(), one.url), new Shopper(await one.page.context().newPage(), one.url)];
    const put = async (shopper, department) => {
      await shopper.goToDepartment(department);
      await shopper.openProduct(department, 0);
      await shopper.page.getByRole("button", { name: "Add to cart", exact: true }).click();
    };
    for (const [at, shopper] of [one, two, frozen].entries()) {
      if (shopper !== one) await shopper.page.goto(shopper.url);
      await shopper.ready();
      await put(shopper, ["Pets", "Baby", "Bakery"][at]);
    }
    for (const shopper of [one, two, frozen]) await shopper.hasInCart(3);
    const devtools = await frozen.page.context().newCDPSession(frozen.page);
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
    await one.page.getByRole("button", { name: "Forget", exact: true }).click();
    await two.reads(/Nothing learned yet|Ready to rank/);
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await frozen.lookAt("Bakery", 1);
    for (const shopper of [one, two, frozen]) await shopper.reads(/^Learned from 1 click/);
    for (const shopper of [one, two, frozen]) await shopper.hasInCart(3);
    one.isContent();
  });
});

test("what one tab forgets, the other forgets, and both carts outlive a reload", async () => {
  await visit(browser, {}, async (one) => {
    await one.ready();
    await one.goToDepartment("Pets");
    await one.openProduct("Pets", 0);
    await one.page.getByRole("button", { name: "Add to cart", exact: true }).click();
    // A reload of a product's page would be one more look at it.
    await one.goHome();
    const two = new Shopper(await one.page.context().newPage(), one.url);
    await two.page.goto(two.url);
    await two.reads(/^Learned from/);
    await two.hasInCart(1);
    await one.page.getByRole("button", { name: "Forget", exact: true }).click();
    await two.reads(/Nothing learned yet|Ready to rank/);
    await until("both have stored that", async () => (await remembered(one.page))?.events.length === 0);
    for (const shopper of [two, one]) {
      await shopper.page.reload();
      await shopper.reads(/Nothing learned yet|Ready to rank/);
      await shopper.hasInCart(1);
    }
    one.isContent();
    two.isContent();
  });
});

test("10,000 clicks and 1,000 pages in a burst lead to a few requests, the newest state wins, and the page stays responsive", async () => {
  await visit(browser, { prepare: counted }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.lookAt("Pets", 1);
    const title = await shopper.openProduct("Pets", 0);
    await page.getByRole("button", { name: "Add to cart", exact: true }).click();
    await shopper.hasInCart(1);
    const before = await page.evaluate(() => window.posted);
    const ids = all.filter(({ department }) => ["Pets", "Baby"].includes(department)).map(({ id }) => id);
    const last = all.find(({ id }) => id === ids[999 % ids.length]);
    // Each in one task: links and a button that are clicked faster than any page can render.
    await page.getByRole("button", { name: `Add ${title} to cart`, exact: true }).first().evaluate((button) => {
      for (let at = 0; at < 10_000; at += 1) button.click();
    });
    await page.evaluate((ids) => {
      for (let at = 0; at < 1_000; at += 1) {
        history.replaceState(null, "", `/product/${encodeURIComponent(ids[at % ids.length])}`);
        dispatchEvent(new PopStateEvent("popstate"));
      }
    }, ids);
    await shopper.at(last.title);
    await shopper.reads(/^Learned from \d+ clicks? · ranked/);
    const asked = (await page.evaluate(() => window.posted)) - before;
    assert.ok(asked < 1_000, `${asked} questions`);
    await until("the newest state is stored", async () => (await remembered(page))?.events.includes(last.id));
    const { events } = await remembered(page);
    assert.ok(events.length <= 2 * 200, `${events.length / 2} events are stored`);
    await shopper.search("milk");
    await shopper.goHome();
    await shopper.picks();
    shopper.isContent();
  });
});

/** Events of the long session. 200 are kept, so that 5,000 (`FEWSHOP_LONG=5000`) are no other test, and take minutes. */
const LONG = Number(process.env.FEWSHOP_LONG ?? 600);

test(`a session of ${LONG} events takes no more memory than one of 300`, async () => {
  await visit(browser, { prepare: counted }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const ids = (from, to) => all.slice(from, to).map(({ id }) => id);
    // The first events fill the bounded structures: 200 events, caches of the page, the engine's tables.
    await lookAtAll(page, ids(0, 300));
    await shopper.reads(/^Learned from \d+ clicks · ranked/);
    await goTo(page, "/");
    await shopper.picks();
    const small = await memory(page);
    await lookAtAll(page, ids(300, LONG));
    await shopper.reads(/^Learned from \d+ clicks · ranked/);
    await goTo(page, "/");
    await shopper.picks();
    const large = await memory(page);
    const grown = { page: (large.page - small.page) / (LONG - 300), engine: large.engine - small.engine };
    assert.ok(grown.page < 1_000, `the page has grown by ${grown.page} bytes an event: ${JSON.stringify([small, large])}`);
    assert.ok(grown.engine <= 1 << 20, `the engine has grown by ${grown.engine} bytes`);
    shopper.isContent();
  });
});
