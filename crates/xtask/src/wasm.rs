//! From Rust to files for a browser: cargo, then wasm-bindgen as a library, so that building the
//! page needs no installed tool.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::files::{digest, replace_dir};
use crate::lean;
use crate::root::{cache, shown, target};
use crate::run::{cargo, say};

/// The only target of the page.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// A wasm file that cargo builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Module {
    /// Its name in messages and of its folder in the cache.
    pub(crate) name: &'static str,
    /// Cargo profile.
    pub(crate) profile: &'static str,
    /// Stem of the file names of cargo and wasm-bindgen.
    pub(crate) stem: &'static str,
}

/// The storefront.
pub(crate) const SHELL: Module = Module {
    name: "shell",
    profile: "web",
    stem: "fewshop-web",
};
/// The engine with the CPU kernels.
pub(crate) const CPU: Module = Module {
    name: "cpu",
    profile: "web",
    stem: "fewshop_wasm",
};
/// Answers for any table.
pub(crate) const TABLE: Module = Module {
    name: "table",
    profile: "web",
    stem: "fewshop_table_wasm",
};
/// A shopper's side of learning together.
pub(crate) const TOGETHER: Module = Module {
    name: "together",
    profile: "web",
    stem: "fewshop_together_wasm",
};
/// The engine with burn on WebGPU.
pub(crate) const GPU: Module = Module {
    name: "gpu",
    profile: "gpu",
    stem: "fewshop_wasm",
};

/// The benchmark's modules: the kernels as the page ships them, and plain burn at full speed.
pub(crate) const BENCH_OWN: Module = Module {
    name: "bench-own",
    profile: "web",
    stem: "fewshop_bench",
};
/// See [`BENCH_OWN`].
pub(crate) const BENCH_FLEX: Module = Module {
    name: "bench-flex",
    profile: "release",
    stem: "fewshop_bench",
};
/// See [`BENCH_OWN`].
pub(crate) const BENCH_GPU: Module = Module {
    name: "bench-gpu",
    profile: "gpu",
    stem: "fewshop_bench",
};

/// Cargo's command for a module of the benchmark.
pub(crate) fn build_bench(module: Module, features: &[&str]) -> Command {
    let mut command = wasm_cargo();
    command.args([
        "build",
        "--target",
        TARGET,
        "--profile",
        module.profile,
        "--package",
        "fewshop-bench",
    ]);
    if !features.is_empty() {
        command.args(["--features", &features.join(",")]);
    }
    command
}

/// A cargo for wasm32 with the flags of `.cargo/config.toml` only, whatever the environment sets:
/// the kernels need SIMD, and other flags would build every dependency again.
pub(crate) fn wasm_cargo() -> Command {
    let mut command = cargo();
    command
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    command
}

/// Cargo's command for the storefront. Without SIMD: a browser that lacks it, or has it switched off
/// with its optimising compiler, still searches, sells and shows bestsellers; only the engine needs
/// it.
pub(crate) fn build_shell() -> Command {
    let mut command = wasm_cargo();
    command
        .env("RUSTFLAGS", "-C target-feature=-simd128")
        .args(["build", "--target", TARGET, "--profile", SHELL.profile])
        .args(["--package", "fewshop-web"]);
    command
}

/// Cargo's command for the CPU engine and the module of tables: with the same features, in the same
/// profile.
pub(crate) fn build_cpu() -> Command {
    let mut command = wasm_cargo();
    command
        .args(["build", "--target", TARGET, "--profile", CPU.profile])
        .args([
            "--package",
            "fewshop-wasm",
            "--package",
            "fewshop-table-wasm",
        ]);
    command
}

/// Cargo's command for the shopper's side of learning together: alone, since with its dependencies'
/// features the engine would be another one.
pub(crate) fn build_together() -> Command {
    let mut command = wasm_cargo();
    command
        .args(["build", "--target", TARGET, "--profile", TOGETHER.profile])
        .args(["--package", "fewshop-together-wasm"]);
    command
}

/// Cargo's command for the WebGPU engine.
pub(crate) fn build_gpu() -> Command {
    let mut command = wasm_cargo();
    command.args([
        "build",
        "--target",
        TARGET,
        "--profile",
        GPU.profile,
        "--package",
        "fewshop-wasm",
        "--features",
        "gpu",
    ]);
    command
}

impl Module {
    /// The path of cargo's output.
    fn built(&self) -> PathBuf {
        target()
            .join(TARGET)
            .join(self.profile)
            .join(format!("{}.wasm", self.stem))
    }

