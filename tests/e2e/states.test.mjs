// The claims of the first shelf, state by state: the badge beside its heading and the line below it. controls.test.mjs covers warming,
// adapted, paused and plain.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

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

test("cold: labelled bestsellers, without a badge", async () => {
  await visit(browser, {}, async (shopper) => {
    await shopper.ready();
    const shelf = shopper.region(SHELF);
    await shelf.getByText("Bestsellers for now. Open a product and this shelf adapts to you.").waitFor();
    for (const word of ["first guess", "loading", "paused", "not personalized", "unavailable"]) {
      assert.equal(await shelf.getByText(word, { exact: true }).count(), 0, word);
    }
    shopper.isContent();
  });
});

test("loading: bestsellers, and the picks are loading", async () => {
  // A pack that never arrives.
  const prepare = (page) => page.context().route("**/assets/shop.pack", () => {});
  await visit(browser, { prepare }, async (shopper) => {
    await shopper.lookAt("Pets", 2);
    await shopper.goHome();
    const shelf = shopper.region(SHELF);
    await shelf.getByText("loading", { exact: true }).waitFor();
    await shelf.getByText("Bestsellers while your picks load.").waitFor();
    await shopper.reads(/Loading your picks/);
  });
});

test("failed: bestsellers, no picks, and it can be tried again", async () => {
  const site = await openSite({ "/assets/shop.pack": NOT_THERE });
  try {
    await visit(browser, { url: site.url }, async (shopper) => {
      await shopper.page.getByRole("alert").getByRole("button", { name: "Try again" }).waitFor();
      await shopper.lookAt("Pets", 1);
      await shopper.goHome();
      await shopper.region(SHELF).getByText("unavailable", { exact: true }).waitFor();
    });
  } finally {
    site.close();
  }
});
