// Small pieces of the page: elements, bars, the dialog of reasons, the drawing of a learning curve. Nothing here knows the worker.

/** An element: `el("button.btn.small", { type: "button", onclick }, "text", child …)`. */
export function el(what, attributes = {}, ...kids) {
  const [name, ...classes] = what.split(".");
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "value") made.value = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...kids.flat().filter((kid) => kid !== null && kid !== undefined));
  return made;
}

const svg = (name, attributes, ...kids) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...kids);
  return made;
};

/** A probability as a bar: its band, and a mark where it is. */
export function bar({ probability, low, high }) {
  const band = el("span.band");
  band.style.left = `${100 * low}%`;
  band.style.width = `${100 * (high - low)}%`;
  const mark = el("span.at");
  mark.style.left = `${100 * probability}%`;
  return el("span.bar-of", { "aria-hidden": "true" }, band, mark);
}

/** A share to the left or right of the middle; `most` is the longest. */
function sided(share, most) {
  const fill = el(share < 0 ? "span.against" : "span.for");
  fill.style.width = `${(50 * Math.abs(share)) / most}%`;
  return el("span.sided", { "aria-hidden": "true" }, fill);
}

const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;

/** Columns that a dialog shows one by one. */
const SHOWN = 6;

/** Fills the dialog with the reasons of a row. `labelOf` gives the label of an example. */
export function reasons(dialog, { texts, why, row, answer, enough, classes, labels }) {
  const most = Math.max(...why.shares.map(({ share }) => Math.abs(share)), 1e-9);
  const line = (name, share) =>
    el("li", {}, el("span.what", {}, name), el("span.ms", {}, signed(share), el("span.hush", {}, ` ${share < 0 ? texts.against_it : texts.for_it}`)), sided(share, most));
  const rest = why.shares.slice(SHOWN);
  const lines = why.shares.slice(0, SHOWN).map(({ column, value, share }) => line(`${column}: ${value || texts.empty_cell}`, share));
  if (rest.length) lines.push(line(texts.rest(rest.length), rest.reduce((sum, { share }) => sum + share, 0)));
  const kind = why.class === undefined ? texts.why_number : why.exact ? texts.why_exact : texts.why_mean;
  const pulls = why.examples.slice(0, 4).map(({ row, pull }) => el("li", {}, texts.pull(row + 1, labels.get(row) ?? "?", pull > 0)));
  const { change } = why;
  const close = el("button.btn.small", { type: "button", onclick: () => dialog.close() }, texts.close);
  dialog.replaceChildren(
    el("h2", { id: "why-title", tabindex: "-1" }, texts.why_title(row + 1, answer)),
    ...(enough ? [] : [el("p.notice", {}, texts.why_withheld)]),
    el("p.hint", {}, kind),
    el("ul.shares", { role: "list" }, lines),
    el("h3", {}, texts.pulls),
    el("ul.plain-list", { role: "list" }, pulls),
    ...(why.class === undefined ? [] : [el("p.change", {}, change ? texts.change(change.column, change.from || texts.empty_cell, change.to, classes[change.class]) : texts.no_change)]),
    el("div.acts", {}, close),
  );
}

/** The learning curve as a drawing, with its figures as a table. */
export function curve(texts, points, isNumber) {
  const [width, height, left, bottom] = [420, 180, 34, 24];
  const all = points.flatMap(({ loss, base_loss }) => [loss, base_loss]);
  const [floor, top] = [Math.min(...all) * 0.8, Math.max(...all) * 1.05];
  const x = (k) => left + ((width - left - 10) * Math.log2(k / 4)) / Math.max(1, Math.log2(points.at(-1).k / 4));
  const y = (loss) => (height - bottom) * (1 - (loss - floor) / (top - floor)) + 4;
  const path = (name) => points.map((point, at) => `${at ? "L" : "M"}${x(point.k).toFixed(1)} ${y(point[name]).toFixed(1)}`).join("");
  const word = (at, text, anchor = "middle") => svg("text", { x: at[0], y: at[1], "text-anchor": anchor }, text);
  const drawing = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": texts.curve_alt, class: "curve" },
    svg("path", { d: `M${left} ${y(floor)}H${width - 4}`, class: "axis" }),
    svg("path", { d: path("base_loss"), class: "base" }),
    svg("path", { d: path("loss"), class: "own" }),
    ...points.flatMap(({ k, loss }) => [svg("circle", { cx: x(k), cy: y(loss), r: 3, class: "own" }), word([x(k), height - 6], String(k))]),
    word([left - 6, y(floor)], floor.toFixed(2), "end"),
    word([left - 6, y(Math.max(...all)) + 4], Math.max(...all).toFixed(2), "end"),
  );
  const heads = isNumber ? texts.curve_head_number : texts.curve_head;
  const cells = ({ k, loss, base_loss, accuracy }) => [k, loss.toFixed(3), base_loss.toFixed(3), ...(isNumber ? [] : [texts.percent(accuracy)])];
  const table = el(
    "table.figures",
    {},
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, points.map((point) => el("tr", {}, cells(point).map((cell) => el("td", {}, String(cell)))))),
  );
  return el("div.curve-of", {}, el("div", {}, drawing, el("p.hint", {}, el("span.key.own"), texts.answers_line, el("span.key.base"), texts.base_line)), table);
}

/** Rates and calibration by group, as a table. */
export function groupTable(texts, groups, name, column) {
  const cells = (group) => [
    String(group.labelled),
    group.labelled ? texts.interval(group.share, group.share_low, group.share_high) : "–",
    group.labelled ? texts.percent(group.expected) : "–",
    String(group.questions),
    group.questions ? texts.interval(group.rate, group.rate_low, group.rate_high) : "–",
    group.questions ? texts.percent(group.probability) : "–",
  ];
  const rows = groups.map((group) => el("tr", {}, el("th", { scope: "row" }, group.name ?? texts.groups_rest), cells(group).map((cell) => el("td", {}, cell))));
  const head = el("tr", {}, texts.groups_head(name).map((head) => el("th", { scope: "col" }, head)));
  return el("div.scroll", { role: "region", "aria-label": `${texts.groups_of} ${column}`, tabindex: "0" }, el("table.rows.figures", {}, el("thead", {}, head), el("tbody", {}, rows)));
}

/** Offers text as a file. */
export function offer(text, name) {
  // Spreadsheets take a CSV for UTF-8 only with this mark.
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
