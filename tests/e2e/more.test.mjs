// Search with facets, mixed shelves, the map, recorded sessions, Chinese, and the shop without a network.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ADDRESSES } from "./pages.mjs";
import { openSite } from "./site.mjs";
import { launch, products, until, visit } from "./shopper.mjs";

let browser;
let all;
before(async () => {
  browser = await launch();
  all = await products();
});
after(() => browser.close());

const cents = (text) => Math.round(Number(text.match(/\$([\d,]+\.\d\d)/)?.[1].replaceAll(",", "") ?? NaN) * 100);

test("a search is narrowed down and ordered, and its address says so", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.search("milk");
    const results = page.getByRole("list", { name: "Results for “milk”" }).getByRole("listitem");
    await results.first().waitFor();
    const number = async () => Number((await page.getByText(/^[\d,]+ products?$/).first().innerText()).replace(/\D/g, ""));
    const whole = await number();
    await page.getByLabel("Sort by").selectOption({ label: "Price, low to high" });
    await until("the cheapest comes first", async () => {
      const prices = (await results.allInnerTexts()).map(cents).filter((price) => !Number.isNaN(price));
      return prices.length > 3 && prices.every((price, at) => at === 0 || prices[at - 1] <= price);
    });
    const department = page.getByLabel("Department", { exact: true });
    const [, option] = await until("departments can be chosen", async () => {
      const options = await department.locator("option").allInnerTexts();
      return options.length > 2 ? options : null;
    });
    await department.selectOption({ label: option });
    const count = Number(option.match(/\((\d+)\)$/)[1]);
    await until("the count is what the choice promised", async () => (await number()) === count);
    assert.ok(count < whole);
    await page.getByLabel("Price", { exact: true }).selectOption({ index: 1 });
    await until("nothing costs more", async () => (await results.allInnerTexts()).map(cents).every((price) => !(price >= 200)));
    const address = page.url();
    assert.match(address, /q=milk/);
    await page.goBack();
    await until("'back' takes one choice back", async () => (await number()) === count);
    await page.goto(address);
    await until("the address brings it back", async () => (await page.getByLabel("Price", { exact: true }).inputValue()) === "0");
    shopper.isContent();
  });
});

test("a search can be ordered by my taste", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.lookAt("Baby", 3);
    await shopper.search("food");
    const results = page.getByRole("list", { name: "Results for “food”" }).getByRole("listitem");
    await results.first().waitFor();
    const titles = () => results.getByRole("link").allInnerTexts();
    const before = (await titles()).join();
    await page.getByLabel("Sort by").selectOption({ label: "For you" });
    await until("the order is another one", async () => (await titles()).join() !== before);
    await page.getByLabel("Sort by").selectOption({ label: "Best match" });
    await until("and back", async () => (await titles()).join() === before);
    shopper.isContent();
  });
});

test("no category fills more than half of the first shelf, and suggestions, basics and one offer each have a place", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await shopper.lookAt("Pets", 4);
    await shopper.goHome();
    const cards = await shopper.picks();
    const category = new Map(all.map((product) => [product.id, product.category]));
    const counts = {};
    for (const { id } of cards) counts[category.get(id)] = (counts[category.get(id)] ?? 0) + 1;
    assert.ok(Math.max(...Object.values(counts)) <= cards.length / 2, JSON.stringify(counts));
    await shopper.cards("Picked for you").first().getByRole("button", { name: /^Add .+ to cart$/ }).click();
    await shopper.region("Goes well with your cart").waitFor();
    const shelves = await page.getByRole("main").getByRole("heading", { level: 2 }).allInnerTexts();
    const suggestions = shelves.filter((name) => !["Shop by department", "Recently viewed"].includes(name));
    assert.deepEqual(suggestions, ["Picked for you", "Goes well with your cart", "Everyone’s basics", "In this week’s ad", "An offer for you"]);
    const viewed = await shopper.onShelf("Recently viewed");
    assert.equal(viewed.length, 4);
    shopper.isContent();
  });
});

