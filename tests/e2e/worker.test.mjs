// The engine's worker without the shop: its messages in normal operation and with missing files.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

import { NOT_THERE, openSite, withoutGpuEngine } from "./site.mjs";
import { SOFTWARE_GPU, launch } from "./shopper.mjs";

const PACK = "/assets/shop.pack";
const WORKER = "/engine/worker.js";
const CPU_WASM = "/engine/cpu/fewshop_wasm_bg.wasm";
const CPU_SCRIPT = "/engine/cpu/fewshop_wasm.js";
/** The engine's script without the hash of its wasm. */
const anyHash = (bytes) => Buffer.from(String(bytes).replace(/export const SHA256.*/, ""));
const GPU_SCRIPT = "/engine/gpu/fewshop_wasm.js";

const browsers = {};
before(async () => {
  browsers.plain = await launch();
  browsers.gpu = await launch(...SOFTWARE_GPU);
});
after(() => Promise.all(Object.values(browsers).map((browser) => browser.close())));

/** Runs `steps` with a fresh worker on the site with `replaced` files. */
function workerTest(name, { browser = "plain", replaced = {}, skip }, steps) {
  test(name, async (context) => {
    const why = await skip?.();
    if (why) {
      context.skip(why);
      return;
    }
    const server = await openSite(replaced);
    const page = await browsers[browser].newPage();
    try {
      await page.goto(`${server.url}/blank`);
      await page.evaluate((url) => {
        globalThis.replies = [];
        globalThis.deaths = [];
        globalThis.engine = new Worker(url, { type: "module" });
        globalThis.engine.onmessage = ({ data }) => globalThis.replies.push(data);
        globalThis.engine.onerror = (event) => globalThis.deaths.push(event.message);
      }, WORKER);
      const replies = () => page.evaluate(() => globalThis.replies);
      await steps({
        server,
        page,
        replies,
        deaths: () => page.evaluate(() => globalThis.deaths),
        say: (request) => page.evaluate((data) => globalThis.engine.postMessage(data), request),
        inWorker: (script) => page.workers()[0].evaluate(script),
        /** The first reply of which `wanted` holds, of those from number `from` on. */
        async hear(wanted, from = 0) {
          const end = Date.now() + 150_000;
          while (Date.now() < end) {
            const found = (await replies()).slice(from).find(wanted);
            if (found) return found;
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
          throw new Error(`no such reply among ${JSON.stringify(await replies()).slice(-2000)}`);
        },
      });
    } finally {
      await page.close();
      server.close();
    }
  });
}

const load = (backend = null, pack = `..${PACK}`) => ({ type: "load", pack, backend });
const session = (seq, items, n = 5) => ({
  type: "session",
  seq,
  session: { events: items.map((item) => ({ item, kind: "view" })) },
  shelves: [{ name: "picked", n }],
});
const isReady = (reply) => reply.type === "ready";
const isFailed = (reply) => reply.type === "failed";
const isPicks = (seq) => (reply) => reply.type === "picks" && reply.seq === seq;
const isSettled = (reply) => isReady(reply) && !/first to be|until/.test(reply.status.backend_reason);

workerTest("it loads, ranks and explains", {}, async ({ say, hear, replies }) => {
  await say(load());
  const { status } = await hear(isReady);
  assert.equal(status.backend, "cpu");
  assert.ok(status.items > 0);
  assert.equal(status.shots, 0);
  await say(session(1, [1, 2, 3]));
  const answer = await hear(isPicks(1));
  const [shelf] = answer.shelves;
  assert.equal(shelf.name, "picked");
  assert.equal(shelf.picks.length, 5);
  assert.ok(shelf.picks.every(({ item }) => ![1, 2, 3].includes(item)));
  assert.equal(answer.status.shots, 3);
  assert.ok(answer.status.last_run_ms >= 0);
  await say({ type: "explain", session: session(1, [1, 2, 3]).session, item: shelf.picks[0].item });
  const { pick } = await hear((reply) => reply.type === "explanation");
  assert.deepEqual(pick.reason, shelf.picks[0].reason);
  const loading = (await replies()).filter((reply) => reply.type === "loading");
  assert.ok(loading.length > 0 && loading.every((reply) => reply.received > 0));
});

workerTest("a session that comes before the engine is ready is answered", {}, async ({ say, hear }) => {
  await say(load());
  await say(session(1, [1]));
  await hear(isPicks(1));
});

workerTest("of a burst of sessions only the newest must be answered", {}, async ({ say, hear, page, replies }) => {
  await say(load("cpu"));
  await hear(isReady);
  const before = (await replies()).length;
  await page.evaluate((first) => {
    for (let seq = 2; seq <= 10_000; seq += 1) globalThis.engine.postMessage({ ...first, seq });
  }, session(1, [4]));
  await hear(isPicks(10_000));
  const answers = (await replies()).slice(before);
  assert.equal(answers.at(-1).seq, 10_000);
  assert.ok(answers.length < 100, `${answers.length} answers to 9,999 sessions`);
});

for (const [name, replaced, code, words] of [
  ["a missing pack", { [PACK]: NOT_THERE }, "pack_missing", /404/],
  ["an empty pack", { [PACK]: () => Buffer.alloc(0) }, "pack_corrupt", /empty/],
  ["a cut pack", { [PACK]: (bytes) => bytes.subarray(0, bytes.length / 2) }, "pack_corrupt", /cut off/],
  ["a damaged pack", { [PACK]: (bytes) => (bytes.writeUInt8(bytes.at(-1) ^ 1, bytes.length - 1), bytes) }, "pack_corrupt", /damaged/],
  ["a pack that is the start page", { [PACK]: { type: "text/html", body: "<!doctype html>" } }, "pack_corrupt", /no Fewshop pack/],
  ["a missing engine", { [CPU_WASM]: NOT_THERE }, "internal", /404/],
  ["an engine that is not the one", { [CPU_WASM]: { type: "application/wasm", body: "?" } }, "engine_corrupt", /SHA-256 is 8a8de823…/],
  ["an engine that this browser cannot compile", { [CPU_WASM]: { type: "application/wasm", body: "?" }, [CPU_SCRIPT]: anyHash }, "no_wasm", /cannot run the engine, which needs WebAssembly with SIMD/],
  ["a browser without WebAssembly", { [WORKER]: (bytes) => `delete self.WebAssembly;\n${bytes}` }, "no_wasm", /no WebAssembly/],
]) {
  workerTest(`${name} is said once and again to every request`, { replaced }, async ({ say, hear, replies, deaths }) => {
    await say(load());
    const failure = await hear(isFailed);
    assert.equal(failure.code, code);
    assert.match(failure.message, words);
    const before = (await replies()).length;
    await say(session(1, [1]));
    assert.deepEqual(await hear(isFailed, before), failure);
    assert.deepEqual(await deaths(), []);
  });
}

workerTest("a pack is read only if it is the one that was asked for", {}, async ({ say, hear, server }) => {
  await say({ ...load("cpu"), sha256: "0".repeat(64) });
  const failure = await hear(isFailed);
  assert.equal(failure.code, "pack_corrupt");
  assert.match(failure.message, /SHA-256 is [0-9a-f]{8}…, expected 00000000…/);
  assert.equal(server.asked.filter((path) => path === PACK).length, 1);
});

workerTest("the right hash is no hindrance", {}, async ({ say, hear, server }) => {
  const bytes = Buffer.from(await (await fetch(`${server.url}${PACK}`)).arrayBuffer());
  await say({ ...load("cpu"), sha256: createHash("sha256").update(bytes).digest("hex") });
  await hear(isReady);
});

workerTest("a sign of life is given at any time", {}, async ({ say, hear, replies }) => {
  const signs = async () => (await replies()).filter(({ type }) => type === "alive").length;
  await say({ type: "ping" });
  await hear(({ type }) => type === "alive");
  await say(load("cpu"));
  await say({ type: "ping" });
  await hear(isReady);
  assert.equal(await signs(), 2);
});

workerTest("a bad request fails by name and the next one is answered", {}, async ({ say, hear, replies }) => {
  await say(load("cpu"));
  await hear(isReady);
  for (const [request, code] of [
    [session(1, [4_000_000_000]), "unknown_item"],
    [session(1, [1], 0), "nothing_wanted"],
    [{ type: "session" }, "bad_argument"],
    [{ type: "explain", item: -1 }, "bad_argument"],
    [{ type: "dance" }, "bad_argument"],
    [null, "bad_argument"],
  ]) {
    const before = (await replies()).length;
    await say(request);
    assert.equal((await hear(isFailed, before)).code, code, JSON.stringify(request));
  }
  await say(session(2, [1]));
  await hear(isPicks(2));
});

// A trap leaves its promise pending for ever and shows only as an uncaught error of the worker.
const trapping = (bytes) =>
  String(bytes).replace("recommender.answer(request)", "(setTimeout(() => { throw new Error('trap') }), new Promise(() => {}))");
workerTest("an engine that traps ends as one failure", { replaced: { [WORKER]: trapping } }, async ({ say, hear, deaths }) => {
  await say(load("cpu"));
  await say(session(1, [1]));
  const failure = await hear(isFailed);
  assert.equal(failure.code, "internal");
  assert.match(failure.message, /trap/);
  assert.deepEqual(await deaths(), []);
});

for (const [name, setup, backend, words] of [
  ["without an adapter the CPU ranks", {}, null, /no WebGPU adapter/],
  ["without an adapter a forced GPU is the CPU", {}, "wgpu", /no WebGPU adapter/],
  ["a software adapter is not tried unasked", { browser: "gpu" }, null, /software/],
  ["a site without the WebGPU engine ranks on the CPU", { browser: "gpu", replaced: { [GPU_SCRIPT]: NOT_THERE } }, "wgpu", /without the WebGPU engine/],
]) {
  workerTest(`${name}, and says why`, setup, async ({ say, hear, server }) => {
    await say(load(backend));
    const { status } = await hear(isSettled);
    assert.equal(status.backend, "cpu");
    assert.match(status.backend_reason, words);
    assert.ok(!server.asked.includes("/engine/gpu/fewshop_wasm_bg.wasm"));
    await say(session(1, [1]));
    assert.equal((await hear(isPicks(1))).status.backend, "cpu");
  });
}

workerTest("where the CPU is asked for the GPU is left alone", { browser: "gpu" }, async ({ say, hear, server }) => {
  await say(load("cpu"));
  await hear(isReady);
  await say(session(1, [1]));
  await hear(isPicks(1));
  assert.ok(!server.asked.some((path) => path.includes("/gpu/")));
});

workerTest(
  "a forced GPU takes over, and when it is lost the CPU answers the same session",
  { browser: "gpu", skip: withoutGpuEngine },
  async ({ say, hear, replies, inWorker, deaths }) => {
    await say(load("wgpu"));
    await say(session(1, [1, 2, 3]));
    const onCpu = await hear(isPicks(1));
    assert.equal(onCpu.status.backend, "cpu");
    const onGpu = await hear((reply) => isPicks(1)(reply) && reply.status.backend === "wgpu");
    assert.match(onGpu.status.backend_reason, /asked for/);
    const rows = ({ shelves }) => shelves[0].picks.map(({ item }) => item).sort();
    assert.deepEqual(rows(onGpu), rows(onCpu));
    const before = (await replies()).length;
    await inWorker(() => self.fewshop.device.destroy());
    const again = await hear(isPicks(1), before);
    assert.equal(again.status.backend, "cpu");
    assert.match(again.status.backend_reason, /the GPU was lost/);
    assert.deepEqual(again.shelves, onCpu.shelves);
    await say(session(2, [1, 2, 3, 4]));
    assert.equal((await hear(isPicks(2))).status.shots, 4);
    assert.deepEqual(await deaths(), []);
  },
);

// Software WebGPU is normally skipped; here it stands in for a real GPU.
const anyAdapter = (bytes) => String(bytes).replace("adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter", "false");
workerTest(
  "the faster engine is kept after both ranked the same session",
  { browser: "gpu", replaced: { [WORKER]: anyAdapter }, skip: withoutGpuEngine },
  async ({ say, hear }) => {
    await say(load());
    const { status } = await hear(isSettled);
    // Software WebGPU loses clearly, by its times or by a timeout.
    assert.equal(status.backend, "cpu");
    assert.match(status.backend_reason, /^CPU: ([\d.]+ ms against [\d.]+ ms on WebGPU for [\d,]+ products|WebGPU .*no answer)/);
    assert.equal(status.shots, 0);
    await say(session(1, [1]));
    assert.equal((await hear(isPicks(1))).status.backend, "cpu");
  },
);
