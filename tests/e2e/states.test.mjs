// What the first shelf may claim, state by state, by the word beside its heading and the line below it. Warming, adapted, paused and plain
// are walked through in controls.test.mjs.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` sees to both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { NOT_THERE, openSite } from "./site.mjs";
import { launch, visit } from "./shopper.mjs";

const SHELF = "Picked for you";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("cold: bestsellers that are called so, and no word beside them", async () => {
  await visit(browser, {}, async (shopper) => {
    await shopper.ready();
    const shelf = shopper.region(SHELF);
    await shelf.getByText("Bestsellers in this shop. Look at something and this shelf learns.").waitFor();
    for (const word of ["first guess", "on its way", "paused", "not personal", "picks are off"]) {
      assert.equal(await shelf.getByText(word, { exact: true }).count(), 0, word);
    }
    shopper.isContent();
  });
});

test("loading: bestsellers still, and the picks are on their way", async () => {
  // A pack that never arrives.
  const prepare = (page) => page.context().route("**/assets/shop.pack", () => {});
  await visit(browser, { prepare }, async (shopper) => {
    await shopper.lookAt("Pets", 2);
    await shopper.goHome();
    const shelf = shopper.region(SHELF);
    await shelf.getByText("on its way", { exact: true }).waitFor();
    await shelf.getByText("Bestsellers still; your picks follow in a moment.").waitFor();
    await shopper.reads(/Getting ready to learn/);
  });
});

test("failed: bestsellers, the picks are off, and it can be tried again", async () => {
  const site = await openSite({ "/assets/shop.pack": NOT_THERE });
  try {
    await visit(browser, { url: site.url }, async (shopper) => {
      await shopper.page.getByRole("alert").getByRole("button", { name: "Try again" }).waitFor();
      await shopper.lookAt("Pets", 1);
      await shopper.goHome();
      await shopper.region(SHELF).getByText("picks are off", { exact: true }).waitFor();
    });
  } finally {
    site.close();
  }
});
