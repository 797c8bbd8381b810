// The npm package in a folder with only the package, an example and a pack: both examples, the module, the element, a
// CDN, and faults.
//
// Needs the package at FEWSHOP_PACKAGE, the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test
// --only e2e` provides all of them.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { extname, join, normalize } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { SITE } from "./site.mjs";
import { PATIENCE, launch, until } from "./shopper.mjs";

const PACKAGE = process.env.FEWSHOP_PACKAGE;
const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));
const TYPES = { ".js": "text/javascript", ".html": "text/html", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm" };
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'";

let browser;
let pack;
before(async () => {
  browser = await launch();
  pack = Buffer.from(await (await fetch(new URL("/assets/shop.pack", SITE))).arrayBuffer());
});
after(() => browser.close());

/** A plain static host: `folders` maps the beginning of a path to a folder, `files` a path to what is there, with `headers` on everything. */
async function host({ folders = {}, files = {}, headers = {}, types = TYPES }) {
  const requests = [];
  const server = http.createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, "http://host");
    requests.push(`${request.method} ${pathname}${search}`);
    const file = files[pathname.endsWith("/") ? `${pathname}index.html` : pathname];
    const folder = Object.keys(folders).find((folder) => pathname.startsWith(folder));
    let body = file;
    if (body === undefined && folder) {
      const rest = normalize(pathname.slice(folder.length) || "index.html");
      body = rest.startsWith("..") ? undefined : await readFile(join(folders[folder], rest)).catch(() => undefined);
    }
    const type = types[extname(pathname) || ".html"] ?? "application/octet-stream";
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type, ...headers });
    response.end(body === undefined ? "not here" : body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, requests, files, close };
}

/** Opens a page of a host, and closes it after `steps`. Whatever is wrong with it is in `complaints`. */
async function open(url, steps) {
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  try {
    await page.goto(url);
    await steps(page, complaints);
  } catch (error) {
    throw new Error(`${error.message}\n--- the page says: ${await page.locator("body").innerText().catch(() => "")}\n${complaints.join("\n")}`, { cause: error });
  } finally {
    await context.close();
  }
}

/** Runs `steps` in an example, with the package and a pack beside it, somewhere below the root of a host. */
async function example(name, steps) {
  const at = "/some/folder/";
  const site = await host({ folders: { [`${at}fewshop/`]: PACKAGE, [at]: join(EXAMPLES, name) }, files: { [`${at}shop.pack`]: pack } });
  try {
    await open(`${site.url}${at}`, (page, complaints) => steps(page, complaints, site));
  } finally {
    site.close();
  }
}

/** A page with nothing in it but an empty module. */
async function blank(options, steps) {
  const { policy = POLICY, body = "", ...rest } = options;
  const site = await host({
    folders: { "/fewshop/": PACKAGE },
    headers: { "content-security-policy": policy },
    ...rest,
    files: { "/index.html": `<!doctype html><meta charset="utf-8"><title>blank</title>${body}`, "/shop.pack": pack, "/favicon.ico": "", ...rest.files },
  });
  try {
    await open(`${site.url}/`, (page, complaints) => steps(page, complaints, site));
  } finally {
    site.close();
  }
}

test("the example of the module learns, takes back, remembers and forgets, and sends no further requests to its host", async () => {
  await example("plain-html", async (page, complaints, site) => {
    const status = page.getByRole("status");
    const picks = page.getByRole("region", { name: "Picked for you" }).getByRole("listitem");
    const goods = page.getByRole("region", { name: "Some of our goods" }).getByRole("button");
    await status.getByText("Learned from 0 clicks").waitFor();
    const best = await picks.allInnerTexts();
    assert.equal(best.length, 8);
    const asked = site.requests.length;
    const title = await goods.nth(3).innerText();
    await goods.nth(3).click();
    await status.getByText("Learned from 1 click;").waitFor();
    await picks.getByText(`because of ${title}`).first().waitFor();
    await goods.nth(5).click();
    await status.getByText("Learned from 2 clicks").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await status.getByText("Learned from 1 click;").waitFor();
    assert.deepEqual(site.requests.slice(asked), [], "after load nothing is asked for");
    await page.reload();
    await status.getByText("Learned from 1 click;").waitFor();
    await page.getByRole("button", { name: "Forget" }).click();
    await status.getByText("Learned from 0 clicks").waitFor();
    assert.deepEqual(await picks.allInnerTexts(), best);
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    assert.deepEqual(complaints, []);
    assert.ok(site.requests.every((line) => /^GET [^?]+$/.test(line)), site.requests.join("\n"));
  });
});

