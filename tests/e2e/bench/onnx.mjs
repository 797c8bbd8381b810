// The network for tables by our kernels and by ONNX Runtime Web (WebAssembly, SIMD, one thread), side by side on the same cells:
//
//   cargo xtask bench plug --own --out DIR
//   python network_onnx.py ../../../crates/fewshop-table/prior.pack DIR        # with `onnx`
//   npm install --prefix DIR onnxruntime-web@1.30.0
//   node bench/onnx.mjs DIR [rounds]                                           # with a Chromium at CHROME
//
// In each round each engine has a fresh browser for each size, in turns. Times: cold, from the import of the code, served from this machine, to
// the first answer; label, the labelled rows and one question; all, the labelled rows and a hundred questions; further, one question more. Fails if corrections differ by more than TOLERANCE.

import { readFile } from "node:fs/promises";
import http from "node:http";
import os from "node:os";
import { extname, join, normalize } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

import { launch } from "../shopper.mjs";

const [folder, rounds = 7] = process.argv.slice(2);
const SIZES = [[31, 20], [32, 20]];
const QUESTIONS = 100;
/** Log-odds; both sum 32-bit numbers, in another order. */
const TOLERANCE = 1e-4;
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
/** Browsers give an isolated page the finer clock. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
/** What a page loads for either. The first module has more of ours in it than the network. */
const ORT = "node_modules/onnxruntime-web/dist";
const FILES = {
  ours: ["own/fewshop_bench.js", "own/fewshop_bench_bg.wasm"],
  onnx: [`${ORT}/ort.wasm.min.mjs`, `${ORT}/ort-wasm-simd-threaded.mjs`, `${ORT}/ort-wasm-simd-threaded.wasm`, "whole.onnx"],
};

/** In the page: makes up a table, and times one engine on its cells. */
async function measure({ engine, labelled, columns, count, ort }) {
  const clock = () => performance.now();
  const started = clock();
  const { default: init, TableNetwork } = await import("/own/fewshop_bench.js");
  await init();
  const loadedOurs = clock() - started;
  let seed = 7;
  const unit = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  const names = Array.from({ length: columns }, (_, column) => `c${column}`);
  const rows = Array.from({ length: labelled + count }, (_, row) => {
    const values = names.map(() => unit());
    const label = values[0] + values[1] + unit() > 1.5 ? "yes" : "no";
    return [...values.map((value) => value.toFixed(4)), row < labelled ? label : ""].join(",");
  });
  const network = new TableNetwork([[...names, "target"].join(","), ...rows].join("\n"), "target");
  const [context, questions] = [network.labelled(), network.questions()];
  const row = network.cells * 32;
  const one = questions.slice(0, row);
  const times = async (run, repeats, calls = 1) => {
    const all = [];
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const start = clock();
      for (let call = 0; call < calls; call += 1) await run();
      all.push((clock() - start) / calls);
    }
    all.sort((a, b) => a - b);
    return { median: all[Math.floor(repeats / 2)], best: all[0] };
  };
  let cold;
  let all;
  let label;
  let further;
  const start = clock();
  if (engine === "ours") {
    label = () => {
      network.read();
      return network.corrections(one);
    };
    network.load();
    label();
    cold = loadedOurs + clock() - start;
    all = () => {
      network.read();
      return network.corrections(questions);
    };
    further = () => network.corrections(one);
  } else {
    const { InferenceSession, Tensor, env } = await import(`/${ort}/ort.wasm.min.mjs`);
    env.wasm.numThreads = 1;
    const model = async (name) => new Uint8Array(await (await fetch(`/${name}.onnx`)).arrayBuffer());
    const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all", extra: { session: { disable_quant_qdq: "1" } } };
    const tensor = (cells) => new Tensor("float32", cells, [cells.length / row, network.cells, 32]);
    const given = tensor(context);
    const session = await InferenceSession.create(await model("whole"), options);
    const single = tensor(one);
    label = () => session.run({ labelled: given, questions: single });
    await label();
    cold = clock() - start;
    const asked = tensor(questions);
    all = async () => (await session.run({ labelled: given, questions: asked })).corrections.data;
    // Keys and values of the labelled rows are kept, as our kernels keep them.
    const read = await InferenceSession.create(await model("context"), options);
    const answer = await InferenceSession.create(await model("question"), options);
    const kept = await read.run({ labelled: given });
    further = () => answer.run({ ...kept, questions: single });
  }
  // Browsers optimise what has run for a while.
  for (const run of [all, label, further]) await times(run, 15);
  const [warm, labelling, more] = [await times(all, 40), await times(label, 40), await times(further, 40, 10)];
  network.read();
  const [own, found] = [network.corrections(questions), await all()];
  const differs = Math.max(...own.map((value, at) => Math.abs(value - found[at])));
  return { cold, label: labelling.median, "label best": labelling.best, all: warm.median, "all best": warm.best, further: more.median, "further best": more.best, differs, largest: Math.max(...own.map(Math.abs)) };
}