test("the week's leaflet has a shelf for everybody, in the order of each shopper's taste", async () => {
  await visit(browser, {}, async (shopper) => {
    await shopper.ready();
    const shelf = "In this week’s ad";
    await shopper.region(shelf).waitFor();
    const ids = async () => (await shopper.onShelf(shelf)).map(({ id }) => id);
    const cold = await ids();
    assert.equal(cold.length, 6);
    assert.equal(await shopper.cards(shelf).locator(".promoted").count(), 6, "each is marked");
    await shopper.lookAt("Pets", 3);
    await shopper.goHome();
    await until("another order", async () => (await ids()).join() !== cold.join());
    shopper.isContent();
  });
});

/** The score of each column: of its ten picks, how many were bought later. */
async function scores(shopper) {
  const score = async (name) => {
    const region = shopper.region(name);
    const said = Number((await region.getByText(/of \d+ bought later/).innerText()).match(/^\d+/)[0]);
    assert.equal(await region.getByText("bought later", { exact: true }).count(), said, "each of them is marked");
    return said;
  };
  return [await score("This shop"), await score("Without fine-tuning"), await score("Bestsellers")];
}

test("a recorded session is replayed step by step, and what was bought later is marked and counted", async () => {
  await visit(browser, { path: "/try-it-as", options: { reducedMotion: "reduce" } }, async (shopper) => {
    const { page } = shopper;
    await shopper.at("Replay a recorded shopper");
    const said = (words) => page.getByText(words).first().waitFor();
    await said(/^6 of 100 recorded shoppers/);
    await said(/^No products yet\. Bought later: /);
    const list = (name) => shopper.region(name).getByRole("listitem");
    assert.equal(await list("Bestsellers").count(), 10);
    const basket = page.getByRole("list", { name: "Their basket" }).getByRole("listitem");
    assert.equal(await basket.count(), 0);
    const before = await list("This shop").allInnerTexts();
    for (let step = 1; step <= 5; step += 1) {
      await page.getByRole("button", { name: "Next product" }).click();
      await said(/^So far: /);
      assert.equal(await basket.count(), step);
    }
    assert.notDeepEqual(await list("This shop").allInnerTexts(), before);
    const rest = page.getByRole("list", { name: "The rest of the basket" });
    assert.equal(await rest.count(), 0, "the rest is told at the end only");
    await page.getByRole("button", { name: "Reveal the rest" }).click();
    assert.ok((await rest.getByRole("listitem").count()) > 0);
    const [own, frozen, popular] = await scores(shopper);
    await said(`Bought later: ${own} from this shop, ${frozen} without fine-tuning, ${popular} bestsellers.`);
    assert.ok(own > popular, "the one where it helps most");
    await page.getByRole("button", { name: "Worst case" }).click();
    await said(/^No products yet\. /);
    for (let step = 0; step < 6; step += 1) await page.getByRole("button", { name: /^(Next product|Reveal the rest)$/ }).click();
    const worst = await scores(shopper);
    assert.ok(worst[0] <= worst[2], "it is not hidden where it does not help");
    shopper.isContent();
  });
});

test("a replay plays by itself and can be stopped, but not for who wants no motion", async () => {
  await visit(browser, { path: "/try-it-as" }, async (shopper) => {
    const { page } = shopper;
    await page.getByText(/^So far: .+, .+Bought later/).waitFor();
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("button", { name: "Play", exact: true }).waitFor();
    await page.getByRole("button", { name: "Start over" }).click();
    await page.getByRole("list", { name: "The rest of the basket" }).waitFor();
    await page.getByRole("button", { name: "Play", exact: true }).waitFor();
    shopper.isContent();
  });
  await visit(browser, { path: "/try-it-as", options: { reducedMotion: "reduce" } }, async ({ page }) => {
    await page.getByRole("button", { name: "Play", exact: true }).waitFor();
    await page.waitForTimeout(2500);
    await page.getByText(/^No products yet\. /).waitFor();
  });
});

