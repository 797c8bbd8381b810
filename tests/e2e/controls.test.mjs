// The shopper's control over what was learned: correct it, exclude products, pause it, switch it off, export it.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { launch, products, until, visit } from "./shopper.mjs";

const SHELF = "Picked for you";

let browser;
let all;
before(async () => {
  browser = await launch();
  all = await products();
});
after(() => browser.close());

const ids = (cards) => cards.map(({ id }) => id);

test("the learned preferences are a list with weights, and a category that is never wanted leaves the shelves", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.goToProfile();
    await shopper.region("Categories").getByText("Not enough clicks yet.").waitFor();
    await page.goBack();
    await shopper.lookAt("Baby", 3);
    await shopper.goToProfile();
    const rows = page.getByRole("list", { name: "Categories" }).getByRole("listitem");
    await rows.first().waitFor();
    const bars = await rows.getByRole("img").evaluateAll((bars) => bars.map((bar) => bar.getAttribute("aria-label")));
    assert.ok(bars.length > 0 && bars.every((bar) => /^\d+%$/.test(bar)), String(bars));
    assert.match(await rows.first().innerText(), /a guess|some evidence|strong evidence/);
    await shopper.region("Prices").getByText(/Half of what you chose costs between \$[\d.]+ and \$[\d.]+/).waitFor();

    const picked = all.filter(({ department }) => department === "Baby").map(({ category }) => category);
    for (const name of new Set(picked)) {
      const never = page.getByRole("button", { name: `Never show ${name}`, exact: true });
      if ((await never.count()) === 0) continue;
      await never.click();
      assert.equal(await never.getAttribute("aria-pressed"), "true");
      assert.equal(await never.evaluate((button) => button === document.activeElement), true, "the focus stays");
    }
    const forbidden = await page.getByRole("button", { name: /^Never show / }).evaluateAll((buttons) =>
      buttons.filter((button) => button.getAttribute("aria-pressed") === "true").map((button) => button.getAttribute("aria-label").slice(11)),
    );
    assert.ok(forbidden.length > 0);
    await shopper.goHome();
    const cards = await shopper.picks();
    const category = new Map(all.map((product) => [product.id, product.category]));
    assert.deepEqual(cards.filter(({ id }) => forbidden.includes(category.get(id))), []);
    await page.reload();
    await shopper.goToProfile();
    const kept = page.getByRole("button", { name: `Never show ${forbidden[0]}`, exact: true });
    assert.equal(await kept.getAttribute("aria-pressed"), "true", "a correction survives a reload");
    await kept.click();
    assert.equal(await kept.getAttribute("aria-pressed"), "false");
    shopper.isContent();
  });
});

test("an item can be excluded from learning, and a gift has no effect", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const [, second] = await shopper.lookAt("Pets", 2);
    await shopper.goToProfile();
    // The latest comes first.
    const unlearn = page.getByRole("button", { name: /^Ignore this: / });
    await unlearn.nth(1).click();
    await shopper.reads(/No longer counted: /);
    await page.getByRole("status").first().locator("xpath=..").getByRole("button", { name: "Undo" }).click();
    await unlearn.nth(1).click();
    await page.getByRole("button", { name: /^It was a gift: / }).click();
    await shopper.region("Your clicks on this visit").getByText("Nothing learned yet").waitFor();
    await shopper.goHome();
    await shopper.region(SHELF).getByText("Bestsellers for now. Open a product").waitFor();
    await shopper.goToDepartment("Pets");
    assert.equal(await shopper.openProduct("Pets", 1), second);
    await page.reload();
    await shopper.at(second);
    await shopper.reads(/Nothing learned yet/);
    shopper.isContent();
  });
});

