// Learning together, from the shopper's switch to the shop's counts: leader and helper are the real ones, each a process of its own, and the
// shop is one with their file beside its pack.
//
// Needs the built site at FEWSHOP_URL, a Chromium at CHROME, and the programs `fewshop` and `xtask` in target/debug or at FEWSHOP_COMMAND and
// FEWSHOP_XTASK; `cargo xtask test --only e2e` provides all.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { copyFile, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { SITE, openSite } from "./site.mjs";
import { Shopper, launch, plant, until, visit } from "./shopper.mjs";
import { BROWSERS, drive } from "./webdriver.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FEWSHOP = process.env.FEWSHOP_COMMAND ?? path.join(ROOT, "target/debug/fewshop");
const XTASK = process.env.FEWSHOP_XTASK ?? path.join(ROOT, "target/debug/xtask");
const BYTES = "application/octet-stream";
const TYPES = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml", ".txt": "text/plain", ".webmanifest": "application/json", ".webp": "image/webp" };
/** Most products of a report. */
const MAX_ITEMS = 12;
/** Products of a visit here: one more than the pack wants of a visit that tells about the season. */
const TAKEN = 10;
const DAY = 86_400_000;

let browser;
let folder;
let site;
let leader;
const running = [];

/** A port that was free a moment ago. */
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const fewshop = async (...words) => (await promisify(execFile)(FEWSHOP, ["together", ...words], { cwd: folder })).stdout;

/** Starts an aggregator, and waits until it listens. */
async function serve(role) {
  const words = ["together", "serve", "--settings", "together.toml", "--role", role, "--keys", "keys", "--store", `store-${role}`];
  const child = spawn(FEWSHOP, words, { cwd: folder });
  running.push(child);
  let said = "";
  child.stdout.on("data", (text) => (said += text));
  child.stderr.on("data", (text) => (said += text));
  await until(`the ${role} listens`, () => {
    if (child.exitCode !== null) throw new Error(said);
    return said.includes(`${role}: http://`);
  });
}

before(async () => {
  browser = await launch();
  folder = await mkdtemp(path.join(os.tmpdir(), "fewshop-together-"));
  // Its files come below, when its aggregators run: they have to know from which address its page comes.
  const replaced = {};
  site = await openSite(replaced, { bare: true });
  await copyFile(path.join(ROOT, "tests/goldens/example.pack"), path.join(folder, "shop.pack"));
  await fewshop("watch", "--pack", "shop.pack", "--items", "1000", "--out", "watch.csv");
  await fewshop("keys", "--party", "trial", "--out", "keys");
  const [first, second] = [await freePort(), await freePort()];
  leader = `http://127.0.0.1:${first}`;
  const party = (port) => `url = "http://127.0.0.1:${port}"\nlisten = "127.0.0.1:${port}"\n`;
  await writeFile(
    path.join(folder, "together.toml"),
    `shop = "Corner Pantry"\nwatch = "watch.csv"\nmax_items = ${MAX_ITEMS}\nepsilon = 8.0\nmin_batch = 20\norigin = "${site.url}"\n` +
      `[leader]\n${party(first)}[helper]\n${party(second)}[limits]\nreports_per_address = 1000\n`,
  );
  await serve("helper");
  await serve("leader");
  await fewshop("publish", "--settings", "together.toml", "--pack", "shop.pack");
  const own = path.join(folder, "site");
  await promisify(execFile)(XTASK, ["furnish", "--pack", path.join(folder, "shop.pack"), "--out", own]);
  for (const name of await readdir(own, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const file = path.relative(own, path.join(name.parentPath, name.name)).replaceAll("\\", "/");
    replaced[`/${file.replace(/(^|\/)index\.html$/, "$1")}`] = { type: TYPES[path.extname(file)] ?? BYTES, body: await readFile(path.join(own, file)) };
  }
});
after(async () => {
  await browser.close();
  site.close();
  for (const child of running) child.kill();
  await rm(folder, { recursive: true });
});

/** Opens the shop; `elsewhere` has every request that left it, whoever made it. */
async function shop(steps, options = {}) {
  const elsewhere = [];
  const prepare = async (page) => {
    page.context().on("request", (request) => {
      if (!/^(data:|about:)/.test(request.url()) && !request.url().startsWith(`${site.url}/`)) elsewhere.push(request);
    });
    await options.prepare?.(page);
  };
  await visit(browser, { url: site.url, options: options.context, path: options.path, prepare }, (shopper) => steps(shopper, elsewhere));
}

/** Puts the bestsellers into the cart and checks out, which ends the visit; their titles. */
async function buy({ page }, count) {
  await page.getByRole("region", { name: "Picked for you" }).waitFor();
  const names = await page.getByRole("main").getByRole("button", { name: /^Add .+ to cart$/ }).evaluateAll((buttons) => buttons.map((button) => button.getAttribute("aria-label")));
  const taken = [...new Set(names)].slice(0, count).map((name) => name.match(/^Add (.+) to cart$/)[1]);
  assert.equal(taken.length, count);
  for (const title of taken) {
    await page.getByRole("searchbox").fill(title);
    await page.getByRole("main").getByRole("button", { name: `Add ${title} to cart`, exact: true }).first().click();
  }
  await page.getByRole("link", { name: /^Cart/ }).first().click();
  await page.getByRole("button", { name: "Check out" }).click();
  await page.getByText("no order was placed").waitFor();
  return taken;
}

/** Waits until the script that would send has done so, or found that there is nothing to send. */
async function settled({ page }) {
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => navigator.locks.request("fewshop.together", () => {}));
}

