// The shop shows more than picks: predicted household attributes, and one offer. Each explains itself, and a switch
// that is off stays off.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, products, remembered, until, visit } from "./shopper.mjs";
import { openSite } from "./site.mjs";

const PROFILE = "Your taste";
const HOUSEHOLD = "Household guesses";
const OFFER = "An offer for you";

let browser;
let all;
before(async () => {
  browser = await launch();
  all = await products();
});
after(() => browser.close());

const predicted = /(\d+)%, average (\d+)%/;
const values = (shopper, attribute) =>
  shopper.region(HOUSEHOLD).locator("dl").evaluate((list, attribute) => {
    const out = [];
    let name = "";
    for (const part of list.children) {
      if (part.tagName === "DT") name = part.textContent;
      else if (name === attribute) out.push(part.innerText.trim());
    }
    return out;
  }, attribute);

test("reliable household attributes are shown with the average beside them, and nothing else is", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.goToProfile();
    const panel = shopper.region(HOUSEHOLD);
    await panel.getByText(/never sent/).waitFor();
    for (const name of ["age", "income", "household size", "children", "homeowner"]) {
      assert.deepEqual(await values(shopper, name), ["Not enough to tell"], `for a new shopper, ${name}`);
    }
    await shopper.lookAt("Baby", 4);
    await shopper.goToProfile();
    await panel.getByText(predicted).first().waitFor();
    for (const name of ["age", "income"]) {
      const numbers = (await values(shopper, name)).map((text) => predicted.exec(text).slice(1).map(Number));
      assert.ok(numbers.length >= 3, name);
      for (const of of [0, 1]) {
        const sum = numbers.reduce((sum, pair) => sum + pair[of], 0);
        assert.ok(Math.abs(sum - 100) <= 2, `the shares of ${name} are a whole: ${sum}`);
      }
      assert.ok(numbers.some(([own, everyone]) => own !== everyone), `${name} says more than everyone's shares`);
    }
    for (const name of ["household size", "children", "homeowner"]) {
      assert.deepEqual(await values(shopper, name), ["Not enough to tell"], name);
    }

    const box = panel.getByRole("checkbox", { name: "Show household guesses" });
    await box.uncheck();
    assert.equal(await panel.locator("dl").count(), 0);
    await until("it is remembered", async () => (await remembered(page))?.hidden?.includes("household"));
    await page.reload();
    await shopper.ready();
    await shopper.at(PROFILE);
    assert.equal(await box.isChecked(), false, "off stays off");
    assert.equal(await panel.locator("dl").count(), 0);
    await box.check();
    await panel.getByText(predicted).first().waitFor();
    shopper.isContent();
  });
});

test("when switched off, household attributes are not even requested", async () => {
  const spy = `const post = Worker.prototype.postMessage;
    globalThis.asked = [];
    Worker.prototype.postMessage = function (message, ...rest) { globalThis.asked.push(message); return post.call(this, message, ...rest); };`;
  await visit(browser, { path: "/profile", prepare: (page) => page.addInitScript(spy) }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const last = () => page.evaluate(() => globalThis.asked.filter(({ type }) => type === "session").at(-1));
    await shopper.region(HOUSEHOLD).getByRole("checkbox").uncheck();
    await shopper.region("Offers").getByRole("checkbox").uncheck();
    await until("both are remembered", async () => String((await remembered(page))?.hidden) === "household,offers");
    await page.reload();
    await shopper.ready();
    for (const name of [HOUSEHOLD, "Offers"]) assert.equal(await shopper.region(name).getByRole("checkbox").isChecked(), false, `${name} stays off for a new shopper too`);
    await shopper.lookAt("Pets", 1);
    const { tasks } = await until("a session was asked about", last);
    assert.deepEqual(tasks, []);
    await shopper.goToProfile();
    await shopper.region(HOUSEHOLD).getByRole("checkbox").check();
    await until("it is asked about again", async () => (await last()).tasks.some(({ task }) => task === "attributes"));
    assert.ok((await last()).tasks.every(({ task }) => task !== "offers"));
  });
});

