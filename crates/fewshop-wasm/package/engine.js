export * from "./cpu/fewshop_wasm.js";
export { default } from "./cpu/fewshop_wasm.js";
