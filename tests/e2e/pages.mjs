// All pages of the shop, for the tests that look at every page.

import { readFileSync } from "node:fs";

const table = readFileSync(new URL("../../web/src/state/page.rs", import.meta.url), "utf8");

/** The addresses of all pages that have one of their own, the home page aside: the rows of the storefront's table, so no test forgets one. */
export const ADDRESSES = [...table.matchAll(/^ +[A-Z]\w* "([\w-]+)" \w+ \w+[,;]$/gm)].map(([, path]) => `/${path}`);
if (ADDRESSES.length < 5) throw new Error(`web/src/state/page.rs lists its pages in another form: ${ADDRESSES}`);

/** Each page's name, address, and what is done there first. Some of it only fills the pages that follow. */
export const PAGES = (all) => {
  // Any shop will do: without these departments, its first products and its first department are used.
  const of = (name) => all.filter(({ department }) => department === name);
  const baby = of("Baby")[0] ?? all[0];
  const pets = of("Pets").length > 3 ? of("Pets") : all.slice(1);
  const first = baby.department;
  const take = (shopper) => shopper.page.getByRole("main").getByRole("button", { name: /^Add .+ to cart$/ }).first().click();
  const pages = [
    { name: "home-cold", path: "/" },
    { name: "cart-empty", path: "/cart" },
    { name: "product", path: `/product/${baby.id}` },
    { name: "product-2", path: `/product/${pets[0].id}`, act: take },
    { name: "product-3", path: `/product/${pets[3].id}`, act: take },
    { name: "home", path: "/" },
    {
      name: "why",
      path: "/",
      act: async ({ page }) => {
        await page.getByRole("button", { name: /^Why .+ because of / }).first().click();
        await page.getByRole("dialog").waitFor();
      },
    },
    { name: "departments", path: "/departments" },
    ...(first ? [{ name: "department", path: `/department/${first.toLowerCase().replace(/[^a-z0-9]+/g, "-")}` }] : []),
    { name: "search", path: "/search?q=milk" },
    { name: "search-none", path: "/search?q=qqqzzz" },
    { name: "cart", path: "/cart" },
    { name: "profile", path: "/profile" },
    { name: "map", path: "/map" },
    {
      name: "try-it-as",
      path: "/try-it-as",
      act: async ({ page }) => {
        // The first click stops the play.
        const next = page.getByRole("button", { name: /^(Next product|Reveal the rest)$/ });
        while ((await next.getAttribute("aria-disabled")) !== "true") await next.click();
      },
    },
    { name: "lost", path: "/no/such/page" },
  ];
  const rest = ADDRESSES.filter((address) => !pages.some(({ path }) => path.split("?")[0] === address));
  return [...pages, ...rest.map((path) => ({ name: path.slice(1), path }))];
};

/** Opens a page by its address, runs `act` there, and waits until nothing moves. */
export async function settled(shopper, path, act) {
  await shopper.page.goto(new URL(path, shopper.url).href);
  await shopper.ready();
  await still(shopper, act);
}

/** The same by the shop's own navigation, which reloads nothing: for a second look at all pages. */
export async function walked(shopper, path, act) {
  await shopper.page.evaluate((path) => {
    history.pushState(null, "", path);
    dispatchEvent(new PopStateEvent("popstate"));
    scrollTo(0, 0);
  }, path);
  await still(shopper, act);
}

async function still(shopper, act) {
  const { page } = shopper;
  await page.getByRole("heading", { level: 1 }).first().waitFor({ state: "attached" });
  await page.waitForLoadState("networkidle");
  await act?.(shopper);
  await page.waitForTimeout(600);
}
