// If something is missing, broken or killed, the shop shows a plain notice and keeps working.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { NOT_THERE, openSite } from "./site.mjs";
import { launch, products, until, visit } from "./shopper.mjs";

const PACK = "/assets/shop.pack";
const NOTICE = "Your picks are unavailable right now. The rest of the shop works.";

let browser;
let all;
before(async () => {
  browser = await launch();
  all = await products();
});
after(() => browser.close());

/** Everything that a shop must be able to do without its engine. */
async function shopWithoutPicks(shopper) {
  const { page } = shopper;
  await shopper.region("Picked for you").getByText(/^(Our bestsellers|Bestsellers for now)\./).waitFor();
  const best = await shopper.onShelf("Picked for you");
  assert.equal(best.length, 12);
  await shopper.search("toothpaste");
  await page.getByRole("list", { name: "Results for “toothpaste”" }).getByRole("listitem").first().waitFor();
  await shopper.goToDepartment("Pets");
  const title = await shopper.openProduct("Pets", 0);
  // The shelf shown instead of 'goes well with' has its own heading.
  await shopper.page.getByRole("region", { name: /^More in / }).waitFor();
  await page.getByRole("button", { name: "Add to cart", exact: true }).click();
  await shopper.hasInCart(1);
  await shopper.goToCart();
  await page.getByRole("list", { name: "Cart", exact: true }).getByRole("link", { name: title, exact: true }).waitFor();
  await shopper.goHome();
  assert.deepEqual((await shopper.onShelf("Picked for you")).map(({ id }) => id), best.map(({ id }) => id), "bestsellers still");
  for (const { text } of await shopper.onShelf("Picked for you")) assert.doesNotMatch(text, /because of|popular here/);
  await page.getByRole("alert").getByText(NOTICE).waitFor();
  await page.reload();
  await shopper.hasInCart(1);
}

for (const [name, replaced, why] of [
  ["the pack is missing", { [PACK]: NOT_THERE }, /404/],
  ["the pack is empty", { [PACK]: () => Buffer.alloc(0) }, /SHA-256 is e3b0c442…/],
  ["the pack is cut off", { [PACK]: (bytes) => bytes.subarray(0, bytes.length >> 1) }, /cut off, damaged or of another version/],
  ["a bit of the pack is flipped", { [PACK]: (bytes) => (bytes.writeUInt8(bytes[bytes.length >> 1] ^ 4, bytes.length >> 1), bytes) }, /SHA-256/],
  ["the pack is the start page", { [PACK]: { type: "text/html", body: "<!doctype html>" } }, /pack/],
  ["the worker is missing", { "/engine/worker.js": NOT_THERE }, /./],
  ["the worker is no JavaScript", { "/engine/worker.js": { type: "text/javascript", body: "this is not JavaScript" } }, /./],
  ["the engine's script is missing", { "/engine/cpu/fewshop_wasm.js": NOT_THERE }, /./],
  ["the engine is missing", { "/engine/cpu/fewshop_wasm_bg.wasm": NOT_THERE }, /404/],
  ["the engine is cut off", { "/engine/cpu/fewshop_wasm_bg.wasm": (bytes) => bytes.subarray(0, bytes.length >> 1) }, /engine is cut off, damaged/],
  // A valid module that does not belong to this script.
  ["the engine is another one", { "/engine/cpu/fewshop_wasm_bg.wasm": { type: "application/wasm", body: Buffer.from("\0asm\x01\0\0\0", "latin1") } }, /SHA-256 is 93a44bbb…/],
]) {
  test(`${name}: bestsellers, a plain notice, and the shop keeps working`, async () => {
    const site = await openSite(replaced);
    try {
      await visit(browser, { url: site.url }, async (shopper) => {
        const notice = shopper.page.getByRole("alert");
        await notice.getByText(NOTICE).waitFor();
        assert.match(await notice.innerText(), why);
        assert.match(await shopper.statusLine.innerText(), /nothing has left this device/);
        await shopWithoutPicks(shopper);
      });
    } finally {
      site.close();
    }
  });
}

