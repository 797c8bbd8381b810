// Returning shoppers: what this device remembers about earlier visits, for how long, and what happens if the browser stores nothing.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openSite } from "./site.mjs";
import { Shopper, launch, plant, products, remembered, until, visit } from "./shopper.mjs";

const SHELF = "Picked for you";
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let browser;
let all;
before(async () => {
  browser = await launch();
  all = await products();
});
after(() => browser.close());

/** Adds the nth product of the current department page to the cart, and returns its id. */
async function take(shopper, department, nth) {
  const card = shopper.page.getByRole("list", { name: department, exact: true }).getByRole("listitem").nth(nth);
  await card.getByRole("button", { name: /^Add .+ to cart$/ }).click();
  const { pathname } = new URL(await card.getByRole("link").getAttribute("href"), shopper.url);
  return decodeURIComponent(pathname.split("/").at(-1));
}

/** Waits until the stored memory satisfies `is`, and returns it. */
function stored({ page }, what, is) {
  return until(what, async () => {
    const memory = await remembered(page);
    return memory && is(memory) ? memory : null;
  });
}

/** Empties the cart on its page. */
async function emptyCart(shopper) {
  await shopper.goToCart();
  const remove = shopper.page.getByRole("button", { name: /^Remove .+ from the cart$/ });
  while ((await remove.count()) > 0) await remove.first().click();
  await shopper.heading("Your cart is empty").waitFor();
}

/** Records the page's messages to its worker. */
const listen = (page) =>
  page.addInitScript(() => {
    window.said = [];
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message) {
      window.said.push(message);
      return postMessage.call(this, message);
    };
  });

test("a returning shopper is known by one visit, and can have it forgotten", async () => {
  await visit(browser, { prepare: listen }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.goToDepartment("Pets");
    const taken = [await take(shopper, "Pets", 0), await take(shopper, "Pets", 2)];
    await shopper.openProduct("Pets", 4);
    await shopper.reads(/^Learned from 3 clicks · ranked/);
    await shopper.goToCart();
    await page.getByRole("button", { name: "Check out" }).click();
    await shopper.region("Summary").getByText("no order was placed").waitFor();
    await shopper.reads(/^1 earlier visit remembered · ranked [\d,]+ products/);
    const { events, visits } = await stored(shopper, "the visit is stored", (memory) => memory.visits.length === 1);
    assert.deepEqual([events, visits[0].slice(1)], [[], taken], "what was taken, and not what was looked at");

    await page.goto(shopper.url);
    await shopper.reads(/^1 earlier visit remembered · ranked/);
    await shopper.hasInCart(2);
    await shopper.region(SHELF).getByText("Based on your earlier visits. Updates with every click.").waitFor();
    assert.equal((await shopper.onShelf(SHELF)).length, 12);
    const rows = taken.map((id) => all.findIndex((product) => product.id === id));
    const { session } = (await page.evaluate(() => window.said)).findLast(({ type }) => type === "session");
    const { day, ...rest } = session;
    assert.deepEqual(rest, { events: [], visits: [rows] }, "the engine hears of it");
    assert.equal(typeof day, "number", "and of the day, for the leaflet");
    assert.ok((await shopper.onShelf(SHELF)).every(({ id }) => !taken.includes(id)), "what is in the cart is not picked");

    await page.getByRole("link", { name: "How it works" }).click();
    await shopper.at("How it works");
    assert.match(await page.getByRole("article").innerText(), /Earlier visits remembered\s+1\b/);
    await shopper.goToDepartment("Baby");
    const viewed = await shopper.openProduct("Baby", 0);
    await shopper.reads(/^Learned from 1 click · 1 earlier visit remembered · ranked/);
    await shopper.goHome();
    await shopper.region(SHELF).getByText(`Based on ${viewed} and your earlier visits.`).waitFor();

    await page.getByRole("button", { name: "Forget" }).click();
    await shopper.reads(/^Everything forgotten/);
    await stored(shopper, "the cart alone is left", ({ events, visits }) => events.length + visits.length === 0);
    await page.getByRole("button", { name: "Undo" }).click();
    await shopper.reads(/1 earlier visit remembered/);
    await stored(shopper, "the visit is back", ({ visits }) => visits.length === 1);

    await emptyCart(shopper);
    await page.getByRole("button", { name: "Forget" }).click();
    await shopper.reads(/^Everything forgotten/);
    await until("nothing is left behind", async () => (await remembered(page)) === null);
    await page.reload();
    await shopper.reads(/^Nothing learned yet · Ready/);
    assert.equal(await remembered(page), null);
    shopper.isContent();
  });
});

