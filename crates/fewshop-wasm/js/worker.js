// The shop's engine in a dedicated module worker. It speaks fewshop_core::protocol: requests in, replies out, as plain objects.
//
// The page always sends its whole session, so this file is free to swap engines. The CPU engine answers first. If the browser has a
// GPU, the worker fetches the WebGPU engine once it is idle, both rank the same session a few times, and the faster one stays. If the
// GPU ever fails, the worker drops it for the CPU engine and answers the newest session again. Nothing leaves the device: the only
// network requests are for the pack and the two engines.
//
// cpu/fewshop_wasm.js lies beside this file, and gpu/fewshop_wasm.js if it was built. Both are named by addresses that bundlers follow.

// protocol: begin (generated, see tests/protocol.rs)
const PROTOCOL_VERSION = 2;
const REQUEST_FAULTS = ["bad_argument", "no_catalogue", "no_words", "nothing_wanted", "unknown_item"];
// protocol: end

// engines: begin (the npm package has other lines here, see crates/xtask/src/package.rs)
/** The engines that this worker can load, each with its script and its wasm. */
const ENGINES = {
  cpu: {
    script: () => import("./cpu/fewshop_wasm.js"),
    wasm: () => new URL("./cpu/fewshop_wasm_bg.wasm", import.meta.url),
  },
  gpu: {
    script: () => import("./gpu/fewshop_wasm.js"),
    wasm: () => new URL("./gpu/fewshop_wasm_bg.wasm", import.meta.url),
    /** Whether the site has it. A host that answers missing files with its start page does not have it either. */
    async isThere() {
      const script = await fetch(new URL("./gpu/fewshop_wasm.js", import.meta.url), { method: "HEAD" }).catch(() => null);
      return Boolean(script?.ok && script.headers.get("content-type")?.includes("javascript"));
    },
  },
};
// engines: end

/** Untimed runs that warm an engine up: the first ones compile code and shaders. */
const WARM_RUNS = 2;
/** Timed runs; the median counts. */
const TIMED_RUNS = 5;
/** Practice runs before the first request: browsers run WebAssembly slowly until they have optimised it. */
const PRACTICE_RUNS = 12;
/** Idle time before the WebGPU engine is fetched, in ms: clicks come first. */
const QUIET_MS = 1500;
/** A GPU that takes longer than this for one answer, in ms, is dropped. Half of the page's own patience (PATIENCE_MS of the protocol). */
const PATIENCE_MS = 10_000;
/** The same if WebGPU is forced: software WebGPU compiles its first shaders for many seconds. */
const PATIENCE_FORCED_MS = 120_000;
/** Minimum time between two progress reports, in ms. */
const PROGRESS_MS = 100;
/** A pack ends with the SHA-256 of what comes before. */
const HASH_BYTES = 32;
/** Maximum number of waiting explanations; the oldest are dropped. */
const MAX_EXPLANATIONS = 100;

/** A file is not the expected one. */
class Mismatch extends Error {}

/** One loaded module and its recommender. */
class Engine {
  constructor(backend, patience) {
    this.backend = backend;
    this.patience = patience;
    this.recommender = null;
    this.busy = 0;
    // A trapped WebAssembly module leaves its promises pending for ever, so every call races against this one.
    this.dead = new Promise((_, reject) => {
      this.kill = (why) => reject(new Error(why));
    });
    this.dead.catch(() => {});
  }

  /** The answer of `ask`, or an error when the engine dies or takes too long over it. */
  async call(ask) {
    let timer;
    const late = new Promise((_, reject) => {
      if (this.patience) {
        timer = setTimeout(() => reject(new Error(`no answer came within ${this.patience / 1000} s`)), this.patience);
      }
    });
    this.busy += 1;
    try {
      return await Promise.race([ask(this.recommender), this.dead, late]);
    } finally {
      this.busy -= 1;
      clearTimeout(timer);
    }
  }
}

