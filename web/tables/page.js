// Tables with few labelled rows, in a tab. The worker holds the table; the page shows a part of it, sends each label and draws the answers.
// Nothing is stored, and after loading nothing is requested.

import { Table, TableError } from "./table.js";
import { TEXTS } from "./texts.js";
import { bar, curve, el, groupTable, offer, reasons } from "./view.js";

/** Rows shown at a time, columns beside them, and chips before 'show all'. */
const ROWS = 20;
const COLUMNS = 10;
const CHIPS = 24;

const EXAMPLES = {
  credit: { file: "credit.csv", target: "repaid" },
  heart: { file: "heart.csv", target: "ill", source: "heart-source.csv" },
  school: { file: "school.csv", target: "passed" },
};

/** The shop's choice of language, which this page shares. */
const LANGUAGE = "fewshop.language";

function language() {
  let chosen = null;
  try {
    chosen = localStorage.getItem(LANGUAGE);
  } catch {
    // A browser that blocks storage still reports its language.
  }
  return (chosen ?? navigator.language).startsWith("zh") ? "zh" : "en";
}

let texts = TEXTS[language()];

// All three are fetched with the page, whichever is opened: a request at the click would say which.
const files = Object.values(EXAMPLES).flatMap(({ file, source }) => [file, source]).filter(Boolean);
const fetched = new Map(
  files.map((file) => {
    const got = fetch(new URL(`./examples/${file}`, import.meta.url)).then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(file))));
    got.catch(() => {});
    return [file, got];
  }),
);

const content = document.getElementById("content");
const problem = document.getElementById("problem");
const dialog = el("dialog.why-dialog", { "aria-labelledby": "why-title" });
document.body.append(dialog);
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

/** Everything of the open table; null if there is none. */
let open = null;
/** What was said last while no table is open. */
let told = "";

const said = (error) => {
  const text = texts.errors[error.code];
  return text ? text(error.details ?? error) : error.message;
};

function complain(error) {
  if (!(error instanceof TableError)) console.error(error);
  problem.textContent = said(error);
  problem.hidden = false;
  if (error.code === "lost") {
    open = null;
    draw();
  }
}

function calm() {
  problem.hidden = true;
}

/** Runs what the user has started; what goes wrong is said. */
const start = (action) => async (...values) => {
  try {
    calm();
    await action(...values);
  } catch (error) {
    if (error.name !== "AbortError" && error.code !== "closed") complain(error);
  }
};

// ---- Opening and forgetting ----

async function load(source, { name = "", example = null } = {}) {
  told = texts.reading;
  sayStatus();
  const table = await Table.read(source).catch((error) => {
    told = "";
    sayStatus();
    throw error;
  });
  open?.table.close();
  told = "";
  open = { table, name, example, target: null, view: "questions", order: { questions: [], examples: [] }, from: 0, cells: [], labels: new Map(), answers: new Map(), fit: null, error: null, columns: [], next: null, busy: false, stale: false, allChips: false, isOpen: false, groups: { column: "", of: 1 }, source: 0, curve: null, saving: null };
  if (example) {
    const { target, source: other } = EXAMPLES[example];
    if (other) {
      const text = await fetched.get(other);
      await table.source(text);
      open.source = text.trim().split("\n").length - 1;
    }
    await choose(target);
  } else {
    const likely = table.about.columns.filter(({ filled, different }) => filled < 0.9 * table.about.rows && filled > 0 && different > 1 && different <= 5);
    if (likely.length === 1) await choose(likely[0].name);
    else await show();
  }
  document.getElementById("work-title").focus();
}

function forget() {
  open?.table.close();
  open = null;
  calm();
  told = texts.forgotten;
  draw();
  document.getElementById("pasted").focus();
}

async function choose(target) {
  await open.table.predict(target);
  open.target = target;
  open.order = await open.table.order();
  open.view = open.order.questions.length ? "questions" : "examples";
  open.from = 0;
  open.curve = null;
  await show();
}

// ---- What is shown of the table ----

const listed = () => {
  if (open.target !== null) return open.order[open.view];
  return Array.from({ length: Math.min(open.table.about.rows, ROWS) }, (_, row) => row);
};

