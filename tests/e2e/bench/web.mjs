// Measures the main use case in the built page: a new shopper goes through recorded sessions, one product page after
// the other. For each event it records the worker's time and its parts, the transfer time of the answer, and the work
// of the page's own thread. Run by `cargo xtask bench web`.

import { readFile, writeFile } from "node:fs/promises";
import os from "node:os";

import { Shopper, launch } from "../shopper.mjs";
import { SITE } from "../site.mjs";

const sessions = JSON.parse(await readFile(process.env.FEWSHOP_SESSIONS, "utf8"));
const WANTED = Number(process.env.FEWSHOP_EVENTS ?? 200);
/** Events of one session at most: what the engine learns from. */
const LONGEST = 20;
/** Events before the measured ones: the first compile the engine's code. */
const WARM = 20;

const at = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] : NaN;
};

/** Notes all that passes between page and worker, and the long tasks of the page's thread. */
function spy() {
  const notes = (window.__bench = { answers: [], long: [], sent: new Map(), ready: null, frames: [] });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) notes.long.push({ start: entry.startTime, ms: entry.duration });
  }).observe({ type: "longtask", buffered: true });
  const Real = window.Worker;
  window.Worker = class extends Real {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => {
        const now = performance.now();
        if (data?.type === "ready") notes.ready ??= now;
        if (data?.type === "picks") {
          const { seq, status, shelves } = data;
          notes.answers.push({ seq, got: now, sent: notes.sent.get(seq), worker: status.last_run_ms, shots: status.shots, shelves: shelves.length });
          notes.heard?.();
        }
      });
    }
    postMessage(message, ...rest) {
      if (message?.type === "session") notes.sent.set(message.seq, performance.now());
      super.postMessage(message, ...rest);
    }
  };
}

/** Opens a product as a click on a link does, and returns once the engine has answered and the page has drawn it. */
async function open(id) {
  const notes = window.__bench;
  const before = notes.answers.length;
  const clicked = performance.now();
  const link = document.createElement("a");
  link.href = `/product/${encodeURIComponent(id)}`;
  document.body.append(link);
  link.click();
  const handled = performance.now();
  link.remove();
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
  // Uses events instead of polling, so that the measured work of the page's thread is the shop's.
  await new Promise((resolve) => {
    notes.heard = resolve;
    setTimeout(resolve, 20_000);
  });
  if (notes.answers.length === before) return null;
  const drawn = await frame();
  return { clicked, handled: handled - clicked, drawn: drawn - clicked, answer: notes.answers.at(-1) };
}

const load = () => os.loadavg()[0].toFixed(1);
const browser = await launch();
const began = load();
const events = [];
let items = 0;
let ready = 0;
let memory = 0;
const long = [];
try {
  for (const session of sessions) {
    if (events.length >= WANTED + WARM) break;
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript(spy);
    const worker = page.waitForEvent("worker");
    await page.goto(new URL("/?backend=cpu", SITE).href);
    const engine = await worker;
    await page.waitForFunction(() => window.__bench.ready !== null, undefined, { timeout: 120_000 });
    // The page accepts clicks once it reports that it is ready.
    await new Shopper(page, SITE).ready();
    ready = await page.evaluate(() => window.__bench.ready);
    // Loading and drawing at the start do not belong to an event.
    await page.waitForTimeout(500);
    const from = await page.evaluate(() => performance.now());
    for (const id of session.slice(0, LONGEST)) {
      const seen = await page.evaluate(open, id);
      if (!seen) throw new Error(`no answer came for ${id}`);
      events.push({ ...seen, split: await engine.evaluate(() => self.fewshop.split) });
      if (events.length >= WANTED + WARM) break;
    }
    long.push(...(await page.evaluate((from) => window.__bench.long.filter(({ start }) => start >= from), from)));
    items = await engine.evaluate(() => self.fewshop.items);
    memory = Math.max(memory, (await engine.evaluate(() => self.fewshop.bytes)) ?? 0);
    await context.close();
  }
} finally {
  await browser.close();
}

const measured = events.slice(WARM);
const figures = {
  items,
  events: measured.length,
  load: `${began} to ${load()}`,
  cpu: os.cpus()[0]?.model,
  ready_ms: ready,
  worker_memory_mb: memory / 1e6,
  long_tasks: long.filter(({ ms }) => ms > 50).length,
  longest_task_ms: Math.max(0, ...long.map(({ ms }) => ms)),
};
const row = (name, values) => {
  figures[name] = { p50: at(values, 0.5), p95: at(values, 0.95), max: at(values, 1) };
  return `${name.padEnd(34)} ${figures[name].p50.toFixed(2).padStart(8)} ${figures[name].p95.toFixed(2).padStart(8)} ${figures[name].max.toFixed(2).padStart(8)}`;
};
const out = [`${items} products, ${measured.length} events, load ${figures.load}`, `${"ms".padEnd(34)} ${"p50".padStart(8)} ${"p95".padStart(8)} ${"max".padStart(8)}`];
out.push(row("worker: event to picks", measured.map(({ answer }) => answer.worker)));
for (const step of ["adapt", "scan", "candidates", "ranker", "reasons"]) {
  out.push(row(`  ${step}`, measured.map(({ split }) => split[step])));
}
out.push(row("  request and reply as objects", measured.map(({ answer, split }) => answer.worker - Object.values(split).reduce((a, b) => a + b, 0))));
out.push(row("page: question to answer", measured.map(({ answer }) => answer.got - answer.sent)));
out.push(row("  of it on the way", measured.map(({ answer }) => answer.got - answer.sent - answer.worker)));
out.push(row("page: click handled", measured.map(({ handled }) => handled)));
out.push(row("page: click to shelves drawn", measured.map(({ drawn }) => drawn)));
for (const shots of [[1, 3], [4, 10], [11, 20]]) {
  const some = measured.filter(({ answer }) => answer.shots >= shots[0] && answer.shots <= shots[1]);
  if (some.length) out.push(row(`worker, ${shots.join(" to ")} shots (${some.length})`, some.map(({ answer }) => answer.worker)));
}
out.push(`tasks over 50 ms on the page's thread: ${figures.long_tasks} (longest seen ${figures.longest_task_ms} ms); engine ready after ${ready.toFixed(0)} ms; worker's memory ${figures.worker_memory_mb.toFixed(1)} MB`);
process.stdout.write(`${out.join("\n")}\n\n`);
if (process.env.FEWSHOP_JSON) {
  const all = JSON.parse(await readFile(process.env.FEWSHOP_JSON, "utf8").catch(() => "[]"));
  await writeFile(process.env.FEWSHOP_JSON, `${JSON.stringify([...all, figures], null, 1)}\n`);
}
