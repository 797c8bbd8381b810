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

test("a search that is submitted shapes the picks, is named as their reason, and can be removed", async () => {
  const requests = [];
  const prepare = (page) => page.context().on("request", (request) => requests.push(request));
  await visit(browser, { prepare }, async (shopper) => {
    const { page } = shopper;
    const words = "something for a cat";
    const follows = page.getByText("Your picks now follow this search.");
    await shopper.ready();
    await page.waitForLoadState("networkidle");
    const cold = await shopper.onShelf(SHELF);
    const steps = (heading) => shopper.region(heading).locator("ol > [data-done]").count();
    assert.equal(await steps("See this shop learn, in three clicks"), 0);

    await shopper.search(words);
    await page.getByRole("list", { name: `Results for “${words}”` }).getByRole("listitem").first().waitFor();
    assert.equal(await follows.count(), 0, "typing alone is no example");
    assert.equal(await remembered(page), null);
    await page.getByRole("searchbox").press("Enter");
    await follows.waitFor();

    await shopper.goHome();
    const picks = await shopper.picks();
    assert.equal(picks.length, 12);
    assert.equal(await steps(`See this shop learn from your search “${words}”`), 1, "a search is a lesson like a click");
    assert.equal(await shopper.region(SHELF).getByText(/^Based on/).innerText(), `Based on your search “${words}”. Updates with every click.`);
    const before = share(cold, DEPARTMENT, all);
    const after = share(picks, DEPARTMENT, all);
    assert.ok(after > before, `the share of ${DEPARTMENT} went from ${before} to ${after}`);
    const named = picks.filter(({ text }) => text.includes(`because you asked for “${words}”`));
    assert.ok(named.length > 0, "no pick is there because of the search");
    assert.ok(picks.every(({ text }) => !text.includes("because of")), "a product that was never opened is named as a reason");
    assert.match(await shopper.reads(/search/), /^1 search used · ranked /);
    await shopper.region(SHELF).getByRole("button", { name: `Why ${named[0].title}?` }).first().click();
    const dialog = page.getByRole("dialog");
    assert.deepEqual(await dialog.getByRole("listitem").allInnerTexts(), [`your search “${words}”`], "the shares of one search are one row");
    await page.keyboard.press("Escape");
    await until("it is remembered", async () => (await remembered(page))?.asked?.[0][0] === words);

    await shopper.goToProfile();
    const asked = shopper.region("You asked for");
    await asked.getByRole("link", { name: `“${words}”` }).waitFor();
    assert.equal(await shopper.region("Your clicks on this visit").getByText("Nothing learned yet").count(), 0);
    await asked.getByRole("button", { name: `Remove the search “${words}”` }).click();
    await asked.waitFor({ state: "hidden" });
    await shopper.reads(/^Search no longer used/);
    await shopper.goHome();
    await shopper.region(SHELF).getByText(/^Bestsellers for now/).waitFor();
    assert.deepEqual((await shopper.onShelf(SHELF)).map(({ id }) => id), cold.map(({ id }) => id));
    await until("nothing is left behind", async () => (await remembered(page)) === null);
    // Files after load may still arrive: the same for everyone, see private.test.mjs. None of them carries anything.
    for (const request of requests.filter((request) => request.url().startsWith("http"))) {
      const { pathname, search } = new URL(request.url());
      assert.deepEqual([request.method(), search, request.postData()], ["GET", "", null], pathname);
      assert.doesNotMatch(pathname, /search|something/, "what was searched for is in no address");
    }
    shopper.isContent();
  });
});

test("a search counts once a result is opened, and what was taken back does not come back with the next one", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    const words = "cat food";
    const follows = page.getByText("Your picks now follow this search.");
    const results = page.getByRole("list", { name: `Results for “${words}”` }).getByRole("listitem");
    const open = async (nth) => {
      const link = results.nth(nth).getByRole("link");
      const title = (await link.innerText()).trim();
      await link.click();
      await shopper.at(title);
      await page.goBack();
      await results.first().waitFor();
    };
    await shopper.ready();
    await page.waitForLoadState("networkidle");
    await shopper.search(words);
    await open(0);
    await follows.waitFor();
    await shopper.reads(/^Learned from 1 click · 1 search used · /);
    await page.getByRole("button", { name: "Don’t use this search" }).click();
    await follows.waitFor({ state: "detached" });
    await shopper.reads(/^Search no longer used/);
    await open(1);
    await shopper.reads(/^Learned from 2 clicks · ranked /);
    assert.equal(await follows.count(), 0);
    await page.getByRole("searchbox").press("Enter");
    await follows.waitFor();
    shopper.isContent();
  });
});

test("what a search excludes is left out of the picks as well, and the results say what was read", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    const nuts = async () => (await shopper.picks()).filter(({ title }) => /\bnuts?\b/i.test(title)).map(({ title }) => title);
    const results = (words) => page.getByRole("list", { name: `Results for “${words}”` }).getByRole("listitem");
    await shopper.ready();
    await page.waitForLoadState("networkidle");
    await shopper.search("mixed nuts");
    await results("mixed nuts").first().getByRole("link").click();
    await page.getByRole("button", { name: "Add to cart", exact: true }).click();
    await shopper.goHome();
    assert.notDeepEqual(await nuts(), [], "who puts nuts into the cart is shown nuts");
    const words = "snacks without nuts under $5";
    await shopper.search(words);
    await page.getByText("Without: nuts. This goes by titles, so check the label. Up to $5.00.").waitFor();
    const prices = (await results(words).allInnerTexts()).map((text) => Number(text.match(/\$(\d+\.\d\d)/)?.[1] ?? 0));
    assert.ok(prices.length > 0 && prices.every((price) => price <= 5), `${prices}`);
    await page.getByRole("searchbox").press("Enter");
    await page.getByText("Your picks now follow this search.").waitFor();
    await shopper.goHome();
    assert.deepEqual(await nuts(), []);
    await shopper.goToProfile();
    const asked = shopper.region("You asked for").getByRole("listitem").filter({ hasText: words });
    await asked.getByText(/^\d+ products left out$/).waitFor();
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
