// The shop opens with bestsellers, learns from a new shopper's first clicks, and forgets on request.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, products, remembered, share, until, visit } from "./shopper.mjs";

/** A department that no bestseller is from. */
const DEPARTMENT = "Pets";
const SHELF = "Picked for you";

let browser;
let all;
before(async () => {
  browser = await launch();
  all = await products();
});
after(() => browser.close());

test("the shop opens with labelled bestsellers, and nothing is broken", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.region(SHELF).getByText("Bestsellers for now. Open a product and this shelf adapts to you.").waitFor();
    assert.match(await shopper.reads(/Ready/), /Nothing learned yet · Ready to rank [\d,]+ products on this device \(CPU\) · nothing has left this device/);
    assert.equal(await page.getByRole("button", { name: "Forget" }).count(), 0);

    const cards = await shopper.onShelf(SHELF);
    assert.equal(cards.length, 12);
    for (const { id, title, text } of cards) {
      assert.ok(all.some((product) => product.id === id && product.title === title), `${id} ${title}`);
      assert.match(text, /\$\d+\.\d\d|No price listed/);
      assert.doesNotMatch(text, /because of|popular here/, "a bestseller claims to be more");
    }
    for (const card of await shopper.cards(SHELF).all()) {
      await card.scrollIntoViewIfNeeded();
      await until("the picture of a card", () => card.locator("img").evaluate((img) => img.complete && img.naturalWidth > 0));
    }
    const departments = new Set(all.map((product) => product.department));
    const tiles = shopper.region("Shop by department").getByRole("link");
    assert.deepEqual(new Set(await tiles.allInnerTexts()), departments);
    shopper.isContent();
  });
});

test("after three products of one department the shelf favours it, with reasons", async () => {
  await visit(browser, {}, async (shopper) => {
    await shopper.ready();
    const before = share(await shopper.onShelf(SHELF), DEPARTMENT, all);
    const viewed = await shopper.lookAt(DEPARTMENT, 3);
    await shopper.goHome();
    const line = await shopper.reads(/Learned from 3/);
    assert.match(
      line,
      /^Learned from 3 clicks · ranked [\d,]+ products in [\d,]+\.\d ms \(CPU\) · nothing has left this device/,
    );
    const picks = await shopper.picks();
    assert.equal(picks.length, 12);
    const after = share(picks, DEPARTMENT, all);
    assert.ok(after > before, `the share of ${DEPARTMENT} went from ${before} to ${after}`);
    for (const title of viewed) {
      assert.ok((await shopper.region(SHELF).getByText(/^Based on /).innerText()).includes(title), `what was viewed is named: ${title}`);
    }
    const reasons = picks.map(({ text }) => text.match(/because of (.+)/) ?? text.match(/popular here|In this week’s ad/));
    assert.ok(reasons.every(Boolean), "every pick says why it is there");
    const because = reasons.map(([, names]) => names).filter(Boolean);
    assert.ok(because.length > 0, "no pick is there because of what was viewed");
    for (const names of because) {
      const rest = viewed.toSorted((a, b) => b.length - a.length).reduce((text, title) => text.replaceAll(title, ""), names);
      assert.match(rest, /^[, ]*$/, `'${names}' names what was never viewed`);
    }
    assert.equal(new Set(picks.map(({ id }) => id)).size, 12, "a product stands on the shelf twice");
    shopper.isContent();
  });
});

test("the shelf of bestsellers stays the same for everyone beside the picks", async () => {
  await visit(browser, {}, async (shopper) => {
    await shopper.ready();
    assert.equal(await shopper.region("Everyone’s basics").count(), 0, "no two shelves of the same");
    await shopper.lookAt(DEPARTMENT, 1);
    await shopper.goHome();
    await shopper.picks();
    await shopper.region("Everyone’s basics").getByText("the same for everyone").waitFor();
    const picked = (await shopper.onShelf(SHELF)).map(({ id }) => id);
    const best = (await shopper.onShelf("Everyone’s basics")).map(({ id }) => id);
    assert.ok(best.length > 0 && best.every((id) => !picked.includes(id)));
  });
});

test("a rejected product disappears, stays away, and returns when the rejection is undone", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.lookAt(DEPARTMENT, 2);
    await shopper.goHome();
    const [first] = await shopper.picks();
    const there = async () => (await shopper.onShelf(SHELF)).some(({ id }) => id === first.id);
    await shopper.cards(SHELF).first().getByRole("button", { name: `Not for me: ${first.title}` }).click();
    await shopper.reads(/^Hidden: /);
    await until("it is gone", async () => !(await there()));
    await page.getByRole("button", { name: "Undo" }).click();
    await shopper.reads(/Learned from 2/);
    await until("it is back", there);
  });
});

test("forgetting brings the bestsellers back, undoing it the picks, and a reload keeps both states", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const cold = (await shopper.onShelf(SHELF)).map(({ id }) => id);
    await shopper.lookAt(DEPARTMENT, 3);
    await shopper.goHome();
    await shopper.reads(/Learned from 3/);
    const own = (await shopper.picks()).map(({ id }) => id);
    assert.notDeepEqual(own, cold);

    await page.getByRole("button", { name: "Forget" }).click();
    await shopper.reads(/^Everything forgotten/);
    await shopper.region(SHELF).getByText(/^Bestsellers for now/).waitFor();
    await until("the bestsellers are back", async () => String((await shopper.onShelf(SHELF)).map(({ id }) => id)) === String(cold));
    await until("nothing is left behind", async () => (await remembered(page)) === null);
    assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0);

    await page.getByRole("button", { name: "Undo" }).click();
    await shopper.reads(/Learned from 3/);
    await until("the picks are back", async () => String((await shopper.onShelf(SHELF)).map(({ id }) => id)) === String(own));

    await page.getByRole("button", { name: "Forget" }).click();
    await shopper.reads(/^Everything forgotten/);
    await page.reload();
    await shopper.reads(/Nothing learned yet · Ready/);
    assert.deepEqual((await shopper.onShelf(SHELF)).map(({ id }) => id), cold);
    shopper.isContent();
  });
});
