// Where a session outlives its page: localStorage, shared by all tabs of a site. Nothing is stored unless the page asks for it, and nothing
// is left when there is nothing to remember.

import { Session } from "./session.js";

/** The store of one pack's session. */
export class Memory {
  #key;
  #isOn = false;
  /** Whether this tab has seen the session stored: if it is gone later, somebody has forgotten it. */
  #isStored = false;
  #hear;

  /** `hear(isForgotten)` is told when another tab changed what is stored. */
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
    if (!stored) return this.#isStored ? this.#forgotten() : session;
    this.#isStored = true;
    // Forgotten meanwhile, and begun anew by another tab.
    if (session.epoch !== null && session.epoch !== stored.epoch) return stored;
    stored.merge(session);
    return stored;
  }

  /** Stores a session that was joined before. */
  write(session) {
    if (!this.#isOn) return;
    if (session.isBlank) {
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
      if (!session) localStorage.removeItem(this.#key);
      return session;
    } catch {
      return null;
    }
  }

  #forgotten() {
    this.#isStored = false;
    return new Session();
  }

  #erase() {
    this.#isStored = false;
    try {
      localStorage.removeItem(this.#key);
    } catch {
      // Nothing can be stored here, so nothing is.
    }
  }

  #changed = ({ type, key = null }) => {
    if (type === "storage" && key !== null && key !== this.#key) return;
    if (document.visibilityState !== "hidden" || type === "storage") this.#hear();
  };
}

/** A name that no other session has. */
function drawn() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