test("the example of the element shows its content, then picks, and two of them share one engine", async () => {
  await example("web-component", async (page, complaints, site) => {
    const list = page.getByRole("region", { name: "Picked for you" }).getByRole("list");
    await list.getByRole("link").first().waitFor();
    assert.equal(await list.getByRole("listitem").count(), 6);
    assert.equal(await page.getByText("stands in this place").isVisible(), false);
    const link = list.getByRole("link").first();
    const title = await link.innerText();
    await link.click();
    await page.getByRole("region", { name: "Goes well with it" }).getByRole("link").nth(2).waitFor();
    await list.getByText(`because of ${title}`).first().waitFor();
    assert.equal(await list.getByRole("link", { name: title, exact: true }).count(), 0, "what was seen is not picked");
    assert.equal(site.requests.filter((line) => line.endsWith("shop.pack")).length, 1);
    assert.deepEqual(complaints, []);
  });
});

test("without JavaScript the element shows the content between its tags", async () => {
  const at = "/";
  const site = await host({ folders: { [at]: join(EXAMPLES, "web-component") } });
  const context = await browser.newContext({ javaScriptEnabled: false });
  try {
    const page = await context.newPage();
    await page.goto(site.url);
    await page.getByText("stands in this place").waitFor();
  } finally {
    await context.close();
    site.close();
  }
});

test("the module answers by ids, in parallel, and with named errors", async () => {
  await blank({}, async (page, complaints) => {
    const seen = await page.evaluate(async () => {
      const { Fewshop } = await import("/fewshop/index.js");
      const shop = await Fewshop.open("shop.pack");
      const events = [];
      for (const type of ["ranked", "changed"]) shop.addEventListener(type, ({ detail }) => events.push([type, Object.keys(detail).sort().join()]));
      const [one, two] = [shop.items[3].id, shop.items[900].id];
      shop.observe({ kind: "cart", item: one });
      shop.observe({ item: two });
      const asked = [shop.rank({ n: 3 }), shop.rank({ n: 3 }), shop.rank({ n: 5, category: [shop.items[3].category[0]] }), shop.rank({ n: 2, seeds: [one] })];
      const [a, b, c, d] = await Promise.all(asked);
      const explained = await shop.explain(a[0].id);
      const codes = [];
      for (const ask of [
        () => shop.rank({ n: 0 }), () => shop.rank({ n: 1, seeds: ["no such"] }), () => shop.explain("no such"),
        async () => shop.observe({ kind: "sing", item: one }), async () => shop.observe({}),
        () => shop.rank({ objective: "cheap" }), () => shop.rank({ skip: -1 }), async () => shop.correct({}, "more"),
      ]) codes.push(await ask().then(() => "fine", ({ name, code }) => `${name} ${code}`));
      const kept = JSON.parse(JSON.stringify(shop.session));
      shop.forget();
      const fresh = await shop.rank({ n: 3 });
      shop.restore([...kept, { kind: "view", item: "gone since" }]);
      const again = await shop.rank({ n: 3 });
      const streamed = [];
      for await (const picks of shop.rankings({ n: 1 })) {
        streamed.push(picks[0].id);
        if (streamed.length === 3) break;
        shop.observe({ item: picks[0].id });
      }
      shop.close();
      codes.push(await shop.rank().catch(({ code }) => code));
      return { same: JSON.stringify(a) === JSON.stringify(b), a, c, d, explained, codes, kept, fresh, again, streamed, events, one, two, first: shop.items[3] };
    });
    const ids = (picks) => picks.map(({ id }) => id);
    assert.ok(seen.same && seen.a.length === 3 && seen.c.length === 5 && seen.d.length === 2);
    assert.ok([...ids(seen.a), ...ids(seen.c), ...ids(seen.again)].every((id) => id !== seen.one && id !== seen.two));
    assert.ok(seen.c.every(({ category }) => category[0] === seen.first.category[0]));
    assert.equal(seen.a[0].reason.kind === "because_of" ? typeof seen.a[0].reason.shots[0].item.title : "string", "string");
    assert.equal(seen.explained.id, seen.a[0].id);
    assert.deepEqual(seen.codes, [
      "FewshopError bad_argument", "FewshopError unknown_item", "FewshopError unknown_item",
      ...Array(5).fill("FewshopError bad_argument"), "closed",
    ]);
    assert.deepEqual(seen.kept, [{ kind: "cart", item: seen.one }, { kind: "view", item: seen.two }]);
    assert.deepEqual(ids(seen.again), ids(seen.a), "a session that is restored is the same session");
    assert.equal(new Set(seen.streamed).size, 3, "each pick that was looked at makes way for another");
    assert.ok(seen.events.some(([type, keys]) => type === "ranked" && keys === "picks,status"));
    assert.deepEqual(complaints, []);
  });
});

/** What a page posts to the worker, in `posted`. */
const spy = (page) =>
  page.evaluate(() => {
    globalThis.posted = [];
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, ...rest) {
      posted.push(message);
      return postMessage.call(this, message, ...rest);
    };
  });