test("a pack that loads on the second try brings the picks back", async () => {
  const replaced = { [PACK]: NOT_THERE };
  const site = await openSite(replaced);
  try {
    await visit(browser, { url: site.url }, async (shopper) => {
      const { page } = shopper;
      await page.getByRole("alert").getByText(NOTICE).waitFor();
      await shopper.lookAt("Pets", 2);
      await shopper.goHome();
      delete replaced[PACK];
      await page.getByRole("button", { name: "Try again" }).click();
      await shopper.reads(/Learned from 2/);
      await shopper.picks();
      assert.equal(await page.getByRole("alert").count(), 0);
    });
  } finally {
    site.close();
  }
});

test("an engine with a different pack than the catalogue's names no product", async () => {
  const other = (bytes) => Buffer.from(String(bytes).replace(/"pack":"[0-9a-f]+"/, '"pack":"0000000000000000"'));
  const site = await openSite({ "/assets/catalogue.json": other });
  try {
    await visit(browser, { url: site.url }, async (shopper) => {
      await shopper.page.getByRole("alert").getByText(NOTICE).waitFor();
      await shopWithoutPicks(shopper);
    });
  } finally {
    site.close();
  }
});

for (const [name, replacement] of [
  ["missing", NOT_THERE],
  ["cut off", (bytes) => bytes.subarray(0, bytes.length >> 1)],
]) {
  test(`with the catalogue ${name} the window of bestsellers stays, with a notice`, async () => {
    const site = await openSite({ "/assets/catalogue.json": replacement });
    try {
      await visit(browser, { url: site.url }, async ({ page }) => {
        await page.getByRole("alert").getByText("couldn’t load").waitFor();
        assert.equal(await page.getByRole("region", { name: "Bestsellers" }).getByRole("listitem").count(), 12);
      });
    } finally {
      site.close();
    }
  });
}

test("pictures that are missing leave a letter in their place", async () => {
  const gone = Object.fromEntries(all.map(({ picture }) => [`/assets/pictures/${picture}.webp`, NOT_THERE]));
  const site = await openSite({ ...gone, "/assets/pictures-1.bin": (bytes) => bytes.subarray(0, bytes.length - 1) });
  try {
    await visit(browser, { url: site.url }, async (shopper) => {
      await shopper.ready();
      await until("half a file is none", () => shopper.console.some((line) => line.includes("pictures-1.bin is cut off")));
      assert.equal(await shopper.page.locator("main img").count(), 0);
      assert.equal(await shopper.cards("Picked for you").locator(".initial").count(), 12);
    });
  } finally {
    site.close();
  }
});

/** The page's dedicated worker. */
const engine = (page) => until("the engine's worker runs", () => page.workers().at(-1));

for (const [name, kill] of [
  ["is killed", () => self.close()],
  ["hangs", () => { setTimeout(() => { for (;;); }); }],
  ["throws", () => { self.onmessage = () => { throw new Error("struck by lightning"); }; }],
]) {
  test(`an engine that ${name} during a session is replaced and gets the session`, async () => {
    await visit(browser, {}, async (shopper) => {
      const { page } = shopper;
      await shopper.ready();
      await shopper.lookAt("Pets", 2);
      await shopper.reads(/Learned from 2/);
      await (await engine(page)).evaluate(kill);
      // The page notices when it next asks and no answer comes.
      await shopper.lookAt("Baby", 1);
      await shopper.goHome();
      await shopper.reads(/Learned from 3/);
      assert.equal((await shopper.picks()).length, 12);
      assert.equal(await page.getByRole("alert").count(), 0);
      await page.getByRole("button", { name: "Forget" }).click();
      await shopper.reads(/Everything forgotten/);
    });
  });
}

test("an engine that keeps dying is given up with a notice, and the shop keeps working", async () => {
  const shortLived = (bytes) => `${bytes}\nconst answer0 = self.onmessage; self.onmessage = (event) => { if (event.data.type === "session") throw new Error("struck by lightning"); answer0(event); };`;
  const site = await openSite({ "/engine/worker.js": shortLived });
  try {
    await visit(browser, { url: site.url }, async (shopper) => {
      // The shelf of the week's offers asks before the shopper does anything.
      await shopper.page.getByRole("alert").getByText(NOTICE).waitFor();
      await shopper.lookAt("Baby", 1);
      await shopper.goHome();
      await shopWithoutPicks(shopper);
    });
  } finally {
    site.close();
  }
});
