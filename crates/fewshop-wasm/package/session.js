// What one shopper did, by product ids: the events of this visit, earlier visits, what does not count, and corrections. Several tabs of
// one shop hold copies of it, which are merged and never overwrite each other.
//
// How copies are merged:
//   - The first tab that stores anything draws an `epoch`. Forgetting erases what is stored, so whatever is stored next has another
//     one. A copy of another epoch than the stored one was forgotten, however long its tab has slept, and is dropped; only two that hear
//     of each other at once, without an erasure between, began at the same moment and are united.
//   - Each event has the time at which it came, and no two of one tab the same; copies are united by it. What was undone is listed.
//   - `since` is when the current visit began: what another tab still holds from before has become an earlier visit.

import { bad } from "./errors.js";
import {
  EVENT_KINDS, KEEP_S, MAX_ASKED, MAX_ASKED_ITEMS, MAX_EVENTS, MAX_VISITS, MAX_VISIT_ITEMS, NEGATIVE_KINDS, TAKEN_KINDS, VISIT_GAP_S,
} from "./protocol.js";

/** The kind that completes an order, and with it a visit. */
const PURCHASE = "purchase";
/** Version of what is stored. Version 1 had one list of events and no visits, version 2 no times of events. */
const VERSION = 3;

/** Letters kept of a question in words, and products that it rules out. */
const MAX_TEXT = 80;
const MAX_WITHOUT = 3000;

/** The corrections that a shopper can make of a category or a brand. */
export const CORRECTIONS = ["more", "less", "never"];

/** An event in the form that is kept, or an error. `type` is the old name of `kind`. */
export function checked({ kind, type, item } = {}) {
  const named = kind ?? type ?? EVENT_KINDS[0];
  if (!EVENT_KINDS.includes(named)) throw bad(`the kind of an event is '${named}': expected one of ${EVENT_KINDS.join(", ")}`);
  if (item === undefined || item === null || item === "") throw bad("an event lacks its item: expected a product's id");
  return { kind: named, item: String(item) };
}

const list = (value) => (Array.isArray(value) ? value : []);

/** Events that can be kept, of whatever was stored or given. Where they have no times, they get some that end at `last`. */
function readable(events, last) {
  const kept = [];
  for (const event of list(events)) {
    try {
      kept.push({ ...checked(event ?? {}), at: event.at });
    } catch {
      // Of another version or damaged: the rest is still of use.
    }
  }
  return kept.map((event, at) => (Number.isFinite(event.at) ? event : { ...event, at: last - kept.length + 1 + at }));
}

/** Questions in words that can be kept, of whatever was stored. */
function readableAsked(asked) {
  const isSound = (one) => typeof one?.text === "string" && Number.isFinite(one.at) && [one.items, one.without].every(Array.isArray);
  const kept = list(asked).filter(isSound).map(({ text, items, without, at }) => ({
    text: text.slice(0, MAX_TEXT), items: items.map(String).slice(0, MAX_ASKED_ITEMS), without: without.map(String).slice(0, MAX_WITHOUT), at,
  }));
  return kept.slice(-MAX_ASKED);
}

/** Visits that can be kept, of whatever was stored or given. */
function readableVisits(visits) {
  const sound = (visit) => Number.isFinite(visit?.ended) && Array.isArray(visit.items) && visit.items.length > 0;
  return list(visits).filter(sound).map(({ ended, items }) => ({ ended, items: items.map(String).slice(-MAX_VISIT_ITEMS) }));
}

/** What was taken in a visit, and what was dismissed: each item once, by its latest events, as `Session` in fewshop-core counts. */
function outcome(events) {
  const best = new Map();
  const dismissed = new Set();
  for (const { kind, item } of events) {
    const before = best.get(item);
    best.delete(item);
    dismissed.delete(item);
    if (NEGATIVE_KINDS.includes(kind)) dismissed.add(item);
    else best.set(item, before && EVENT_KINDS.indexOf(before) > EVENT_KINDS.indexOf(kind) ? before : kind);
  }
  const taken = [...best].filter(([, kind]) => TAKEN_KINDS.includes(kind)).map(([item]) => item);
  return { taken, dismissals: events.filter(({ kind, item }) => NEGATIVE_KINDS.includes(kind) && dismissed.has(item)) };
}

