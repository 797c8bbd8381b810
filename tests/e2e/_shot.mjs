import { launch, products, visit } from "./shopper.mjs";
import { PAGES, settled } from "./pages.mjs";
const browser = await launch(); const all = await products();
const screens = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
for (const [screen, viewport] of Object.entries(screens)) for (const colorScheme of ["light", "dark"]) {
  if (screen === "phone" && colorScheme === "dark") continue;
  await visit(browser, { options: { viewport, colorScheme, reducedMotion: "reduce" } }, async (shopper) => {
    await shopper.ready();
    for (const { name, path, act } of PAGES(all)) {
      if (!["home-cold", "product", "product-2", "product-3", "home", "profile"].includes(name)) continue;
      await settled(shopper, path, act);
      if (["home", "home-cold"].includes(name)) await shopper.region("An offer for you").screenshot({ path: `/tmp/w/page/s_${name}-${screen}-${colorScheme}.png` });
      if (name === "profile") { await shopper.region("What your picks may say of your household").screenshot({ path: `/tmp/w/page/s_${name}-${screen}-${colorScheme}.png` }); }
      if (name === "home" && colorScheme === "light") await shopper.page.screenshot({ path: `/tmp/w/page/full_${name}-${screen}-${colorScheme}.png`, fullPage: true });
      if (name === "profile" && colorScheme === "dark") await shopper.page.screenshot({ path: `/tmp/w/page/full_${name}-${screen}-${colorScheme}.png`, fullPage: true });
    }
  });
}
await browser.close();
