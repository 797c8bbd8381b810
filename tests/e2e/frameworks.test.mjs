// Each application of examples/ installs the package from its tarball, is built, and shows picks and answers a table in a browser; see
// frameworks.mjs.
//
// Needs the package at FEWSHOP_PACKAGE, a Chromium at CHROME and npm with its registry; `cargo xtask test --only e2e` provides them.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

test("the package works in Vite, webpack, React, Next.js and Vue as it is", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["frameworks.mjs"], { encoding: "utf8" });
  console.log(stdout);
  assert.equal(status, 0, `${stdout}\n${stderr}`);
});
