// On a phone: everything fits, and everything is large enough to tap.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ADDRESSES } from "./pages.mjs";
import { launch, products, until, visit } from "./shopper.mjs";

/** Minimum size of a tap target, in CSS pixels (WCAG 2.5.8). */
const TAP = 24;

let browser;
let all;
before(async () => {
  browser = await launch();
  all = await products();
});
after(() => browser.close());

/** The elements that make the page wider than the screen. */
const overflowing = (page) =>
  page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    if (document.scrollingElement.scrollWidth <= wide) return [];
    const past = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > wide + 0.5);
    return [`${document.scrollingElement.scrollWidth} px on a screen of ${wide} px`, ...past.slice(0, 8).map((each) => each.outerHTML.slice(0, 80))];
  });

/**
 * What is too small to tap: a square of {@link TAP} around its middle is not all its own. Asked of the page point by point, since
 * what can be hit may be larger than the words in it.
 */
async function tooSmall(page) {
  const found = new Set();
  for (const role of ["link", "button", "searchbox"]) {
    // A shelf that re-ranks between finding its buttons and measuring them leaves buttons that are no longer on the page.
    const small = await until(`every ${role} is measured on the page`, () => page.getByRole(role).evaluateAll((elements, tap) => {
      if (elements.some((element) => !element.isConnected)) return null;
      const reach = tap / 2 - 0.5;
      const hits = (element, x, y) => element.contains(document.elementFromPoint(x, y));
      return elements
        .filter((element) => {
          element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
          const { left, top, width, height } = element.getBoundingClientRect();
          const [x, y] = [left + width / 2, top + height / 2];
          return ![[0, -reach], [0, reach], [-reach, 0], [reach, 0]].every(([dx, dy]) => hits(element, x + dx, y + dy));
        })
        .map((element) => {
          const { width, height } = element.getBoundingClientRect();
          return `${element.getAttribute("aria-label") ?? element.textContent.trim()}: ${width.toFixed(1)} × ${height.toFixed(1)}`;
        });
    }, TAP));
    // The skip link is off the page until it has focus.
    for (const name of small.filter((each) => !each.startsWith("Skip to content"))) found.add(name);
  }
  await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
  return [...found];
}

for (const [name, viewport] of [
  ["phone", { width: 390, height: 844 }],
  ["small phone", { width: 320, height: 568 }],
]) {
  test(`on a ${name} all pages fit and all tap targets are large enough`, async () => {
    const options = { viewport, isMobile: true, hasTouch: true, deviceScaleFactor: 2, reducedMotion: "reduce" };
    await visit(browser, { options }, async (shopper) => {
      const { page } = shopper;
      const problems = {};
      const look = async (where) => {
        const found = [...(await overflowing(page)), ...(await tooSmall(page))];
        if (found.length > 0) problems[where] = found;
      };
      await shopper.ready();
      await look("home");
      await shopper.lookAt("Pets", 3);
      await look("department");
      await shopper.goHome();
      const [pick] = await shopper.picks();
      await look("home with picks");
      await shopper.cards("Picked for you").first().getByRole("button", { name: /^Add / }).tap();
      await shopper.hasInCart(1);
      await page.goto(new URL(`/product/${pick.id}`, shopper.url).href);
      await shopper.at(pick.title);
      await shopper.region("Goes well with this").waitFor();
      await look("product");
      const longest = all.reduce((a, b) => (a.title.length >= b.title.length ? a : b));
      await page.goto(new URL(`/product/${longest.id}`, shopper.url).href);
      await shopper.at(longest.title);
      await page.getByRole("button", { name: "Add to cart", exact: true }).tap();
      await shopper.hasInCart(2);
      await look("product with the longest name");
      await shopper.search("milk");
      await look("search");
      await shopper.goToCart();
      await shopper.region("Summary").waitFor();
      await look("cart");
      for (const path of [...ADDRESSES, "/nowhere"]) {
        await page.goto(new URL(path, shopper.url).href);
        await shopper.ready();
        await look(path);
      }
      assert.deepEqual(problems, {});
      shopper.isContent();
    });
  });
}

test("text at twice its size still fits", async () => {
  const options = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  const grow = (page) => page.addInitScript(() => addEventListener("DOMContentLoaded", () => { document.documentElement.style.fontSize = "200%"; }));
  await visit(browser, { options, prepare: grow }, async (shopper) => {
    await shopper.ready();
    assert.deepEqual(await overflowing(shopper.page), []);
  });
});
