//! The paths of the checkout, the build output and the site.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The workspace's root, independent of the current folder.
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
    // A relative CARGO_TARGET_DIR is relative to the folder in which cargo starts. For every cargo
    // that we start, this is the root.
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// The xtask's own cache: bindgen's output, compressed files, stamps.
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

/// The pack of the second shop, which the storefront serves beside it.
pub(crate) fn gift_pack() -> PathBuf {
    root().join("web/assets/gift.pack")
}

/// A path for messages: relative to the root if it lies below.
pub(crate) fn shown(path: &Path) -> std::path::Display<'_> {
    path.strip_prefix(root()).unwrap_or(path).display()
}
