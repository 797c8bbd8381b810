// Vite before version 8 bundles packages for its development server without the files that they name by address.
export default { vite: { optimizeDeps: { exclude: ["fewshop"] } } };
