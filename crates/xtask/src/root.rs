//! Where things are: the checkout, what is built, what is served.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The workspace's root, wherever the command was called from.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        here.ancestors()
            .nth(2)
            .expect("the xtask lies two folders below the root")
            .to_path_buf()
    });
    &ROOT
}

/// Cargo's target folder: `CARGO_TARGET_DIR`, or `target` in the root.
pub(crate) fn target() -> PathBuf {
    // A relative CARGO_TARGET_DIR is relative to where cargo is started, which is the root for all
    // that we start.
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// What the xtask itself keeps between runs: bindgen's output, compressed files, stamps.
pub(crate) fn cache() -> PathBuf {
    target().join("xtask")
}

/// The static site.
pub(crate) fn dist() -> PathBuf {
    root().join("dist")
}

/// The pack that the storefront serves.
pub(crate) fn shop_pack() -> PathBuf {
    root().join("web/assets/shop.pack")
}

/// A path as people want to read it: without the root in front.
pub(crate) fn shown(path: &Path) -> std::path::Display<'_> {
    path.strip_prefix(root()).unwrap_or(path).display()
}