test("events may come before the pack, and ids that it does not have are reported once", async () => {
  await blank({}, async (page, complaints) => {
    const seen = await page.evaluate(async () => {
      const { Fewshop } = await import("/fewshop/index.js");
      const known = (await new Fewshop("shop.pack").ready).items[5].id;
      const shop = new Fewshop("shop.pack");
      const unknown = [];
      shop.addEventListener("unknown", ({ detail }) => unknown.push(detail.items));
      shop.observe({ kind: "cart", item: known });
      shop.observe({ item: "no such" });
      shop.observe({ type: "view", item: "no such" });
      const asked = shop.rank({ n: 3 });
      const early = shop.items.length;
      const picks = await asked;
      const late = shop.observe({ item: "no such" });
      return { known, unknown, early, picks, session: shop.session, late };
    });
    assert.equal(seen.early, 0, "all of it came before the catalogue");
    assert.deepEqual(seen.unknown, [["no such"], ["no such"]], "those that came early once, and the one that came late");
    assert.deepEqual(seen.session, [{ kind: "cart", item: seen.known }]);
    assert.ok(seen.picks.length === 3 && seen.picks.every(({ id }) => id !== seen.known));
    assert.equal(seen.late, false, "it does not count, and is no exception");
    assert.deepEqual(complaints, []);
  });
});

test("a visit ends after an order, with a check-out or after half an hour, is remembered, and is a reason for later picks", async () => {
  await blank({}, async (page) => {
    await spy(page);
    const seen = await page.evaluate(async () => {
      const { Fewshop } = await import("/fewshop/index.js");
      const { MAX_VISITS, VISIT_GAP_S } = await import("/fewshop/protocol.js");
      const { now } = Date;
      let later = 0;
      Date.now = () => now() + later;
      const shop = new Fewshop("shop.pack", { remember: true });
      const id = Object.fromEntries((await shop.ready).items.slice(0, 8).map((item, row) => [row, item.id]));
      const after = (steps) => {
        steps();
        return { session: shop.session, visits: shop.visits.map(({ items }) => items) };
      };
      const states = [
        after(() => [1, 2].forEach((row) => shop.observe({ kind: "purchase", item: id[row] }))),
        after(() => shop.observe({ kind: "dismiss", item: id[3] })),
        after(() => shop.observe({ kind: "cart", item: id[1] })),
        after(() => shop.checkOut()),
        after(() => shop.observe({ kind: "cart", item: id[4] })),
        after(() => {
          later = VISIT_GAP_S * 1000;
          shop.observe({ item: id[5] });
        }),
      ];
      await shop.rank({ n: 1 });
      const { session } = posted.filter(({ type }) => type === "session").at(-1);
      for (let visit = 0; visit < MAX_VISITS + 3; visit += 1) {
        shop.observe({ kind: "cart", item: id[6] });
        shop.checkOut();
      }
      const most = shop.visits.length;
      const picks = await shop.rank({ n: 20 });
      shop.close();
      const again = new Fewshop("shop.pack", { remember: true });
      const kept = [again.visits.length, again.session];
      later = 31 * 24 * 60 * 60 * 1000;
      const old = new Fewshop("shop.pack", { remember: true });
      return { id, states, picks, session, most, kept, old: [old.visits.length, old.session.length], stored: localStorage.length, MAX_VISITS };
    });
    const { id } = seen;
    const dismissal = { kind: "dismiss", item: id[3] };
    assert.deepEqual(seen.states, [
      { session: [1, 2].map((row) => ({ kind: "purchase", item: id[row] })), visits: [] },
      { session: [dismissal], visits: [[id[1], id[2]]] },
      { session: [dismissal, { kind: "cart", item: id[1] }], visits: [[id[1], id[2]]] },
      { session: [dismissal], visits: [[id[1]], [id[1], id[2]]] },
      { session: [dismissal, { kind: "cart", item: id[4] }], visits: [[id[1]], [id[1], id[2]]] },
      { session: [dismissal, { kind: "view", item: id[5] }], visits: [[id[4]], [id[1]], [id[1], id[2]]] },
    ]);
    assert.deepEqual(seen.session.visits, [[4], [1], [1, 2]], "the visits are sent, by rows");
    assert.ok(seen.picks.some(({ reason }) => reason.kind === "taken_before" && reason.visits >= 1), JSON.stringify(seen.picks.map(({ reason }) => reason)));
    assert.equal(seen.most, seen.MAX_VISITS);
    assert.deepEqual(seen.kept, [seen.MAX_VISITS, [dismissal]]);
    assert.deepEqual([seen.old, seen.stored], [[0, 0], 0], "after 30 days nothing is left");
  });
});

