// A trip through the shop: search, product, cart, departments, back and forth, and a reload on the way.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, products, until, visit } from "./shopper.mjs";

let browser;
let all;
before(async () => {
  browser = await launch();
  all = await products();
});
after(() => browser.close());

/** A price as a number of cents. */
const cents = (text) => Math.round(Number(text.match(/\$([\d,]+\.\d\d)/)[1].replaceAll(",", "")) * 100);

test("a search forgives a typo, and 'back' leaves it in one step", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    for (const [typed, found] of [["bananas", /banana/i], ["strawbery", /strawberr/i], ["choclate milk", /chocolate|milk/i], ["TOOTHPAST", /toothpaste/i]]) {
      await shopper.search(typed);
      const results = page.getByRole("list", { name: `Results for “${typed}”` }).getByRole("listitem");
      await results.first().waitFor();
      assert.match(await results.first().getByRole("link").innerText(), found, typed);
    }
    await shopper.search("qqqzzz");
    await page.getByRole("heading", { name: "No results for “qqqzzz”" }).waitFor();
    await shopper.region("Everyone’s basics").waitFor();
    await page.goBack();
    await shopper.region("Picked for you").waitFor();
    assert.equal(new URL(page.url()).pathname, "/");
    shopper.isContent();
  });
});

test("a search can be opened by its address, with any letters in it", async () => {
  await visit(browser, { path: `/search?q=${encodeURIComponent("50% off & more <b>")}` }, async (shopper) => {
    await shopper.page.getByRole("heading", { level: 1, name: "“50% off & more <b>”" }).waitFor();
    assert.equal(await shopper.page.getByRole("searchbox").inputValue(), "50% off & more <b>");
    shopper.isContent();
  });
});

test("a product's page says what it is, and finds what goes well with it", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const [{ id, title }] = await shopper.onShelf("Picked for you");
    await shopper.cards("Picked for you").first().getByRole("link").click();
    await shopper.at(title);
    assert.equal(new URL(page.url()).pathname, `/product/${id}`);
    assert.equal(await page.title(), `${title} · Fewshop`);
    const article = page.getByRole("article", { name: title });
    assert.match(await article.innerText(), /\$\d+\.\d\d|No price listed/);
    const { department } = all.find((product) => product.id === id);
    await page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link", { name: department, exact: true }).waitFor();
    await shopper.region("Goes well with this").waitFor();
    const well = await shopper.onShelf("Goes well with this");
    assert.ok(well.length >= 4, `${well.length} things go well with it`);
    assert.ok(well.every((other) => other.id !== id), "it goes well with itself");
    await shopper.reads(/Learned from 1 click/);
    shopper.isContent();
  });
});

test("a product's page sends one request, before it opens, and of two quick clicks the last one counts", async () => {
  // Records each session request, and the number of the newest one that was answered.
  const spy = () => {
    window.asked = [];
    window.answered = null;
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, ...rest) {
      if (message?.type === "session") {
        window.asked.push({ seq: message.seq, path: location.pathname, events: message.session.events.length });
        if (!this.isWatched) this.addEventListener("message", ({ data }) => (window.answered = data?.seq ?? window.answered));
        this.isWatched = true;
      }
      return postMessage.call(this, message, ...rest);
    };
  };
  const prepare = (page) => page.addInitScript(spy);
  await visit(browser, { path: "/?backend=cpu", prepare }, async (shopper) => {
    const { page } = shopper;
    const asked = (n) =>
      until(`${n} requests, the newest one answered`, () =>
        page.evaluate((n) => window.asked.length >= n && window.asked.at(-1).seq === window.answered, n),
      );
    // A page is held back for less than a frame (`HOLD` in nav.rs), so after two frames it was opened, or never will be.
    const frames = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await shopper.ready();
    const [{ title }] = await shopper.onShelf("Picked for you");
    await page.evaluate(() => (window.asked.length = 0));
    await shopper.cards("Picked for you").first().getByRole("link").click();
    await shopper.at(title);
    await shopper.reads(/Learned from 1 click/);
    await asked(1);
    await frames();
    const first = await page.evaluate(() => window.asked.map(({ path, events }) => ({ path, events })));
    assert.deepEqual(first, [{ path: "/", events: 1 }]);
    const last = page.getByRole("link", { name: /^Cart/ }).first();
    await shopper.cards("Goes well with this").first().getByRole("link").first().evaluate((product, cart) => {
      product.click();
      cart.click();
    }, await last.elementHandle());
    await page.waitForURL(/cart/);
    await asked(3);
    await frames();
    assert.equal(new URL(page.url()).pathname, "/cart");
    await shopper.reads(/Learned from 1 click/);
    // The engine got a request for the product whose page never opened, and then one for the actual session.
    assert.deepEqual(await page.evaluate(() => window.asked.map(({ events }) => events)), [1, 2, 1]);
    shopper.isContent();
  });
});

