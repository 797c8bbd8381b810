// The storefront's script between its program and the client of the worker: what it asks once, and what it tells. Needs no browser.

import assert from "node:assert/strict";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { FakeWorker, PACKAGE, READY, failed, fakePage, lastAsked, picks, replaced, settled, status, warnings, worker } from "./fake-worker.mjs";

fakePage();

/** The storefront's script, with the package's files beside it as in the site. */
let engine;
let folder;
/** Loaded anew for each test: it is one for a page. */
let times = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "fewshop-"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  for (const name of ["client.js", "errors.js", "protocol.js"]) await copyFile(new URL(name, PACKAGE), join(folder, name));
  await copyFile(fileURLToPath(new URL("../../web/assets/engine.js", import.meta.url)), join(folder, "engine.js"));
});
after(() => rm(folder, { recursive: true }));

/** Starts the storefront's engine, which can answer unless told otherwise. Returns the types of what it tells, and the replies. */
async function storefront({ search = "", isReady = true } = {}) {
  globalThis.location = new URL(`http://shop/${search}`);
  engine = await import(`${pathToFileURL(join(folder, "engine.js"))}?${(times += 1)}`);
  const replies = [];
  engine.start("/engine/worker.js", "../assets/shop.pack", "aa", "aa01", (text) => replies.push(JSON.parse(text)));
  if (isReady) worker().say(READY);
  return { replies, types: () => replies.map(({ type }) => type) };
}

const question = (item) => JSON.stringify({ seq: 0, session: { events: [{ item }] }, shelves: [{ name: "picked", n: 3 }] });

test("the storefront asks for its own pack by name and hash, and for the engine that the address forces", async () => {
  for (const [search, backend] of [["", null], ["?backend=cpu", "cpu"], ["?backend=wgpu", "wgpu"], ["?backend=tpu", null]]) {
    await storefront({ search, isReady: false });
    const [load] = worker().posted;
    assert.deepEqual([load.pack, load.sha256, load.backend], ["../assets/shop.pack", "aa01", backend]);
    assert.equal(worker().url, "http://shop/engine/worker.js");
  }
});

test("what the storefront asked last is not asked again", async () => {
  const { types } = await storefront();
  engine.ask(question(1));
  engine.ask(question(2));
  engine.ask(question(1));
  assert.deepEqual(lastAsked(), [1, 1], "its answer is on its way");
  worker().say(picks(1));
  await settled();
  assert.equal(worker().of("session").length, 1, "and the one between is of no use any more");
  engine.ask(question(1));
  assert.equal(worker().of("session").length, 1, "its answer is there");
  engine.ask("");
  engine.ask(question(1));
  assert.equal(worker().of("session").length, 2);
  assert.deepEqual(types(), ["ready", "picks"]);
});

test("nothing is asked or told after 'Forget'", async () => {
  const { types } = await storefront();
  engine.ask(question(1));
  engine.ask("");
  worker().say(picks(1));
  worker().onerror({ message: "gone" });
  replaced();
  worker().say(READY);
  await settled();
  assert.equal(worker().of("session").length, 0);
  assert.deepEqual(types(), ["ready", "loading", "ready"]);
});

test("what the storefront asked of a dead worker is asked again, answered or not", async () => {
  const { types } = await storefront();
  engine.ask(question(1));
  worker().onerror({ message: "gone" });
  engine.ask(question(1));
  replaced();
  worker().say(READY);
  assert.deepEqual(lastAsked(), [2, 1]);
  worker().say(picks(2));
  await settled();
  worker().onerror({ message: "gone" });
  replaced();
  worker().say(READY);
  assert.deepEqual(lastAsked(), [3, 1], "a fresh worker knows nothing of the session");
  await settled();
  assert.deepEqual(types(), ["ready", "loading", "ready", "picks", "loading", "ready"]);
  assert.ok(warnings.every((line) => line.startsWith("the worker")) && warnings.length === 2, warnings.join("\n"));
});

test("an engine with another pack may not name rows of this catalogue", async () => {
  const { replies } = await storefront({ isReady: false });
  worker().say({ type: "ready", status: status({ pack: "bb" }) });
  assert.deepEqual(replies.map(({ type, code }) => [type, code]), [["failed", "wrong_pack"]]);
  assert.match(replies[0].message, /loaded pack bb, the catalogue was written from pack aa/);
  assert.ok(worker().isTerminated);
});