test("an explanation is one message that carries its session, and offers and attributes need no shelf", async () => {
  await blank({}, async (page, complaints) => {
    await spy(page);
    const seen = await page.evaluate(async () => {
      const { Fewshop } = await import("/fewshop/index.js");
      const shop = await new Fewshop("shop.pack").ready;
      shop.observe({ kind: "cart", item: shop.items[7].id });
      const before = posted.length;
      const why = await shop.explain(shop.items[7].id);
      const explained = posted.slice(before);
      const [attributes, offers, few] = await Promise.all([shop.attributes(), shop.offers(2), shop.offers(1)]);
      const types = posted.slice(before + 1).map(({ type }) => type);
      const codes = [await shop.offers(0).catch(({ code }) => code), await shop.answer("weather").catch(({ code }) => code)];
      return { why, explained, attributes, offers, few, codes, posted: types };
    });
    assert.equal(seen.explained.length, 1, JSON.stringify(seen.explained));
    assert.deepEqual(seen.explained[0].session.events, [{ kind: "cart", item: 7 }]);
    assert.equal(typeof seen.why.score, "number");
    assert.deepEqual(seen.posted, ["session"], "all three are one request");
    assert.ok(seen.attributes.every(({ attribute, values }) => typeof attribute === "string" && (values === null || values.length > 1)));
    assert.ok(seen.offers.length <= 2 && seen.offers.every(({ items }) => items.every(({ title }) => title)));
    assert.deepEqual(seen.few, seen.offers.slice(0, 1));
    assert.deepEqual(seen.codes, ["bad_argument", "bad_argument"]);
    assert.deepEqual(complaints, []);
  });
});

test("a pick that a business rule moved carries its name, and so does its part of the element", async () => {
  await blank({}, async (page) => {
    const seen = await page.evaluate(async () => {
      // The pack of this test has no rules: one is added to the worker's answer.
      const { set } = Object.getOwnPropertyDescriptor(Worker.prototype, "onmessage");
      Object.defineProperty(Worker.prototype, "onmessage", {
        set(hear) {
          set.call(this, ({ data }) => {
            if (data.type === "picks") data.shelves[0].picks[0].rule = "pin";
            hear({ data });
          });
        },
      });
      const { FewshopPicks } = await import("/fewshop/picks.js");
      const { Fewshop } = await import("/fewshop/index.js");
      const shop = new Fewshop("shop.pack");
      const picks = await shop.rank({ n: 2 });
      const element = new FewshopPicks();
      element.shop = shop;
      document.body.append(element);
      await new Promise((resolve) => element.addEventListener("fewshop-picks-updated", resolve, { once: true }));
      return { rules: picks.map(({ rule }) => rule), parts: [...element.shadowRoot.querySelectorAll("li")].slice(0, 2).map((item) => item.getAttribute("part")) };
    });
    assert.deepEqual(seen, { rules: ["pin", null], parts: ["item pin", "item"] });
  });
});

test("shelves, pages of a list, filters, alternatives and what goes with a product", async () => {
  await blank({}, async (page, complaints) => {
    const seen = await page.evaluate(async () => {
      const { Fewshop } = await import("/fewshop/index.js");
      const shop = await new Fewshop("shop.pack").ready;
      const one = shop.items[900];
      shop.observe({ item: one.id });
      const ids = async (picks) => (await picks).map(({ id }) => id);
      const all = await ids(shop.rank({ n: 9 }));
      const [first, second] = await Promise.all([ids(shop.rank({ n: 5 })), ids(shop.rank({ n: 4, skip: 5 }))]);
      const cheap = await shop.rank({ n: 5, where: ({ price }) => price !== null && price < 1 });
      const none = await shop.rank({ where: () => false });
      const personal = await shop.rank({ n: 5, objective: "personal" });
      const shelves = await shop.shelves([{ n: 6, objective: "personal" }, { n: 6 }, { n: 3, category: [one.category[0]] }]);
      const similar = await shop.similar(one.id, { n: 4 });
      const beside = await ids(shop.goesWith([one.id], { n: 4 }));
      return { one, all, first, second, cheap, none, personal, similar, beside, shelves: shelves.map((picks) => picks.map(({ id }) => id)) };
    });
    assert.deepEqual([...seen.first, ...seen.second], seen.all);
    assert.ok(seen.cheap.length === 5 && seen.cheap.every(({ price }) => price < 1));
    assert.deepEqual(seen.none, []);
    assert.ok(seen.personal.every(({ lift }) => typeof lift === "number"), "how much likelier than for a new shopper");
    assert.deepEqual(seen.shelves.map((ids) => ids.length), [6, 6, 3]);
    assert.equal(new Set(seen.shelves.flat()).size, 15, "no product stands on two shelves");
    assert.ok(seen.similar.every(({ id, category }) => id !== seen.one.id && String(category) === String(seen.one.category)));
    assert.ok(seen.beside.length === 4 && !seen.beside.includes(seen.one.id));
    assert.deepEqual(complaints, []);
  });
});

