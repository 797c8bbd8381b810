// The page's side of the worker, which the storefront and the npm package share: what it posts, what it does about a dead worker, and when it takes
// one for dead. Needs no browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeWorker, HOUR, LOADING, PACKAGE, READY, clock, failed, fakePage, lastAsked, picks, replaced, settled, status, worker } from "./fake-worker.mjs";

const { Client } = await import(new URL("client.js", PACKAGE));
const { Fewshop } = await import(new URL("index.js", PACKAGE));
const { GRACE_MS, PATIENCE_FORCED_MS, PATIENCE_MS, PROTOCOL_VERSION, QUIET_MS } = await import(new URL("protocol.js", PACKAGE));

fakePage();

/** A client and what it was told. */
function started(options = {}) {
  const told = [];
  const tell = (what) => (...args) => told.push([what, ...args]);
  const hear = Object.fromEntries(["loading", "ready", "again", "lost", "wordless", "failed"].map((what) => [what, tell(what)]));
  const client = new Client({ pack: "shop.pack", worker: "engine/worker.js", ...options }, hear);
  return { client, told, heard: (what) => told.filter(([each]) => each === what).map(([, ...args]) => args) };
}

/** The same, with an engine that can answer. */
function ready(options) {
  const made = started(options);
  worker().say(READY);
  return made;
}

/** Asks about a product; the answer is kept in what is returned. */
function ask(client, item, kind = "session") {
  const asked = { answer: undefined };
  client.ask(kind, () => (kind === "find" ? { query: item } : { session: { events: [{ item }] } })).then((answer) => (asked.answer = answer), (error) => (asked.error = error));
  return asked;
}

// ---- questions

test("a worker is told what to load, and by which version of the protocol", () => {
  started({ backend: null, sha256: "bb01" });
  assert.equal(worker().url, "http://shop/engine/worker.js");
  assert.deepEqual(worker().posted, [{ type: "load", protocol: PROTOCOL_VERSION, pack: "shop.pack", backend: null, sha256: "bb01" }]);
});

test("questions wait until the engine is ready, and of each kind only the newest is asked", async () => {
  const { client } = started();
  const [one, two] = [ask(client, 1), ask(client, 2)];
  const search = ask(client, "milk", "find");
  assert.ok(!client.isReady && !client.isFree("session"));
  assert.deepEqual(worker().posted.map(({ type }) => type), ["load"]);
  worker().say(READY);
  assert.deepEqual(worker().posted.slice(1).map(({ type }) => type), ["session", "find"]);
  assert.deepEqual(lastAsked(), [1, 2]);
  worker().say(picks(1));
  worker().say({ type: "found", query: "milk" });
  await settled();
  assert.deepEqual([one.answer, two.answer.seq, search.answer.query], [null, 1, "milk"]);
});

test("while one ranking is under way only the newest session waits, and an old answer is dropped", async () => {
  const { client, heard } = ready();
  const asked = [1, 2, 3].map((item) => ask(client, item));
  assert.deepEqual(lastAsked(), [1, 1]);
  worker().say(picks(1));
  assert.deepEqual(lastAsked(), [2, 3]);
  worker().say(picks(1));
  await settled();
  assert.deepEqual(asked.map(({ answer }) => answer?.seq), [1, undefined, undefined]);
  worker().say(picks(2));
  await settled();
  assert.deepEqual(asked.map(({ answer }) => answer?.seq), [1, undefined, 2]);
  assert.deepEqual(heard("again"), []);
  assert.equal(worker().of("session").length, 2);
});

test("a search does not wait for a ranking", async () => {
  const { client } = ready();
  const [ranking, search] = [ask(client, 1), ask(client, "milk", "find")];
  assert.equal(worker().of("find").length, 1);
  worker().say({ type: "found", query: "milk" });
  await settled();
  assert.ok(search.answer && !ranking.answer && !client.isFree("session") && client.isFree("find"));
});

