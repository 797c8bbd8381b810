// The page of tables: a table is pasted, labelled, answered, explained, saved and forgotten, and nothing of it leaves the tab.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { openSite } from "./site.mjs";
import { PATIENCE, launch, until } from "./shopper.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const file = (path) => readFile(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");

let browser;
let site;
before(async () => {
  browser = await launch();
  site = await openSite();
});
after(async () => {
  await browser.close();
  site.close();
});

/** Opens the page; after `steps` it must not have complained. */
async function visit(options, steps) {
  const context = await browser.newContext({ locale: "en-GB", bypassCSP: false, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  try {
    await page.goto(`${site.url}/tables/`);
    await page.getByRole("button", { name: /^(Credit|信贷)/ }).waitFor();
    await steps(page, context);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

/** Pastes text as a spreadsheet does. */
async function paste(page, text) {
  const field = page.getByRole("textbox").first();
  await field.evaluate((field, text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);
}

/** 40 applicants; who earns more repays. The first `labelled` are examples. */
const applicants = (labelled) =>
  ["number\tincome\tcity\tage\trepaid", ...Array.from({ length: 40 }, (_, row) => {
    const income = 1000 + ((row * 37) % 40) * 100;
    const label = row < labelled ? (income > 2900 ? "yes" : "no") : "";
    return `A${row}\t${income}\t${["Bonn", "Trier"][row % 2]}\t${20 + (row % 31)}\t${label}`;
  })].join("\n");

/** Violations that axe finds, as texts. */
async function axe(page) {
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

test("a pasted table is labelled by keys and answered, explained, saved and forgotten", async () => {
  await visit({}, async (page) => {
    const loaded = site.requests.length;
    // The worker of later visits fetches the page's files once more.
    await until("the page is kept", () => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state === "activated"));
    const before = site.requests.length;
    assert.ok(before >= loaded);
    await paste(page, applicants(0));
    await page.getByRole("button", { name: "Predict repaid", exact: true }).click();
    await page.getByText("Fill in “repaid” in at least two rows").waitFor();
    await page.getByText("Left out as protected: age.").click();
    assert.equal(await page.getByLabel("What age holds").inputValue(), "left_out");
    const labels = page.getByRole("textbox", { name: /^repaid, row/ }).or(page.getByRole("combobox", { name: /^repaid, row/ }));
    await labels.first().focus();
    for (let row = 0; row < 12; row += 1) await page.keyboard.type(`${1000 + ((row * 37) % 40) * 100 > 2900 ? "yes" : "no"}\n`);
    const cell = page.locator("#answer-15");
    await until("there is an answer", async () => /^(yes|no) \d+/.test(await cell.innerText()));
    const first = await cell.innerText();
    await labels.nth(12).fill("no");
    await page.keyboard.press("Enter");
    await until("the answer follows the label", async () => (await cell.innerText()) !== first);
    // A column is used, then not.
    await page.getByLabel("What age holds").selectOption("number");
    await page.locator(".column", { hasText: "age" }).getByText("protected").waitFor();
    assert.deepEqual(await axe(page), []);
    await page.getByRole("button", { name: "Why? Row 16", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/^income: /).waitFor();
    await dialog.getByText("exact Shapley values").waitFor();
    assert.deepEqual(await axe(page), []);
    await page.keyboard.press("Escape");
    await page.getByLabel("Groups of").selectOption("age");
    await page.getByRole("region", { name: "Groups of age" }).getByText("20 – 25").waitFor();
    assert.deepEqual(await axe(page), []);
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download the answers" }).click();
    const csv = await readFile(await (await downloading).path(), "utf8");
    const lines = csv.trimEnd().split("\r\n");
    assert.equal(lines.length, 1 + 27);
    assert.match(lines[0], /^\ufeffrow,number,answer,probability,low,high,enough,unlike,p\(no\),p\(yes\),reason 1,.*,model,table sha256,date$/);
    assert.match(lines[1], /^14,A13,(yes|no),0\.\d+,.*income = \d+ \([+-]\d\.\d{3}\).*,fewshop-table [0-9a-f]{16},[0-9a-f]{64},\d{4}-/);
    await page.getByRole("button", { name: "Forget the table" }).click();
    await page.getByText("The table is forgotten.").waitFor();
    assert.equal(await page.locator("table").count(), 0);
    const kept = await page.evaluate(async () => [Object.keys(localStorage), (await indexedDB.databases()).length]);
    assert.deepEqual(kept, [[], 0]);
    assert.deepEqual(site.asked.slice(before), [], "nothing is requested after loading");
  });
});

test("the answers in the browser are those of the native build", async () => {
  const goldens = JSON.parse(await file("tests/goldens/table_answers.json"));
  await visit({ serviceWorkers: "block" }, async (page) => {
    const made = await page.evaluate(async () => {
      const { Table } = await import("/tables/table.js");
      const text = async (name) => (await fetch(`/tables/examples/${name}.csv`)).text();
      const all = [];
      const cases = [["credit", "repaid"], ["heart", "ill", "heart-source"], ["heart alone", "ill"], ["school", "passed"]];
      for (const [name, target, source] of cases) {
        const table = await Table.read(await text(name.split(" ")[0]));
        if (source) await table.source(await text(source));
        await table.predict(target);
        const { fit, answers, next } = await table.answers([100, 101, 102, 103, 104, 105]);
        all.push({ example: name, check: fit.check, answers, why: await table.explain(100), next });
        table.close();
      }
      return all;
    }).catch((error) => assert.fail(error));
    const near = (a, b, path) => {
      if (typeof a === "number") assert.ok(Math.abs(a - b) < 1e-5, `${path}: ${a}, native ${b}`);
      else if (a === null || typeof a !== "object") assert.equal(a, b, path);
      else for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) near(a[key], b[key], `${path}.${key}`);
    };
    near(made, goldens, "");
  }).catch((error) => {
    // Playwright's own way to say that it has blocked the service worker is a warning of the page.
    if (!String(error).includes("Service Worker registration blocked")) throw error;
  });
});

test("what cannot be answered gets a word, in both languages, and the page lives on", async () => {
  await visit({ locale: "zh-CN", viewport: { width: 320, height: 640 }, colorScheme: "dark" }, async (page) => {
    await paste(page, "a\tb\n1\t2\t3\n");
    await page.getByRole("alert").getByText("第 2 行有 3 个单元格").waitFor();
    await page.getByRole("button", { name: "English" }).click();
    const wide = Array.from({ length: 1000 }, (_, at) => `c${at}`);
    await paste(page, [[...wide, "y"], ...Array.from({ length: 30 }, (_, row) => [...wide.map((_, at) => (row * 7 + at * 13) % 31), row < 12 ? (row % 2 ? "a" : "b") : ""])].map((line) => line.join("\t")).join("\n"));
    await page.getByText("30 rows, 1,001 columns").waitFor();
    await page.getByText("1 to 18").or(page.getByText("Questions (18)")).first().waitFor();
    await page.getByRole("button", { name: "Forget the table" }).click();
    await page.getByRole("button", { name: /^Diagnosis/ }).click();
    await page.locator(".outcome").first().waitFor();
    assert.deepEqual(await axe(page), []);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${overflow} px too wide`);
    await page.setInputFiles("#source", { name: "other.csv", mimeType: "text/csv", buffer: Buffer.from("x,ill\n1,yes\n2,no\n") });
    await page.getByRole("alert").waitFor();
    await page.locator(".outcome, .verdict").first().waitFor();
  });
});

test("the page opens without a network after one visit", async () => {
  await visit({}, async (page, context) => {
    await until("the page is kept", () => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state === "activated"));
    await context.setOffline(true);
    await page.reload();
    await page.getByRole("button", { name: /^Education/ }).click();
    await page.locator(".outcome, .verdict").first().waitFor();
  });
});

test("files of another kind or encoding are read, or refused in words that help", async () => {
  await visit({}, async (page) => {
    const open = (name, bytes) => page.setInputFiles("#file", { name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) });
    const alert = page.getByRole("alert");
    const zip = [0x50, 0x4b, 3, 4, 20, 0, 6, 0, 8, 0];
    await open("patients.xlsx", zip);
    await alert.getByText("This is a workbook. Save the sheet as CSV").waitFor();
    await open("patients.xls", [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1]);
    await alert.getByText("This is a workbook.").waitFor();
    await open("patients.pdf", "%PDF-1.7 and more");
    await alert.getByText("This file is not text.").waitFor();
    await open("patients.csv", [97, 44, 98, 10, 0, 0, 0, 0, 1, 2, 3]);
    await alert.getByText("This file is not text.").waitFor();
    // UTF-16 that does not say so, with decimal commas, thousands and units.
    const rows = Array.from({ length: 30 }, (_, row) => `${1 + (row % 9)}.${String(row * 37).padStart(3, "0").slice(-3)},50 €;${row % 7} %;${row < 14 ? (row % 9 > 4 ? ["Ja", "ja"][row % 2] : "nein") : ""}`);
    await open("kredite.csv", Buffer.from(["Betrag;Zins;zurückgezahlt", ...rows].join("\r\n"), "utf16le"));
    await page.getByText("30 rows, 3 columns").waitFor();
    await page.getByText("2 columns are used.").waitFor();
    await page.getByText(/^(Ja, ja|ja, Ja) count as one class/).waitFor();
    await page.getByRole("button", { name: "Forget the table" }).click();
    // Dates and numbers that could be read in two ways are left out, and said.
    const unclear = Array.from({ length: 20 }, (_, row) => `1,${100 + row}\t${row * 1111}\t0${1 + (row % 9)}.03.${10 + row}\t${row % 3}\t${row < 9 ? ["yes", "no"][row % 2] : ""}`);
    await paste(page, ["weight\tother\tadmitted\tlevel\till", ...unclear.map((line, row) => (row === 3 ? line.replace("1,103", "1234") : line))].join("\n"));
    await page.getByText("Not used: weight, admitted.").or(page.getByText("Not used: admitted, weight.")).waitFor();
  });
});