let cpu = null;
let gpu = null;
/** The CPU module's memory. */
let cpuMemory = null;
/** The engine that answers. */
let active = null;
/** Why this engine answers, for people. */
let reason = "";
/** Facts of the last answer to the page; calibration does not count. */
let lastRun = { shots: 0, gate: 0, last_run_ms: 0, steps_ms: [], losses: [], nearest: [] };
/** The final failure, as a reply. */
let failed = null;
let loading = false;
/** Kept until it is known whether the WebGPU engine needs it. */
let packBytes = null;
/** What the engines need not find out about it again. */
let packReading = {};
/** The newest session request, answered or not. */
let newest = null;
/** The newest session request if it is not answered yet. Older ones are dropped: their answers are no longer needed. */
let waiting = null;
const explanations = [];
/** The newest query that is not answered yet. */
let query = null;
/** The file of words that the search has yet to read. */
let wordBytes = null;
let working = false;
let lastWork = 0;
const progress = { received: 0, total: 0, sources: 0, reported: -Infinity };

// For tests and developer tools: `fewshop.device.destroy()` in the worker's console takes the GPU away.
self.fewshop = {
  device: null,
  get backend() {
    return active?.backend ?? null;
  },
  /** Milliseconds spent in each step of the last answer; `cargo xtask bench web` reads it. */
  get split() {
    return active?.recommender.split() ?? null;
  },
  /** Number of products and bytes of the CPU engine's memory, for the same measurement. */
  get items() {
    return active?.recommender.status().items ?? 0;
  },
  get bytes() {
    return cpuMemory?.buffer.byteLength ?? 0;
  },
};

// Set before the first await: a message that arrives without a handler is lost.
self.onmessage = ({ data }) => {
  if (data?.type === "ping") {
    post({ type: "alive" });
  } else if (failed) {
    post(failed);
  } else if (data?.type === "load") {
    load(data).catch((error) => fail("internal", describe(error)));
  } else if (data?.type === "session") {
    newest = data;
    waiting = data;
    work();
  } else if (data?.type === "catalogue" && cpu?.recommender) {
    post({ type: "catalogue", catalogue: cpu.recommender.catalogue() });
  } else if (data?.type === "explain") {
    explanations.push(data);
    if (explanations.length > MAX_EXPLANATIONS) explanations.shift();
    work();
  } else if (data?.type === "words") {
    wordBytes = data.bytes;
    work();
  } else if (data?.type === "find") {
    query = data;
    work();
  } else {
    const message = `the worker cannot answer the request '${data?.type}'`;
    post({ type: "failed", code: "bad_argument", message, ...(typeof data?.type === "string" && { about: data.type }) });
  }
};

// A trap in WebAssembly surfaces only here. The engine that was running is dead.
self.addEventListener("error", (event) => {
  if (crashed(event.message)) event.preventDefault();
});
self.addEventListener("unhandledrejection", (event) => {
  if (crashed(describe(event.reason))) event.preventDefault();
});

function crashed(why) {
  const engine = [gpu, cpu].find((each) => each?.busy) ?? gpu;
  if (engine && engine === gpu) {
    dropGpu(`WebGPU stopped (${why})`);
  } else {
    engine?.kill(why);
  }
  return Boolean(engine);
}

// ---- loading