/** The columns beside the answers: those that count first. */
function shown() {
  const names = open.table.about.columns.map(({ name }) => name);
  const kinds = new Map(open.columns.map(({ name, kind }) => [name, kind]));
  const rank = (name) => (kinds.get(name) === "left_out" ? 1 : 0);
  const rest = names.filter((name) => name !== open.target);
  // What names a row comes first, for whoever looks for one.
  const ids = open.columns.filter(({ why }) => why === "identifier").map(({ name }) => name);
  const others = rest.filter((name) => !ids.includes(name)).sort((a, b) => rank(a) - rank(b));
  return [...ids.slice(0, 1), ...others].slice(0, COLUMNS).map((name) => names.indexOf(name));
}

/** Fetches the rows of this view, then answers them. */
async function show() {
  const own = open;
  const rows = Array.from(listed().slice(own.from, own.from + ROWS));
  const names = own.table.about.columns.map(({ name }) => name);
  if (own.target !== null) await refresh(rows);
  if (open !== own) return;
  const columns = shown();
  const target = names.indexOf(own.target);
  const cells = await own.table.rows(rows, [...columns, ...(target < 0 ? [] : [target])]);
  if (open !== own) return;
  own.cells = rows.map((row, at) => ({ row, cells: cells[at].slice(0, columns.length) }));
  if (target >= 0) rows.forEach((row, at) => own.labels.set(row, cells[at].at(-1)));
  own.shown = columns;
  draw();
}

async function refresh(rows) {
  const own = open;
  const got = await own.table.answers(rows);
  if (open !== own) return;
  own.fit = got.fit;
  own.error = got.error;
  own.columns = got.columns;
  own.next = got.next;
  own.answers = new Map(got.answers.map((answer) => [answer.row, answer]));
}

/** Answers again after a label. While one run goes on, further labels wait for one more. */
async function relabel() {
  if (open.busy) {
    open.stale = true;
    return;
  }
  const own = open;
  own.busy = true;
  sayStatus();
  try {
    do {
      own.stale = false;
      await refresh(own.cells.map(({ row }) => row));
    } while (own.stale && open === own);
  } finally {
    own.busy = false;
  }
  if (open === own) redraw();
}

const label = start(async (row, text) => {
  const before = open.labels.get(row);
  if (before === text) return;
  open.labels.set(row, text);
  open.curve = null;
  await open.table.label(row, text);
  await relabel();
});

const correct = start(async (name, kind) => {
  await open.table.correct(name, kind);
  open.curve = null;
  await show();
  document.getElementById(`kind-${open.table.about.columns.findIndex((column) => column.name === name)}`)?.focus();
});

const goNext = start(async () => {
  const at = open.order.questions.indexOf(open.next);
  open.view = "questions";
  open.from = at - (at % ROWS);
  await show();
  const field = document.getElementById(`label-${open.next}`);
  field?.scrollIntoView({ block: "center" });
  field?.focus();
});

const explain = start(async (row) => {
  const own = open;
  const why = await own.table.explain(row);
  const wanted = why.examples.slice(0, 4).map((example) => example.row);
  const target = own.table.about.columns.findIndex(({ name }) => name === own.target);
  const labels = await own.table.rows(wanted, [target]);
  if (open !== own) return;
  const { fit } = own;
  const answer = own.answers.get(row);
  const value = why.class === undefined ? texts.number(answer.value) : `${fit.classes[why.class]}, ${texts.percent(answer.probabilities[why.class])}`;
  reasons(dialog, { texts, why, row, answer: value, enough: fit.check.enough, classes: fit.classes, labels: new Map(wanted.map((row, at) => [row, labels[at][0]])) });
  dialog.showModal();
  dialog.querySelector("h2").focus();
});

/** Compares groups again, after a choice or a label. */
const compare = start(async () => {
  const own = open;
  const { column, of } = own.groups;
  const place = document.getElementById("groups");
  if (!place || !own.fit || column === "") return;
  const groups = await own.table.groups(column, Math.min(of, own.fit.classes.length - 1));
  if (open === own) place.replaceChildren(groupTable(texts, groups, own.fit.classes[of], column));
});

const measure = start(async () => {
  const own = open;
  const points = [];
  own.curve = points;
  for await (const point of own.table.learningCurve()) {
    if (open !== own || own.curve !== points) return;
    points.push(point);
    drawCurve();
  }
  drawCurve();
});