test("words find products, and a sentence is an example that picks follow, name, remember and give back", async () => {
  const words = Buffer.from(await (await fetch(new URL("/assets/shop.words", SITE))).arrayBuffer());
  await blank({ files: { "/shop.words": words } }, async (page, complaints, site) => {
    const found = await page.evaluate(async () => {
      const { Fewshop } = await import("/fewshop/index.js");
      window.shop = new Fewshop("/shop.pack", { words: "/shop.words", remember: true });
      const { items, by, unwanted, maxPrice } = await shop.find("red wine, no cheese, up to $15", { n: 5 });
      const wrong = await shop.find("").then((found) => found.by);
      const refused = await shop.find("wine", { n: 0 }).catch((error) => error.code);
      return { titles: items.map((item) => item.title), prices: items.map((item) => item.price), by, unwanted, maxPrice, wrong, refused };
    });
    assert.equal(found.titles.length, 5);
    assert.ok(found.prices.every((price) => price === null || price <= 15), JSON.stringify(found));
    assert.deepEqual([found.unwanted, found.maxPrice, found.wrong, found.refused], [["cheese"], 15, "nothing", "bad_argument"]);
    const sentence = "something for a cat, no litter";
    const picked = await page.evaluate(async (sentence) => {
      const titles = (picks) => picks.map((pick) => pick.title);
      const before = titles(await shop.rank({ n: 8, objective: "personal" }));
      const isRead = [await shop.ask(sentence), await shop.ask(sentence), await shop.ask("?!")];
      const picks = await shop.rank({ n: 8, objective: "personal" });
      const reasons = picks.flatMap(({ reason }) => reason.shots ?? []).map(({ asked }) => asked);
      return { before, after: titles(picks), isRead, asked: shop.asked, reasons: [...new Set(reasons)], session: shop.session.length };
    }, sentence);
    assert.deepEqual([picked.isRead, picked.asked, picked.reasons, picked.session], [[true, true, false], [sentence], [sentence], 0]);
    const cats = (titles) => titles.filter((title) => /cat /i.test(title)).length;
    assert.ok(cats(picked.after) >= 3 && cats(picked.before) === 0, JSON.stringify(picked));
    assert.ok(!picked.after.some((title) => /litter/i.test(title)), JSON.stringify(picked));
    await page.reload();
    const kept = await page.evaluate(async (sentence) => {
      const { Fewshop } = await import("/fewshop/index.js");
      const shop = new Fewshop("/shop.pack", { remember: true });
      const titles = async () => (await shop.rank({ n: 8, objective: "personal" })).map((pick) => pick.title);
      const remembered = [shop.asked, await titles()];
      const isGone = [shop.unask(sentence), shop.unask(sentence), shop.asked];
      return { remembered, isGone, after: await titles(), stored: localStorage.length };
    }, sentence);
    assert.deepEqual(kept.remembered, [[sentence], picked.after]);
    assert.deepEqual([kept.isGone, kept.after, kept.stored], [[true, false, []], picked.before, 0]);
    assert.ok(site.requests.every((request) => !request.includes("cat")), "words are sent nowhere");
    assert.deepEqual(complaints, []);
  });
});

test("what is ignored does not count, corrections move picks, and both are remembered", async () => {
  await blank({}, async (page) => {
    const seen = await page.evaluate(async () => {
      const { Fewshop } = await import("/fewshop/index.js");
      const shop = await new Fewshop("shop.pack", { remember: true }).ready;
      const [gift, other] = [shop.items[700].id, shop.items[20].id];
      shop.observe({ kind: "cart", item: gift });
      shop.observe({ item: other });
      shop.ignore(gift);
      const counts = [shop.observe({ item: gift }), shop.observe({ item: other })];
      const session = shop.session;
      const [best] = await shop.rank({ n: 1 });
      shop.correct(best, "never");
      const without = await shop.rank({ n: 12 });
      shop.close();
      const again = new Fewshop("shop.pack", { remember: true });
      const kept = [again.ignored, again.corrections, again.session.length];
      again.correct(best, null);
      again.ignore(gift, false);
      const back = await again.rank({ n: 1 });
      again.remember = false;
      return { gift, other, counts, session, best, without, kept, back, stored: localStorage.length };
    });
    assert.deepEqual(seen.counts, [false, true]);
    assert.ok(seen.session.every(({ item }) => item === seen.other));
    const path = (item) => item.category.slice(0, 2).join("/");
    assert.ok(seen.without.length === 12 && seen.without.every((pick) => path(pick) !== path(seen.best)));
    assert.deepEqual(seen.kept, [[seen.gift], { [`category/${path(seen.best)}`]: "never" }, 2]);
    assert.equal(seen.back[0].id, seen.best.id);
    assert.equal(seen.stored, 0, "switched off: nothing stays stored");
  });
});

