// A page object: a person's actions and observations in the shop. Everything is found by role and name, never by its
// style.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

import { SITE } from "./site.mjs";

/** Timeout of one step, in ms: generous, since a busy machine without a GPU is slow and nothing here measures time. */
export const PATIENCE = 90_000;
/** The same for WebGPU in software, which compiles its shaders for a minute or more. */
export const GPU_PATIENCE = 400_000;
/** Flags for WebGPU in software, the only kind on a machine without a GPU. */
export const SOFTWARE_GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

const ARGS = [
  "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Starts a browser. */
export function launch(...args) {
  return chromium.launch({ executablePath: process.env.CHROME, args: [...ARGS, ...args] });
}

/** All products as the page receives them. */
export async function products() {
  const { items, categories } = await (await fetch(new URL("/assets/catalogue.json", SITE))).json();
  const [titles, pictures] = [items.title, items.picture].map(({ words, of }) => wordOfRows(words, of));
  const paths = wordOfRows(categories, items.category);
  return items.id.map((id, row) => ({
    id: `${items.prefix}${id}`,
    title: titles[row],
    department: paths[row][0],
    category: paths[row][1],
    picture: pictures[row],
  }));
}

/** A column of the catalogue: the word of each row. web/src/state/columns.rs says how they are written. */
function wordOfRows(words, text) {
  const digits = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).filter((c) => !'"\\'.includes(c));
  const used = [];
  const rows = [];
  let [high, next] = [0, 0];
  for (const digit of [...text].map((c) => digits.indexOf(c))) {
    if (digit >= 70) {
      high = high * 22 + digit - 70 + 1;
      continue;
    }
    const back = high * 70 + digit;
    high = 0;
    const word = back === 0 ? next++ : back <= 4096 ? used.splice(-back, 1)[0] : used.at(-back);
    if (back <= 4096) used.push(word);
    rows.push(words[word]);
  }
  return rows;
}