const save = start(async () => {
  const own = open;
  const stop = new AbortController();
  own.saving = stop;
  drawSave();
  try {
    const text = await own.table.csv({ signal: stop.signal, progress: (done, all) => drawSave(texts.downloading(done, all)) });
    if (open === own) offer(text, texts.file);
  } finally {
    own.saving = null;
    if (open === own) drawSave();
  }
});

const takeSource = start(async (file) => {
  try {
    await open.table.source(file);
    await open.table.answers([]).then(({ error }) => {
      if (error?.code === "source") throw new TableError(error);
    });
    open.source = file === null ? 0 : (await file.text()).trim().split("\n").length - 1;
  } catch (error) {
    await open.table.source(null);
    open.source = 0;
    throw error;
  } finally {
    open.curve = null;
    await show();
  }
});

// ---- Drawing ----

function sayStatus() {
  const place = document.getElementById("status");
  if (place) place.textContent = open?.busy ? texts.working : told;
}

function drawStart() {
  const pasted = el("textarea", { id: "pasted", rows: 3, "aria-describedby": "paste-hint", spellcheck: "false" });
  pasted.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    // A whole table: it is read at once, and not put into the field, which would take longer than reading it.
    if (!text.includes("\n")) return;
    event.preventDefault();
    start(load)(text);
  });
  const read = start(async () => {
    if (!pasted.value.trim()) throw new TableError({ code: "", message: texts.not_read });
    await load(pasted.value);
  });
  const file = el("input.hush", { type: "file", id: "file", accept: ".csv,.tsv,.tab,.txt,.xlsx,.xls,.ods,text/csv,text/plain,text/tab-separated-values", onchange: () => file.files[0] && start(load)(file.files[0], { name: file.files[0].name }) });
  const openExample = start(async (name) => load(await fetched.get(EXAMPLES[name].file), { name: EXAMPLES[name].file, example: name }));
  const examples = Object.keys(EXAMPLES).map((name) =>
    el("li", {}, el("button.example", { type: "button", onclick: () => openExample(name) }, el("strong", {}, texts.examples[name][0]), el("span", {}, texts.examples[name][1]))),
  );
  const drop = el(
    "section.start",
    { "aria-labelledby": "start-title" },
    el("h2", { id: "start-title" }, texts.your_table),
    el("label", { for: "pasted", id: "paste-hint" }, texts.paste),
    pasted,
    el("div.ways", {}, el("button.btn.primary", { type: "button", onclick: read }, texts.read), file, el("label.btn", { for: "file" }, texts.open)),
    el("p.hint", {}, texts.open_hint),
    el("p.hint", { id: "status", role: "status" }, told),
    el("h3", {}, texts.or_try),
    el("ul.examples", { role: "list" }, examples),
  );
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    const dropped = event.dataTransfer.files[0];
    if (dropped) start(load)(dropped, { name: dropped.name });
  });
  content.replaceChildren(drop);
}

function drawChips() {
  const typed = new Map(open.columns.map((column) => [column.name, column]));
  const all = open.table.about.columns;
  const some = open.allChips ? all : all.slice(0, CHIPS);
  const chips = some.map(({ name }, at) => {
    const column = typed.get(name);
    const isTarget = name === open.target;
    const pick = el("button.name", { type: "button", "aria-pressed": String(isTarget), "aria-label": texts.predict(name), onclick: () => start(choose)(name) }, name);
    const out = column && column.kind === "left_out";
    const option = (kind) => el("option", { value: kind, selected: column?.kind === kind }, kind === "left_out" && out ? texts.why_out[column.why] : texts.kinds[kind]);
    const select = column && el("select", { id: `kind-${at}`, "aria-label": texts.kind_of(name), onchange: ({ target }) => correct(name, target.value) }, Object.keys(texts.kinds).map(option));
    const mark = column?.protected && !out ? el("span.tag", {}, texts.protected) : null;
    return el(`li.column${isTarget ? ".is-target" : ""}${out ? ".is-out" : ""}`, {}, pick, isTarget ? el("span.tag", {}, texts.target) : (select ?? null), mark);
  });
  const more = all.length > some.length ? el("button.quiet", { type: "button", onclick: () => { open.allChips = true; draw(); } }, texts.show_all(all.length)) : null;
  return [el("ul.columns", { role: "list" }, chips), more];
}