test("what is asked no more is not answered, and what waited for it is not asked", async () => {
  const { client, heard } = ready();
  const asked = [ask(client, 1), ask(client, 2)];
  client.drop("session");
  assert.ok(!client.isFree("session"));
  client.drop("session", true);
  assert.ok(client.isFree("session"));
  worker().say(picks(1));
  await settled();
  assert.deepEqual([asked.map(({ answer }) => answer), heard("again"), worker().of("session").length], [[null, null], [], 1]);
  clock.pass(HOUR);
  assert.equal(worker().of("ping").length, 0, "nothing is due");
});

test("a worker that changes its engine says so, and answers the newest session once more", async () => {
  const { client, heard } = ready();
  ask(client, 1);
  worker().say(picks(1));
  worker().say({ type: "ready", status: status({ backend: "wgpu" }) });
  worker().say(picks(1));
  await settled();
  assert.deepEqual(heard("ready").map(([{ backend }]) => backend), ["cpu", "wgpu"]);
  assert.equal(heard("again").length, 1);
  assert.equal(worker().of("session").length, 1);
});

test("a second engine that loads does not hide the one that answers", () => {
  const { heard } = started();
  worker().say(LOADING);
  worker().say(READY);
  worker().say(LOADING);
  assert.deepEqual(heard("loading"), [[1, 9]]);
});

test("a request that is refused fails alone", async () => {
  const { client, heard } = ready();
  const [ranking, explanation] = [ask(client, 1), ask(client, 2, "explain")];
  worker().say({ ...failed("unknown_item"), about: "explain" });
  await settled();
  assert.deepEqual([explanation.error?.code, ranking.error, client.failure, heard("failed")], ["unknown_item", undefined, null, []]);
  worker().say(picks(1));
  await settled();
  assert.equal(ranking.answer.seq, 1);
  const others = [ask(client, 1), ask(client, 2, "explain")];
  worker().say(failed("bad_argument"));
  await settled();
  assert.deepEqual(others.map(({ error }) => error?.code), ["bad_argument", "bad_argument"], "a worker that does not name the request may mean any");
});

test("each worker gets the file of words before a search, and one that cannot read it searches by letters", async () => {
  const { client, heard } = started();
  client.read(new ArrayBuffer(4));
  assert.equal(worker().of("words").length, 0);
  const search = ask(client, "milk", "find");
  worker().say(READY);
  assert.deepEqual(worker().posted.slice(1).map(({ type }) => type), ["words", "find"]);
  worker().say({ ...failed("no_words", "it is damaged"), about: "words" });
  assert.deepEqual(heard("wordless").map(([{ message }]) => message), ["it is damaged"]);
  worker().onerror({ message: "gone" });
  replaced();
  worker().say(READY);
  assert.deepEqual(worker().posted.slice(1).map(({ type }) => type), ["words", "find"]);
  worker().say({ type: "found", query: "milk" });
  await settled();
  assert.equal(search.answer.query, "milk");
  client.read(new ArrayBuffer(8));
  assert.deepEqual(worker().of("words").map(({ bytes }) => bytes.byteLength), [4, 8]);
});

// ---- faults

test("a worker that dies is replaced once and asked again, and then given up", async () => {
  const { client, heard } = ready();
  const asked = ask(client, 1);
  assert.deepEqual(lastAsked(), [1, 1]);
  worker().onerror({ message: "gone" });
  assert.deepEqual([heard("lost"), client.isReady], [[["gone"]], false]);
  replaced();
  worker().say(READY);
  assert.deepEqual(lastAsked(), [2, 1]);
  worker().onerror({ message: "gone again" });
  await settled();
  const [[error]] = heard("failed");
  assert.deepEqual([error.name, error.code], ["FewshopError", "worker_lost"]);
  assert.match(error.message, /gone again/);
  assert.deepEqual([asked.error, ask(client, 2) && client.failure, client.isReady], [error, error, false]);
  clock.pass(HOUR);
  assert.equal(FakeWorker.started.length, 2);
});

test("a worker that answered before it died is replaced however often", async () => {
  const { client, heard } = ready();
  for (let item = 1; item <= 5; item += 1) {
    ask(client, item);
    worker().say(picks(lastAsked()[0]));
    worker().onmessageerror();
    replaced();
    worker().say(READY);
  }
  assert.deepEqual([heard("lost").length, heard("failed")], [5, []]);
});

