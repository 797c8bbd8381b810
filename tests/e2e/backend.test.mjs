// The picks are the same on the CPU and on WebGPU, and the shop works if the GPU is missing or lost.
//
// Needs the built site at FEWSHOP_URL and a Chromium at CHROME; `cargo xtask test --only e2e` provides both.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { withoutGpuEngine } from "./site.mjs";
import { GPU_PATIENCE, SOFTWARE_GPU, launch, products, until, visit } from "./shopper.mjs";

const SHELF = "Picked for you";
const DEPARTMENT = "Pets";
/** Of the first ten picks, so many must be the same: at the end of the list two scores may lie closer than rounding does. */
const SAME_OF_TEN = 9;

let plain;
let gpu;
let session;
before(async () => {
  [plain, gpu] = [await launch(), await launch(...SOFTWARE_GPU)];
  const pets = (await products()).filter(({ department }) => department === DEPARTMENT);
  session = [0, 40, 80].map((nth) => pets[nth]);
});
after(() => Promise.all([plain.close(), gpu.close()]));

/** The engine of the moment, as 'How it works' says it, and why it is that one. */
async function engineAndReason(shopper) {
  const { page } = shopper;
  await page.getByRole("link", { name: "How it works" }).click();
  await shopper.at("How it works");
  const fact = (label) => page.getByRole("term").filter({ hasText: label }).locator("xpath=following-sibling::dd").first().innerText();
  return [await fact(/^Engine$/), await fact(/^Why this engine$/)];
}

/** Opens the products of the session by their addresses, each kept by a reload of the page, and returns the ten best picks. */
async function shopAt(shopper, backend) {
  for (const { id, title } of session) {
    await shopper.page.goto(new URL(`/product/${id}?backend=cpu`, shopper.url).href);
    await shopper.at(title);
    await shopper.reads(/Learned from/);
  }
  await shopper.page.goto(new URL(`/?backend=${backend}`, shopper.url).href);
  await shopper.reads(/Learned from 3/);
}

const ten = async (shopper) => (await shopper.picks()).slice(0, 10).map(({ id }) => id);

test("?backend=cpu ranks on the CPU even if there is a GPU", async () => {
  await visit(gpu, { path: "/?backend=cpu" }, async (shopper) => {
    await shopper.reads(/Ready to rank [\d,]+ products on this device \(CPU\)/);
    assert.deepEqual(await engineAndReason(shopper), ["CPU", "CPU: asked for"]);
    shopper.isContent();
  });
});

test("?backend=wgpu without a GPU ranks on the CPU and says why", async () => {
  await visit(plain, { path: "/?backend=wgpu" }, async (shopper) => {
    await shopper.ready();
    await shopper.lookAt(DEPARTMENT, 1);
    await shopper.reads(/Learned from 1.*\(CPU\)/);
    const [engine, reason] = await engineAndReason(shopper);
    assert.equal(engine, "CPU");
    assert.match(reason, /^CPU: this browser (has no WebGPU|gives no WebGPU adapter)/);
    assert.equal(await shopper.page.getByRole("alert").count(), 0, "nothing is wrong");
    shopper.isContent();
  });
});

test("an unknown backend in the address is ignored", async () => {
  await visit(plain, { path: "/?backend=abacus" }, async (shopper) => {
    await shopper.ready();
    assert.equal((await engineAndReason(shopper))[0], "CPU");
    shopper.isContent();
  });
});

test("WebGPU gives the picks of the CPU, and when the GPU is lost the CPU takes the session over", async (context) => {
  const why = await withoutGpuEngine();
  if (why) {
    context.skip(why);
    return;
  }
  await visit(gpu, { path: "/?backend=cpu" }, async (shopper) => {
    const { page } = shopper;
    await shopAt(shopper, "cpu");
    assert.match(await shopper.reads(/Learned from 3/), /\(CPU\)/);
    const onCpu = await ten(shopper);

    await page.goto(new URL("/?backend=wgpu", shopper.url).href);
    // The CPU ranks until the GPU is ready: the shelf is never empty.
    await shopper.reads(/Learned from 3/);
    await shopper.picks();
    await shopper.reads(/Learned from 3 .*\(WebGPU\)/, GPU_PATIENCE);
    const onGpu = await ten(shopper);
    const same = onGpu.filter((id) => onCpu.includes(id)).length;
    assert.ok(same >= SAME_OF_TEN, `${same} of ten are the same: ${onCpu} on the CPU, ${onGpu} on WebGPU`);
    assert.equal(onGpu[0], onCpu[0]);

    await page.workers().at(-1).evaluate(() => self.fewshop.device.destroy());
    await shopper.reads(/Learned from 3 .*\(CPU\)/, GPU_PATIENCE);
    await until("the picks are those of the CPU", async () => String(await ten(shopper)) === String(onCpu));
    await shopper.lookAt("Baby", 1);
    await shopper.reads(/Learned from 4 .*\(CPU\)/);
    const [engine, reason] = await engineAndReason(shopper);
    assert.equal(engine, "CPU");
    assert.match(reason, /the GPU was lost|WebGPU stopped/);
    assert.equal(await page.getByRole("alert").count(), 0);
    shopper.isContent();
  });
});