test("one offer says why it is there, for a new shopper too, and none is shown any more when it is switched off", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const slot = shopper.region(OFFER);
    await slot.getByText("One of our most used coupons.").waitFor();
    await slot.getByText(/^About [\d.]+ of 1,000 shoppers who saw it used it\.$/).waitFor();
    const everyones = await slot.innerText();
    await shopper.lookAt("Pets", 3);
    await shopper.goHome();
    await slot.getByText(/^(Covers \d+ products? you chose|For an aisle you chose \d+ products? from|Includes something you may want more than most shoppers|Popular with other shoppers)/).waitFor();
    // The redemption rate of others is a fact; the prediction for this shopper failed in later campaigns and is not
    // shown.
    await slot.getByText(/^About [\d.]+ of 1,000 shoppers who saw it used it\.$/).waitFor();
    assert.doesNotMatch(await slot.innerText(), /expected|like yours/);
    assert.notEqual(await slot.innerText(), everyones);
    const covered = await slot.getByRole("link").evaluateAll((links) => links.map(({ href }) => decodeURIComponent(new URL(href).pathname.split("/").at(-1))));
    assert.ok(covered.length >= 1 && covered.every((id) => all.some((product) => product.id === id)), String(covered));

    await slot.getByRole("button", { name: "Hide offers" }).click();
    await slot.waitFor({ state: "detached" });
    const focused = await until("the focus is somewhere", () => page.evaluate(() => document.activeElement?.tagName !== "BODY" && document.activeElement?.tagName));
    assert.equal(focused, "H1");
    await until("it is remembered", async () => (await remembered(page))?.hidden?.includes("offers"));
    await page.reload();
    await shopper.picks();
    assert.equal(await slot.count(), 0, "off stays off");
    await shopper.goToProfile();
    await shopper.region("Offers").getByRole("checkbox", { name: "Show an offer on the home page" }).check();
    await shopper.goHome();
    await slot.waitFor();
    shopper.isContent();
  });
});

test("a shop whose pack has no heads, offers or new products shows none of these parts", async () => {
  const without = (bytes) => {
    const catalogue = JSON.parse(bytes);
    delete catalogue.heads;
    delete catalogue.offers;
    return JSON.stringify(catalogue);
  };
  const site = await openSite({ "/assets/catalogue.json": without });
  try {
    await visit(browser, { url: site.url }, async (shopper) => {
      await shopper.ready();
      for (const name of [OFFER, "New arrivals"]) assert.equal(await shopper.region(name).count(), 0, name);
      await shopper.goToProfile();
      for (const name of [HOUSEHOLD, "Offers"]) assert.equal(await shopper.region(name).count(), 0, name);
      shopper.isContent();
    });
  } finally {
    site.close();
  }
});

test("products added after training are on 'New arrivals', the shopper's favourites first", async () => {
  // Any rows are fine for the page: the catalogue marks the new ones.
  const of = (department) => all.flatMap((product, row) => (product.department === department ? [row] : [])).slice(10, 16);
  const fresh = [...of("Baby"), ...of("Pets")].sort((a, b) => a - b);
  const site = await openSite({ "/assets/catalogue.json": (bytes) => JSON.stringify({ ...JSON.parse(bytes), fresh }) });
  try {
    await visit(browser, { url: site.url }, async (shopper) => {
      await shopper.ready();
      const ids = async () => (await shopper.onShelf("New arrivals")).map(({ id }) => id);
      const expected = fresh.map((row) => all[row].id);
      assert.deepEqual(await ids(), expected.slice(0, 6), "nothing is known about a new shopper");
      for (const department of ["Pets", "Baby"]) {
        await shopper.lookAt(department, 2);
        await shopper.goHome();
        const first = await until(`${department} comes first`, async () => {
          const cards = await shopper.onShelf("New arrivals");
          return all.find(({ id }) => id === cards[0]?.id)?.department === department && cards;
        });
        assert.ok(first.every(({ id }) => expected.includes(id)), "nothing but what is new");
      }
      shopper.isContent();
    });
  } finally {
    site.close();
  }
});