    /// Runs wasm-bindgen on cargo's output and returns the folder with the JavaScript and the wasm.
    ///
    /// The folder is kept and made again only when the wasm or wasm-bindgen has changed.
    pub(crate) fn bindgen(&self) -> Result<PathBuf> {
        let wasm = self.built();
        let bytes = fs::read(&wasm).with_context(|| {
            format!(
                "failed to read {}, which cargo should have built",
                shown(&wasm)
            )
        })?;
        let stamp = format!(
            "wasm-bindgen {} with hash, without comments and streams, {}",
            crate::tools::WASM_BINDGEN,
            digest(&bytes)
        );
        let out = cache().join("bindgen").join(self.name);
        let stamp_file = cache().join("bindgen").join(format!("{}.stamp", self.name));
        if out.is_dir() && fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
            return Ok(out);
        }
        say!(
            "wasm-bindgen: {} ({} kB of wasm)",
            self.name,
            bytes.len() / 1000
        );
        // The GPU module may be made while a server reads the folder next to it, so an incomplete
        // folder must never be visible.
        let fresh = cache().join("bindgen").join(format!("{}.new", self.name));
        if fresh.exists() {
            fs::remove_dir_all(&fresh)
                .with_context(|| format!("failed to clear {}", shown(&fresh)))?;
        }
        self.generate(&fresh, false)?;
        replace_dir(&fresh, &out)?;
        fs::write(&stamp_file, stamp)
            .with_context(|| format!("failed to write {}", shown(&stamp_file)))?;
        Ok(out)
    }

    /// Writes the JavaScript and the wasm and, with `types`, the TypeScript types. The script of an
    /// engine names the SHA-256 of its wasm, and the worker runs no other.
    pub(crate) fn generate(&self, out: &Path, types: bool) -> Result<()> {
        let wasm = &self.built();
        let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
        bindgen
            .input_path(wasm)
            .out_name(self.stem)
            .typescript(types)
            .remove_name_section(true)
            .remove_producers_section(true);
        // By default the script omits the path of the wasm, and `init()` without an argument would
        // fail.
        bindgen.omit_default_module_path(false);
        let output = bindgen
            .web(true)
            .and_then(wasm_bindgen_cli_support::Bindgen::generate_output);
        let emitted = output.and_then(|mut output| {
            drop_stream_exports(output.wasm_mut());
            output.emit(out)
        });
        emitted.with_context(|| {
            format!(
                "wasm-bindgen failed on {}: if the cause mentions versions, wasm-bindgen and wasm-bindgen-cli-support differ in Cargo.toml",
                shown(wasm)
            )
        })?;
        let script = out.join(format!("{}.js", self.stem));
        let mut text = fs::read_to_string(&script)
            .with_context(|| format!("failed to read {}", shown(&script)))?;
        if !types {
            // The comments are 560 bytes of the page as brotli, and only the package has readers.
            text = lean::glue(&text);
        }
        if [CPU, GPU, TABLE].contains(self) {
            let made = out.join(format!("{}_bg.wasm", self.stem));
            let hash = digest(
                &fs::read(&made).with_context(|| format!("failed to read {}", shown(&made)))?,
            );
            text += &format!("\nexport const SHA256 = \"{hash}\";\n");
        }
        fs::write(&script, text).with_context(|| format!("failed to write {}", shown(&script)))?;
        Ok(())
    }
}

/// What the names of wasm-streams' exports begin with.
const STREAMS: [&str; 2] = ["intounderlying", "__wbg_intounderlying"];

/// Removes the adaptors of byte streams: leptos depends on them for server functions, which the page
/// has none of, and as exports they stay in the module with all that they call.
fn drop_stream_exports(module: &mut walrus::Module) {
    let is_of_streams =
        |export: &&walrus::Export| STREAMS.iter().any(|name| export.name.starts_with(name));
    let unused: Vec<_> = module
        .exports
        .iter()
        .filter(is_of_streams)
        .map(walrus::Export::id)
        .collect();
    if !unused.is_empty() {
        for export in unused {
            module.exports.delete(export);
        }
        walrus::passes::gc::run(module);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::line;

    #[test]
    fn the_engines_come_from_the_same_crate_in_two_profiles() {
        assert!(
            line(&build_cpu())
                .contains("--profile web --package fewshop-wasm --package fewshop-table-wasm")
        );
        assert!(line(&build_shell()).contains("--profile web --package fewshop-web"));
        assert!(line(&build_gpu()).contains("--profile gpu --package fewshop-wasm --features gpu"));
        assert!(
            GPU.built()
                .ends_with("wasm32-unknown-unknown/gpu/fewshop_wasm.wasm")
        );
    }
}