test("of a dead worker's question and a newer one the newer is asked", async () => {
  const { client } = ready();
  const asked = [ask(client, 1), ask(client, 2)];
  worker().onerror({});
  replaced();
  worker().say(READY);
  assert.deepEqual(lastAsked(), [2, 2]);
  worker().say(picks(2));
  ask(client, 3);
  worker().onerror({});
  asked.push(ask(client, 4));
  replaced();
  worker().say(READY);
  assert.deepEqual(lastAsked(), [4, 4]);
  worker().say(picks(4));
  await settled();
  assert.deepEqual(asked.map(({ answer }) => answer?.seq ?? null), [null, 2, 4]);
});

test("what a dead worker still says is not heard", () => {
  const { client, heard } = ready();
  ask(client, 1);
  const dead = worker();
  dead.onerror({ message: "gone" });
  dead.say(picks(1));
  dead.onerror({ message: "gone" });
  dead.say(failed("pack_corrupt"));
  assert.deepEqual([heard("lost").length, heard("failed")], [1, []]);
});

test("a broken pack is final at once", () => {
  const { heard } = started();
  const first = worker();
  first.say(failed("pack_corrupt", "checksum"));
  assert.deepEqual(heard("failed").map(([{ code, message }]) => [code, message]), [["pack_corrupt", "checksum"]]);
  first.say(READY);
  clock.pass(HOUR);
  assert.deepEqual([heard("ready"), FakeWorker.started.length, first.isTerminated], [[], 1, true]);
});

test("an internal failure is worth one fresh worker", () => {
  const { heard } = ready();
  worker().say(failed("internal", "panicked"));
  replaced();
  worker().say(failed("internal", "panicked again"));
  assert.match(heard("failed")[0][0].message, /panicked again/);
});

test("a browser that starts no worker says so once the page can listen", async () => {
  FakeWorker.refusal = "not here";
  const { client, heard } = started();
  assert.equal(client.failure, null);
  await settled();
  assert.match(heard("failed")[0][0].message, /could not be started: not here/);
});

test("a client that is closed ends its worker and refuses what waits", async () => {
  const { client, heard } = ready();
  const asked = [ask(client, 1), ask(client, 2)];
  client.close();
  client.close();
  await settled();
  assert.deepEqual(asked.map(({ error }) => error?.code), ["closed", "closed"]);
  assert.deepEqual([heard("failed").length, worker().isTerminated], [1, true]);
});

// ---- the watch

test("a worker that gives no sign when asked is dead", () => {
  const { client, heard } = ready();
  ask(client, 1);
  clock.pass(QUIET_MS);
  assert.equal(worker().of("ping").length, 1);
  clock.pass(GRACE_MS - 1);
  assert.deepEqual(heard("lost"), []);
  clock.pass(1);
  assert.deepEqual(heard("lost"), [["it gave no sign for 5 s"]]);
});

test("a worker that gives signs but never an answer is dead in the end", () => {
  const { client, heard } = ready();
  ask(client, 1);
  const from = clock.now;
  while (heard("lost").length === 0 && clock.now < HOUR) {
    clock.pass(10);
    if (worker().of("ping").length > worker().signs) worker().say({ type: "alive" });
    worker().signs = worker().of("ping").length;
  }
  const took = (clock.now - from) / 1000;
  assert.ok(PATIENCE_MS / 1000 <= took && took <= 24, `${took} s`);
  assert.match(heard("lost")[0][0], /no progress for 2[0-4] s/);
});

test("an idle worker is not asked for signs", () => {
  const { client } = ready();
  clock.pass(HOUR);
  ask(client, 1);
  worker().say(picks(1));
  clock.pass(HOUR);
  assert.deepEqual([worker().of("ping"), FakeWorker.started.length], [[], 1]);
});

