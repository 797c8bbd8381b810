// The npm package in frameworks and bundlers: each small application is copied to an empty folder, gets frameworks/table.js as one more module,
// installs the package from its tarball, is checked by TypeScript if it is written in it, built, served as plain files and opened in a browser,
// where picks follow a click and a table is answered. Prints a table.
//
//   FEWSHOP_PACKAGE=folder CHROME=path [FEWSHOP_PACK=shop.pack] node frameworks.mjs [--all] [--dev] [name …]
//
// Without names: those of examples/ with a package.json. --all adds those of tests/e2e/frameworks, --dev starts the development servers as well.

import { execFile, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { PATIENCE, launch } from "./shopper.mjs";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PACK = process.env.FEWSHOP_PACK ?? join(ROOT, "web/assets/shop.pack");
const TYPES = { ".js": "text/javascript", ".html": "text/html", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm" };
/** Where a framework puts the built site; the others serve the folder itself. */
const BUILT = { next: "out", vite: "dist", react: "dist", vue: "dist", svelte: "dist", astro: "dist", parcel: "dist" };
/** The module of an application that imports the package; main.js if it is not here. */
const ENTRY = { vite: "main.ts", react: "main.tsx", next: "app/picks.tsx", astro: "src/pages/index.astro" };
const DEV_PORT = 4747;

const names = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const has = (option) => process.argv.includes(option);
const exists = (path) => stat(path).then(() => true, () => false);

/** The applications, by name. */
async function applications() {
  const found = new Map();
  for (const folder of ["examples", "tests/e2e/frameworks"]) {
    for (const name of await readdir(join(ROOT, folder))) {
      if (await exists(join(ROOT, folder, name, "package.json"))) found.set(name, { name, from: join(ROOT, folder, name), isExample: folder === "examples" });
    }
  }
  const wanted = ({ name, isExample }) => (names.length > 0 ? names.includes(name) : isExample || has("--all"));
  return [...found.values()].filter(wanted);
}

/** Lets an application import frameworks/table.js, too, as TypeScript where it is written in it. */
async function addTable(name, folder) {
  const entry = join(folder, ENTRY[name] ?? "main.js");
  const text = await readFile(entry, "utf8");
  const own = await readFile(join(ROOT, "tests/e2e/frameworks/table.js"), "utf8");
  // Not beside Astro's page: every file there is a page.
  const module = join(name === "astro" ? join(folder, "src") : dirname(entry), /\.tsx?$/.test(entry) ? "table.ts" : "table.js");
  await writeFile(module, own);
  const line = `import "${name === "astro" ? "../table.js" : "./table"}${/\.js$/.test(entry) ? ".js" : ""}";`;
  const at = text.search(/^import /m);
  await writeFile(entry, `${text.slice(0, at)}${line}\n${text.slice(at)}`);
}

/** A plain static host of a folder, with the pack beside the pages. */
async function host(folder) {
  const pack = await readFile(PACK);
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://host");
    const path = normalize(pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    const body = path === "/shop.pack" ? pack : await readFile(join(folder, path)).catch(() => null);
    response.writeHead(body ? 200 : 404, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    response.end(body ?? "not here");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => (server.closeAllConnections(), server.close()) };
}

/** What a page says of its table: the answer for a row of each class. */
const TABLE_ANSWERS = "22: no, 27: yes";

/** Opens the page, clicks the first pick and waits until another pick is there because of it; then asks for the answers to a table. */
async function trial(browser, url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  try {
    await page.goto(url);
    const links = page.locator("fewshop-picks").getByRole("link");
    await links.nth(5).waitFor();
    const title = await links.first().innerText();
    await links.first().click();
    await page.getByText(`because of ${title}`).first().waitFor();
    const faults = () => complaints.filter((text) => !text.includes("favicon") && !text.includes("404"));
    const said = (value) => (faults().length > 0 ? `${value}, but: ${faults()[0].slice(0, 160)}` : value);
    const picks = said("yes");
    const table = await page.evaluate(() => globalThis.askTable()).catch((error) => `no: ${error.message.split("\n")[0].slice(0, 200)}`);
    return { picks, table: said(table === TABLE_ANSWERS ? "yes" : `no: ${table}`) };
  } catch (error) {
    return { picks: `no: ${(complaints[0] ?? error.message).split("\n")[0].slice(0, 200)}`, table: "not tried" };
  } finally {
    await page.close();
  }
}

/** The last line of what a command printed, for a table. */
const last = ({ stdout = "", stderr = "", message = "" }) => `${stdout}\n${stderr}`.trim().split("\n").filter((line) => /error|fail|resolve|cannot/i.test(line))[0]?.trim().slice(0, 200) ?? message.split("\n")[0];

async function attempt(command, args, options) {
  try {
    await run(command, args, { maxBuffer: 1 << 26, ...options });
    return "yes";
  } catch (error) {
    return `no: ${last(error)}`;
  }
}

async function dev(browser, folder) {
  const server = spawn("npm", ["run", "dev", "--", "--port", DEV_PORT], { cwd: folder, stdio: "ignore", detached: true });
  let isOver = false;
  server.once("exit", () => (isOver = true));
  try {
    const url = `http://localhost:${DEV_PORT}/`;
    for (let waits = 0; waits < 120 && !isOver; waits += 1) {
      if (await fetch(url).then(() => true, () => false)) {
        const { picks, table } = await trial(browser, url);
        return picks === "yes" && table === "yes" ? "yes" : `no: picks ${picks}, table ${table}`;
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return isOver ? "no: its server ended" : "no: its server did not answer in a minute";
  } finally {
    if (!isOver) process.kill(-server.pid);
  }
}

const work = await mkdtemp(join(tmpdir(), "fewshop-frameworks-"));
const browser = await launch();
const rows = [];
try {
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", work], { cwd: process.env.FEWSHOP_PACKAGE });
  const tarball = join(work, stdout.trim());
  for (const { name, from } of await applications()) {
    console.error(`${name} …`);
    const folder = join(work, name);
    await cp(from, folder, { recursive: true, filter: (path) => !path.includes("node_modules") });
    await cp(tarball, join(folder, "fewshop.tgz"));
    await addTable(name, folder);
    await mkdir(join(folder, "public"), { recursive: true });
    await cp(PACK, join(folder, "public/shop.pack"));
    const at = { cwd: folder, env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", ASTRO_TELEMETRY_DISABLED: "1" } };
    const row = { name, install: await attempt("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], at) };
    if (row.install === "yes") {
      const { scripts } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
      row.build = await attempt("npm", ["run", "build"], at);
      if (row.build === "yes") {
        const site = await host(join(folder, BUILT[name] ?? "."));
        Object.assign(row, await trial(browser, site.url));
        site.close();
      }
      row.types = (await exists(join(folder, "tsconfig.json"))) ? await attempt("npx", ["tsc", "-p", "."], at) : "";
      if (has("--dev") && scripts.dev) row.dev = await dev(browser, folder);
    }
    rows.push(row);
  }
} finally {
  await browser.close();
  await rm(work, { recursive: true, force: true });
}
const columns = ["install", "build", "types", "picks", "table", ...(has("--dev") ? ["dev"] : [])];
console.log(`| | ${columns.join(" | ")} |\n|${"---|".repeat(columns.length + 1)}`);
for (const row of rows) console.log(`| ${row.name} | ${columns.map((column) => row[column] ?? "").join(" | ")} |`);
if (rows.some((row) => columns.some((column) => row[column]?.startsWith("no") || row[column]?.includes("but")))) process.exitCode = 1;
