// The same page around another shop's pack: a made-up shop, whose pack is committed for this.
//
// Needs the built site at FEWSHOP_URL, a Chromium at CHROME, and in FEWSHOP_OTHER the folder with that shop's files.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import path from "node:path";

import { launch, until, visit } from "./shopper.mjs";
import { openSite } from "./site.mjs";

const FOLDER = process.env.FEWSHOP_OTHER;

/** What is this shop's own, by address. */
const OWN = { "/": "index.html", "/assets/catalogue.json": "", "/assets/shop.pack": "", "/assets/try.json": "", "/assets/map.txt": "", "/assets/sales.txt": "", "/assets/shop.words": "" };
const BYTES = "application/octet-stream";
const TYPES = { ".html": "text/html", ".json": "application/json", ".txt": "text/plain", ".pack": BYTES, ".words": BYTES, ".bin": BYTES, ".webp": "image/webp" };

let browser;
let site;
before(async () => {
  browser = await launch();
  const replaced = {};
  // Its pictures too: those of the first screen, and all of them.
  const pictures = (await readdir(path.join(FOLDER, "assets"), { recursive: true })).filter((file) => /^pictures.*\.(bin|webp)$/.test(file));
  for (const [address, file] of [...Object.entries(OWN), ...pictures.map((file) => [`/assets/${file.replaceAll("\\", "/")}`, ""])]) {
    const name = file || address.slice(1);
    replaced[address] = { type: TYPES[path.extname(name)], body: await readFile(path.join(FOLDER, name)) };
  }
  site = await openSite(replaced);
});
after(async () => {
  await browser.close();
  site.close();
});

test("another pack is another shop: its name, products, prices, notice and sessions, and it learns", async () => {
  await visit(browser, { url: site.url }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    assert.equal(await page.title(), "Corner Pantry");
    assert.equal((await page.getByRole("banner").getByRole("link").first().innerText()).trim(), "Corner Pantry");
    await until("its own pictures are there", () => page.evaluate(() => document.querySelectorAll("main .initial").length === 0));
    const before = await shopper.onShelf("Picked for you");
    assert.ok(before.every(({ text }) => /£\d+\.\d\d/.test(text)), JSON.stringify(before.slice(0, 2)));
    assert.match(await page.getByRole("contentinfo").innerText(), /Made up by fewshop example/);
    await page.getByRole("navigation", { name: "Departments" }).getByRole("link", { name: "Pets" }).click();
    await shopper.at("Pets");
    await page.getByRole("main").getByRole("button", { name: /^Add .+ to cart$/ }).first().click();
    await shopper.hasInCart(1);
    await page.getByRole("banner").getByRole("link").first().click();
    const picks = await shopper.picks();
    assert.ok(picks.length > 4 && picks.some(({ id }) => !before.some((one) => one.id === id)), JSON.stringify(picks));
    await page.goto(new URL("/try-it-as", site.url).href);
    await page.getByRole("button", { name: "Next product" }).click();
    await page.getByText(/^So far: /).waitFor();
    assert.equal(await page.getByRole("alert").count(), 0);
    shopper.isContent();
  });
});
