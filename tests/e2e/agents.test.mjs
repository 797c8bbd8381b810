// WebMCP: the browser's own agent searches, asks for picks and their reasons, and cannot touch cart or memory without the shopper.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both. A Chromium without WebMCP gets a
// stand-in with the same three methods, and the test says so.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { TOOLS, fault } from "../../web/assets/agents.js";
import { launch, until, visit } from "./shopper.mjs";

let browser;
before(async () => {
  browser = await launch("--enable-features=WebMCPTesting");
});
after(() => browser.close());

const ANSWER = 30_000;

/** What Chromium 156 does with tools, for a browser that lacks it. */
const standIn = (page) =>
  page.addInitScript(() => {
    if (document.modelContext) return;
    const tools = [];
    console.info("WebMCP: a stand-in");
    document.modelContext = {
      registerTool: async (tool) => void tools.push(tool),
      getTools: async () => tools,
      executeTool: async (tool, input) => JSON.stringify(await tool.execute(JSON.parse(JSON.stringify(input)), { signal: new AbortController().signal })),
    };
  });

/** Calls a tool as the browser's agent does, and returns its answer. */
const call = (page, name, input = {}) =>
  page.evaluate(async ([name, input]) => {
    const tool = (await document.modelContext.getTools()).find((tool) => tool.name === name);
    return JSON.parse(await document.modelContext.executeTool(tool, input));
  }, [name, input]);

test("the browser's agent finds products, and the shopper decides about cart and memory", async (t) => {
  await visit(browser, { prepare: standIn }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    const names = () => page.evaluate(async () => (await document.modelContext.getTools()).map(({ name }) => name).sort());
    await until("five tools are there", async () => (await names()).length === 5, ANSWER);
    assert.deepEqual(await names(), ["add_to_cart", "explain_pick", "forget_me", "pick_for_this_shopper", "search_products"]);
    if (shopper.console.some((line) => line.includes("a stand-in"))) t.diagnostic("this Chromium has no WebMCP: a stand-in was used");
    const requests = [];
    // What the page fetches by itself, after which it makes no request.
    await page.evaluate(async () => (await import(new URL("/assets/rest.js", document.baseURI).href)).rest);
    page.on("request", (request) => requests.push(request.url()));

    const found = await until("the search is ready", async () => {
      const found = await call(page, "search_products", { query: "cat food", limit: 3 });
      return found.error ? null : found;
    });
    assert.equal(found.products.length, 3);
    const [{ id, title, price }] = found.products;
    assert.match(`${title} ${price}`, /cat food .*\d/i);
    assert.equal((await call(page, "pick_for_this_shopper", { limit: 4 })).personal, false);
    assert.match((await call(page, "explain_pick", { id })).error, /not among the picks/);
    assert.match((await call(page, "search_products")).error, /'query' is missing/);
    assert.match((await call(page, "add_to_cart", { id: "no-such" })).error, /no product 'no-such'/);

    const asked = () => page.getByRole("dialog", { name: /An assistant in your browser wants to add 2 × / });
    const declined = call(page, "add_to_cart", { id, quantity: 2 });
    await asked().waitFor();
    await page.keyboard.press("Enter");
    assert.deepEqual(await declined, { confirmed: false }, "the focus is on what changes nothing");
    await shopper.hasInCart(0);
    const confirmed = call(page, "add_to_cart", { id, quantity: 2 });
    await asked().getByRole("button", { name: "Add", exact: true }).click();
    assert.deepEqual(await confirmed, { confirmed: true, added: 2, in_cart: 2 });
    await shopper.hasInCart(2);

    const picked = await until("the picks are the shopper's own", async () => {
      const picked = await call(page, "pick_for_this_shopper");
      return picked.personal ? picked : null;
    });
    assert.equal(picked.clicks, 1);
    assert.ok(picked.products.length > 6 && picked.products.every(({ reason }) => reason));
    const why = await call(page, "explain_pick", { id: picked.products[0].id });
    assert.deepEqual([why.place, why.product.id], [1, picked.products[0].id]);

    const forgotten = call(page, "forget_me");
    await page.getByRole("dialog", { name: /forget everything/ }).getByRole("button", { name: "Forget" }).click();
    assert.deepEqual(await forgotten, { confirmed: true });
    await shopper.reads(/Everything forgotten/);
    assert.deepEqual(requests, [], "nothing was requested for any of it");
    shopper.isContent();
  });
});

test("arguments that a tool cannot take are named", () => {
  const [search, pick, , add, forget] = TOOLS;
  for (const [tool, input, expected] of [
    [search, { query: "milk" }, undefined],
    [search, { query: "milk", limit: 5 }, undefined],
    [search, { query: " " }, /'query' must be a text/],
    [search, { query: "milk", limit: 51 }, /'limit' must be a whole number from 1 to 50/],
    [pick, { limit: 1.5 }, /whole number/],
    [pick, null, /expected an object/],
    [add, { id: "1", quantity: 0 }, /from 1 to 99/],
    [add, { quantity: 1 }, /'id' is missing/],
    [forget, { sure: true }, /no argument 'sure', expected none/],
    [add, { id: "1", constructor: "x" }, /no argument 'constructor', expected 'id', 'quantity'/],
  ]) {
    const found = fault(tool, input);
    if (expected) assert.match(found ?? "", expected);
    else assert.equal(found, undefined);
  }
});
