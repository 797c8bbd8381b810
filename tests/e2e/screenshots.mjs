// Pictures of all pages, light and dark, on a phone and a desktop: `node screenshots.mjs FOLDER`, with the built site at FEWSHOP_URL and a
// Chromium at CHROME.

import { mkdir } from "node:fs/promises";

import { PAGES, settled } from "./pages.mjs";
import { launch, products, visit } from "./shopper.mjs";

const folder = process.argv[2];
if (!folder) throw new Error("say where the pictures shall lie: node screenshots.mjs FOLDER");
await mkdir(folder, { recursive: true });
const browser = await launch();
const all = await products();
const screens = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
for (const [screen, viewport] of Object.entries(screens)) {
  for (const colorScheme of ["light", "dark"]) {
    await visit(browser, { options: { viewport, colorScheme, reducedMotion: "reduce" } }, async (shopper) => {
      await shopper.ready();
      for (const { name, path, act } of PAGES(all)) {
        await settled(shopper, path, act);
        await shopper.page.screenshot({ path: `${folder}/${name}-${screen}-${colorScheme}.png`, fullPage: name !== "why" });
      }
    });
  }
}
await browser.close();