test("three tabs, one of them frozen: nothing is lost, and what was forgotten does not come back", async () => {
  await blank({}, async (page, complaints, site) => {
    const tabs = [page, await page.context().newPage(), await page.context().newPage()];
    for (const tab of tabs) {
      await tab.goto(site.url);
      await tab.evaluate(async () => {
        const { Fewshop } = await import("/fewshop/index.js");
        globalThis.shop = await new Fewshop("shop.pack", { remember: true }).ready;
        globalThis.put = (row) => shop.observe({ kind: "cart", item: shop.items[row].id });
        globalThis.rows = () => shop.session.map(({ item }) => shop.items.findIndex(({ id }) => id === item)).join();
      });
    }
    const [one, two, frozen] = tabs;
    const rows = (tab) => tab.evaluate(() => rows());
    await one.evaluate(() => put(1));
    await two.evaluate(() => put(2));
    await frozen.evaluate(() => put(3));
    for (const tab of tabs) await until("all tabs know of all", async () => (await rows(tab)) === "1,2,3");
    // A page that is frozen hears nothing until it goes on: its events and timers wait.
    const devtools = await frozen.context().newCDPSession(frozen);
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
    await one.evaluate(() => shop.undo());
    await until("an undo reaches the other tab", async () => (await rows(two)) === "1,2");
    await two.evaluate(() => shop.forget());
    await until("so does forgetting", async () => (await rows(one)) === "");
    assert.equal(await one.evaluate(() => localStorage.length), 0);
    await one.evaluate(() => put(4));
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await frozen.evaluate(() => put(5));
    for (const tab of tabs) await until("only what came later is left", async () => (await rows(tab)) === "4,5");
    await one.evaluate(() => shop.checkOut());
    await until("an order ends the visit of all tabs", async () => (await rows(frozen)) === "");
    await frozen.evaluate(() => put(6));
    await until("and a new one begins", async () => (await rows(one)) === "6");
    assert.equal(await two.evaluate(() => shop.visits.length), 1);
    assert.deepEqual(complaints, []);
  });
});

test("the element: properties are attributes, events may come first, options are its own, and its worker ends with the last one", async () => {
  const body = `<script type="module" src="/fewshop/picks.js"></script>`;
  await blank({ body }, async (page, complaints) => {
    const seen = await page.evaluate(async () => {
      await customElements.whenDefined("fewshop-picks");
      const { Fewshop } = await import("/fewshop/index.js");
      const known = (await new Fewshop("shop.pack").ready.then((shop) => (shop.close(), shop))).items[900];
      const element = document.createElement("fewshop-picks");
      const updated = (of = element) => new Promise((resolve) => of.addEventListener("fewshop-picks-updated", ({ detail }) => resolve(detail.picks), { once: true }));
      document.body.append(element);
      const early = element.observe({ item: known.id });
      element.innerHTML = "<p>our own words</p><b slot='card-2'>our own card</b>";
      Object.assign(element, { n: 3, remember: true, promoted: false, category: [] });
      element.pack = "shop.pack";
      const picks = await updated();
      const attributes = element.getAttributeNames().sort().join();
      const learned = element.shop.session.length;
      const stored = [localStorage.length];
      element.setAttribute("remember", "false");
      stored.push(localStorage.length);
      element.seeds = ["no such"];
      const unseeded = await updated();
      const words = element.shadowRoot.querySelector("section > slot").hidden;
      element.seeds = ["no such", known.id];
      const seeded = await updated();
      const second = document.createElement("fewshop-picks");
      Object.assign(second, { pack: "shop.pack", n: 2, objective: "similar", seeds: known.id });
      document.body.append(second);
      const others = await updated(second);
      const shared = second.shop === element.shop;
      const { shop } = element;
      const ended = (async () => {
        for await (const _ of shop.rankings({ n: 1 }));
        return "ended";
      })();
      element.remove();
      document.body.append(element);
      await updated();
      const same = element.shop === shop;
      element.remove();
      second.remove();
      return { early, picks: picks.length, attributes, learned, stored, unseeded: unseeded.length, words, seeded: seeded.length, others, known, shared, same, ended: await ended };
    });
    assert.deepEqual([seen.early, seen.picks, seen.learned, seen.unseeded, seen.words, seen.seeded], [true, 3, 1, 0, false, 3]);
    assert.equal(seen.attributes, "category,n,pack,remember");
    assert.deepEqual(seen.stored, [1, 0], "'false' is off");
    assert.ok(seen.others.length === 2 && seen.others.every(({ category }) => String(category) === String(seen.known.category)));
    assert.ok(seen.shared && seen.same, "one shop for both, also after an element was out for a moment");
    assert.equal(seen.ended, "ended", "the shop is closed with the last element");
    await until("no worker is left", () => page.workers().length === 0);
    assert.deepEqual(complaints, [`<fewshop-picks>: the pack has no product 'no such', which 'seeds' names`]);
  });
});

