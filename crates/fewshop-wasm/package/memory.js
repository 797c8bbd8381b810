// Where a session outlives its page: localStorage, shared by all tabs of a site. Nothing is stored unless the page asks for it, and nothing
// is left when there is nothing to remember.

import { Session } from "./session.js";

/** The store of one pack's session. */
export class Memory {
  #key;
  #isOn = false;
  /** Whether this tab has seen the session stored: if it is gone later, somebody has forgotten it. */
  #isStored = false;
  /** Epochs that were forgotten while this tab looked on: what a tab that had not heard of it yet stores of them is erased again. */
  #forgot = new Set();
  /** Another tab began to store at the same moment: the two sessions are one shopper's, and neither was forgotten. */
  #isHeard = false;
  #hear;

  /** `hear()` is told when another tab changed what is stored; it joins, and keeps the outcome. */
  constructor(pack, hear) {
    this.#key = `fewshop ${pack}`;
    this.#hear = hear;
  }

  /** Starts or stops remembering; stopping erases what is stored. */
  set isOn(isOn) {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    if (isOn) {
      addEventListener("storage", this.#changed);
      // A tab that was frozen has missed that.
      document.addEventListener("visibilitychange", this.#changed);
      addEventListener("pageshow", this.#changed);
    } else {
      this.#erase();
      this.close();
    }
  }

  get isOn() {
    return this.#isOn;
  }

  close() {
    removeEventListener("storage", this.#changed);
    document.removeEventListener("visibilitychange", this.#changed);
    removeEventListener("pageshow", this.#changed);
  }

  /** The session of this tab, brought up to date by what is stored. The session to go on with, and whether it is another one. */
  join(session, now = Date.now()) {
    if (!this.#isOn) return session;
    const stored = this.#read(now);
    if (!stored) return this.#isStored ? this.#forgotten(session) : session;
    this.#isStored = true;
    if (session.epoch !== null && session.epoch !== stored.epoch && !this.#isHeard) {
      // Forgotten while this tab slept, and begun anew by another.
      this.#forgot.add(session.epoch);
      return stored;
    }
    stored.merge(session);
    return stored;
  }

  /**
   * Adds to what is stored what it lacks of a session that was joined: two tabs that write at one moment see only their own. It takes nothing
   * away, or tabs with packs of two versions, which know different products, would answer each other for ever.
   */
  keep(session, now = Date.now()) {
    const stored = this.#isOn && session.epoch !== null ? this.#read(now) : null;
    if (!stored) return;
    const before = stored.write();
    stored.merge(session);
    if (stored.write() !== before) this.write(stored);
  }

  /** Stores a session that was joined before. */
  write(session) {
    if (!this.#isOn) return;
    if (session.isBlank) {
      const stored = this.#read(Date.now());
      if (stored) this.#forgetEpoch(stored);
      this.#erase();
      session.epoch = null;
      return;
    }
    session.epoch ??= drawn();
    try {
      localStorage.setItem(this.#key, session.write());
      this.#isStored = true;
    } catch {
      // If the browser stores nothing, this visit is not remembered; nothing else is lost.
    }
  }

  #read(now) {
    try {
      const text = localStorage.getItem(this.#key);
      if (text === null) return null;
      const session = Session.read(text, now);
      if (session && !this.#forgot.has(session.epoch)) return session;
      localStorage.removeItem(this.#key);
      return null;
    } catch {
      return null;
    }
  }

  #forgotten(session) {
    this.#forgetEpoch(session);
    this.#isStored = false;
    return new Session();
  }

  #forgetEpoch({ epoch }) {
    if (epoch !== null) this.#forgot.add(epoch);
  }

  #erase() {
    this.#isStored = false;
    try {
      localStorage.removeItem(this.#key);
    } catch {
      // Nothing can be stored here, so nothing is.
    }
  }

  #changed = ({ type, key = null, oldValue = null, newValue = null }) => {
    if (type !== "storage") {
      if (document.visibilityState !== "hidden") this.#hear();
      return;
    }
    if (key !== null && key !== this.#key) return;
    // Events come in the order of the changes, while what is stored may be further on: so an erasure is taken from its event.
    const gone = newValue === null && oldValue !== null && Session.read(oldValue, Date.now());
    if (gone) this.#forgetEpoch(gone);
    this.#isHeard = newValue !== null;
    this.#hear();
    this.#isHeard = false;
  };
}

/** A name that no other session has. */
function drawn() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
