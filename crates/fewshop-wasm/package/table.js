// fewshop/table: answers for any table from a few labelled rows, in a worker of its own.

const OPTIONS = { type: "module", name: "fewshop-table" };
/** Most bytes of a file: more does not fit into a tab with all that is made of it. */
export const MAX_BYTES = 50_000_000;
/** Labelled rows of the points of a learning curve, and draws of each. */
const CURVE = [4, 8, 16, 32, 64, 128];
const DRAWS = 6;
/** Rows that a point of the curve needs beside its examples. */
const CURVE_REST = 8;
/** Rows of the file of answers that get reasons, unless another number is asked for. */
const REASONS = 200;
/** Rows of the file of answers that are made at a time without reasons. */
const CHUNK = 100;

/** An error with a `code` to branch on; `details` has the values of its message. */
export class TableError extends Error {
  constructor({ code, message, ...details }) {
    super(message);
    this.name = "TableError";
    this.code = code;
    this.details = details;
  }
}

/** Frameworks import modules on their server, too, where there are no workers. */
const hasWorkers = () => typeof Worker === "function" && typeof location === "object";

function startWorker(named) {
  if (!hasWorkers()) throw new TableError({ code: "no_worker", message: "there are no workers here, expected a browser: read tables in an effect or a handler, not while a page is rendered on a server" });
  if (named) return new Worker(new URL(named, document.baseURI), OPTIONS);
  const own = new URL(import.meta.url);
  // Bundlers follow this address; some leave a `file:` address in the line above.
  if (own.origin === location.origin || !/^https?:$/.test(own.protocol)) {
    return new Worker(new URL("./table-worker.js", import.meta.url), { type: "module", name: "fewshop-table" });
  }
  // Browsers start no worker from another host, but a line of script that belongs to this page may import it from there.
  const line = URL.createObjectURL(new Blob([`import ${JSON.stringify(new URL("table-worker.js", own).href)};`], { type: "text/javascript" }));
  const worker = new Worker(line, OPTIONS);
  worker.addEventListener("message", () => URL.revokeObjectURL(line), { once: true });
  return worker;
}

/** A worker that was started ahead. */
let spare = null;

/** The text or file, unless it is too large. */
function checked(source) {
  const bytes = typeof source === "string" ? source.length : source.size;
  if (bytes <= MAX_BYTES) return source;
  const mega = (bytes) => Math.ceil(bytes / 1e6);
  const message = `the file has ${mega(bytes)} MB, expected at most ${mega(MAX_BYTES)}: keep the labelled rows, and ask about the others in parts`;
  throw new TableError({ code: "too_many_bytes", message, found: String(mega(bytes)), most: String(mega(MAX_BYTES)) });
}

/** A table that is labelled row by row. Rows count from 0. */
export class Table {
  #worker;
  #asked = new Map();
  #number = 0;
  #lost = null;

  /** Names, number of rows, and what is known of each column. */
  about;

  /** Reads a table from text or from a file; `worker` is the address of a worker script of your own host. */
  static async read(source, { worker } = {}) {
    checked(source);
    const table = new Table(worker);
    try {
      table.about = await table.#ask("read", source);
    } catch (error) {
      table.close();
      throw error;
    }
    return table;
  }

  /** Starts a worker ahead and lets it practise, so that the first answer comes as quickly as later ones. On a server it does nothing. */
  static prepare() {
    if (spare || !hasWorkers()) return;
    spare = startWorker();
    spare.postMessage({ id: 0, call: "practise", values: [] });
  }

  constructor(named) {
    this.#worker = (!named && spare) || startWorker(named);
    spare = null;
    this.#worker.onmessage = ({ data }) => this.#hear(data);
    this.#worker.onerror = (event) => {
      event.preventDefault?.();
      this.#fail("lost", `the worker was lost: ${event.message || "its script could not be loaded"}`);
    };
  }

  /** Chooses the column that is predicted; rows without a value in it are the questions. `numbers` says whether it is a number. */
  predict(target, { numbers } = {}) {
    return this.#ask("choose", target, numbers);
  }

  /** The rows without a value in the target, and those with one. */
  order() {
    return this.#ask("order");
  }

  /** Corrects how a column is used: auto, use, number, date, category or left_out. */
  correct(column, kind) {
    return this.#ask("correct", column, kind);
  }

  /** Takes labelled rows of other sites with the same columns, as text or file; null removes them. */
  async source(source) {
    return this.#ask("source", source === null ? null : checked(source));
  }

  /** Writes the target of a row; "" makes it a question again. */
  label(row, text) {
    return this.#ask("label", row, String(text));
  }

  /** Cells of rows and columns, by their numbers. */
  rows(rows, columns) {
    return this.#ask("rows", rows, columns);
  }

  /** What the labels say, with answers for the rows, by default for all questions. Why there are none is in `error`. */
  answers(rows = null) {
    return this.#ask("answers", rows);
  }

  /** Why a row has its answer. */
  explain(row) {
    return this.#ask("explain", row);
  }

  /** Rates and calibration of a class, as a number into `fit.classes`, by the groups of a column. */
  groups(column, classNumber = 1) {
    return this.#ask("groups", column, classNumber);
  }

  /** How good answers are from fewer of the labels, on the other labelled rows: a point for each number of examples. */
  async *learningCurve() {
    const { labelled } = await this.#ask("labelled");
    for (const k of CURVE.filter((k) => k + CURVE_REST <= labelled)) {
      const all = [];
      for (let draw = 0; draw < DRAWS; draw += 1) all.push(await this.#ask("curve", k, draw));
      const mean = (name) => all.reduce((sum, point) => sum + point[name], 0) / all.length;
      yield { k, draws: DRAWS, loss: mean("loss"), base_loss: mean("base_loss"), accuracy: all[0].accuracy === null ? null : mean("accuracy") };
    }
  }

  /** The answers to all questions as CSV, the first `reasons` of them with reasons. `progress(done, all)` is called on the way. */
  async csv({ reasons = REASONS, progress = () => {}, signal } = {}) {
    const { head, questions, stamps } = await this.#ask("csvHead");
    const parts = [head];
    for (let from = 0; from < questions; ) {
      signal?.throwIfAborted();
      const n = from < reasons ? 1 : CHUNK;
      parts.push(await this.#ask("csvRows", from, n, from < reasons, stamps));
      from += n;
      progress(Math.min(from, questions), questions);
    }
    return parts.join("");
  }

  /** Ends the worker: nothing of the table is left. */
  close() {
    this.#fail("closed", "the table was closed");
  }

  #ask(call, ...values) {
    if (this.#lost) return Promise.reject(this.#lost);
    const id = (this.#number += 1);
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#worker.postMessage({ id, call, values });
    });
  }

  #hear({ id, value, error, lost }) {
    if (lost) {
      this.#fail("lost", lost);
      return;
    }
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (error) asked?.reject(new TableError(error));
    else asked?.resolve(value);
  }

  #fail(code, message) {
    if (this.#lost) return;
    this.#lost = new TableError({ code, message });
    this.#worker.terminate();
    this.#asked.forEach(({ reject }) => reject(this.#lost));
    this.#asked.clear();
  }
}