/** The columns once there is a target: in one line what is used, and behind it all of them. */
function drawColumns() {
  const out = open.columns.filter(({ kind }) => kind === "left_out");
  const covered = out.filter(({ why }) => why === "protected").map(({ name }) => name);
  const others = out.filter(({ why }) => why !== "protected" && why !== "asked").map(({ name }) => name);
  const line = [texts.used(open.columns.length - out.length), ...(covered.length ? [texts.covered(covered)] : []), ...(others.length ? [texts.dropped(others)] : [])].join(" ");
  const toggled = ({ target }) => { open.isOpen = target.open; };
  return el("details.part", { open: open.isOpen, ontoggle: toggled }, el("summary", {}, el("h3", {}, texts.columns), el("span.hint", {}, line)), el("p.hint", {}, texts.columns_hint), drawChips());
}

function verdict() {
  const { fit, error } = open;
  if (!fit) return [el("p.verdict", {}, error ? said(error) : "")];
  const { check } = fit;
  const measured = () => (check.accuracy === null ? texts.check_number(check.rows, check.loss / check.base_loss) : texts.check(check.rows, check.accuracy, fit.majority));
  const line = check.enough ? measured() : texts.check_not(check.rows);
  const weights = fit.source_weights;
  return [
    el("p.verdict", {}, el(check.enough ? "strong.yes" : "strong.no", {}, check.enough ? texts.enough : texts.not_enough), ` ${line}`),
    ...fit.warnings.map((warning) => el("p.warning", {}, texts.warnings[warning.code]?.(warning) ?? warning.message)),
    ...(weights ? [el("p.hint", {}, texts.source_weight(weights.at(-1)))] : []),
  ];
}

/** The answer of a row, for its cell. */
function answerOf(row) {
  const answer = open.answers.get(row);
  if (open.labels.get(row)) return [el("span.hint", {}, texts.example)];
  if (!answer) return [el("span.hint", {}, "–")];
  const unlike = answer.unlike ? [el("span.tag.warn", {}, texts.unlike)] : [];
  if (!answer.enough) return [el("span.hint", {}, texts.withheld), ...unlike];
  if (answer.value !== undefined) return [el("span.outcome", {}, texts.number(answer.value), " ", el("span.hint", {}, texts.range(answer.low, answer.high))), ...unlike];
  const band = texts.band(answer.low, answer.high);
  return [el("span.outcome", { title: texts.band_title }, el("strong", {}, open.fit.classes[answer.class]), ` ${texts.percent(answer.probability)}`, el("span.hush", {}, ` (${band})`)), bar(answer), ...unlike];
}

function field(row) {
  const { classes = [] } = open.fit ?? {};
  const labelled = el("input", {
    placeholder: classes.join(" / ").length <= 10 ? classes.join(" / ") : null,
    id: `label-${row}`,
    class: "label",
    value: open.labels.get(row) ?? "",
    list: "classes",
    autocomplete: "off",
    "aria-label": texts.label_of(open.target, row + 1),
    onchange: () => label(row, labelled.value.trim()),
    oninput: () => {
      const text = labelled.value.trim();
      // A class that is known is taken as soon as it is typed; a new one when the field is left.
      if (text === "" || open.fit?.classes.includes(text)) label(row, text);
    },
    onkeydown: (event) => {
      if (event.key !== "Enter") return;
      const fields = [...document.querySelectorAll("input.label")];
      (fields[fields.indexOf(labelled) + 1] ?? labelled).focus();
      label(row, labelled.value.trim());
    },
  });
  return labelled;
}

function whyButton(row) {
  const has = open.answers.has(row) && !open.labels.get(row);
  return has ? el("button.quiet", { type: "button", "aria-label": texts.why_row(row + 1), onclick: () => explain(row) }, texts.why) : "";
}

function drawRows() {
  const { columns } = open.table.about;
  const has = open.target !== null;
  const heads = [texts.row, ...(has ? [open.target, texts.answer] : []), ...open.shown.map((at) => columns[at].name)];
  const body = open.cells.map(({ row, cells }) => {
    const next = row === open.next ? ".is-next" : "";
    const own = has ? [el("td", {}, field(row)), el("td", {}, el("div.answer", { id: `answer-${row}` }, el("div", {}, answerOf(row)), el("div", {}, whyButton(row))))] : [];
    return el(`tr${next}`, { id: `row-${row}` }, el("th", { scope: "row" }, String(row + 1)), own, cells.map((cell) => el("td", {}, cell.length > 60 ? `${cell.slice(0, 60)}…` : cell)));
  });
  const classes = open.fit?.classes ?? [];
  const hidden = columns.length - open.shown.length - (has ? 1 : 0);
  return [
    el("datalist", { id: "classes" }, classes.map((name) => el("option", { value: name }))),
    el(
      "div.scroll",
      { role: "region", "aria-label": texts.rows_region, tabindex: "0" },
      el("table.rows", {}, el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, body)),
    ),
    ...(open.cells.length ? [] : [el("p.hint", {}, texts.none_here)]),
    ...(hidden > 0 ? [el("p.hint", {}, texts.more_columns(hidden))] : []),
  ];
}

