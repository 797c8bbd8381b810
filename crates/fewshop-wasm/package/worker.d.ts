/** A module worker: nothing is exported. It speaks the protocol of `./cpu/fewshop_wasm.d.ts` in messages. */
export {};
