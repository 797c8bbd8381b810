//! The static site in `dist/`.
//!
//! Built in two steps. First comes everything that a shopper needs: page, assets, CPU engine. Then
//! comes the WebGPU engine, which takes several times as long and which the page can do without.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::bundles;
use crate::compress::{compress_all, is_copy};
use crate::extras;
use crate::files::{digest, files_below, remove, replace_dir, write_if_changed};
use crate::lean;
use crate::page::{Base, page};
use crate::plain;
use crate::policy::headers_file;
use crate::root::{cache, dist, root, shop_pack, shown};
use crate::run::{run, say};
use crate::shop::{Shop, Which};
use crate::tools::ensure_wasm_target;
use crate::wasm::{CPU, GPU, SHELL, build_page};

/// The service worker, which keeps the shop available offline.
const WORKER: &str = "sw.js";

/// The manifest, with which a device shows the installed shop among its apps.
const MANIFEST: &str = "manifest.webmanifest";

/// The manifest with the shop's own name.
fn named(manifest: &str, shop: &Shop) -> Result<String> {
    let mut value: serde_json::Value =
        serde_json::from_str(manifest).context("manifest.webmanifest is not JSON")?;
    if let Some(name) = shop.catalogue.name() {
        value["name"] = name.into();
        value["short_name"] = name.into();
        value["description"] =
            "A shop that learns your taste from a few clicks, on your device.".into();
    }
    serde_json::to_string_pretty(&value).context("the manifest cannot be written")
}

