// A trip through the shop in Firefox and in WebKit: what every browser must do, and what differs in them.
//
// Needs the built site at FEWSHOP_URL; `cargo xtask test --only e2e` installs the browsers where it can and says where they are. A browser
// that is not there is skipped.

import assert from "node:assert/strict";
import { test } from "node:test";

import { NOT_THERE, openSite } from "./site.mjs";
import { until } from "./shopper.mjs";
import { BROWSERS, drive } from "./webdriver.mjs";

const link = (name) => `//a[normalize-space()="${name}"]`;
const button = (name) => `//button[normalize-space()="${name}"]`;
/** A place in a list that is as long as it was. */
const place = (page) => page.run(() => [Math.round(scrollY), document.querySelectorAll("main li").length]);

/** Runs a test in each browser. */
function everywhere(name, options, steps) {
  const { only = Object.keys(BROWSERS), prefs = {}, replaced = {} } = options;
  for (const browser of only) {
    test(`${browser}: ${name}`, { skip: !BROWSERS[browser] && `${browser} or its driver is not installed` }, async () => {
      const site = await openSite(replaced);
      try {
        await drive(BROWSERS[browser], prefs, (page) => steps(page, site));
      } finally {
        site.close();
      }
    });
  }
}

everywhere("the shop learns, sells, goes back, remembers, forgets, and sends nothing", {}, async (page, site) => {
  await page.go(site.url);
  await page.reads(/Ready to rank|Learned from|ranked/);
  assert.equal(await page.run(() => document.getElementById("update")?.hidden ?? true), true, "no newer version on a first visit");
  await page.go(`${site.url}/department/pets`);
  await page.reads(/Ready to rank|Learned from|ranked/);
  await page.click(`//button[starts-with(normalize-space(), "Show ")]`);
  const long = await until("more are shown", async () => {
    const [, count] = await place(page);
    return count > 24 ? count : null;
  });
  await page.run(() => scrollTo(0, 1200));
  await until("it has scrolled", async () => (await place(page))[0] > 1000);
  const before = await place(page);
  await page.run(() => [...document.querySelectorAll("main li a[href*='product/']")].find((each) => each.getBoundingClientRect().top > 100).click());
  await page.reads(/Goes well with this/);
  await page.click(button("Add to cart"));
  await page.reads(/Learned from 1 click/);
  await page.back();
  // To within a third of a card: WebKit does not keep what is seen in its place while the page above it grows.
  await until("the list is as it was left", async () => {
    const [top, count] = await place(page);
    return count >= long && Math.abs(top - before[0]) < 120;
  });
  await page.go(site.url);
  await page.reads(/Picked for you/);
  await page.reads(/because of/i);
  const asked = site.asked.length;
  await page.click(`//section[.//h2[normalize-space()="Picked for you"]]//li//a[contains(@href, "product/")]`);
  await page.reads(/Learned from 2 clicks/);
  const allowed = /^\/(|assets\/.*|engine\/.*|app\/.*|sw\.js|manifest\.webmanifest|favicon\.ico|plain\/.*)$/;
  assert.deepEqual(site.requests.slice(asked).filter(({ method, path, search, body }) => method !== "GET" || search || body || !allowed.test(path)), []);
  await page.reload();
  await page.reads(/Learned from 2 clicks/);
  await page.click(button("Forget"));
  await page.reads(/Everything forgotten/);
  await page.reload();
  // The page of a product counts as one look at it.
  await page.reads(/Learned from 1 click/);
});

everywhere("after one visit the shop opens without a network, and the plain pages are the server's", {}, async (page, site) => {
  await page.go(site.url);
  await page.reads(/Ready to rank|Learned from|ranked/);
  await until("the shop is kept", () => page.run(() => Boolean(navigator.serviceWorker.controller)));
  await page.go(`${site.url}/plain/pets.html`);
  await page.reads(/Pets/);
  assert.equal(await page.run(() => document.scripts.length), 0, "it is the page of the server");
  site.close();
  await page.go(`${site.url}/department/pets`);
  await page.reads(/Ready to rank|Learned from|ranked/);
});

everywhere("without the engine the bestsellers stay, and search and cart work", { replaced: { "/engine/worker.js": NOT_THERE } }, async (page, site) => {
  await page.go(`${site.url}/department/pets`);
  await page.click(`//main//li//a[contains(@href, "product/")]`);
  await page.click(button("Add to cart"));
  await page.reads(/1 in your cart|In your cart|Cart 1/i);
});

everywhere("with cookies and storage blocked the shop still learns", { only: ["Firefox"], prefs: { "network.cookie.cookieBehavior": 2 } }, async (page, site) => {
  await page.go(site.url);
  await page.reads(/Ready to rank|Learned from|ranked/);
  await page.click(`//main//li//a[contains(@href, "product/")]`);
  await page.reads(/Learned from 1 click/);
});
