// The worker behind fewshop/table: one table, asked one thing after the other.

import init, { SHA256, TableSession } from "./table/fewshop_table_wasm.js";

const ready = init();
let session = null;
let encoding = "utf-8";

/** An error of this script, in the form of the module's. */
const refused = (code, message) => JSON.stringify({ code, message });

/** First bytes of workbooks: xlsx and ods are zip files, xls is older. */
const WORKBOOKS = ["80,75,3,4", "208,207,17,224"];
const PDF = "37,80,68,70";
const noText = () => refused("not_text", "this file is no text, expected a table as CSV: export it as CSV");
/** Bytes of a file that are looked at for zeros, which no text has but UTF-16. */
const LOOKED_AT = 4000;

/** Refuses what its first bytes show to be no text, in words that help. */
function checkKind(bytes) {
  const begin = String(bytes.subarray(0, 4));
  if (WORKBOOKS.includes(begin)) {
    throw refused("workbook", "this is a workbook, expected text: save the sheet as CSV in your spreadsheet, or copy its cells and paste them");
  }
  if (begin === PDF) throw noText();
}

/** UTF-16 that does not say so has a zero beside each Latin letter or comma, always on the same side. */
function utf16Of(bytes) {
  const zeros = [0, 0];
  const looked = bytes.subarray(0, LOOKED_AT);
  looked.forEach((byte, at) => (zeros[at % 2] += byte === 0));
  const [even, odd] = zeros;
  if (even + odd < looked.length / 20 || Math.min(even, odd) > 0) return null;
  return odd > 0 ? "utf-16le" : "utf-16be";
}

/**
 * The text of a file: UTF-16 if it says so or looks like it, UTF-8 if it is that, otherwise what old spreadsheets write in China or in the West. In Chinese
 * encodings bytes above 127 come in pairs, in Western ones mostly alone.
 */
function decoded(bytes) {
  checkKind(bytes);
  const begin = String(bytes.subarray(0, 2));
  const wide = { "255,254": "utf-16le", "254,255": "utf-16be" }[begin] ?? utf16Of(bytes);
  if (wide) {
    encoding = wide;
    return new TextDecoder(encoding).decode(bytes);
  }
  if (bytes.subarray(0, LOOKED_AT).includes(0)) throw noText();
  try {
    encoding = "utf-8";
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    let [high, paired] = [0, 0];
    for (let at = 0; at < bytes.length; at += 1) {
      if (bytes[at] < 128) continue;
      high += 1;
      if (bytes[at + 1] >= 128) {
        paired += 2;
        high += 1;
        at += 1;
      }
    }
    encoding = paired > 0.8 * high ? "gb18030" : "windows-1252";
    return new TextDecoder(encoding).decode(bytes);
  }
}

const text = async (source) => (typeof source === "string" ? source : decoded(new Uint8Array(await source.arrayBuffer())));

/** Runs `get`, and gives the error as a value: a table without two classes is no failure of the page. */
function caught(get) {
  try {
    return { value: JSON.parse(get()) };
  } catch (error) {
    if (typeof error !== "string") throw error;
    return { error: JSON.parse(error) };
  }
}

const fitted = () => JSON.parse(session.fit());

async function hash(text) {
  if (!globalThis.crypto?.subtle) return "";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Rows and columns of the table to practise on: enough for the browser to compile what takes long. */
const PRACTICE = [128, 12];
/** Times that it is fitted: browsers optimise what has run for long. */
const TIMES = 4;

const CALLS = {
  /** Fits to a made-up table, and forgets it. */
  practise() {
    const [rows, columns] = PRACTICE;
    const names = Array.from({ length: columns }, (_, column) => `c${column}`);
    const cell = (row, column) => (column % 4 ? ((row * (column * 7 + 3)) % 61) + (row % 2) * column * 5 : "abc"[(row * (column + 1)) % 3]);
    const line = (row) => [...names.map((_, column) => cell(row, column)), row % 8 === 7 ? "" : row % 2];
    const own = new TableSession([[...names, "y"], ...Array.from({ length: rows }, (_, row) => line(row))].join("\n"));
    for (let time = 0; time < TIMES; time += 1) {
      own.choose("y");
      own.fit();
      own.answers(own.questions());
      own.next();
    }
    own.free();
  },
  async read(source) {
    encoding = null;
    const read = await text(source);
    session?.free();
    session = null;
    session = new TableSession(read);
    return { ...JSON.parse(session.about()), encoding };
  },
  choose(target, numbers) {
    session.choose(target);
    session.setNumbers(numbers);
  },
  order: () => ({ questions: session.order(false), examples: session.order(true) }),
  correct: (column, kind) => session.correct(column, kind),
  async source(source) {
    session.setSource(source === null ? undefined : await text(source));
  },
  label: (row, text) => session.label(row, text),
  rows: (rows, columns) => JSON.parse(session.rows(Uint32Array.from(rows), Uint32Array.from(columns))),
  answers(rows) {
    const columns = JSON.parse(session.columns());
    const { value: fit = null, error = null } = caught(() => session.fit());
    if (!fit) return { fit, error, columns, answers: [], next: null };
    const asked = rows === null ? session.questions() : Uint32Array.from(rows);
    return { fit, error, columns: fit.columns, answers: JSON.parse(session.answers(asked)), next: session.next() ?? null };
  },
  explain: (row) => JSON.parse(session.explain(row)),
  groups: (column, of) => JSON.parse(session.groups(column, of)),
  labelled: () => ({ labelled: caught(() => session.fit()).value?.labelled ?? 0 }),
  curve: (k, draw) => JSON.parse(session.curvePoint(k, draw)),
  async csvHead() {
    const { questions } = fitted();
    const now = new Date().toISOString().slice(0, 19);
    const stamps = [`fewshop-table ${SHA256.slice(0, 16)}`, await hash(session.fingerprint()), `${now}Z`];
    return { head: session.csvHead(["model", "table sha256", "date"]), questions, stamps };
  },
  csvRows: (from, n, reasons, stamps) => session.csvRows(from, n, reasons, stamps),
};

/** One after the other: reading is asynchronous, and a label must not overtake it. */
let work = ready;

self.onmessage = ({ data: { id, call, values } }) => {
  work = work.then(async () => {
    try {
      self.postMessage({ id, value: await CALLS[call](...values) });
    } catch (error) {
      // The module throws JSON; anything else is a fault of the program or the end of the tab's memory.
      if (typeof error === "string") self.postMessage({ id, error: JSON.parse(error) });
      else self.postMessage({ lost: `the worker failed: ${error?.message ?? error}` });
    }
  });
  work.catch((error) => self.postMessage({ lost: `the module could not be loaded: ${error?.message ?? error}` }));
};
