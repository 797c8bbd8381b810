//! The pages that plug into a peer benchmark of in-browser engines.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::files::{files_below, write_if_changed};
use crate::root::{root, shown};
use crate::run::{run, say};
use crate::tools::ensure_wasm_target;
use crate::wasm::{BENCH_FLEX, BENCH_GPU, BENCH_OWN, Module, build_bench};

/// Builds the modules and writes them with their pages to `out`.
pub(crate) fn plug(out: &Path, gpu: bool, own: bool) -> Result<()> {
    ensure_wasm_target()?;
    // A relative folder is relative to where cargo was started.
    let out = std::path::absolute(out)
        .with_context(|| format!("{} is not a valid path", out.display()))?;
    let mut modules: Vec<(&str, Module, &[&str])> = vec![("own", BENCH_OWN, &[])];
    if !own {
        modules.push(("flex", BENCH_FLEX, &["flex"]));
    }
    if gpu {
        modules.push(("gpu", BENCH_GPU, &["gpu"]));
    }
    for (folder, module, features) in modules {
        run(&mut build_bench(module, features))?;
        copy_folder(&module.bindgen()?, &out.join(folder))?;
    }
    copy_folder(&root().join("crates/fewshop-bench/page"), &out)?;
    say!(
        "{}: index.html runs our kernels, burn.html plain burn, adapt.html the shop's adaptation",
        shown(&out)
    );
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for file in files_below(from)? {
        let path = from.join(&file);
        write_if_changed(
            &to.join(&file),
            &fs::read(&path).with_context(|| format!("failed to read {}", shown(&path)))?,
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_copied_with_what_lies_below() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        write_if_changed(&from.join("deep/a.js"), b"1").unwrap();
        copy_folder(&from, &to).unwrap();
        assert_eq!(fs::read(to.join("deep/a.js")).unwrap(), b"1");
    }
}
