// The page's content security policy: it is sent with each response, no page of the shop violates it, and it applies on
// a host that sends no headers.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PAGES, settled } from "./pages.mjs";
import { SITE, openSite } from "./site.mjs";
import { launch, products, until, visit } from "./shopper.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Notes what breaks the policy of any page that is opened, and what the browser says of policies. */
async function watched(page) {
  const broken = [];
  await page.exposeFunction("broken", (what) => broken.push(what));
  await page.addInitScript(() =>
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sample }) =>
      window.broken(`${effectiveDirective}: ${blockedURI} ${sample}`),
    ),
  );
  // Includes messages from workers and about headers that this browser does not support.
  page.on("console", (message) => /polic|violat|refused/i.test(message.text()) && broken.push(message.text()));
  return broken;
}

test("no page of the shop breaks the policy", async () => {
  let broken;
  const prepare = async (page) => {
    broken = await watched(page);
  };
  await visit(browser, { prepare }, async (shopper) => {
    for (const { name, path, act } of PAGES(await products())) {
      await settled(shopper, path, act);
      assert.deepEqual(broken, [], name);
    }
    shopper.isContent();
  });
});

test("every answer carries the policy, and hosts that read `_headers` send the same", async () => {
  // Headers that differ between responses.
  const own = ["content-length", "connection", "keep-alive", "date", "transfer-encoding", "content-type", "etag", "vary", "content-encoding"];
  const sent = async (path) =>
    Object.fromEntries([...(await fetch(new URL(path, SITE))).headers].filter(([name]) => !own.includes(name)));
  const expected = await sent("/");
  assert.match(expected["content-security-policy"], /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';.*frame-ancestors 'none'$/);
  assert.doesNotMatch(expected["content-security-policy"], /unsafe-inline|'unsafe-eval'|blob:|\*|http/);
  assert.equal(expected["referrer-policy"], "no-referrer");
  assert.equal(expected["x-content-type-options"], "nosniff");
  assert.match(expected["permissions-policy"], /geolocation=\(\)/);
  for (const path of ["/engine/worker.js", "/sw.js", "/assets/shop.pack", "/no/such.file"]) assert.deepEqual(await sent(path), expected, path);

  const html = await (await fetch(SITE)).text();
  const [, meta] = html.match(/http-equiv="Content-Security-Policy" content="([^"]+)"/);
  assert.equal(`${meta}; frame-ancestors 'none'`, expected["content-security-policy"]);
  assert.doesNotMatch(html, /<style|style="|<script(?![^>]* src=)|\son\w+="/, "nothing inline stands in the page");
});

test("on a host that sends no header the page's own policy holds", async () => {
  const site = await openSite({}, { bare: true });
  let broken;
  const prepare = async (page) => {
    broken = await watched(page);
  };
  try {
    await visit(browser, { url: site.url, prepare }, async (shopper) => {
      await shopper.lookAt("Pets", 1);
      await shopper.reads(/Learned from 1/);
      assert.deepEqual(broken, []);
      shopper.isContent();
      const tried = await shopper.page.evaluate(async (elsewhere) => {
        const style = document.createElement("p");
        style.setAttribute("style", "color: red");
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(style, script);
        const reached = await fetch(elsewhere).then(() => true, () => false);
        return { colour: style.style.color, ran: window.ran ?? false, reached, beacon: navigator.sendBeacon(elsewhere) };
      }, SITE);
      assert.deepEqual({ ...tried, beacon: null }, { colour: "", ran: false, reached: false, beacon: null });
      for (const what of ["connect-src", "style-src", "script-src"]) {
        await until(`${what} is what stopped it`, () => broken.some((line) => line.startsWith(what)), 10_000);
      }
    });
  } finally {
    site.close();
  }
});