test("page and worker of different versions report it", async () => {
  await blank({}, async (page) => {
    const answer = await page.evaluate(async () => {
      const worker = new Worker("/fewshop/worker.js", { type: "module" });
      return new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage({ type: "load", protocol: 1_000, pack: "/shop.pack" });
      });
    });
    assert.equal(answer.code, "wrong_protocol");
    assert.match(answer.message, /same version/);
  });
});

/** How a shop ends that is opened in such a way. */
const opening = (page, pack, options = {}) =>
  page.evaluate(async ({ pack, options }) => {
    const { Fewshop } = await import("/fewshop/index.js");
    return Fewshop.open(pack, options).then(
      async (shop) => `ranks ${(await shop.rank({ n: 2 })).length}`,
      ({ name, code }) => `${name} ${code}`,
    );
  }, { pack, options });

test("missing, broken or wrong files end in one named error", async () => {
  const files = { "/cut.pack": undefined, "/fewshop/cpu/none": "" };
  await blank({ files }, async (page, _, site) => {
    site.files["/cut.pack"] = pack.subarray(0, pack.length >> 1);
    assert.equal(await opening(page, "none.pack"), "FewshopError pack_missing");
    assert.equal(await opening(page, "cut.pack"), "FewshopError pack_corrupt");
    assert.equal(await opening(page, "shop.pack", { sha256: "0".repeat(64) }), "FewshopError pack_corrupt");
    assert.equal(await opening(page, "shop.pack", { worker: "/no/worker.js" }), "FewshopError worker_lost");
    site.files["/fewshop/cpu/fewshop_wasm_bg.wasm"] = Buffer.from("\0asm\x01\0\0\0", "latin1");
    assert.equal(await opening(page, "shop.pack"), "FewshopError engine_corrupt");
  });
});

test("the engine loads even if the host sends a wrong content type", async () => {
  await blank({ types: { ...TYPES, ".wasm": "application/octet-stream" } }, async (page) => {
    assert.equal(await opening(page, "shop.pack"), "ranks 2");
  });
});

test("a worker that dies, even during a request, is replaced and nothing is lost", async () => {
  await blank({}, async (page) => {
    await page.evaluate(async () => {
      const { Fewshop } = await import("/fewshop/index.js");
      globalThis.shop = await Fewshop.open("shop.pack");
      for (const row of [1, 2, 3]) shop.observe({ item: shop.items[row].id });
      globalThis.before = await shop.rank({ n: 5 });
    });
    for (const kill of [() => self.close(), () => { self.onmessage = () => { throw new Error("struck by lightning"); }; }]) {
      await page.workers()[0].evaluate(kill);
      const same = await page.evaluate(async () => JSON.stringify(await shop.rank({ n: 5 })) === JSON.stringify(before));
      assert.ok(same, String(kill));
      await until("one worker is left", () => page.workers().length === 1);
    }
  });
});

test("the package works from another host, with a script tag or with a custom worker", async () => {
  const cdn = await host({ folders: { "/fewshop@1/": PACKAGE }, headers: { "access-control-allow-origin": "*" }, files: { "/shop.pack": pack } });
  const from = (policy, options) =>
    new Promise((resolve, reject) => {
      const files = { "/own.js": `import "${cdn.url}/fewshop@1/worker.js";`, "/main.js": `
        import { Fewshop } from "${cdn.url}/fewshop@1/index.js";
        const shop = await Fewshop.open("${cdn.url}/shop.pack", ${JSON.stringify(options)}).catch((error) => ({ rank: async () => [error.code] }));
        document.title = JSON.stringify((await shop.rank({ n: 2 })).map((pick) => pick.id ?? pick));` };
      const strict = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval' ${cdn.url}; connect-src ${cdn.url}; worker-src ${policy} ${cdn.url}`;
      blank({ policy: strict, files, body: `<script type="module" src="/main.js"></script>` }, async (page) => {
        resolve(JSON.parse(await until("an answer", async () => {
          const title = await page.title();
          return title.startsWith("[") ? title : null;
        })));
      }).catch(reject);
    });
  try {
    const byBlob = await from("blob:", {});
    assert.equal(byBlob.length, 2, String(byBlob));
    assert.deepEqual(await from("'self'", { worker: "/own.js" }), byBlob);
    assert.deepEqual(await from("'self'", {}), ["worker_lost"], "where the policy has no blob: that is said");
  } finally {
    cdn.close();
  }
});

