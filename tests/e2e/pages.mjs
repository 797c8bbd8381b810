// All pages of the shop, and what a shopper did before each, for those that look at every page.

/** Name, address and what is done there first. Some things are done on the way, so that the pages after it are not empty. */
export const PAGES = (all) => {
  // Any shop will do: where it has no such department, its first products and its first department are looked at.
  const of = (name) => all.filter(({ department }) => department === name);
  const baby = of("Baby")[0] ?? all[0];
  const pets = of("Pets").length > 3 ? of("Pets") : all.slice(1);
  const first = baby.department;
  const take = (shopper) => shopper.page.getByRole("main").getByRole("button", { name: /^Add .+ to cart$/ }).first().click();
  return [
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
        for (let step = 0; step < 6; step += 1) await page.getByRole("button", { name: /^(Next thing they took|What else did they take\?)$/ }).click();
      },
    },
    { name: "how-it-works", path: "/how-it-works" },
    { name: "lost", path: "/no/such/page" },
  ];
};

/** Opens a page by its address, does what is to be done there, and waits until nothing moves. */
export async function settled(shopper, path, act) {
  await shopper.page.goto(new URL(path, shopper.url).href);
  await shopper.ready();
  await still(shopper, act);
}

/** The same by the shop's own way from page to page, which loads nothing anew: for who looks at all pages once more. */
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
