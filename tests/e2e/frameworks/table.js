// What each application does with fewshop/table. frameworks.mjs lets its entry import this, in applications with TypeScript as table.ts.

import { Table } from "fewshop/table";

/** 40 incomes, of which the first 20 say whether the loan was repaid. */
const rows = Array.from({ length: 40 }, (_, row) => {
  const income = (row * 37) % 40;
  return `${income},${row < 20 ? (income > 19 ? "yes" : "no") : ""}`;
});

// Rendered on a server, this module is imported there, too, and nothing may happen.
Table.prepare();

Object.assign(globalThis, {
  async askTable() {
    const table = await Table.read(["income,repaid", ...rows].join("\n"));
    await table.predict("repaid");
    const { fit, answers, error } = await table.answers([22, 27]);
    table.close();
    if (!fit) throw new Error(error?.message);
    return answers.map((answer) => `${answer.row}: ${answer.enough ? fit.classes[answer.class ?? 0] : "not enough to tell"}`).join(", ");
  },
});