async function load({ protocol = PROTOCOL_VERSION, pack, backend, sha256 }) {
  if (protocol !== PROTOCOL_VERSION) {
    const advice = "serve page and worker from the same version of Fewshop";
    fail("wrong_protocol", `the page speaks version ${protocol} of the protocol, the worker version ${PROTOCOL_VERSION}: ${advice}`);
    return;
  }
  if (loading) {
    // To start over, the page starts a new worker.
    if (active) post({ type: "ready", status: status() });
    return;
  }
  loading = true;
  if (typeof WebAssembly !== "object") {
    fail("no_wasm", "this browser has no WebAssembly: picks need a newer one");
    return;
  }
  // The engine is fetched, compiled and started while the pack is still loading.
  const [bytes, module] = await Promise.allSettled([fetchPack(pack, sha256), importEngine("cpu", counted)]);
  if (module.status === "rejected") {
    const { reason: why } = module;
    if (why instanceof WebAssembly.CompileError) {
      fail("no_wasm", `this browser cannot run the engine, which needs WebAssembly with SIMD: ${describe(why)}`);
    } else {
      fail(why instanceof Mismatch ? "engine_corrupt" : "internal", `the engine could not be loaded: ${describe(why)}`);
    }
    return;
  }
  if (bytes.status === "rejected") {
    fail(bytes.reason instanceof Mismatch ? "pack_corrupt" : "pack_missing", `the pack could not be loaded: ${describe(bytes.reason)}`);
    return;
  }
  packBytes = bytes.value;
  const engine = new Engine("cpu", 0);
  cpu = engine;
  try {
    engine.recommender = await engine.call(() => module.value.Recommender.load(packBytes, packReading));
  } catch (error) {
    fail(error.code?.startsWith("pack_") ? "pack_corrupt" : "internal", describe(error));
    return;
  }
  active = engine;
  reason = { cpu: "CPU: asked for", wgpu: "CPU: until WebGPU, which was asked for, is ready" }[backend] ?? "CPU: first to be ready";
  post({ type: "ready", status: status() });
  work();
  practise(engine).catch(() => {});
  if (backend !== "cpu") {
    // The CPU engine keeps ranking whatever happens here.
    tryGpu(backend === "wgpu").catch((error) => dropGpu(`WebGPU failed (${describe(error)})`));
  }
}

async function fetchPack(url, sha256) {
  const response = await fetch(new URL(url, self.location.href));
  if (!response.ok) throw new Error(`${url} answered ${response.status} ${response.statusText}`);
  const bytes = new Uint8Array(await counted(response).arrayBuffer());
  [packReading] = await Promise.all([readingOf(bytes), verify(url, bytes, sha256)]);
  return bytes;
}

/** How to read a pack: with the hash that it ends with. The browser computes it much faster than WebAssembly does. */
async function readingOf(bytes) {
  return self.crypto?.subtle && bytes.length > HASH_BYTES ? { digest: await hashOf(bytes.subarray(0, -HASH_BYTES)) } : {};
}

