//! Finds the tools that are not crates, or installs them in the versions pinned here. Every
//! installation is announced.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::root::root;
use crate::run::{cargo, command, output, run, say};
use crate::wasm::TARGET;

/// The version of wasm-bindgen in Cargo.toml. Crate, library and test runner must be exactly the
/// same version.
pub(crate) const WASM_BINDGEN: &str = "0.2.130";
/// The version of wasm-pack, which runs the browser suite.
const WASM_PACK: &str = "0.15.1";
/// The version of geckodriver, through which Firefox is driven.
const GECKODRIVER: &str = "0.37.0";
/// The oldest Node.js whose test runner can run the end-to-end tests.
const NODE_MAJOR: u32 = 20;

/// Makes sure that rustc can compile for the browser.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let libraries = output(command(rustc).args(["--print", "target-libdir", "--target", TARGET]))?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    say!("Rust's standard library for {TARGET} is missing: adding it");
    run(command("rustup").args(["target", "add", TARGET])).with_context(|| {
        format!("cannot add {TARGET}: if Rust was not installed with rustup, install your system's package for this target")
    })
}

/// Finds or installs wasm-pack and the test runner of wasm-bindgen. Returns PATH with their folders
/// in front.
pub(crate) fn ensure_browser_tools() -> Result<OsString> {
    let mut folders = vec![
        ensure_cargo_tool("wasm-bindgen-cli", "wasm-bindgen", WASM_BINDGEN)?,
        ensure_cargo_tool("wasm-pack", "wasm-pack", WASM_PACK)?,
    ];
    folders.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    folders.dedup();
    std::env::join_paths(folders).context("a folder on PATH has a ':' in its name")
}

/// Makes sure that Node.js and npm are installed, for the end-to-end tests.
pub(crate) fn ensure_node() -> Result<()> {
    let version = output(command("node").arg("--version")).with_context(|| {
        format!("the end-to-end tests need Node.js {NODE_MAJOR} or newer (Debian: apt-get install nodejs npm)")
    })?;
    match major(&version) {
        Some(found) if found >= NODE_MAJOR => {}
        _ => bail!(
            "the end-to-end tests need Node.js {NODE_MAJOR} or newer; found {}",
            version.trim()
        ),
    }
    output(command("npm").arg("--version"))
        .context("npm, which belongs to Node.js, is missing (Debian: apt-get install npm)")?;
    Ok(())
}

/// The folder for tools that cargo installs, shared by all checkouts: `FEWSHOP_TOOLS`, or one in
/// the user's cache.
fn tools_folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("FEWSHOP_TOOLS") {
        return Ok(root().join(folder));
    }
    let cache = match (std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME")) {
        (Some(cache), _) if Path::new(&cache).is_absolute() => PathBuf::from(cache),
        (_, Some(home)) => Path::new(&home).join(".cache"),
        _ => bail!(
            "neither HOME nor FEWSHOP_TOOLS is set: set FEWSHOP_TOOLS to a folder for the tools"
        ),
    };
    Ok(cache.join("fewshop/tools"))
}

