// The map of taste: what its script computes, and that it can be read and used without a mouse.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apart, beside, nearest, placed, read } from "../../web/assets/map.js";
import { launch, products, until, visit } from "./shopper.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** A lattice of 3 × 3, every second line indented. */
const LATTICE = { x: Float32Array.of(0, 10, 20, 5, 15, 25, 0, 10, 20), y: Float32Array.of(0, 0, 0, 9, 9, 9, 18, 18, 18) };

test("a map's file is whole or refused", () => {
  const { x, y } = read("0a0brs01\n", 2);
  assert.deepEqual([...x, ...y], [10, 1000, 11, 1]);
  assert.throws(() => read("0a0b0", 1), /expected one for each of 1 products/);
  assert.throws(() => read("0a0bzzzz", 2), /product 2 lies at 1295, 1295/);
  assert.throws(() => read("a?0b", 1), /expected digits of base 36/);
});

test("the pointer means what is near, and arrows go to the neighbour", () => {
  assert.equal(nearest(LATTICE, [11, 1], 5), 1);
  assert.equal(nearest(LATTICE, [100, 100], 5), -1);
  assert.equal(beside(LATTICE, 0, [1, 0]), 1);
  assert.equal(beside(LATTICE, 0, [0, 1]), 3, "no line is passed over");
  assert.equal(beside(LATTICE, 8, [0, 1]), 8, "the edge holds");
});

test("names do not overlap, and the first of them have the best places", () => {
  const form = { w: 40, h: 10 };
  const all = [50, 52, 54, 56].map((x) => ({ forms: [form], tries: 3, x, y: 50 }));
  const kept = placed(all, [], [200, 200]);
  assert.deepEqual([kept[0].x, kept[0].y], [50, 50]);
  assert.equal(kept.length, 3, "there is room above and below, and no more");
  assert.ok(kept.every((a, n) => kept.every((b, m) => n === m || Math.abs(a.y - b.y) >= 10)), JSON.stringify(kept));
  assert.equal(placed(all, [[0, 0, 200, 200]], [200, 200]).length, 0);
  const moved = apart([[10, 10], [10, 10], [14, 10]], 25);
  for (let a = 0; a < 3; a += 1) for (let b = 0; b < a; b += 1) assert.ok(Math.hypot(moved[a][0] - moved[b][0], moved[a][1] - moved[b][1]) > 24);
});

test("the map is read by keys, zoomed, and told in words", async () => {
  const all = await products();
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.lookAt("Pets", 1);
    await shopper.lookAt("Bakery", 1);
    await page.getByRole("contentinfo").getByRole("link", { name: "Taste map" }).click();
    await page.getByText(/Your clicks went from Pets to Bakery\. The arrow points to .+, where your picks gather\./).waitFor();
    const map = page.getByRole("application", { name: "Taste map" });
    await page.getByRole("img", { name: "Taste map" }).waitFor();
    const spoken = () => map.locator("xpath=..").locator("[aria-live]").innerText();
    await page.getByRole("button", { name: "Zoom in" }).click();
    assert.equal(await page.getByRole("button", { name: "Show the whole map" }).getAttribute("aria-disabled"), "false");
    await page.keyboard.press("Shift+Tab");
    const first = await until("the last click is read", spoken);
    assert.match(first, /, Bakery, \$\d/);
    await page.keyboard.press("ArrowRight");
    const second = await until("its neighbour is read", async () => ((await spoken()) === first ? null : spoken()));
    await page.keyboard.press("0");
    await page.keyboard.press("Enter");
    const title = all.find(({ title }) => second.startsWith(`${title}, `)).title;
    await shopper.at(title);
    shopper.isContent();
  });
});