/** The memory stored in IndexedDB; null if there is no database. */
export async function remembered(page) {
  const texts = await page.evaluate(async () => {
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const names = (await indexedDB.databases()).map(({ name }) => name);
    if (names.length === 0) return null;
    if (String(names) !== "fewshop") throw new Error(`databases: ${names}`);
    const open = indexedDB.open("fewshop");
    // Deleted since it was listed: opening must not create it again.
    open.onupgradeneeded = () => open.transaction.abort();
    const database = await done(open).catch((error) => (error.name === "AbortError" ? null : Promise.reject(error)));
    if (!database) return null;
    const texts = await done(database.transaction("memory").objectStore("memory").getAll());
    database.close();
    return texts;
  });
  if (texts === null) return null;
  assert.equal(texts.length, 1, "one record, and no more");
  assert.match(texts[0], /^[0-9a-f]{8}\{/);
  return JSON.parse(texts[0].slice(8));
}

/** Stores a text as the page's memory before the page reads it: in the transaction that creates the database. */
export function plant(page, text) {
  return page.addInitScript((text) => {
    const request = indexedDB.open("fewshop", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("memory").put(text, 0);
    request.onsuccess = () => request.result.close();
  }, text);
}

/** Waits until `check` returns something true, and returns it. */
export async function until(what, check, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${patience / 1000} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Opens `path` of the shop at `url` in a fresh profile, runs `steps` with a {@link Shopper}, and closes it.
 *
 * `options` are the browser context's; `prepare` gets the page before it loads. Service workers are blocked unless a test asks for one: they
 * would answer instead of the site that the test serves.
 */
export async function visit(browser, { url = SITE, path = "/", options = {}, prepare = () => {} }, steps) {
  const context = await browser.newContext({ serviceWorkers: "block", locale: "en-US", ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const shopper = new Shopper(page, url);
  try {
    await prepare(page);
    await page.goto(new URL(path, url).href);
    await steps(shopper);
  } catch (error) {
    const seen = await page.locator("body").innerText({ timeout: 1000 }).catch(() => "nothing");
    const said = shopper.console.join("\n");
    const where = `--- at ${page.url()} the shopper sees:\n${seen.slice(0, 2000)}\n--- and the console says:\n${said}`;
    throw new Error(`${error.message}\n${where}`, { cause: error });
  } finally {
    await context.close();
  }
}

/** A new shopper. */
export class Shopper {
  constructor(page, url) {
    this.page = page;
    this.url = url;
    /** Everything on the console. */
    this.console = [];
    /** Everything that is wrong with the page: errors, failed requests, missing files. */
    this.complaints = [];
    page.on("console", (message) => {
      this.console.push(`${message.type()}: ${message.text()}`);
      if (message.type() === "error") this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText;
      // Leaving a page that still loads aborts its requests.
      if (why !== "net::ERR_ABORTED") this.complaints.push(`${request.url()}: ${why}`);
    });
    page.on("response", (response) => response.status() >= 400 && this.complaints.push(`${response.url()}: ${response.status()}`));
  }

  heading(name, level = 1) {
    return this.page.getByRole("heading", { name, level });
  }

  /** Waits for a page by its heading. */
  async at(name) {
    await this.heading(name).waitFor();
  }

  get statusLine() {
    return this.page.getByRole("status").first();
  }

  /** Waits until the status line matches, and returns its whole text. */
  async reads(words, patience = PATIENCE) {
    return until(`the status line says ${words}`, async () => {
      const text = (await this.statusLine.innerText()).replace(/\s+/g, " ");
      return words.test(text) ? text : null;
    }, patience);
  }

  /** Waits until the engine ranks. */
  async ready() {
    return this.reads(/Ready to rank|Learned from|ranked/);
  }

  /** A shelf or any part of the page named by a heading. */
  region(name) {
    return this.page.getByRole("region", { name, exact: true });
  }

  cards(shelf) {
    return this.region(shelf).getByRole("listitem");
  }

  /** The cards of a shelf: id, title and whole text of each. */
  async onShelf(shelf) {
    return this.cards(shelf).evaluateAll((cards) =>
      cards.map((card) => {
        const link = card.querySelector("a[href]");
        const id = decodeURIComponent(new URL(link.href).pathname.split("/").at(-1));
        return { id, title: link.textContent.trim(), text: card.innerText };
      }),
    );
  }

  /** Waits until the first shelf is personal, and returns its cards. */
  async picks() {
    await this.region("Picked for you").getByText(/^(Based on|A first guess, based on) .+\. Updates with every click\.$/).waitFor();
    return this.onShelf("Picked for you");
  }

  async goHome() {
    await this.page.getByRole("link", { name: /^Fewshop,? home$/ }).click();
    await this.region("Picked for you").waitFor();
  }

  async goToCart() {
    await this.page.getByRole("link", { name: /^Cart/ }).first().click();
    await this.page.getByRole("heading", { name: /^(Cart|Your cart is empty)$/, level: 1 }).waitFor();
  }

  /** Goes to the page of the shopper's taste. */
  async goToProfile() {
    await this.page.getByRole("main").getByRole("link", { name: "Your taste" }).click();
    await this.at("Your taste");
  }

  /** Goes to a department through the list of all. */
  async goToDepartment(name) {
    await this.page.getByRole("navigation", { name: "Departments" }).getByRole("link", { name: "All Departments" }).click();
    await this.at("Departments");
    await this.page.getByRole("list", { name: "Departments" }).getByRole("link", { name, exact: true }).click();
    await this.at(name);
  }

  /** Opens the nth product of the current department page, and returns its title. */
  async openProduct(department, nth) {
    const link = this.page.getByRole("list", { name: department, exact: true }).getByRole("listitem").nth(nth).getByRole("link");
    const title = (await link.innerText()).trim();
    await link.click();
    await this.at(title);
    return title;
  }

  /** Opens the first `count` products of a department one after the other, and returns their titles. */
  async lookAt(department, count) {
    await this.goToDepartment(department);
    // What is learned on the way would change the order.
    await this.page.getByLabel("Sort by").selectOption({ label: "Bestsellers" });
    await until("the order is in the address", () => this.page.url().includes("order=found"));
    const titles = [];
    for (let nth = 0; nth < count; nth += 1) {
      titles.push(await this.openProduct(department, nth));
      await this.page.goBack();
      await this.at(department);
    }
    return titles;
  }

  async search(words) {
    await this.page.getByRole("searchbox", { name: "Search products" }).fill(words);
    await this.page.getByRole("heading", { level: 1, name: `“${words}”` }).waitFor();
    // The engine's answer, if there is an engine.
    await this.page.locator("main [aria-busy=true]").waitFor({ state: "detached" });
  }

  /** Waits until the cart's link shows this number of items. */
  async hasInCart(count) {
    const name = count === 0 ? /^Cart$/ : new RegExp(`^Cart.*, ${count} items?$`);
    await this.page.getByRole("banner").getByRole("link", { name }).waitFor();
  }

  /** Nothing has gone wrong so far. */
  isContent() {
    assert.deepEqual(this.complaints, []);
  }
}

/** The share of a department among products on a shelf. */
export function share(cards, department, all) {
  const of = new Map(all.map((product) => [product.id, product.department]));
  return cards.filter(({ id }) => of.get(id) === department).length / cards.length;
}