test("a visit ends after half an hour away, and its memory after 30 days", async () => {
  const start = Date.now();
  const setClock = (page, ms) => page.clock.setSystemTime(start + ms);
  await visit(browser, { prepare: (page) => setClock(page, 0) }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.goToDepartment("Pets");
    const first = await take(shopper, "Pets", 1);
    await shopper.openProduct("Pets", 3);
    await shopper.reads(/^Learned from 2 clicks · ranked/);

    // The page stays open meanwhile.
    await setClock(page, 31 * MINUTE);
    await shopper.goToDepartment("Baby");
    const second = await take(shopper, "Baby", 0);
    await shopper.reads(/^Learned from 1 click · 1 earlier visit remembered · ranked/);
    await setClock(page, 60 * MINUTE);
    await page.reload();
    await shopper.reads(/^Learned from 1 click · 1 earlier visit remembered · ranked/);

    // Now it is closed.
    await setClock(page, 62 * MINUTE);
    await page.reload();
    await shopper.reads(/^2 earlier visits remembered · ranked/);
    const ids = ({ visits }) => visits.map(([, ...taken]) => taken);
    assert.deepEqual(ids(await stored(shopper, "both are stored", ({ events }) => events.length === 0)), [[second], [first]]);
    await shopper.openProduct("Baby", 2);
    await shopper.reads(/^Learned from 1 click · 2 earlier/);
    await setClock(page, 2 * DAY);
    // Not a reload: on a product's page that would be a view.
    await page.goto(shopper.url);
    await shopper.reads(/^2 earlier visits remembered/);
    await shopper.hasInCart(2);

    // The clock is set back by three months: nothing is lost.
    await setClock(page, -90 * DAY);
    await page.reload();
    await shopper.reads(/^2 earlier visits remembered/);
    await stored(shopper, "times that lay ahead are now", ({ last }) => last * 1000 < start - 89 * DAY);
    await setClock(page, -61 * DAY);
    await page.reload();
    await shopper.reads(/^2 earlier visits remembered/);
    await setClock(page, -59 * DAY);
    await page.reload();
    await shopper.reads(/^Nothing learned yet · Ready/);
    await shopper.hasInCart(0);
    await until("nothing is left behind", async () => (await remembered(page)) === null);
    shopper.isContent();
  });
});

test("a rejected product stays away on the next visit", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const [{ id, title }] = await shopper.onShelf(SHELF);
    await shopper.cards(SHELF).first().getByRole("button", { name: `Not for me: ${title}` }).click();
    await shopper.reads(/^Hidden: /);
    await shopper.goToDepartment("Pets");
    await take(shopper, "Pets", 0);
    await shopper.goToCart();
    await page.getByRole("button", { name: "Check out" }).click();
    await shopper.reads(/1 earlier visit remembered/);
    await stored(shopper, "the dismissal is stored", ({ events, visits }) => events[0] === "dismiss" && visits.length === 1);
    await page.goto(shopper.url);
    await shopper.reads(/1 earlier visit remembered · ranked/);
    await shopper.region(SHELF).getByText("Based on your earlier visits.").waitFor();
    assert.ok((await shopper.onShelf(SHELF)).every((card) => card.id !== id));
    shopper.isContent();
  });
});

test("a pick that was taken before has this as its reason", async () => {
  // A worker that implements the protocol and picks the taken products.
  const worker = `
    let status;
    self.onmessage = async ({ data }) => {
      if (data.type === "load") {
        const { pack, products } = await (await fetch("../assets/catalogue.json")).json();
        status = { backend: "cpu", backend_reason: "", items: products, shots: 0, gate: 0, last_run_ms: 1, pack };
        self.postMessage({ type: "ready", status });
      } else if (data.type === "session") {
        const picks = [1, 2].map((visits, item) => ({ item, score: 1, reason: { kind: "taken_before", visits } }));
        self.postMessage({ type: "picks", seq: data.seq, shelves: data.shelves.map(({ name }) => ({ name, picks })), status });
      }
    };`;
  const site = await openSite({ "/engine/worker.js": { type: "text/javascript", body: worker } });
  try {
    await visit(browser, { url: site.url }, async (shopper) => {
      await shopper.lookAt("Pets", 1);
      await shopper.goHome();
      const [once, twice] = await shopper.picks();
      assert.match(once.text, /in your cart on an earlier visit/);
      assert.match(twice.text, /in your cart on 2 earlier visits/);
      shopper.isContent();
    });
  } finally {
    site.close();
  }
});