test("without picks the element keeps its content, reports it, and accepts a shop later", async () => {
  const body = `<fewshop-picks pack="none.pack" n="2"><p>What people buy most.</p></fewshop-picks>
    <script type="module" src="/fewshop/picks.js"></script>`;
  await blank({ body }, async (page) => {
    await page.evaluate(() => {
      globalThis.heard = [];
      for (const type of ["failed", "updated"]) addEventListener(`fewshop-picks-${type}`, ({ detail }) => heard.push([type, detail.error?.code ?? detail.picks.length]));
      const late = document.createElement("fewshop-picks");
      late.setAttribute("pack", "none.pack");
      document.body.append(late);
    });
    await until("it says so", () => page.evaluate(() => heard.some(([type, code]) => type === "failed" && code === "pack_missing")));
    assert.ok(await page.getByText("What people buy most.").isVisible());
    assert.equal(await page.getByRole("link").count(), 0);
    await page.evaluate(async () => {
      const element = document.querySelector("fewshop-picks");
      element.setAttribute("href", "/p/{id}?from={brand}");
      const { Fewshop } = await import("/fewshop/index.js");
      element.words = { popular: () => "hier beliebt", heading: "Für dich" };
      element.shop = new Fewshop("shop.pack");
    });
    await page.getByRole("region", { name: "Für dich" }).getByText("hier beliebt").first().waitFor();
    assert.equal(await page.getByText("What people buy most.").isVisible(), false);
    const href = await page.getByRole("link").first().getAttribute("href");
    assert.match(href, /^\/p\/[^/?]+\?from=[^&\s]*$/);
    await page.evaluate(() => document.querySelector("fewshop-picks").setAttribute("n", "4"));
    await until("four picks", async () => (await page.getByRole("listitem").count()) === 4);
  });
});

test("a burst of 10,000 events is one request, and memory is bounded", async () => {
  await blank({}, async (page) => {
    const { posted, kept, seen } = await page.evaluate(async () => {
      let posted = 0;
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (message, ...rest) {
        posted += message.type === "session";
        return postMessage.call(this, message, ...rest);
      };
      const { Fewshop } = await import("/fewshop/index.js");
      const shop = await Fewshop.open("shop.pack");
      const asked = [];
      for (let at = 0; at < 10_000; at += 1) {
        shop.observe({ item: shop.items[at % shop.items.length].id });
        asked.push(shop.rank({ n: 2 }));
      }
      const answers = await Promise.all(asked);
      const last = shop.items[9_999 % shop.items.length].id;
      return { posted, kept: shop.session.length, seen: answers.at(-1).every(({ id }) => id !== last) };
    });
    assert.ok(posted <= 3, `${posted} questions`);
    assert.deepEqual([kept, seen], [200, true]);
  });
});

test("5,000 events, with a request after every tenth, take no more memory than 300", async () => {
  await blank({}, async (page) => {
    await page.evaluate(async () => {
      const { Fewshop } = await import("/fewshop/index.js");
      const shop = await Fewshop.open("shop.pack");
      let at = 0;
      globalThis.until = async (end) => {
        for (; at < end; at += 1) {
          shop.observe({ item: shop.items[at].id });
          if (at % 10 === 0) await shop.rank({ n: 12 });
        }
        return shop.session.length;
      };
    });
    const devtools = await page.context().newCDPSession(page);
    const held = async (events) => {
      assert.equal(await page.evaluate((events) => globalThis.until(events), events), 200);
      await devtools.send("HeapProfiler.collectGarbage");
      const { usedSize } = await devtools.send("Runtime.getHeapUsage");
      return { page: usedSize, engine: await page.workers()[0].evaluate(() => self.fewshop.bytes) };
    };
    const [small, large] = [await held(300), await held(5_000)];
    assert.ok(large.page - small.page < 1 << 20, `the page: ${small.page} to ${large.page} bytes`);
    assert.ok(large.engine - small.engine <= 1 << 20, `the engine: ${small.engine} to ${large.engine} bytes`);
  });
});

test("the README's lines on tables run as they are", async () => {
  const readme = await readFile(join(PACKAGE, "README.md"), "utf8");
  const [, lines] = readme.match(/## Answers for any table\n\n```js\n([^]*?)```/);
  const rows = Array.from({ length: 40 }, (_, row) => {
    const income = (row * 37 + 16) % 40;
    return `${income},${row < 12 || (row > 12 && row < 20) ? (income > 19 ? "yes" : "no") : ""}`;
  });
  const script = `const file = new Blob([${JSON.stringify(["income,repaid", ...rows].join("\n"))}]);\n${lines.replace("fewshop/table", "/fewshop/table.js")}`;
  await blank({ files: { "/lines.js": script } }, async (page, complaints) => {
    const said = [];
    page.on("console", (message) => said.push(message.text()));
    await page.evaluate(() => import("/lines.js"));
    // Row 12 is labelled by the lines; 20 rows are left.
    await until("all rows are answered", () => said.length === 20);
    assert.match(said[2], /^22 yes 0\.[5-9]/);
    assert.match(said[7], /^27 no 0\.[5-9]/);
    assert.deepEqual(complaints, []);
  });
});

test("where there are no workers, as on a server, tables wait for a browser", async () => {
  const { Table } = await import(pathToFileURL(join(PACKAGE, "table.js")).href);
  Table.prepare();
  await assert.rejects(Table.read("a,b\n1,2\n"), { code: "no_worker" });
});
