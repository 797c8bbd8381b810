// What several tabs store at one moment, with the package's memory alone: each process of a browser has its own copy of localStorage, which
// hears of the others' changes later. Needs no browser.

import assert from "node:assert/strict";
import { test } from "node:test";

const { Memory } = await import("../../crates/fewshop-wasm/package/memory.js");
const { Session } = await import("../../crates/fewshop-wasm/package/session.js");

/** Tabs of one site. What one stores reaches the others when `deliver` is called, in order. */
function site(count) {
  const tabs = Array.from({ length: count }, () => new Tab());
  let changes = [];

  function Tab() {
    const copy = new Map();
    const listeners = [];
    const store = {
      getItem: (key) => copy.get(key) ?? null,
      setItem: (key, value) => change(key, String(value)),
      removeItem: (key) => copy.has(key) && change(key, null),
    };
    const apply = (key, value) => (value === null ? copy.delete(key) : copy.set(key, value));
    const change = (key, value) => {
      changes.push({ from: this, key, oldValue: store.getItem(key), newValue: value });
      apply(key, value);
    };
    /** Runs something as this tab. */
    this.as = (act) => {
      globalThis.localStorage = store;
      globalThis.document = { visibilityState: "visible", addEventListener: () => {}, removeEventListener: () => {} };
      globalThis.addEventListener = (type, listener) => type === "storage" && listeners.push(listener);
      globalThis.removeEventListener = () => {};
      return act();
    };
    this.hear = ({ key, oldValue, newValue }) => {
      apply(key, newValue);
      this.as(() => listeners.forEach((listener) => listener({ type: "storage", key, oldValue, newValue })));
    };
    this.stored = () => copy.size;
    this.open = () => this.as(() => {
      this.session = new Session();
      this.memory = new Memory("shop.pack", () => {
        this.join();
        this.memory.keep(this.session);
      });
      this.memory.isOn = true;
    });
    /** Whether the tab's pack has a product. */
    this.knows = () => true;
    this.join = () => {
      this.session = this.memory.join(this.session);
      this.session.keepOnly((item) => this.knows(item));
    };
    this.change = (act) => this.as(() => {
      this.join();
      this.session = act(this.session) ?? this.session;
      this.memory.write(this.session);
    });
    this.put = (item) => this.change((session) => void session.add({ kind: "cart", item }, Date.now() - 100 + Number(item)));
    this.forget = () => this.change(() => new Session());
    this.items = () => this.session.events.map(({ item }) => item).join();
  }

  for (const tab of tabs) tab.open();
  return {
    tabs,
    deliver() {
      for (let rounds = 0; changes.length > 0; rounds += 1) {
        assert.ok(rounds < 20, "the tabs come to an end");
        const all = changes;
        changes = [];
        for (const change of all) for (const tab of tabs) if (tab !== change.from) tab.hear(change);
      }
    },
  };
}

const all = (tabs) => tabs.map((tab) => tab.items());

test("tabs that begin at one moment are one shopper's, and nothing is lost", () => {
  const { tabs, deliver } = site(3);
  tabs.forEach((tab, nth) => tab.put(String(nth + 1)));
  deliver();
  assert.deepEqual(all(tabs), ["1,2,3", "1,2,3", "1,2,3"]);
});

test("tabs that go on at one moment lose nothing", () => {
  const { tabs, deliver } = site(2);
  tabs[0].put("1");
  deliver();
  tabs[0].put("2");
  tabs[1].put("3");
  deliver();
  assert.deepEqual(all(tabs), ["1,2,3", "1,2,3"]);
});

test("what was forgotten stays forgotten, though another tab stores at the same moment", () => {
  const { tabs, deliver } = site(2);
  tabs[0].put("1");
  deliver();
  tabs[0].forget();
  tabs[1].put("2");
  deliver();
  assert.deepEqual(all(tabs), ["", ""]);
  assert.deepEqual(tabs.map((tab) => tab.stored()), [0, 0]);
});

test("a tab that hears of a forgetting late does not bring back what it held", () => {
  const { tabs, deliver } = site(2);
  tabs[0].put("1");
  deliver();
  tabs[0].forget();
  tabs[0].put("4");
  deliver();
  assert.deepEqual(all(tabs), ["4", "4"]);
});

test("tabs with packs of two versions come to an end, and each keeps what it knows", () => {
  const { tabs, deliver } = site(2);
  tabs[1].knows = (item) => item !== "1";
  tabs[0].put("1");
  deliver();
  tabs[1].put("2");
  deliver();
  assert.deepEqual(all(tabs), ["1,2", "2"]);
});