test("two tabs keep one memory and one cart, and either can forget everything", async () => {
  await visit(browser, {}, async (one) => {
    await one.ready();
    const two = new Shopper(await one.page.context().newPage(), one.url);
    await two.page.goto(two.url);
    await two.ready();
    await one.goToDepartment("Pets");
    const first = await take(one, "Pets", 0);
    await stored(one, "the first tab's", ({ events }) => events.includes(first));
    await two.goToDepartment("Baby");
    const second = await take(two, "Baby", 0);
    await stored(two, "what both tabs did", ({ events }) => events.includes(first) && events.includes(second));
    for (const shopper of [one, two]) await shopper.hasInCart(2);
    await two.openProduct("Baby", 1);
    await two.reads(/^Learned from 3/);
    await one.page.reload();
    await one.hasInCart(2);
    await one.reads(/^Learned from 3/);

    await emptyCart(two);
    await one.hasInCart(0);
    await two.page.getByRole("button", { name: "Forget" }).click();
    await until("nothing is left behind", async () => (await remembered(two.page)) === null);
    two.isContent();
    one.isContent();
  });
});

test("the data of the page's first version is migrated, and then deleted there", async () => {
  const [{ id: looked }, { id: carted }] = all.filter(({ department }) => department === "Pets");
  const old = JSON.stringify({ version: 1, events: ["view", looked, "cart", carted], visits: [], cart: ["3", carted] });
  const prepare = (page) =>
    page.addInitScript((old) => {
      // Once only: the name of a window outlives a reload.
      if (window.name) return;
      window.name = "planted";
      localStorage.setItem("fewshop.memory", old);
    }, old);
  await visit(browser, { prepare }, async (shopper) => {
    await shopper.reads(/^Learned from 2 clicks · ranked/);
    await shopper.hasInCart(3);
    const { events } = await stored(shopper, "it is stored anew", ({ version }) => version === 2);
    assert.deepEqual(events, ["view", looked, "cart", carted]);
    await until("the old one is gone", () => shopper.page.evaluate(() => localStorage.length === 0));
    await shopper.page.reload();
    await shopper.reads(/^Learned from 2 clicks/);
    shopper.isContent();
  });
});

test("broken stored data does not break the shop", async () => {
  const good = '00000000{"version":2,"last":1,"events":[],"visits":[],"cart":[]}';
  for (const text of ["", "{", good, { not: "a text" }, '{"version":1,"events":["view"]}', '{"version":999}']) {
    await visit(browser, { prepare: (page) => plant(page, text) }, async (shopper) => {
      await shopper.reads(/Nothing learned yet · Ready/);
      await shopper.region(SHELF).waitFor();
      await shopper.lookAt("Pets", 1);
      await shopper.reads(/Learned from 1/);
      await stored(shopper, "a good record takes its place", ({ events }) => events.length === 2);
      shopper.isContent();
    });
  }
});

/** Ways in which a browser keeps a page from storing anything. */
const DENIED = {
  "no storage at all": () => {
    const deny = { get: () => { throw new DOMException("denied", "SecurityError"); } };
    Object.defineProperty(window, "localStorage", deny);
    Object.defineProperty(window, "indexedDB", deny);
  },
  "a database that cannot be opened": () => {
    IDBFactory.prototype.open = () => { throw new DOMException("denied", "SecurityError"); };
  },
  "a database that never answers": () => {
    IDBFactory.prototype.open = () => ({});
  },
  "a disk that is full": () => {
    IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
  },
};

for (const [name, deny] of Object.entries(DENIED)) {
  test(`with ${name} the shop works from memory`, async () => {
    await visit(browser, { prepare: (page) => page.addInitScript(deny) }, async (shopper) => {
      const { page } = shopper;
      await shopper.ready();
      await shopper.goToDepartment("Pets");
      await take(shopper, "Pets", 0);
      await shopper.openProduct("Pets", 1);
      await shopper.reads(/^Learned from 2/);
      await shopper.goToCart();
      await page.getByRole("button", { name: "Check out" }).click();
      await shopper.reads(/^1 earlier visit remembered/);
      await page.getByRole("button", { name: "Forget" }).click();
      await shopper.reads(/^Everything forgotten/);
      await page.getByRole("button", { name: "Undo" }).click();
      await shopper.reads(/^1 earlier visit remembered/);
      assert.ok(shopper.console.some((line) => /^warning: IndexedDB 'fewshop' cannot be used/.test(line)), "it is reported");
      await page.getByText("This browser saves nothing for this shop.").waitFor();
      shopper.isContent();
      await page.reload();
      await shopper.reads(/Nothing learned yet · Ready/);
    });
  });
}