/** The session of one shopper, as one tab holds it. */
export class Session {
  epoch = null;
  /** When the visit began and when its last event came, in ms since 1970. */
  since = 0;
  last = 0;
  events = [];
  /** Times of events and questions that were undone. */
  undone = [];
  /** What the shopper asked for in words on this visit: the text, the products that stand for it and those that it rules out. */
  asked = [];
  /** The latest first. */
  visits = [];
  /** Ids that never count, such as gifts. */
  ignored = [];
  /** By 'category/…' or 'brand/…'. */
  corrections = {};

  /** Whether there is nothing to keep. */
  get isBlank() {
    return this.events.length === 0 && this.asked.length === 0 && this.visits.length === 0 && this.ignored.length === 0 && Object.keys(this.corrections).length === 0;
  }

  /** Adds an event. A new visit begins with it after 30 minutes without one, or after an order. */
  add(event, now) {
    // First: it may begin another list of events.
    const at = this.#next(event.kind !== PURCHASE, now);
    this.events.push({ ...event, at });
    this.#trim();
  }

  /** Adds a question in words, `{ text, items, without }`. The same one asked again counts once, as the latest. */
  ask(question, now) {
    const at = this.#next(true, now);
    this.unask(question.text);
    this.asked = readableAsked([...this.asked, { ...question, at }]);
  }

  /** Removes a question; whether there was one. */
  unask(text) {
    const gone = this.asked.filter((one) => one.text === text.slice(0, MAX_TEXT));
    this.undone = [...this.undone, ...gone.map(({ at }) => at)].slice(-MAX_EVENTS);
    this.asked = this.asked.filter((one) => !gone.includes(one));
    return gone.length > 0;
  }

  /** The time of what happens now. A new visit begins where the last one is over, or with the first thing after an order. */
  #next(isAfterOrder, now) {
    const ordered = this.events.at(-1)?.kind === PURCHASE && isAfterOrder;
    if (ordered || this.#isOver(now)) this.endVisit(now);
    this.last = Math.max(this.last, now);
    // Two of one millisecond have times of their own; the clock does not run ahead with them, or half an hour would be longer.
    const before = Math.max(this.events.at(-1)?.at ?? 0, this.asked.at(-1)?.at ?? 0);
    return Math.max(this.last, this.since + 1, before + 1);
  }

  /** Removes the last event and returns it, or null. */
  undo() {
    const last = this.events.pop();
    if (!last) return null;
    this.undone = [...this.undone, last.at].slice(-MAX_EVENTS);
    return { kind: last.kind, item: last.item };
  }

  /** A product counts no more, or counts from now on. */
  ignore(item, isIgnored) {
    this.ignored = this.ignored.filter((other) => other !== item);
    if (!isIgnored) return;
    this.ignored.push(item);
    const gone = this.events.filter((event) => event.item === item && !NEGATIVE_KINDS.includes(event.kind));
    this.undone = [...this.undone, ...gone.map(({ at }) => at)].slice(-MAX_EVENTS);
    this.events = this.events.filter((event) => !gone.includes(event));
    this.visits = this.visits.map((visit) => ({ ...visit, items: visit.items.filter((other) => other !== item) }));
  }

