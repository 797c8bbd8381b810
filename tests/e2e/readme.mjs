// The pictures of the README: `node readme.mjs FOLDER`, with the built site at FEWSHOP_URL, a Chromium at CHROME, and `img2webp` on the path.
// Writes shop-light.png, shop-dark.png and learning.webp. `cargo xtask screenshots --readme` runs it.

import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { launch, until, visit } from "./shopper.mjs";

/** What the shopper of the stills searches for, and which of the results they open: a theme that a stranger sees at once. */
const STILL_LOOKS = [
  { query: "taco", title: /^Taco .*seasoning/i },
  { query: "tortilla", title: /^Soft tortillas/i },
  { query: "salsa", title: /^Salsa/i },
];
/** The same for the moving picture: two themes, so that the second look visibly changes the shelf. */
const MOVING_LOOKS = [STILL_LOOKS[0], { query: "cake mix", title: /^Layer cake mix/i }];
const STILL = { width: 1280, height: 800 };
const MOVING = { width: 960, height: 600 };
/** Quality of the moving picture's frames, 0 to 100: text stays sharp, and nine seconds stay below the bound. */
const QUALITY = "75";
/** What a README may ask of its readers; `tests/it/documents.rs` has the same bounds. */
const MAX_BYTES = { "shop-light.png": 250_000, "shop-dark.png": 250_000, "learning.webp": 1_000_000 };

/** Waits until the pictures in view have taken the place of their letters and nothing moves. */
async function settled({ page }) {
  await page.waitForLoadState("networkidle");
  await until("the pictures of the first shelf", () =>
    page.evaluate(() =>
      [...document.querySelectorAll("[data-picture]")].every((letter) => {
        const { top, bottom, height } = letter.getBoundingClientRect();
        return height === 0 || bottom < 0 || top > innerHeight;
      }),
    ),
  );
  await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode().catch(() => {}))));
  await page.waitForTimeout(600);
}

/** The link to the first search result with this title. */
function result({ page }, title) {
  return page.getByRole("main").getByRole("listitem").getByRole("link", { name: title }).first();
}

/** One still of the home page after a few looks. */
async function still(browser, colorScheme, path) {
  const options = { viewport: STILL, colorScheme, reducedMotion: "reduce" };
  await visit(browser, { options }, async (shopper) => {
    await shopper.ready();
    for (const { query, title } of STILL_LOOKS) {
      await shopper.search(query);
      await result(shopper, title).click();
      await shopper.page.getByRole("heading", { level: 1, name: title }).waitFor();
    }
    await shopper.goHome();
    const picks = await shopper.picks();
    console.log(`${colorScheme}:\n${picks.map(({ text }) => `  ${text.replace(/\s+/g, " ")}`).join("\n")}`);
    await shopper.page.evaluate(() => scrollTo(0, 0));
    await settled(shopper);
    await shopper.page.screenshot({ path });
  });
}

/** Frames of a moving picture, with a pointer that a screenshot does not have by itself. */
class Film {
  #frames = [];
  #at = { x: MOVING.width / 2, y: MOVING.height - 80 };

  constructor(page, folder) {
    this.page = page;
    this.folder = folder;
  }

  /** Shows what is there now for so many milliseconds. */
  async hold(ms) {
    await this.#draw();
    const path = join(this.folder, `${String(this.#frames.length).padStart(3, "0")}.png`);
    await this.page.screenshot({ path });
    this.#frames.push({ path, ms });
  }

  /** Moves the pointer to the middle of what `locator` finds and presses there. */
  async click(locator) {
    await locator.scrollIntoViewIfNeeded();
    const box = await locator.boundingBox();
    const to = { x: box.x + Math.min(box.width / 2, 120), y: box.y + box.height / 2 };
    const from = this.#at;
    for (const part of [0.3, 0.65, 0.9, 1]) {
      this.#at = { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
      await this.hold(70);
    }
    await this.#draw(true);
    await this.hold(140);
    await locator.click();
  }

  /** The pointer, drawn by properties since the page's policy allows no inline style. */
  #draw(pressed = false) {
    return this.page.evaluate(
      ({ x, y, pressed }) => {
        let pointer = document.getElementById("film-pointer");
        if (!pointer) {
          pointer = document.createElement("div");
          pointer.id = "film-pointer";
          document.documentElement.append(pointer);
        }
        Object.assign(pointer.style, {
          position: "fixed",
          left: `${x - 11}px`,
          top: `${y - 11}px`,
          width: "22px",
          height: "22px",
          borderRadius: "50%",
          background: pressed ? "rgba(220, 70, 30, 0.75)" : "rgba(220, 70, 30, 0.4)",
          border: "2px solid rgba(255, 255, 255, 0.9)",
          boxShadow: "0 1px 5px rgba(0, 0, 0, 0.4)",
          zIndex: "9999",
          pointerEvents: "none",
        });
      },
      { ...this.#at, pressed },
    );
  }

  /** Writes the frames as one animated picture. */
  write(path) {
    const frames = this.#frames.flatMap(({ path, ms }) => ["-d", String(ms), path]);
    execFileSync("img2webp", ["-loop", "0", "-lossy", "-q", QUALITY, "-m", "6", ...frames, "-o", path], { stdio: "inherit" });
  }
}

/** A shelf that learns: bestsellers, one look, other picks, a second look, other picks again. */
async function moving(browser, path) {
  const frames = await mkdtemp(join(tmpdir(), "fewshop-film-"));
  try {
    const options = { viewport: MOVING, colorScheme: "light", reducedMotion: "reduce" };
    await visit(browser, { options }, async (shopper) => {
      const { page } = shopper;
      const home = page.getByRole("link", { name: /^Fewshop,? home$/ });
      await shopper.ready();
      await settled(shopper);
      const film = new Film(page, frames);
      await film.hold(1500);
      for (const [nth, { query, title }] of MOVING_LOOKS.entries()) {
        const box = page.getByRole("searchbox", { name: "Search products" });
        await film.click(box);
        await shopper.search(query);
        await settled(shopper);
        await film.hold(700);
        await film.click(result(shopper, title));
        await page.getByRole("heading", { level: 1, name: title }).waitFor();
        await settled(shopper);
        await film.hold(600);
        await film.click(home);
        await shopper.picks();
        await settled(shopper);
        await film.hold(nth === 0 ? 1800 : 2800);
      }
      film.write(path);
    });
  } finally {
    await rm(frames, { recursive: true, force: true });
  }
}

const folder = process.argv[2];
if (!folder) throw new Error("name a folder for the pictures: node readme.mjs FOLDER");
await mkdir(folder, { recursive: true });
const browser = await launch();
try {
  for (const colorScheme of ["light", "dark"]) await still(browser, colorScheme, join(folder, `shop-${colorScheme}.png`));
  await moving(browser, join(folder, "learning.webp"));
} finally {
  await browser.close();
}
for (const [name, most] of Object.entries(MAX_BYTES)) {
  const { size } = await stat(join(folder, name));
  console.log(`${name}: ${size} bytes of ${most}`);
  if (size > most) process.exitCode = 1;
}