async function hashOf(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Rejects a file with an unexpected hash. */
async function verify(name, bytes, sha256) {
  // Insecure connections have no crypto.subtle; but an attacker there could change this script as well.
  if (!sha256 || !self.crypto?.subtle) return;
  const hex = await hashOf(bytes);
  if (hex !== sha256.toLowerCase()) {
    throw new Mismatch(`${name} is cut off, damaged or of another version: its SHA-256 is ${hex.slice(0, 8)}…, expected ${sha256.slice(0, 8)}…`);
  }
}

/** Imports an engine. Its wasm is requested together with its script, not after it, and runs only if its hash is the one in the script. */
async function importEngine(name, pass = (response) => response) {
  const engine = ENGINES[name];
  const [module, response] = await Promise.all([engine.script(), fetch(engine.wasm())]);
  if (!response.ok) throw new Error(`${response.url} answered ${response.status} ${response.statusText}`);
  const isWasm = response.headers.get("content-type")?.startsWith("application/wasm");
  const body = pass(response);
  const bytes = body.clone().arrayBuffer();
  // Compiled while it arrives, if the host sends the right type.
  const compiled = isWasm ? WebAssembly.compileStreaming(body) : bytes.then((all) => WebAssembly.compile(all));
  compiled.catch(() => {});
  await verify("the engine", await bytes, module.SHA256);
  const { memory } = await module.default({ module_or_path: await compiled });
  if (name === "cpu") cpuMemory = memory;
  return module;
}

/** The same response, with its bytes counted as they pass. */
function counted(response) {
  const length = Number(response.headers.get("content-length"));
  // The length of a compressed body is not the number of bytes that arrive here.
  progress.total += length && !response.headers.get("content-encoding") ? length : NaN;
  progress.sources += 1;
  const counter = new TransformStream({
    transform(chunk, controller) {
      progress.received += chunk.byteLength;
      controller.enqueue(chunk);
      const now = performance.now();
      if (now - progress.reported >= PROGRESS_MS) {
        progress.reported = now;
        const known = progress.sources === 2 && !Number.isNaN(progress.total);
        post({ type: "loading", received: progress.received, total: known ? progress.total : null });
      }
    },
  });
  return new Response(response.body.pipeThrough(counter), { headers: response.headers });
}

// ---- answering

/** Answers the waiting requests, one after the other. */
async function work() {
  if (working || !active) return;
  working = true;
  while (!failed) {
    // Queued messages come first, so that a burst of clicks is one run.
    await nextTask();
    if (query) {
      const request = query;
      query = null;
      await find(request);
    } else if (waiting) {
      const request = waiting;
      waiting = null;
      await answer(request);
    } else if (explanations.length > 0) {
      await explain(explanations.shift());
    } else if (wordBytes) {
      // Before the first letter, which would wait for it.
      await readWords();
    } else {
      break;
    }
    lastWork = performance.now();
  }
  working = false;
}

async function answer(request) {
  const engine = active;
  try {
    const start = performance.now();
    const reply = await engine.call((recommender) => recommender.answer(request));
    const { shots, gate, steps_ms = [], losses = [], nearest = [] } = reply.status;
    lastRun = { shots, gate, steps_ms, losses, nearest, last_run_ms: performance.now() - start };
    post({ ...reply, status: { ...reply.status, ...lastRun, backend_reason: reason } });
  } catch (error) {
    if (!isHandled(error, engine, "session")) return;
    waiting ??= request;
  }
}

/** Reads the file of words. Letters find products without it, too. */
async function readWords() {
  const bytes = wordBytes;
  wordBytes = null;
  await cpu.call((recommender) => recommender.readWords(bytes)).catch((error) => isHandled(error, cpu, "words"));
}

/** Searches, always on the CPU engine: another one would have to read the words again. */
async function find({ query, n }) {
  try {
    if (wordBytes) await readWords();
    post(await cpu.call((recommender) => recommender.find(query, n)));
  } catch (error) {
    isHandled(error, cpu, "find");
  }
}

async function explain(request) {
  const engine = active;
  try {
    const pick = await engine.call((recommender) => {
      recommender.setSession(request.session);
      return recommender.explain(request.item);
    });
    post({ type: "explanation", pick });
  } catch (error) {
    if (!isHandled(error, engine, "explain")) return;
    explanations.unshift(request);
  }
}

/** Deals with a failed call for a type of request. Returns whether to ask another engine the same. */
function isHandled(error, engine, about) {
  if (REQUEST_FAULTS.includes(error.code)) {
    post({ type: "failed", code: error.code, message: describe(error), about });
    return false;
  }
  if (engine === cpu) {
    fail("internal", `the engine stopped: ${describe(error)}`);
    return false;
  }
  dropGpu(`WebGPU stopped (${describe(error)})`);
  return true;
}

function status() {
  return { ...active.recommender.status(), ...lastRun, backend_reason: reason };
}

/** Ends the worker's service: it answers this, now and to every later request. */
function fail(code, message) {
  failed = { type: "failed", code, message };
  post(failed);
}

// ---- the GPU

/** Fetches the WebGPU engine if it may help, and uses it if it is faster or was asked for. */
async function tryGpu(forced) {
  const absent = await whyNot(forced);
  if (absent) {
    settle(`CPU: ${absent}`);
    return;
  }
  if (!forced) await quiet();
  watchDevices();
  const engine = new Engine("wgpu", forced ? PATIENCE_FORCED_MS : PATIENCE_MS);
  gpu = engine;
  const module = await engine.call(() => importEngine("gpu"));
  engine.recommender = await engine.call(() => module.Recommender.load(packBytes, { ...packReading, backend: "wgpu" }));
  if (forced) {
    // The first run compiles the shaders; the CPU engine answers until then.
    await engine.call((recommender) => recommender.answer(sample()));
    if (gpu === engine) {
      active = engine;
      settle("WebGPU: asked for", true);
    }
    return;
  }
  const [cpuMs, gpuMs] = [await medianMs(cpu), await medianMs(engine)];
  // Dropped meanwhile: the reason is already given.
  if (gpu !== engine) return;
  const size = `for ${cpu.recommender.status().items.toLocaleString("en")} products`;
  if (gpuMs < cpuMs) {
    active = engine;
    settle(`WebGPU: ${gpuMs.toFixed(1)} ms against ${cpuMs.toFixed(1)} ms on the CPU ${size}`, true);
  } else {
    gpu = null;
    engine.recommender.free();
    self.fewshop.device?.destroy();
    settle(`CPU: ${cpuMs.toFixed(1)} ms against ${gpuMs.toFixed(1)} ms on WebGPU ${size}`);
  }
}

/** Why the WebGPU engine is not even fetched; null if it is. */
async function whyNot(forced) {
  if (!navigator.gpu) return "this browser has no WebGPU";
  if (!forced && navigator.connection?.saveData) return "this browser is set to save data";
  // navigator.gpu alone proves little: only an adapter is a GPU.
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter) return "this browser gives no WebGPU adapter";
  if (!forced && (adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter)) return "WebGPU is only emulated in software here";
  return (await ENGINES.gpu?.isThere()) ? null : "this site comes without the WebGPU engine";
}