function drawPager() {
  const all = listed().length;
  const to = Math.min(open.from + ROWS, all);
  const turn = (by) => start(async () => { open.from += by; await show(); document.getElementById("pager").querySelector(`button[data-by="${by}"]:not(:disabled), button:not(:disabled)`)?.focus(); });
  const button = (by, name) => el("button.btn.small", { type: "button", "data-by": by, disabled: by < 0 ? open.from === 0 : to >= all, onclick: turn(by) }, name);
  if (all <= ROWS) return [];
  return [el("div.pager", { id: "pager" }, button(-ROWS, texts.before), el("span", {}, texts.page(open.from + 1, to, all)), button(ROWS, texts.after))];
}

function drawViews() {
  const view = (name, text) => el("button.btn.small", { type: "button", "aria-pressed": String(open.view === name), onclick: start(async () => {
    open.view = name;
    open.from = 0;
    open.order = await open.table.order();
    await show();
    document.querySelector('.switch [aria-pressed="true"]')?.focus();
  }) }, text);
  const next = open.next === null ? null : el("button.btn.small.primary", { type: "button", onclick: goNext, title: texts.next_hint }, texts.next);
  return el("div.switch", {}, view("questions", texts.questions(open.order.questions.length)), view("examples", texts.labelled(open.order.examples.length)), next);
}

function drawCurve() {
  const place = document.getElementById("curve");
  if (!place) return;
  const labelled = open.fit?.labelled ?? 0;
  const isNumber = open.fit?.classes.length === 0;
  if (open.curve?.length) place.replaceChildren(curve(texts, open.curve, isNumber));
  else if (labelled < 12) place.replaceChildren(el("p.hint", {}, texts.curve_few));
  else place.replaceChildren(el("button.btn.small", { type: "button", disabled: open.curve !== null, onclick: measure }, texts.curve_make));
}

/** Draws the choice of groups anew only when there are other classes: one of its fields may have the focus. */
function placeGroups() {
  const place = document.getElementById("groups-part");
  const classes = JSON.stringify(open.fit?.classes ?? []);
  if (place.dataset.classes !== classes) {
    place.dataset.classes = classes;
    place.replaceChildren(drawGroups() ?? "");
  }
  compare();
}

/** The choice of groups: protected columns first. */
function drawGroups() {
  if (!open.fit?.classes.length) return null;
  const groups = open.groups;
  groups.of = Math.min(groups.of, open.fit.classes.length - 1);
  const able = open.columns.filter(({ why }) => !["identifier", "constant", "empty", "unclear_date"].includes(why));
  const names = [...able.filter((column) => column.protected), ...able.filter((column) => !column.protected)].map(({ name }) => name);
  const option = (value, text, chosen) => el("option", { value, selected: value === chosen }, text);
  const columns = el("select", { id: "groups-of", onchange: ({ target }) => { groups.column = target.value; compare(); } }, option("", texts.groups_none, groups.column), names.map((name) => option(name, name, groups.column)));
  const classes = el("select", { id: "groups-class", onchange: ({ target }) => { groups.of = Number(target.value); compare(); } }, open.fit.classes.map((name, at) => option(String(at), name, String(groups.of))));
  return el(
    "section.part",
    { "aria-labelledby": "groups-title" },
    el("h3", { id: "groups-title" }, texts.groups),
    el("p.hint", {}, texts.groups_hint),
    el("div.ways", {}, el("label", { for: "groups-of" }, texts.groups_of), columns, el("label", { for: "groups-class" }, texts.groups_class), classes),
    el("div", { id: "groups" }),
  );
}

function drawSave(progress = "") {
  const place = document.getElementById("save");
  if (!place) return;
  const { saving } = open;
  const main = saving ? el("button.btn", { type: "button", onclick: () => saving.abort() }, texts.stop) : el("button.btn.primary", { type: "button", disabled: !open.fit, onclick: save }, texts.download);
  place.replaceChildren(main, el("span.hint", { role: "status" }, progress));
}