const databases = (page) => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name).sort());

/** Violations that axe finds, as texts. */
async function axe(page) {
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** The ids and visits of a memory with one visit that ended at a time, as the storefront writes them. */
function memory(ended, items) {
  const json = JSON.stringify({ version: 2, last: ended, events: [], visits: [[String(ended), ...items]], cart: [] });
  let crc = ~0;
  for (const byte of Buffer.from(json)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return (~crc >>> 0).toString(16).padStart(8, "0") + json;
}

/** Agrees two days ago, with a visit of yesterday that is due now. */
async function agreed(page) {
  const watched = (await readFile(path.join(folder, "watch.csv"), "utf8")).trim().split("\n").slice(1);
  await plant(page, memory(Math.floor((Date.now() - 1.2 * DAY) / 1000), watched.slice(0, TAKEN)));
  await page.clock.setSystemTime(Date.now() - 2 * DAY);
  await page.goto(`${site.url}/together/`);
  await page.getByRole("switch", { name: "Take part" }).check();
  await page.getByText(/^On\. 4 of 4 reports are left/).waitFor();
  await page.clock.setSystemTime(Date.now());
}

test("whoever does not agree sends nothing, loads nothing of it and keeps nothing", async () => {
  const before = site.asked.length;
  await shop(async (shopper, elsewhere) => {
    const { page } = shopper;
    await page.clock.setSystemTime(Date.now() - 3 * DAY);
    await page.goto(site.url);
    await shopper.ready();
    await page.getByRole("contentinfo").getByRole("link", { name: "Help this shop learn" }).waitFor();
    await buy(shopper, TAKEN);
    // The shop's promise names the exception where it stands.
    await page.getByRole("contentinfo").getByRole("link", { name: "How it works" }).click();
    await page.getByRole("article").getByRole("link", { name: "Help this shop learn" }).waitFor();
    const [promise] = await page.getByText("then makes no more requests").locator("xpath=following-sibling::*").allInnerTexts();
    assert.match(promise, /^The one exception is yours to make/);
    await page.clock.setSystemTime(Date.now());
    await page.goto(site.url);
    await shopper.reads(/1 earlier visit remembered.+nothing has left this device/);
    await settled(shopper);
    assert.deepEqual(elsewhere.map((request) => request.url()), []);
    assert.deepEqual(site.asked.slice(before).filter((path) => path.startsWith("/together/")), []);
    assert.deepEqual(await databases(page), ["fewshop"]);
    shopper.isContent();
  });
});

test("one visit is one report to the stated address, a day later, and the shop finds it in its counts", async (t) => {
  await shop(async (shopper, elsewhere) => {
    const { page } = shopper;
    const now = Date.now();
    await page.clock.setSystemTime(now - 3 * DAY);
    await page.goto(site.url);
    await shopper.ready();
    await page.getByRole("contentinfo").getByRole("link", { name: "Help this shop learn" }).click();
    await shopper.at("Help this shop learn");
    const taking = page.getByRole("switch", { name: "Take part" });
    await page.getByText("Off. Nothing is sent.").waitFor();
    assert.equal(await taking.isChecked(), false);
    await page.getByText("Nothing has been sent.").waitFor();
    await taking.check();
    await page.getByText(/^On\. 4 of 4 reports are left/).waitFor();
    await page.goto(site.url);
    await shopper.ready();
    const taken = await buy(shopper, TAKEN);

    // The day has not passed.
    await page.clock.setSystemTime(now - 2.1 * DAY);
    await page.goto(site.url);
    await shopper.reads(/1 earlier visit remembered/);
    await settled(shopper);
    assert.deepEqual(elsewhere.map((request) => request.url()), []);
    await page.goto(`${site.url}/together/`);
    await page.getByText(/^Your visit that ended .+ may be reported from/).waitFor();

    await page.clock.setSystemTime(now);
    await page.goto(site.url);
    await until("the report has been sent", () => elsewhere.length > 0);
    await settled(shopper);
    for (const again of [1, 2]) {
      await page.goto(site.url);
      await shopper.ready();
      await settled(shopper);
      assert.equal(elsewhere.length, 1, `reload ${again}`);
      // The shop does not claim otherwise.
      assert.doesNotMatch(await shopper.statusLine.innerText(), /nothing has left/);
    }
    const published = JSON.parse(await readFile(path.join(folder, "shop.together"), "utf8"));
    const [report] = elsewhere;
    assert.equal(report.method(), "PUT");
    assert.equal(published.leader.url, leader);
    assert.match(report.url(), new RegExp(`^${leader}/tasks/[\\w-]{43}/reports$`));
    const headers = await report.allHeaders();
    assert.equal(headers["content-type"], "application/dap-report");
    for (const name of ["cookie", "referer", "authorization"]) assert.equal(headers[name], undefined, name);
    assert.equal((await report.response()).status(), 201);
    const sent = report.postDataBuffer();
    for (const id of published.terms.items) assert.ok(!sent.includes(`"${id}"`));

    await page.goto(`${site.url}/together/`);
    const line = await page.getByRole("listitem").filter({ hasText: /^Sent .+ It says yes to: / }).innerText();
    for (const title of taken) assert.ok(line.includes(title), `${title} in ${line}`);
    await page.getByText(/^On\. 3 of 4 reports are left/).waitFor();
    // What can be looked at has the size of what was sent.
    await page.getByRole("button", { name: "Make a report" }).click();
    const hex = await page.locator("pre").innerText();
    assert.equal(hex.split(" ").length, sent.length);
    shopper.isContent();

    // 30 more of the same products, made in the browser and sent by the test: enough to be seen in the noise.
    await page.goto(site.url);
    const items = published.terms.items.slice(0, TAKEN);
    const cost = await page.evaluate(
      async ({ items, count }) => {
        const { Device } = await import("/together/device.js");
        const device = await Device.open();
        const times = [];
        for (let nth = 0; nth < count; nth += 1) {
          const began = performance.now();
          const body = device.sample(items);
          times.push(performance.now() - began);
          const { status } = await fetch(device.asked.address, { method: "PUT", body, headers: { "content-type": "application/dap-report" } });
          if (status !== 201) throw new Error(`status ${status}`);
        }
        times.sort((a, b) => a - b);
        return { bytes: device.asked.bytes, median: times[count >> 1], most: times.at(-1) };
      },
      { items, count: 30 },
    );
    t.diagnostic(`a report of ${published.terms.items.length} products: ${cost.bytes} bytes, ${cost.median.toFixed(1)} ms (median of 30, at most ${cost.most.toFixed(1)})`);
    assert.ok(cost.bytes < 20_000);
    assert.equal(sent.length, cost.bytes);
    const today = new Date().toISOString().slice(0, 10);
    await fewshop("collect", "--settings", "together.toml", "--keys", "keys/collector.toml", "--from", "2020-01-01", "--until", today, "--out", "counts.csv");
    const rows = (await readFile(path.join(folder, "counts.csv"), "utf8")).trim().split("\n").slice(1).map((line) => line.split(","));
    assert.ok(rows.every((row) => row[2] === "31"), "the shopper's visit and the test's 30");
    const noise = Number(rows[0][3]);
    for (const [id, count] of rows) {
      const expected = items.includes(id) ? 30 : 0;
      // Six deviations of the noise, and the shopper's own visit.
      assert.ok(Math.abs(count - expected) <= 6 * noise + 1, `${id}: ${count}, expected ${expected}`);
      assert.ok(30 > 6 * noise + 1, "the noise leaves something to find");
    }
  });
});

test("a report that does not arrive is sent again, the same to the byte, and two tabs send it once", async () => {
  await shop(async ({ page }, elsewhere) => {
    await agreed(page);
    const bodies = [];
    const arrived = [];
    let isDown = true;
    await page.context().route(`${leader}/**`, async (route) => {
      const request = route.request();
      if (request.method() === "PUT") bodies.push(request.postDataBuffer());
      if (isDown) return route.abort();
      arrived.push(request.method());
      return route.fulfill({ status: 201, headers: { "access-control-allow-origin": site.url } });
    });
    await page.goto(site.url);
    await until("it is tried", () => bodies.length === 1);
    await page.goto(`${site.url}/together/`);
    await page.getByText(/it has not arrived yet/).waitFor();
    isDown = false;
    const other = await page.context().newPage();
    await Promise.all([page.goto(site.url), other.goto(site.url)]);
    await until("it has arrived", () => arrived.length > 0);
    for (const tab of [page, other]) {
      await new Shopper(tab, site.url).ready();
      await settled({ page: tab });
    }
    assert.equal(bodies.length, 2);
    assert.ok(bodies[0].equals(bodies[1]), "the same report");
    assert.deepEqual(arrived, ["PUT"]);
    assert.ok(elsewhere.every((request) => request.url().startsWith(`${leader}/tasks/`)));
    await page.goto(`${site.url}/together/`);
    await page.getByText(/^Sent .+ It says yes to: /).waitFor();
  });
});

test("a visit can be left out, and stopping or forgetting ends it, also in the shop", async () => {
  await shop(async (shopper, elsewhere) => {
    const { page } = shopper;
    await agreed(page);
    await page.reload();
    await page.getByRole("button", { name: "Leave this visit out" }).click();
    await page.getByText("No visit waits.").waitFor();
    await page.goto(site.url);
    await shopper.ready();
    await settled(shopper);
    await page.goto(`${site.url}/together/`);
    await page.getByRole("switch", { name: "Take part" }).uncheck();
    await page.getByText("Off. Nothing is sent.").waitFor();
    await page.getByRole("switch", { name: "Take part" }).check();
    await page.getByRole("button", { name: "Stop and forget" }).click();
    await page.getByText(/^Forgotten\./).waitFor();
    assert.deepEqual(await databases(page), ["fewshop"]);
    await page.getByRole("switch", { name: "Take part" }).check();
    await until("it is kept", async () => (await databases(page)).includes("fewshop.together"));
    await page.goto(site.url);
    await shopper.ready();
    await page.getByRole("button", { name: "Forget" }).first().click();
    await until("nothing is kept", async () => (await databases(page)).length === 0);
    assert.deepEqual(elsewhere, []);
    shopper.isContent();
  });
});

test("the page is readable for everybody, in both languages and on a narrow screen", async () => {
  const context = { locale: "zh-CN", viewport: { width: 320, height: 640 }, colorScheme: "dark" };
  await shop(
    async ({ page }) => {
      await page.getByRole("switch", { name: "参与" }).check();
      await page.getByText(/^已开启/).waitFor();
      await page.getByRole("button", { name: "生成报告" }).click();
      await page.locator("pre").waitFor();
      assert.deepEqual(await axe(page), []);
      await page.getByRole("button", { name: "English" }).click();
      await page.getByRole("heading", { level: 1, name: "Help this shop learn" }).waitFor();
      assert.deepEqual(await axe(page), []);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${overflow} px too wide`);
    },
    { context, path: "/together/" },
  );
});

test("a browser that stores nothing is told that it cannot take part", async () => {
  const deny = () => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("denied", "SecurityError");
    };
  };
  await shop(
    async ({ page }, elsewhere) => {
      await page.getByRole("switch", { name: "Take part" }).click();
      await page.getByRole("alert").getByText(/^This browser stores nothing for this shop/).waitFor();
      await page.getByText("Off. Nothing is sent.").waitFor();
      await page.goto(site.url);
      await page.waitForLoadState("networkidle");
      assert.deepEqual(elsewhere, []);
    },
    { path: "/together/", prepare: (page) => page.addInitScript(deny) },
  );
});

test("a shop that takes no part says so in one line, and has no link", async () => {
  const elsewhere = [];
  const prepare = (page) => page.context().on("request", (request) => request.url().startsWith(SITE) || elsewhere.push(request.url()));
  // With the shop kept on the device, too: its service worker must not answer with the shop's page.
  await visit(browser, { prepare, options: { serviceWorkers: "allow" } }, async (shopper) => {
    const { page } = shopper;
    await shopper.ready();
    await until("the shop is kept", () => page.evaluate(() => Boolean(navigator.serviceWorker.controller)));
    assert.equal(await page.getByRole("link", { name: "Help this shop learn" }).count(), 0);
    await page.goto(`${SITE}/together/`);
    await page.getByText("This shop does not take part in learning together").waitFor();
    assert.equal(await page.getByRole("switch").count(), 0);
    assert.deepEqual(elsewhere.filter((url) => !/^data:/.test(url)), []);
    shopper.isContent();
  });
});

for (const [name, other] of Object.entries(BROWSERS)) {
  test(`${name}: the page asks, makes a report of the stated size, and forgets`, { skip: !other && `${name} or its driver is not installed` }, async () => {
    const published = JSON.parse(await readFile(path.join(folder, "shop.together"), "utf8"));
    await drive(other, {}, async (page) => {
      await page.go(`${site.url}/together/`);
      await page.reads(/Off\. Nothing is sent\./);
      await page.click(`//input[@role="switch"]`);
      await page.reads(/On\. 4 of 4 reports are left/);
      await page.reload();
      await page.reads(/On\. 4 of 4 reports are left/);
      await page.click(`//button[normalize-space()="Make a report"]`);
      const bytes = await until("there is a report", () => page.run(() => document.querySelector("pre")?.innerText.split(" ").length));
      assert.ok(bytes > published.terms.items.length && bytes < 20_000, `${bytes} bytes`);
      await page.click(`//input[@role="switch"]`);
      await page.reads(/Off\. Nothing is sent\./);
      assert.deepEqual(await page.run(() => [...document.querySelectorAll("[role=alert]")].map((each) => each.innerText.trim()).filter(Boolean)), []);
    });
  });
}