test("the cart counts, sums, forgets a line, and survives a reload with the session", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const [first, second] = (await shopper.onShelf("Picked for you")).filter(({ text }) => text.includes("$"));
    for (const [{ title }, nth] of [[first, 0], [second, 1]]) {
      await shopper.cards("Picked for you").filter({ hasText: "$" }).nth(nth).getByRole("button", { name: `Add ${title} to cart` }).click();
      await shopper.hasInCart(nth + 1);
    }
    await shopper.reads(/Learned from 2/);
    await shopper.goToCart();
    const lines = page.getByRole("list", { name: "Cart", exact: true }).getByRole("listitem");
    assert.equal(await lines.count(), 2);
    const summary = shopper.region("Summary");
    const [a, b] = [cents(first.text), cents(second.text)];
    const total = async (sum) => until(`the total is ${sum} cents`, async () => cents(await summary.innerText()) === sum);
    await total(a + b);

    const line = lines.filter({ has: page.getByRole("link", { name: first.title, exact: true }) }).first();
    await line.getByRole("button", { name: `Add ${first.title} to cart` }).click();
    await line.getByRole("img", { name: "2 in your cart" }).waitFor();
    await shopper.hasInCart(3);
    await total(2 * a + b);
    await line.getByRole("button", { name: `Remove one ${first.title}` }).click();
    await total(a + b);
    await line.getByRole("button", { name: `Add ${first.title} to cart` }).click();
    await total(2 * a + b);
    await shopper.region("Goes well with your cart").waitFor();

    await page.reload();
    await shopper.hasInCart(3);
    await shopper.reads(/Learned from 2/);
    assert.equal(await lines.count(), 2);
    await total(2 * a + b);

    await page.getByRole("button", { name: `Remove ${first.title} from the cart` }).first().click();
    await until("one line is left", async () => (await lines.count()) === 1);
    await total(b);
    await shopper.hasInCart(1);
    await shopper.reads(/Learned from 1/);
    await page.getByRole("button", { name: "Check out" }).click();
    await summary.getByText("no order was placed").waitFor();

    await page.getByRole("button", { name: `Remove one ${second.title}` }).click();
    await shopper.heading("Your cart is empty").waitFor();
    await shopper.hasInCart(0);
    await page.reload();
    await shopper.heading("Your cart is empty").waitFor();
    shopper.isContent();
  });
});

test("viewed products are still known after a reload, and viewing it again counts once", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const viewed = await shopper.lookAt("Baby", 2);
    await shopper.goHome();
    const before = await shopper.picks();
    await page.reload();
    await shopper.reads(/Learned from 2/);
    assert.deepEqual((await shopper.picks()).map(({ id }) => id), before.map(({ id }) => id));
    await shopper.goToDepartment("Baby");
    await page.getByLabel("Sort by").selectOption({ label: "Bestsellers" });
    await until("the order is in the address", () => page.url().includes("order=found"));
    assert.equal(await shopper.openProduct("Baby", 1), viewed[1]);
    await page.reload();
    await shopper.at(viewed[1]);
    await shopper.reads(/Learned from 2/);
    shopper.isContent();
  });
});

test("each page has an address that opens it, and its own place in the history", async () => {
  const { id, title, department } = all.find((product) => product.department === "Pets");
  await visit(browser, { path: `/product/${id}` }, async (shopper) => {
    const { page } = shopper;
    await shopper.at(title);
    await page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link", { name: department, exact: true }).click();
    await shopper.at(department);
    const address = page.url();
    const count = all.filter((product) => product.department === department).length;
    await page.getByText(`${count} products`, { exact: true }).waitFor();
    await page.goto(address);
    await shopper.at(department);
    const list = page.getByRole("list", { name: department, exact: true }).getByRole("listitem");
    const shown = await list.count();
    await page.getByRole("button", { name: /^Show \d+ more$/ }).click();
    await until("more products are shown", async () => (await list.count()) > shown);
    assert.equal(await page.getByLabel("Sort by").inputValue(), "for-you", "the shopper looked at something here");
    await page.getByLabel("Sort by").selectOption({ label: "Bestsellers" });
    await shopper.reads(/Learned from 1/);
    const category = page.getByRole("navigation", { name: "Categories" }).getByRole("link").nth(1);
    await category.click();
    await until("the category is chosen", async () => (await category.getAttribute("aria-current")) === "true");
    await until("fewer products are left", async () => (await list.count()) < count);
    await page.goBack();
    await page.goBack();
    await shopper.at(department);
    await page.goBack();
    await shopper.at(title);
    await page.goForward();
    await shopper.at(department);
    for (const [path, heading] of [["/cart", "Your cart is empty"], ["/departments", "Departments"], ["/how-it-works", "How it works"], ["/search", "Search"]]) {
      await page.goto(new URL(path, shopper.url).href);
      await shopper.at(heading);
    }
    shopper.isContent();
  });
});

