// Accessibility: axe-core finds nothing on any page, light and dark, on a phone and a wide screen.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { PAGES, settled, walked } from "./pages.mjs";
import { launch, products, visit } from "./shopper.mjs";

let browser;
let all;
let axe;
before(async () => {
  browser = await launch();
  all = await products();
  axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
});
after(() => browser.close());

for (const colorScheme of ["light", "dark"]) {
  for (const [screen, viewport] of [["a phone", { width: 390, height: 844 }], ["a wide screen", { width: 1280, height: 900 }]]) {
    test(`axe-core finds nothing on any page, ${colorScheme}, on ${screen}`, async () => {
      await visit(browser, { options: { colorScheme, viewport, reducedMotion: "reduce" } }, async (shopper) => {
        const { page } = shopper;
        await shopper.ready();
        // Each page is opened once by its address, then through the shop's own navigation.
        const arrive = colorScheme === "light" && screen === "a phone" ? settled : walked;
        for (const { name, path, act } of PAGES(all)) {
          await arrive(shopper, path, act);
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() =>
            globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
          );
          const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" | ")}`);
          assert.deepEqual(found, [], name);
        }
        shopper.isContent();
      });
    });
  }
}