test("after a failure the shopper may try again with the newest session and the words kept", async () => {
  const { types } = await storefront();
  engine.give_words(new ArrayBuffer(4));
  engine.ask(question(1));
  worker().say(failed("pack_missing"));
  engine.ask(question(4));
  await settled();
  assert.ok(!engine.is_ready());
  engine.retry();
  worker().say(READY);
  assert.ok(engine.is_ready());
  assert.deepEqual(worker().posted.map(({ type }) => type), ["load", "words", "session"]);
  assert.deepEqual(lastAsked(), [1, 4]);
  // It may be replaced again.
  worker().onerror({ message: "gone" });
  replaced();
  assert.deepEqual(types(), ["ready", "failed", "loading", "ready", "loading"]);
});

test("a question of the storefront that is refused ends the engine, and a search by letters does not", async () => {
  const { replies } = await storefront();
  engine.find("milk");
  worker().say({ ...failed("no_words", "damaged"), about: "words" });
  worker().say({ type: "found", query: "milk" });
  await settled();
  assert.deepEqual([replies.map(({ type }) => type), warnings], [["ready", "found"], ["damaged"]]);
  engine.ask(question(1));
  worker().say({ ...failed("unknown_item"), about: "session" });
  await settled();
  assert.deepEqual([replies.at(-1).type, replies.at(-1).code], ["failed", "unknown_item"]);
});

/** Prepares the storefront's engine as the page's first script does. Returns what lets it load, and the start of the storefront. */
async function prepared() {
  globalThis.location = new URL("http://shop/");
  engine = await import(`${pathToFileURL(join(folder, "engine.js"))}?${(times += 1)}`);
  let arrive;
  engine.prepare("/engine/worker.js", "../assets/shop.pack", "aa01", new Promise((resolve) => (arrive = resolve)));
  const replies = [];
  const start = (sha256) => engine.start("/engine/worker.js", "../assets/shop.pack", "aa", sha256, (text) => replies.push(JSON.parse(text)));
  return { arrive, start, types: () => replies.map(({ type }) => type) };
}

test("a prepared engine loads once the program has arrived, and the storefront hears all that was said before", async () => {
  const { arrive, start, types } = await prepared();
  await settled();
  assert.deepEqual(worker().posted, []);
  arrive();
  await settled();
  assert.deepEqual(worker().posted.map(({ type, sha256 }) => [type, sha256]), [["load", "aa01"]]);
  worker().say({ type: "loading", received: 1 });
  start("aa01");
  assert.deepEqual(types(), ["loading"]);
  worker().say(READY);
  engine.ask(question(1));
  worker().say(picks(1));
  await settled();
  assert.deepEqual(types(), ["loading", "ready", "picks"]);
  assert.equal(FakeWorker.started.length, 1);
  assert.equal(worker().of("load").length, 1);
});

test("where nobody says that the program has arrived, the storefront's start lets the engine load", async () => {
  const { start } = await prepared();
  start("aa01");
  await settled();
  assert.equal(FakeWorker.started.length, 1);
  assert.equal(worker().of("load").length, 1);
});

test("an engine that was prepared for another pack than the catalogue's is replaced, and what it said is not heard", async () => {
  const { arrive, start, types } = await prepared();
  arrive();
  await settled();
  worker().say(failed("pack_corrupt"));
  const old = worker();
  start("bb01");
  assert.ok(old.isTerminated && worker() !== old);
  assert.deepEqual(worker().posted.map(({ sha256 }) => sha256), ["bb01"]);
  worker().say(READY);
  await settled();
  assert.deepEqual(types(), ["ready"]);
});

test("a prepared engine that failed says so when the storefront starts, and can be tried again", async () => {
  const { arrive, start, types } = await prepared();
  arrive();
  await settled();
  worker().say(failed("pack_missing"));
  start("aa01");
  assert.deepEqual(types(), ["failed"]);
  engine.retry();
  worker().say(READY);
  assert.deepEqual(types(), ["failed", "loading", "ready"]);
});