test("further questions give a worker that answers none no more time", () => {
  const { client, heard } = ready();
  ask(client, 1);
  clock.pass(QUIET_MS);
  ask(client, "milk", "find");
  clock.pass(GRACE_MS);
  assert.equal(heard("lost").length, 1);
});

test("a page that slept asks before it judges", () => {
  const { client, heard } = ready();
  ask(client, 1);
  clock.sleep(HOUR);
  assert.deepEqual([worker().of("ping").length, heard("lost")], [1, []]);
  worker().say({ type: "alive" });
  clock.pass(GRACE_MS);
  assert.deepEqual([worker().of("ping").length, heard("lost")], [2, []]);
  // Asleep again, with a sign pending.
  clock.sleep(HOUR);
  assert.deepEqual([worker().of("ping").length, heard("lost")], [3, []]);
  clock.pass(GRACE_MS);
  assert.deepEqual(heard("lost"), [["it gave no sign for 4 s"]]);
});

test("an engine that loads is not asked, and lives as long as bytes come", () => {
  const { heard } = started();
  for (let time = 0; time < 5; time += 1) {
    clock.pass(PATIENCE_MS - 1);
    worker().say(LOADING);
  }
  assert.deepEqual([worker().of("ping"), heard("lost")], [[], []]);
  clock.pass(PATIENCE_MS);
  assert.deepEqual(heard("lost"), [["it made no progress for 20 s"]]);
});

test("an engine that may compile for WebGPU is not asked, and has more time", () => {
  const { client, heard } = ready({ backend: "wgpu" });
  ask(client, 1);
  clock.pass(PATIENCE_FORCED_MS - 1);
  assert.deepEqual([worker().of("ping"), heard("lost")], [[], []]);
  clock.pass(1);
  assert.deepEqual(heard("lost"), [["it made no progress for 180 s"]]);
});

// ---- the package

/** A shop with one product, whose engine can answer. */
async function openShop() {
  const shop = new Fewshop("shop.pack", { worker: "worker.js" });
  worker().say(READY);
  const item = { id: "a", title: "A", category: [], brand: "", size: "", price: 1, picture: "" };
  worker().say({ type: "catalogue", catalogue: { currency: "USD", items: [item] } });
  return shop.ready;
}

const PICK = { item: 0, score: 1, reason: { kind: "popular_here" } };

/** The worker answers the newest ranking. */
const rank = () => {
  const { seq, shelves } = worker().of("session").at(-1);
  worker().say({ ...picks(seq), shelves: shelves.map(({ name }) => ({ name, picks: [PICK] })) });
  return shelves.length;
};

test("a question of the package that its worker died over is answered before those that came later", async () => {
  const shop = await openShop();
  const asked = [shop.rank({ n: 1 })];
  await settled();
  asked.push(shop.rank({ n: 2 }));
  await settled();
  worker().onerror({ message: "gone" });
  replaced();
  worker().say(READY);
  await settled();
  assert.deepEqual(worker().of("session").map(({ shelves }) => shelves[0].n), [1]);
  rank();
  await settled();
  rank();
  assert.deepEqual((await Promise.all(asked)).map(({ length }) => length), [1, 1]);
  shop.close();
});

test("the package searches while it ranks, and asks together what ranks", async () => {
  const shop = await openShop();
  const asked = Promise.all([shop.rank({ n: 1 }), shop.find("milk"), shop.explain("a"), shop.rank({ n: 2 }), shop.find("tea")]);
  await settled();
  const kinds = () => worker().posted.slice(2).map(({ type }) => type).sort();
  assert.deepEqual(kinds(), ["explain", "find", "session"]);
  const found = (query) => ({ type: "found", query, items: [0], by: "letters", example: [] });
  worker().say(found("milk"));
  await settled();
  assert.deepEqual(kinds(), ["explain", "find", "find", "session"]);
  worker().say(found("tea"));
  worker().say({ type: "explanation", pick: PICK });
  assert.equal(rank(), 2);
  const answers = await asked;
  assert.deepEqual(answers.map((answer) => answer.id ?? answer.items?.length ?? answer.length), [1, 1, "a", 1, 1]);
  shop.close();
});