  /** Dismissals go on to hold; views are forgotten; what was taken becomes a visit. */
  endVisit(now) {
    const { taken, dismissals } = outcome(this.events);
    this.since = Math.max(this.last, ...[...this.events, ...this.asked].map(({ at }) => at));
    this.events = dismissals;
    this.asked = [];
    if (taken.length > 0) this.visits.unshift({ ended: this.#endOf(Math.min(this.last, now)), items: taken.slice(-MAX_VISIT_ITEMS) });
    this.expire(now);
  }

  /** Drops what is too old, and ends a visit that is over. */
  expire(now) {
    if (this.#isOver(now)) this.endVisit(now);
    this.visits = this.visits.filter(({ ended, items }) => items.length > 0 && now - ended < KEEP_S * 1000).slice(0, MAX_VISITS);
  }

  /** Leaves out ids that are not `known`; returns them. */
  keepOnly(known) {
    const kept = ({ items, without, ...rest }) => ({ ...rest, items: items.filter(known), without: without.filter(known) });
    this.asked = this.asked.map(kept).filter(({ items }) => items.length > 0);
    const of = [...this.events.map(({ item }) => item), ...this.visits.flatMap(({ items }) => items)];
    this.events = this.events.filter(({ item }) => known(item));
    this.visits = this.visits.map((visit) => ({ ...visit, items: visit.items.filter(known) })).filter(({ items }) => items.length > 0);
    return [...new Set(of.filter((id) => !known(id)))];
  }

  /** Replaces events and visits by given ones, in all tabs. */
  restore(events, visits, now) {
    this.epoch = null;
    this.undone = [];
    this.asked = [];
    this.since = 0;
    this.last = now;
    this.events = readable(list(events).map((event) => ({ ...event, at: undefined })), now).slice(-MAX_EVENTS);
    this.visits = readableVisits(visits);
    this.expire(now);
  }

  /** What is stored, which this is, is joined by the copy of a tab. */
  merge(copy) {
    // Of what came before the current visit, the side that ended it knows best.
    const settled = this.since >= copy.since ? this : copy;
    const since = settled.since;
    const key = ({ at, kind, item }) => `${at} ${kind} ${item}`;
    const kept = new Set(settled.events.map(key));
    this.undone = [...new Set([...this.undone, ...copy.undone])].slice(-MAX_EVENTS);
    const undone = new Set(this.undone);
    const all = new Map([...this.events, ...copy.events].map((event) => [key(event), event]));
    const isCurrent = ([name, { at }]) => !undone.has(at) && (at > since || kept.has(name));
    this.events = [...all].filter(isCurrent).map(([, event]) => event).sort((a, b) => a.at - b.at);
    const questions = [...this.asked, ...copy.asked].filter(({ at }) => !undone.has(at) && at > since).sort((a, b) => a.at - b.at);
    this.asked = readableAsked(questions.filter(({ text }, nth) => !questions.slice(nth + 1).some((later) => later.text === text)));
    this.since = since;
    this.last = Math.max(this.last, copy.last);
    const visits = new Map([...copy.visits, ...this.visits].map((visit) => [visit.ended, visit]));
    this.visits = [...visits.values()].sort((a, b) => b.ended - a.ended).slice(0, MAX_VISITS);
    if (copy.epoch === null) {
      // Its choices were never stored.
      this.ignored = [...new Set([...this.ignored, ...copy.ignored])];
      this.corrections = { ...this.corrections, ...copy.corrections };
    }
    this.#trim();
  }

  /** As it is stored. */
  write() {
    const { epoch, since, last, events, undone, asked, visits, ignored, corrections } = this;
    // Left out where there is none, so that the text is the one that versions without it wrote.
    const questions = asked.length > 0 ? { asked } : {};
    return JSON.stringify({ version: VERSION, epoch, since, last, session: events, ...questions, undone, visits, ignored, corrections });
  }

  /** What was stored, by any version of this package; null if it is nothing that can be read or too old. */
  static read(text, now) {
    let stored;
    try {
      stored = JSON.parse(text);
    } catch {
      return null;
    }
    const { version, epoch, since, last, session, undone, asked, visits, ignored, corrections } = stored ?? {};
    if (!Number.isInteger(version) || version < 1 || version > VERSION || !Number.isFinite(last) || now - last >= KEEP_S * 1000) return null;
    const made = new Session();
    made.epoch = typeof epoch === "string" ? epoch : "of an older version";
    made.since = Number.isFinite(since) ? Math.min(since, now) : 0;
    // A clock that was ahead: unchanged, this would never expire.
    made.last = Math.min(last, now);
    made.events = readable(session, made.last).slice(-MAX_EVENTS);
    made.undone = list(undone).filter(Number.isFinite);
    made.asked = readableAsked(asked).map((one) => ({ ...one, at: Math.min(one.at, made.last) }));
    made.visits = readableVisits(visits);
    made.ignored = list(ignored).map(String);
    const sound = ([, correction]) => CORRECTIONS.includes(correction);
    made.corrections = Object.fromEntries(Object.entries(corrections ?? {}).filter(sound));
    made.expire(now);
    return made;
  }

  /** Whether the visit has ended by time. A clock that was set back says no. */
  #isOver(now) {
    return [...this.events, ...this.asked].some(({ at }) => at > this.since) && now - this.last >= VISIT_GAP_S * 1000;
  }

  /** Visits of several tabs are united by their ends, so no two have the same one, even of one millisecond. */
  #endOf(time) {
    const taken = new Set(this.visits.map(({ ended }) => ended));
    while (taken.has(time)) time += 1;
    return time;
  }

  #trim() {
    this.events.splice(0, this.events.length - MAX_EVENTS);
  }
}