test("learning can be paused, and personal picks switched off altogether", async () => {
  const listen = (page) =>
    page.addInitScript(() => {
      window.said = [];
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (message) {
        window.said.push(message);
        return postMessage.call(this, message);
      };
    });
  await visit(browser, { prepare: listen }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const bestsellers = ids(await shopper.onShelf(SHELF));
    await shopper.lookAt("Pets", 1);
    await shopper.goHome();
    await shopper.region(SHELF).getByText("first guess", { exact: true }).waitFor();
    await shopper.lookAt("Pets", 2);
    await shopper.goHome();
    const own = ids(await shopper.picks());
    assert.equal(await shopper.region(SHELF).getByText("first guess", { exact: true }).count(), 0);

    await page.getByRole("button", { name: "Pause" }).click();
    await shopper.reads(/Learning is paused/);
    await shopper.region(SHELF).getByText("paused", { exact: true }).waitFor();
    await shopper.lookAt("Baby", 1);
    await shopper.goHome();
    assert.deepEqual(ids(await shopper.onShelf(SHELF)), own, "paused picks stay");

    await shopper.goToProfile();
    await page.getByRole("radio", { name: /^Off\. / }).check();
    await shopper.goHome();
    await shopper.region(SHELF).getByText("the same for everyone").waitFor();
    assert.deepEqual(ids(await shopper.onShelf(SHELF)), bestsellers);
    assert.equal(await shopper.region("Recently viewed").count(), 0);
    await page.evaluate(() => (window.said = []));
    await shopper.lookAt("Baby", 1);
    const asked = await page.evaluate(() => window.said.filter(({ type }) => type === "session"));
    assert.ok(asked.every(({ session }) => session.events.length === 0 && (session.visits ?? []).length === 0), JSON.stringify(asked));
    await page.reload();
    await shopper.reads(/Personalization is off/);
    await page.getByRole("button", { name: "Resume" }).click();
    await shopper.goHome();
    assert.deepEqual(ids(await shopper.picks()), own, "what was learned was kept");
    shopper.isContent();
  });
});

test("everything learned can be saved, forgotten, and restored from the file", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.lookAt("Pets", 2);
    await shopper.goToProfile();
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export" }).click();
    const file = await (await download).path();
    const text = await readFile(file, "utf8");
    assert.match(text, /^[0-9a-f]{8}\{"version":2/);
    await page.getByRole("button", { name: "Forget everything we learned" }).click();
    await shopper.reads(/Everything forgotten/);
    await page.getByLabel("Import").setInputFiles({ name: "broken.txt", mimeType: "text/plain", buffer: Buffer.from(text.slice(0, -3)) });
    await page.getByText(/Import failed; nothing has changed/).waitFor();
    await page.getByLabel("Import").setInputFiles({ name: "session.txt", mimeType: "text/plain", buffer: Buffer.from(text) });
    await page.getByText("Imported.").waitFor();
    await shopper.reads(/Learned from 2/);
    shopper.isContent();
  });
});

test("when one tab forgets, the other forgets too", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.lookAt("Pets", 1);
    const other = await page.context().newPage();
    await other.goto(page.url());
    await until("the other tab knows", async () => /Learned from 1/.test(await other.getByRole("status").first().innerText()));
    await page.getByRole("button", { name: "Forget", exact: true }).click();
    await until("the other tab has forgotten", async () => /Nothing learned yet|Ready to rank/.test(await other.getByRole("status").first().innerText()));
    shopper.isContent();
  });
});

test("every pick explains its reason, with bars, and its position", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const seen = await shopper.lookAt("Baby", 3);
    await shopper.goHome();
    const cards = await shopper.picks();
    const because = cards.find(({ text }) => text.includes("because of"));
    assert.ok(because, "no pick is because of anything");
    await page.getByRole("button", { name: new RegExp(`^Why ${because.title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\?`) }).first().click();
    const dialog = page.getByRole("dialog", { name: `Why ${because.title}?` });
    await dialog.waitFor();
    const bars = dialog.getByRole("listitem");
    assert.ok((await bars.count()) >= 1);
    const named = await bars.allInnerTexts();
    assert.ok(named.every((text) => seen.includes(text.trim())), `${named} / ${seen}`);
    const shares = await bars.getByRole("img").evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute("aria-label").match(/\d+/)[0])));
    assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 100) <= 2, String(shares));
    await dialog.getByText(/Position \d+ of 12\./).waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.match(await page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? ""), /^Why /, "the focus goes back");

    await page.locator(":focus").press("Enter");
    await dialog.waitFor();
    await page.goBack();
    await shopper.at("Baby");
    await dialog.waitFor({ state: "detached" });
    shopper.isContent();
  });
});