const server = http.createServer(async (request, response) => {
  const path = normalize(new URL(request.url, "http://host").pathname);
  const body = path === "/" ? "<!doctype html><title>bench</title>" : await readFile(join(folder, path)).catch(() => null);
  response.writeHead(body ? 200 : 404, { "content-type": TYPES[extname(path) || ".html"] ?? "application/octet-stream", "cache-control": "no-store", ...ISOLATED });
  response.end(body ?? "not here");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}/`;
const load = () => os.loadavg()[0].toFixed(1);
const began = load();
const runs = [];
for (let round = 0; round < Number(rounds); round += 1) {
  for (const [labelled, columns] of SIZES) {
    for (const engine of round % 2 ? ["onnx", "ours"] : ["ours", "onnx"]) {
      const browser = await launch();
      const page = await (await browser.newContext()).newPage();
      await page.goto(url);
      runs.push({ engine, size: `${labelled} x ${columns}`, ...(await page.evaluate(measure, { engine, labelled, columns, count: QUESTIONS, ort: ORT })) });
      await browser.close();
    }
  }
}
server.close();

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
console.log(`load ${began} to ${load()}, ${rounds} rounds, ms: median (best)`);
for (const size of SIZES.map((size) => size.join(" x "))) {
  for (const what of ["cold", "label", "all", "further"]) {
    const of = (engine) => {
      const own = runs.filter((run) => run.engine === engine && run.size === size);
      return [median(own.map((run) => run[what])), Math.min(...own.map((run) => run[`${what} best`] ?? run[what]))];
    };
    const [ours, onnx] = [of("ours"), of("onnx")];
    const shown = ([middle, best]) => `${middle.toFixed(2)} (${best.toFixed(2)})`;
    console.log(`${size} ${what.padEnd(8)} ours ${shown(ours).padEnd(18)} onnx ${shown(onnx).padEnd(20)} onnx / ours ${(onnx[0] / ours[0]).toFixed(1)} (${(onnx[1] / ours[1]).toFixed(1)})`);
  }
}
const differs = Math.max(...runs.map((run) => run.differs));
console.log(`corrections up to ${Math.max(...runs.map((run) => run.largest)).toFixed(2)} differ by at most ${differs.toExponential(1)}`);
for (const [engine, files] of Object.entries(FILES)) {
  const sizes = await Promise.all(files.map(async (file) => {
    const body = await readFile(join(folder, file));
    const quality = body.length > 4e6 ? 9 : 11;
    return [body.length, brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } }).length];
  }));
  const kb = (at) => Math.round(sizes.reduce((sum, size) => sum + size[at], 0) / 1000);
  console.log(`${engine}: ${kb(0)} kB, ${kb(1)} as brotli (${files.join(", ")})`);
}
if (differs > TOLERANCE) {
  console.error(`expected at most ${TOLERANCE}`);
  process.exitCode = 1;
}