/// The folder with exactly this version of `program`: one on PATH, or the tools folder, into which
/// it is installed if missing.
fn ensure_cargo_tool(package: &str, program: &str, version: &str) -> Result<PathBuf> {
    let tools = tools_folder()?;
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    for folder in std::env::split_paths(&on_path).chain([tools.join("bin")]) {
        let file = folder.join(program);
        if file.is_file()
            && output(command(&file).arg("--version")).is_ok_and(|text| has_version(&text, version))
        {
            return Ok(folder);
        }
    }
    say!(
        "{program} {version} is neither on PATH nor in {}: building it once, which takes minutes",
        tools.display()
    );
    let mut install = cargo();
    // Lightly optimised: these tools mostly wait for other programs, and a full release build takes
    // twice as long. They share dependencies, so they share a target folder.
    install
        .args([
            "install",
            package,
            "--version",
            &format!("={version}"),
            "--force",
            "--root",
        ])
        .arg(&tools)
        .env("CARGO_TARGET_DIR", tools.join("build"))
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "false");
    run(&mut install)?;
    Ok(tools.join("bin"))
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    output(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Finds Chromium and its driver, or installs Debian's packages if possible.
pub(crate) fn ensure_chromium() -> Result<(PathBuf, PathBuf)> {
    if let (Some(chromium), Some(driver)) = (find_chromium()?, find_chromedriver()?) {
        return Ok((chromium, driver));
    }
    if !is_root() || on_path("apt-get").is_none() {
        bail!(
            "the browser tests need Chromium and chromedriver: install both (Debian: apt-get install chromium chromium-driver), or set \
             CHROME and CHROMEDRIVER to their paths"
        );
    }
    say!("Chromium or its driver is missing: installing Debian's packages");
    apt_install(&["chromium", "chromium-driver"])?;
    match (find_chromium()?, find_chromedriver()?) {
        (Some(chromium), Some(driver)) => Ok((chromium, driver)),
        _ => bail!(
            "cannot find Chromium or chromedriver after installing them: set CHROME and CHROMEDRIVER"
        ),
    }
}

fn apt_install(packages: &[&str]) -> Result<()> {
    let apt = |args: &[&str]| {
        run(command("apt-get")
            .args(args)
            .env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "-q"])?;
    let install = ["install", "-y", "-q", "--no-install-recommends"];
    apt(&[&install, packages].concat())
}

/// Finds or installs Firefox and its driver. `None`, after a line that says why, where that is not
/// possible: no developer needs every browser.
pub(crate) fn ensure_firefox() -> Option<(PathBuf, PathBuf)> {
    if find_firefox().is_none() {
        install_browsers(&["firefox-esr"]);
    }
    let firefox = find_firefox()?;
    match ensure_cargo_tool("geckodriver", "geckodriver", GECKODRIVER) {
        Ok(folder) => Some((firefox, folder.join("geckodriver"))),
        Err(error) => {
            say!("tests in Firefox are skipped: no geckodriver: {error:#}");
            None
        }
    }
}

/// Installs Debian's packages of browsers, or says that their tests are skipped.
fn install_browsers(packages: &[&str]) {
    if is_root() && on_path("apt-get").is_some() {
        say!("installing Debian's {}", packages.join(", "));
        if let Err(error) = apt_install(packages) {
            say!("some browsers could not be installed: {error:#}");
        }
    } else {
        say!(
            "tests in other browsers are skipped: not installed: {}",
            packages.join(", ")
        );
    }
}

/// Finds or installs Firefox and WebKitGTK with their drivers, and returns the variables by which
/// the end-to-end tests know them. A browser that can't be installed here is left out, which its
/// tests report as skipped.
pub(crate) fn other_browsers() -> Vec<(&'static str, PathBuf)> {
    let missing: Vec<&str> = [
        ("webkit2gtk-driver", on_path("WebKitWebDriver").is_none()),
        ("xvfb", on_path("xvfb-run").is_none()),
    ]
    .into_iter()
    .filter_map(|(package, is_missing)| is_missing.then_some(package))
    .collect();
    if !missing.is_empty() {
        install_browsers(&missing);
    }
    let mut found = Vec::new();
    if let Some((firefox, driver)) = ensure_firefox() {
        found.push(("FIREFOX", firefox));
        found.push(("GECKODRIVER", driver));
    }
    let webkit = find_webkit().zip(on_path("WebKitWebDriver").zip(on_path("xvfb-run")));
    if let Some((webkit, (driver, screen))) = webkit {
        found.push(("WEBKIT", webkit));
        found.push(("WEBKIT_DRIVER", driver));
        found.push(("XVFB_RUN", screen));
    }
    found
}

fn find_firefox() -> Option<PathBuf> {
    on_path("firefox-esr").or_else(|| on_path("firefox"))
}

/// WebKitGTK's test browser, which Debian puts into the library's own folder.
fn find_webkit() -> Option<PathBuf> {
    let libraries = std::fs::read_dir("/usr/lib").ok()?;
    let folders = libraries.flatten().map(|entry| entry.path());
    folders
        .flat_map(|folder| {
            ["webkit2gtk-4.1", "webkit2gtk-4.0", "webkitgtk-6.0"]
                .map(|name| folder.join(name).join("MiniBrowser"))
        })
        .find(|file| file.is_file())
}

/// A browser for tests or for people.
pub(crate) fn find_chromium() -> Result<Option<PathBuf>> {
    find(
        "CHROME",
        &[
            "chromium",
            "chromium-browser",
            "google-chrome",
            "google-chrome-stable",
        ],
        &[
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
            "/Applications/Chromium.app/Contents/MacOS/Chromium",
        ],
    )
}

fn find_chromedriver() -> Result<Option<PathBuf>> {
    find(
        "CHROMEDRIVER",
        &["chromedriver"],
        &[
            "/usr/lib/chromium/chromedriver",
            "/usr/lib/chromium-browser/chromedriver",
        ],
    )
}

/// The file named by the variable, or the first of the names on PATH, or the first existing of the
/// places.
fn find(variable: &str, names: &[&str], places: &[&str]) -> Result<Option<PathBuf>> {
    if let Some(file) = std::env::var_os(variable).filter(|file| !file.is_empty()) {
        let file = PathBuf::from(file);
        if !file.is_file() {
            bail!(
                "{variable} is {}, which does not exist: correct or unset it",
                file.display()
            );
        }
        return Ok(Some(file));
    }
    let by_name = names.iter().find_map(|name| on_path(name));
    Ok(by_name.or_else(|| {
        places
            .iter()
            .map(PathBuf::from)
            .find(|place| place.is_file())
    }))
}

/// The program's path, if it is on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Whether the output of `program --version` names exactly this version.
fn has_version(text: &str, version: &str) -> bool {
    text.split_whitespace().any(|word| word == version)
}

/// 20 of `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_wasm_bindgen_is_the_one_in_the_lock_file() {
        let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
        assert!(
            lock.contains(&format!(
                "name = \"wasm-bindgen\"\nversion = \"{WASM_BINDGEN}\""
            )),
            "change WASM_BINDGEN in tools.rs"
        );
    }

    #[test]
    fn versions_are_compared_whole() {
        assert!(has_version("wasm-bindgen 0.2.130 (abc)\n", "0.2.130"));
        assert!(
            !has_version("wasm-bindgen 0.2.130-pre", "0.2.130")
                && !has_version("wasm-bindgen 0.2.13", "0.2.130")
        );
    }

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(
            [major("v20.20.2\n"), major("18.1"), major("none")],
            [Some(20), Some(18), None]
        );
    }

    #[test]
    fn programs_are_found_on_path() {
        assert!(on_path("sh").is_some() && on_path("no-such-program-here").is_none());
    }
}