test("'back' and a reload return to the place in a list, with as many products", async () => {
  await visit(browser, { path: "/department/pantry?order=found" }, async (shopper) => {
    const { page } = shopper;
    await shopper.at("Pantry");
    const list = page.getByRole("list", { name: "Pantry", exact: true }).getByRole("listitem");
    // Below the first products the order changes once, when that of all sales arrives.
    const isOrdered = () => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/sales.txt"));
    await until("the order of sales is there", () => page.evaluate(isOrdered));
    await shopper.ready();
    await page.getByRole("button", { name: /^Show \d+ more$/ }).click();
    await until("more products are shown", async () => (await list.count()) >= 60);
    const shown = await list.count();
    const link = list.nth(55).getByRole("link");
    const title = (await link.innerText()).trim();
    await link.scrollIntoViewIfNeeded();
    const top = await page.evaluate(() => scrollY);
    assert.ok(top > 1000, `${top} px down`);
    await link.click();
    await shopper.at(title);
    const isBack = async () => {
      await until("as many are shown", async () => (await list.count()) === shown);
      await until("the place is the same", () => page.evaluate((top) => Math.abs(scrollY - top) < 4, top));
    };
    await page.goBack();
    await isBack();
    await until("the focus is where it was", () => page.evaluate((title) => document.activeElement.textContent.trim() === title, title));
    await page.reload();
    await isBack();
    shopper.isContent();
  });
});

test("products of one title stand under one card, which opens, and on each other's pages", async () => {
  await visit(browser, { path: "/department/pets?order=found" }, async (shopper) => {
    const { page } = shopper;
    const list = page.getByRole("list", { name: "Pets", exact: true }).getByRole("listitem");
    const button = list.first().getByRole("button", { name: /, \d+ (sizes|brands|options)$/ });
    const title = (await list.first().getByRole("link").innerText()).trim();
    const number = Number((await button.innerText()).match(/\d+/)[0]);
    const titled = () => list.getByRole("link", { name: title, exact: true }).count();
    assert.equal(await titled(), 1);
    await button.click();
    await until("all are shown", async () => (await titled()) === number);
    await list.nth(1).getByRole("link").click();
    await shopper.at(title);
    const others = page.getByRole("navigation", { name: /Sizes|Brands/ });
    assert.equal(await others.getByRole("listitem").count(), Math.min(number, 8) + (number > 8 ? 1 : 0));
    assert.equal(await others.locator("[aria-current]").count(), 1);
    await page.getByRole("button", { name: "One more" }).click();
    await page.getByRole("button", { name: "Add to cart", exact: true }).click();
    await shopper.hasInCart(2);
    await shopper.reads(/Learned from 1 click/);
    shopper.isContent();
  });
});

test("an unknown address is reported, with a way back", async () => {
  for (const [path, heading] of [
    ["/no/such/page", "Page not found"],
    ["/product/no-such-product", "Product not found"],
    ["/department/no-such-department", "Department not found"],
  ]) {
    await visit(browser, { path }, async (shopper) => {
      await shopper.at(heading);
      await shopper.page.getByRole("link", { name: "Continue shopping" }).click();
      await shopper.region("Picked for you").waitFor();
      await shopper.reads(/Nothing learned yet/);
    });
  }
});

test("the whole trip can be made with the keyboard alone", async () => {
  await visit(browser, {}, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), "Skip to content");
    await page.keyboard.press("Enter");
    const label = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent.trim());
    const tabTo = (wanted) =>
      until(`Tab reaches ${wanted}`, async () => {
        if (wanted.test(await label())) return true;
        await page.keyboard.press("Tab");
        return false;
      });
    await tabTo(/^Add .+ to cart$/);
    await page.keyboard.press("Enter");
    await shopper.hasInCart(1);
    assert.match(await label(), /^Add .+ to cart$/, "the focus stays where the shopper is");
    await page.keyboard.press("Enter");
    await shopper.hasInCart(2);
    await page.getByRole("searchbox").focus();
    await page.keyboard.type("banana");
    await page.keyboard.press("Enter");
    await shopper.at(/banana/);
    shopper.isContent();
  });
});