/** The session for comparing engines: the shopper's own, or five products spread over the catalogue. */
function sample() {
  const items = cpu.recommender.status().items;
  const spread = [0, 1, 2, 3, 4].map((nth) => ({ item: Math.floor((nth * items) / 5), kind: "view" }));
  const session = newest?.session.events.length ? newest.session : { events: spread };
  return { seq: 0, session, shelves: [{ name: "calibration", n: 20 }] };
}

/** Lets the browser optimise the engine before the first click; a click meanwhile waits for one run at most. */
async function practise(engine) {
  for (let run = 0; run < PRACTICE_RUNS && !newest; run += 1) {
    await engine.call((recommender) => recommender.answer(sample()));
    await nextTask();
  }
}

/** Median time of an engine for one session on the real catalogue, in ms. */
async function medianMs(engine) {
  const request = sample();
  const times = [];
  for (let run = 0; run < WARM_RUNS + TIMED_RUNS; run += 1) {
    // A click meanwhile need not wait for the whole series.
    await nextTask();
    const start = performance.now();
    await engine.call((recommender) => recommender.answer(request));
    times.push(performance.now() - start);
  }
  return times.slice(WARM_RUNS).sort((a, b) => a - b)[TIMED_RUNS >> 1];
}

/** The choice is made: reports the engine that answers from now on. `changed`: it is another one than before. */
function settle(why, changed = false) {
  packBytes = null;
  reason = why;
  // A time belongs to the engine that took it: a new engine answers once before the status names it beside a time.
  if (changed && newest) again();
  else post({ type: "ready", status: status() });
}

/** Continues without the GPU. */
function dropGpu(why) {
  const engine = gpu;
  if (!engine) return;
  gpu = null;
  engine.kill(why);
  const answered = active === engine;
  active = cpu;
  settle(`CPU: ${why}`, answered);
}

/** Answers the newest session again, with the current engine. */
function again() {
  waiting ??= newest;
  work();
}

/** Watches the device that the WebGPU engine requests: burn does not expose it. */
function watchDevices() {
  const requestDevice = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    self.fewshop.device = device;
    device.lost.then(({ reason: cause, message }) => {
      self.fewshop.device = null;
      dropGpu(`the GPU was lost (${message || cause || "no reason given"})`);
    });
    return device;
  };
}

// ---- small things

function post(reply) {
  self.postMessage(reply);
}

/** The error in one line: burn adds a backtrace. */
function describe(error) {
  return String(error?.message ?? error).split("\n", 1)[0];
}

/** Lets everything already queued run first. A timer would do, but browsers delay it by 4 ms. */
function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Resolves once the worker has been idle for a while. */
async function quiet() {
  for (let rest = QUIET_MS; rest > 0; rest = working ? QUIET_MS : lastWork + QUIET_MS - performance.now()) {
    await new Promise((resolve) => setTimeout(resolve, rest));
  }
}