test("under the hood are the figures of the last run, on any page, and Escape closes it", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await page.waitForLoadState("networkidle");
    const open = page.getByRole("button", { name: "Under the hood" });
    await open.click();
    const panel = page.getByRole("complementary", { name: "Under the hood" });
    await until("the heading has the focus", () => panel.getByRole("heading", { level: 2 }).evaluate((heading) => heading === document.activeElement));
    await shopper.lookAt("Pets", 5);
    const steps = panel.getByRole("list", { name: /^Where [\d.]+ ms went$/ }).getByRole("listitem");
    await steps.first().waitFor();
    assert.equal(await steps.count(), 6);
    const fact = async (name) => (await panel.locator("div", { has: page.locator("dt", { hasText: name }) }).last().innerText()).split("\n").at(-1);
    await until("five clicks are used", async () => (await fact("Clicks used")) === "5");
    if ((await fact("Weight of on-device fine-tuning")) === "0%") {
      await panel.getByText("It did not run").waitFor();
    } else {
      assert.ok(Number(await fact("Loss after")) < Number(await fact("Loss before")));
    }
    assert.equal(await fact("Requests since the page loaded"), "0");
    assert.equal(await fact("Bytes sent"), "0");
    await page.evaluate(() => fetch("/icon.svg"));
    await until("a request is counted", async () => (await fact("Requests since the page loaded")) === "1");
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
    assert.ok(await open.evaluate((button) => button === document.activeElement), "the focus is back");
    shopper.isContent();
  });
});

test("the shop is in Chinese for Chinese browsers, and the choice is kept", async () => {
  await visit(browser, { options: { locale: "zh-CN" } }, async (shopper) => {
    const { page } = shopper;
    await page.getByRole("heading", { name: "为您挑选" }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-Hans");
    assert.match(await page.getByRole("region", { name: "为您挑选" }).innerText(), /US\$\d+\.\d\d/);
    await until("the engine is ready", async () => /可在本机为 [\d,]+ 件商品排序/.test(await page.getByRole("status").first().innerText()));
    for (const path of [...ADDRESSES, "/search?q=milk"]) {
      await page.goto(new URL(path, shopper.url).href);
      // The static page before the shop loads is in English.
      await until("the shop is there", () => page.evaluate(() => document.documentElement.lang === "zh-Hans"));
      const words = await page.getByRole("main").evaluate((main) => [...main.querySelectorAll("h1, h2, .sub, button:not(.why):not([aria-label])")].map((part) => part.textContent.trim()).filter(Boolean));
      assert.deepEqual(words.filter((text) => !/[\u4e00-\u9fff]/.test(text)), [], path);
    }
    const results = page.getByRole("list", { name: "“milk”的搜索结果" });
    assert.equal(await results.getByRole("listitem").first().getByRole("link").getAttribute("lang"), "en", "titles are English");
    await page.goto(new URL("/department/baby", shopper.url).href);
    await shopper.at("母婴用品");
    await page.getByRole("navigation", { name: "子分类" }).getByRole("link", { name: "纸尿裤" }).click();
    await page.getByRole("searchbox", { name: "搜索商品" }).fill("尿裤");
    await page.getByRole("list", { name: "“尿裤”的搜索结果" }).getByRole("listitem").first().getByText("diaper", { exact: false }).first().waitFor();
    await page.goto(new URL("/search?q=milk", shopper.url).href);
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("heading", { name: "Results for “milk”" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Results for “milk”" }).waitFor();
    shopper.isContent();
  });
});

test("after the first visit the shop opens without a network, and a newer one is announced, not forced", async () => {
  let version = "";
  const site = await openSite({ "/sw.js": (body) => Buffer.from(body.toString().replace(/VERSION = '/, `$&${version}`)) });
  try {
    await visit(browser, { url: site.url, options: { serviceWorkers: "allow" } }, async (shopper) => {
      const { page } = shopper;
      await shopper.ready();
      await page.evaluate(() => navigator.serviceWorker.ready);
      await until("the shop is kept", () => page.evaluate(async () => Boolean(navigator.serviceWorker.controller) && (await caches.keys()).length === 1));
      await page.context().setOffline(true);
      await page.goto(new URL("/department/baby", site.url).href);
      await shopper.at("Baby");
      await shopper.ready();
      await page.goto(new URL("/map", site.url).href);
      await page.getByRole("img", { name: "Taste map" }).waitFor();
      await page.context().setOffline(false);

      version = "newer-";
      assert.equal(await page.getByText("A new version is available.").isVisible(), false);
      await page.reload();
      await page.getByText("A new version is available.").waitFor();
      await page.getByRole("button", { name: "Update" }).click();
      await until("the newer one is there alone", () => page.evaluate(async () => String(await caches.keys()).startsWith("fewshop-newer-")).catch(() => false));
      await shopper.at("Taste map");
    });
  } finally {
    site.close();
  }
});