/// Builds everything but the WebGPU engine, from `web/assets/shop.pack` or another pack.
///
/// A WebGPU engine from an earlier build stays if it still matches the rest.
pub(crate) fn build_without_gpu(which: &Which, base: &Base) -> Result<()> {
    let start = Instant::now();
    // Read first: a bad pack should not be discovered after minutes of building.
    let shop = Shop::read(which)?;
    ensure_wasm_target()?;
    run(&mut build_page())?;
    let shell = SHELL.bindgen()?;
    let cpu = CPU.bindgen()?;

    let mut site = Site {
        dist: dist(),
        written: BTreeSet::new(),
    };
    for (folder, made) in [("app", &shell), ("engine/cpu", &cpu)] {
        site.copy_folder(made, folder)?;
    }
    site.copy(
        &root().join("crates/fewshop-wasm/js/worker.js"),
        "engine/worker.js",
    )?;
    site.furnish(&shop, &which.file(), base)?;
    site.remove_the_rest()?;
    if fs::read_to_string(gpu_stamp()).is_ok_and(|stamp| Some(stamp) != cpu_digest().ok()) {
        remove(&dist().join("engine/gpu"))?;
    }
    compress_all(&dist())?;
    say!(
        "{}: page and CPU engine are ready after {:.0} s",
        shown(&dist()),
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Writes a shop's own files and the assets to another folder, without engine and storefront.
pub(crate) fn furnish(which: &Which, to: &Path) -> Result<()> {
    let mut site = Site {
        dist: to.to_path_buf(),
        written: BTreeSet::new(),
    };
    site.furnish(&Shop::read(which)?, &which.file(), &Base::default())
}

/// Removes the WebGPU engine from the site.
pub(crate) fn remove_gpu() -> Result<()> {
    remove(&dist().join("engine/gpu"))
}

/// Builds the WebGPU engine with `cargo`, which is [`build_gpu`](crate::wasm::build_gpu), and adds
/// it to the site in one step.
pub(crate) fn add_gpu(cargo: &mut Command) -> Result<()> {
    let start = Instant::now();
    ensure_wasm_target()?;
    run(cargo)?;
    place_gpu()?;
    say!(
        "{}: the WebGPU engine is ready after {:.0} s",
        shown(&dist()),
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Moves the engine that cargo built to `dist/engine/gpu`. It is prepared and compressed elsewhere
/// first, so that no browser gets an incomplete one.
pub(crate) fn place_gpu() -> Result<()> {
    let made = GPU.bindgen()?;
    let fresh = cache().join("gpu.new");
    remove(&fresh)?;
    let mut site = Site {
        dist: fresh.clone(),
        written: BTreeSet::new(),
    };
    site.copy_folder(&made, "")?;
    compress_all(&fresh)?;
    replace_dir(&fresh, &dist().join("engine/gpu"))?;
    write_if_changed(&gpu_stamp(), cpu_digest()?.as_bytes())
}

/// Records the CPU engine with which the WebGPU engine was built: another version may use another
/// protocol.
fn gpu_stamp() -> PathBuf {
    cache().join("gpu.stamp")
}

fn cpu_digest() -> Result<String> {
    let file = dist().join("engine/cpu/fewshop_wasm_bg.wasm");
    Ok(digest(&fs::read(&file).with_context(|| {
        format!("failed to read {}", shown(&file))
    })?))
}

/// A folder that is being filled, and the files written so far.
struct Site {
    dist: PathBuf,
    written: BTreeSet<PathBuf>,
}

impl Site {
    fn write(&mut self, to: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
        let to = to.as_ref();
        if !self.written.insert(to.to_path_buf()) {
            bail!(
                "two files have the name {} in the site: rename one",
                to.display()
            );
        }
        write_if_changed(&self.dist.join(to), bytes)
    }

    fn copy(&mut self, from: &Path, to: impl AsRef<Path>) -> Result<()> {
        self.write(
            to,
            &fs::read(from).with_context(|| format!("failed to read {}", shown(from)))?,
        )
    }

    fn copy_folder(&mut self, from: &Path, to: &str) -> Result<()> {
        files_below(from)?
            .into_iter()
            .try_for_each(|file| self.copy(&from.join(&file), Path::new(to).join(&file)))
    }

    /// Writes the shop's own files and the assets that every shop has. Comes last before old files
    /// are removed, because the service worker lists what was written up to here.
    fn furnish(&mut self, shop: &Shop, pack_file: &Path, base: &Base) -> Result<()> {
        let assets = root().join("web/assets");
        for file in files_below(&assets)? {
            let from = assets.join(&file);
            match file.strip_prefix("root") {
                // The scope of a service worker or manifest is its folder, so these lie at the
                // root. The worker is made below, when the files that it keeps are known.
                Ok(worker) if worker == Path::new(WORKER) => {}
                Ok(manifest) if manifest == Path::new(MANIFEST) => self.write(
                    manifest,
                    named(&fs::read_to_string(&from)?, shop)?.as_bytes(),
                )?,
                Ok(at_root) => self.copy(&from, at_root)?,
                Err(_)
                    if file
                        .extension()
                        .is_some_and(|ending| ending == "js" || ending == "css") =>
                {
                    let text = fs::read_to_string(&from)?;
                    let is_style = file.extension().is_some_and(|ending| ending == "css");
                    let lean = if is_style {
                        lean::style(&text)
                    } else {
                        lean::script(&text)
                    };
                    self.write(Path::new("assets").join(&file), lean.as_bytes())?
                }
                Err(_) if from == shop_pack() => {}
                // Bundled below; only pictures that the page shows at once are files of their own.
                Err(_) if file.extension().is_some_and(|ending| ending == "webp") => {}
                Err(_) => self.copy(&from, Path::new("assets").join(&file))?,
            }
        }
        self.copy(pack_file, "assets/shop.pack")?;
        self.write("assets/catalogue.json", shop.json.as_bytes())?;
        let template_file = root().join("index.html");
        let template = fs::read_to_string(&template_file)
            .with_context(|| format!("failed to read {}", shown(&template_file)))?;
        let pictures = assets.join("pictures");
        let html = page(&lean::page(&template), shop, base, |key| {
            bundles::file_of(&pictures, key).is_some()
        })?;
        self.write("index.html", html.as_bytes())?;
        for file in files_below(&pictures)? {
            let name = Path::new("assets/pictures").join(&file);
            if html.contains(&format!("{}\"", name.to_string_lossy().replace('\\', "/"))) {
                self.copy(&pictures.join(&file), name)?;
            }
        }
        for (number, bundle) in (1..).zip(bundles::bundles(shop, &pictures)?) {
            self.write(Path::new("assets").join(bundles::name(number)), &bundle)?;
        }
        // Most static hosts send this file for unknown addresses, so that a product's address can
        // be opened directly.
        self.write("404.html", html.as_bytes())?;
        for (file, page) in plain::pages(shop, base) {
            self.write(file, page.as_bytes())?;
        }
        self.write("assets/try.json", shop.sessions.as_bytes())?;
        self.write("assets/map.txt", shop.map.as_bytes())?;
        let table = |name: &str| {
            let file = root().join("web/texts").join(name);
            fs::read_to_string(&file).with_context(|| format!("failed to read {}", shown(&file)))
        };
        let words = extras::words(&table("zh.txt")?)?;
        let names = extras::names(&table("zh-names.txt")?)?;
        self.write("assets/zh.txt", format!("{words}\n\n{names}").as_bytes())?;
        let worker = self.worker(&assets.join("root").join(WORKER))?;
        self.write(WORKER, worker.as_bytes())?;
        // Written after the worker: this file is for the host only.
        self.write("_headers", headers_file(base).as_bytes())?;
        Ok(())
    }

    /// The service worker for everything that was written. It keeps the page, the CPU engine, the
    /// pack and the files fetched after load.
    fn worker(&self, template: &Path) -> Result<String> {
        let template = fs::read_to_string(template)
            .with_context(|| format!("failed to read {}", shown(template)))?;
        let template = lean::script(&template);
        let mut files = vec!["./".to_owned()];
        let mut digests = String::new();
        for file in &self.written {
            let name = file.to_string_lossy().replace('\\', "/");
            if name != "404.html"
                && !name.ends_with("LICENSE.txt")
                && !name.starts_with(plain::FOLDER)
            {
                let bytes = fs::read(self.dist.join(file))
                    .with_context(|| format!("failed to read {}", shown(file)))?;
                digests += &digest(&bytes);
                if name != "index.html" {
                    files.push(name);
                }
            }
        }
        Ok(extras::service_worker(
            &template,
            &digest(digests.as_bytes())[..16],
            &files,
        ))
    }

    /// Removes the files of earlier builds, except the WebGPU engine, which is built separately.
    fn remove_the_rest(&self) -> Result<()> {
        for file in files_below(&self.dist)? {
            let original = if is_copy(&file) {
                file.with_extension("")
            } else {
                file.clone()
            };
            if !self.written.contains(&original) && !file.starts_with("engine/gpu") {
                remove(&self.dist.join(&file))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_pack_is_another_shop_on_every_page_of_the_site() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("other.pack");
        let pack = fewshop_model::toy::pack().edit(|parts| {
            parts.card.shop = "Tom & Jo's".to_owned();
            parts.card.currency = "GBP".to_owned();
            parts.card.data_notice = "Made up for a test.".to_owned();
        });
        let pack = pack.unwrap();
        let bytes = pack.to_bytes().unwrap();
        fs::write(&file, &bytes).unwrap();
        let shop = Shop::read(&Which {
            pack: Some(file.clone()),
            ..Which::default()
        })
        .unwrap();
        let mut site = Site {
            dist: dir.path().join("dist"),
            written: BTreeSet::new(),
        };
        site.furnish(&shop, &file, &Base::default()).unwrap();
        let read = |name: &str| fs::read_to_string(dir.path().join("dist").join(name)).unwrap();
        assert_eq!(
            fs::read(dir.path().join("dist/assets/shop.pack")).unwrap(),
            bytes
        );
        let catalogue: serde_json::Value =
            serde_json::from_str(&read("assets/catalogue.json")).unwrap();
        assert_eq!(catalogue["sha256"], digest(&bytes).as_str());
        assert_eq!(
            (
                &catalogue["name"],
                &catalogue["currency"],
                &catalogue["note"]
            ),
            (
                &"Tom & Jo's".into(),
                &"GBP".into(),
                &"Made up for a test.".into()
            )
        );
        assert_eq!(
            catalogue["items"]["id"].as_array().unwrap().len(),
            pack.catalogue().len()
        );
        let best = shop.bestsellers(1).next().unwrap();
        let html = read("index.html");
        assert!(
            html.contains("Tom &amp; Jo&#39;s")
                && html.contains(&crate::page::escape(&best.title))
                && html.contains('£'),
            "{html}"
        );
        assert!(!html.contains("few<span>shop") && !html.contains("grocery"));
        let plain = read("plain/index.html");
        assert!(
            plain.contains("Tom &amp; Jo&#39;s")
                && plain.contains(&format!("All {} products", pack.catalogue().len())),
            "{plain}"
        );
        let manifest: serde_json::Value =
            serde_json::from_str(&read("manifest.webmanifest")).unwrap();
        assert_eq!(manifest["name"], "Tom & Jo's");
        // Sessions of another shop are not replayed here.
        let sessions: serde_json::Value = serde_json::from_str(&read("assets/try.json")).unwrap();
        assert_eq!(
            (&sessions["sessions"], &sessions["pack"]),
            (&serde_json::json!([]), &catalogue["pack"])
        );
        assert!(
            read("sw.js").contains("assets/shop.pack")
                && read("sw.js").contains("assets/pictures-1.bin")
        );
        // Only pictures in the page's HTML are files of their own: requests for any other would
        // reveal what the shopper looks at.
        let alone = files_below(&dir.path().join("dist/assets/pictures")).unwrap();
        assert!(
            alone.iter().all(
                |file| file.ends_with("LICENSE.txt") || html.contains(&*file.to_string_lossy())
            ),
            "{alone:?}"
        );
    }

    #[test]
    fn what_an_earlier_build_left_goes_but_the_webgpu_engine_stays() {
        let dir = tempfile::tempdir().unwrap();
        for old in [
            "old.js",
            "old.js.br",
            "kept.js.gz",
            "engine/gpu/fewshop_wasm.js",
        ] {
            write_if_changed(&dir.path().join(old), b"x").unwrap();
        }
        let mut site = Site {
            dist: dir.path().to_path_buf(),
            written: BTreeSet::new(),
        };
        site.write("kept.js", b"y").unwrap();
        site.remove_the_rest().unwrap();
        let left: Vec<_> = files_below(dir.path())
            .unwrap()
            .into_iter()
            .map(|path| path.display().to_string())
            .collect();
        assert_eq!(
            left,
            ["engine/gpu/fewshop_wasm.js", "kept.js", "kept.js.gz"]
        );
    }

    #[test]
    fn two_files_cannot_be_one() {
        let dir = tempfile::tempdir().unwrap();
        let mut site = Site {
            dist: dir.path().to_path_buf(),
            written: BTreeSet::new(),
        };
        site.write("a", b"1").unwrap();
        assert!(
            site.write("a", b"2")
                .unwrap_err()
                .to_string()
                .contains("two files have the name a")
        );
    }
}