/** Only what a label changes: the field that is being typed in stays. */
function redraw() {
  sayStatus();
  document.getElementById("verdict").replaceChildren(...verdict());
  document.querySelector(".switch").replaceWith(drawViews());
  document.getElementById("classes").replaceChildren(...(open.fit?.classes ?? []).map((name) => el("option", { value: name })));
  for (const { row } of open.cells) {
    const place = document.getElementById(`answer-${row}`);
    place.firstChild.replaceChildren(...answerOf(row));
    const why = place.lastChild;
    // The button that has the focus keeps it.
    if (!why.contains(document.activeElement)) why.replaceChildren(whyButton(row));
    document.getElementById(`row-${row}`).classList.toggle("is-next", row === open.next);
  }
  drawCurve();
  drawSave();
  placeGroups();
}

function draw() {
  if (!open) {
    drawStart();
    return;
  }
  const { about } = open.table;
  const notes = [];
  if (open.example) notes.push(el("p.hint", {}, texts.sources[open.example]));
  if (about.encoding && about.encoding !== "utf-8" && !about.encoding.startsWith("utf-16")) notes.push(el("p.notice", {}, texts.encoding(about.encoding)));
  const other = el("input.hush", { type: "file", id: "source", accept: ".csv,.tsv,.txt", onchange: () => other.files[0] && takeSource(other.files[0]) });
  const has = open.target !== null;
  const title = open.example ? texts.examples[open.example][0] : open.name || texts.your_table;
  content.replaceChildren(
    el("div.work-head", {}, el("div", {}, el("h2", { id: "work-title", tabindex: "-1" }, title), el("p.sub", {}, texts.size(about.rows, about.columns.length))), el("button.btn.small", { type: "button", onclick: forget }, texts.forget)),
    ...notes,
    has ? drawColumns() : el("section.part", { "aria-labelledby": "what-title" }, el("h3", { id: "what-title" }, texts.what), el("p.hint", {}, texts.what_hint), drawChips()),
    ...(has ? [el("section.part", { "aria-labelledby": "label-title" }, el("h3", { id: "label-title" }, texts.label), el("div", { id: "verdict" }, verdict()), el("p.hint", { id: "status", role: "status" }), drawViews(), ...drawRows(), ...drawPager())] : [el("section.part", {}, drawRows())]),
    ...(has
      ? [
          el("div", { id: "groups-part" }),
          el("section.part", { "aria-labelledby": "curve-title" }, el("h3", { id: "curve-title" }, texts.curve), el("p.hint", {}, texts.curve_hint), el("div", { id: "curve" })),
          el(
            "section.part",
            { "aria-labelledby": "source-title" },
            el("h3", { id: "source-title" }, texts.source),
            el("p.hint", {}, texts.source_hint),
            el("div.ways", {}, other, el("label.btn.small", { for: "source" }, texts.source_open), ...(open.source ? [el("span.hint", {}, texts.source_used(open.source)), el("button.quiet", { type: "button", onclick: () => takeSource(null) }, texts.source_none)] : [])),
          ),
          el("section.part", { "aria-labelledby": "save-title" }, el("h3", { id: "save-title" }, texts.download), el("p.hint", {}, texts.download_hint), el("div.ways", { id: "save" })),
        ]
      : []),
  );
  drawCurve();
  drawSave();
  if (has) placeGroups();
}

function speak() {
  document.documentElement.lang = texts.lang;
  document.title = texts.title;
  for (const place of document.querySelectorAll("[data-t]")) place.textContent = texts[place.dataset.t];
  const button = document.getElementById("language");
  button.textContent = texts.other;
  button.lang = texts.otherLang;
  draw();
}

document.getElementById("language").addEventListener("click", () => {
  const next = texts === TEXTS.en ? "zh" : "en";
  texts = TEXTS[next];
  told = "";
  try {
    localStorage.setItem(LANGUAGE, next);
  } catch {
    // The page is in this language all the same, until it is closed.
  }
  speak();
});

speak();

addEventListener("load", () => Table.prepare());

// The page for later visits without a network: a worker of its own, so that nobody loads a shop for a table.
navigator.serviceWorker?.register(new URL("./sw.js", import.meta.url)).catch(() => {});
