// The benchmark's engine over a wasm module of fewshop-bench: own kernels, or plain burn.

/** A task's tower as one list, and its numbers in the order that the module expects. */
const startOf = ({ u, W1, b1, W2, b2 }) => {
  const start = new Float32Array(u.length + W1.length + b1.length + W2.length + b2.length);
  let at = 0;
  for (const part of [u, W1, b1, W2, b2]) {
    start.set(part, at);
    at += part.length;
  }
  return start;
};
const numbersOf = ({ steps, lr, beta1, beta2, eps, l2 }) => Float32Array.of(steps, lr, beta1, beta2, eps, l2);
const rows = (list) => new Uint32Array(list.buffer, list.byteOffset, list.length);
const tuned = (out) => ({ user: out.slice(0, 64), losses: out.length > 64 ? Array.from(out.subarray(64)) : undefined });
const best = (out) => ({ ids: Array.from(out.subarray(0, out.length / 2)), scores: Array.from(out.subarray(out.length / 2)) });

/** `folder` holds what wasm-bindgen made; `kind` is the class to use. */
export function make(folder, kind) {
  let module;
  let engine;
  return {
    get own() {
      return engine;
    },
    async init() {
      module = await import(`./${folder}/fewshop_bench.js`);
      await module.default();
      await module[kind].start?.();
      return { kind, folder };
    },
    loadCatalogue(table) {
      engine?.free();
      engine = new module[kind](table);
    },
    finetune(task, { losses } = {}) {
      const out = engine.finetune(rows(task.pos), rows(task.neg), startOf(task), numbersOf(task), Boolean(losses));
      return out.then ? out.then(tuned) : tuned(out);
    },
    scoreTopK(k) {
      const out = engine.top(k);
      return out.then ? out.then(best) : best(out);
    },
    ...(kind === "Own" && { scoreTopKAlt: (k) => best(engine.topOfBytes(k)) }),
  };
}

/** The shop's own adaptation: pull of the taste to where it began, rate, and scale of the logits. */
const ADAPT = { negatives: 128, steps: 5, l2: 0.1, rate: 0.05, scale: 5 };

/** The shop's adaptation by the own kernels and, where the harness brings it, by TensorFlow.js on WASM: times, and how far apart they are. */
export async function adaptation(engine, { E, tasks, sample }) {
  const of = (task) => [rows(task.pos), rows(task.neg.slice(0, ADAPT.negatives)), task.u];
  const out = { adapt_own: await sample((i) => engine.own.adapt(...of(tasks[i]))) };
  out.scan_bytes = await sample(() => engine.own.scanBytes());
  const loaded = await import("/www/dist/tfjs-coreonly-wasm.js").catch(() => null);
  if (!loaded) return out;
  const { tf, wasm } = loaded;
  wasm.setWasmPaths("/nm/@tensorflow/tfjs-backend-wasm/dist/");
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  await tf.setBackend("wasm");
  await tf.ready();
  const byTf = async (task) => {
    const [pos, neg, u0] = of(task);
    const ids = [...pos, ...neg];
    const table = new Float32Array(ids.length * 64);
    ids.forEach((id, nth) => table.set(E.subarray(id * 64, id * 64 + 64), nth * 64));
    // Each shot against the negatives: the other shots are masked out.
    const [mask, labels] = [0, 1].map(() => new Float32Array(pos.length * ids.length));
    for (let shot = 0; shot < pos.length; shot += 1) {
      for (let other = 0; other < pos.length; other += 1) mask[shot * ids.length + other] = other === shot ? 0 : -1e9;
      labels[shot * ids.length + shot] = 1;
    }
    const shape = [pos.length, ids.length];
    const kept = [tf.tensor2d(table, [ids.length, 64]), tf.tensor2d(mask, shape), tf.tensor2d(labels, shape), tf.tensor2d(u0, [1, 64])];
    const [X, M, L, start] = kept;
    const u = tf.variable(start);
    const negated = tf.tidy(() => tf.mul(start, -1));
    const loss = () => {
      const logits = tf.add(tf.mul(tf.matMul(u, X, false, true), ADAPT.scale), M);
      const pull = tf.mul(tf.sum(tf.square(tf.add(u, negated))), ADAPT.l2 / 2);
      return tf.add(tf.losses.softmaxCrossEntropy(L, logits), pull);
    };
    const descent = tf.train.sgd(ADAPT.rate);
    for (let step = 0; step < ADAPT.steps; step += 1) descent.minimize(loss, false, [u]);
    const values = await u.data();
    tf.dispose([...kept, u, negated]);
    descent.dispose();
    return values;
  };
  const [a, b] = [engine.own.adapt(...of(tasks[1])), await byTf(tasks[1])];
  const most = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  out.adapt_apart = most(a.map((value, i) => value - b[i])) / most(a);
  out.adapt_tfjs = await sample((i) => byTf(tasks[i]), 5);
  return out;
}
