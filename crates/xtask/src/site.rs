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
use fewshop_web::state::SECOND_SHOP;

use crate::bundles;
use crate::compress::{compress_all, is_copy};
use crate::extras;
use crate::files::{digest, files_below, remove, replace_dir, write_if_changed};
use crate::lean;
use crate::page::{Base, Place, page};
use crate::plain;
use crate::policy::headers_file;
use crate::root::{cache, dist, root, shown};
use crate::run::{run, say};
use crate::shop::{Shop, Which};
use crate::tables;
use crate::together::{self, Asking};
use crate::tools::ensure_wasm_target;
use crate::wasm::{CPU, GPU, SHELL, TABLE, TOGETHER, build_cpu, build_shell, build_together};

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

/// The worker that runs the engine.
const ENGINE: &str = "engine/worker.js";

/// The client of that worker, which the storefront shares with the npm package, and what it imports.
const CLIENT: [&str; 3] = ["client.js", "errors.js", "protocol.js"];

/// The scripts, styles, pictures and packs of this checkout.
fn assets() -> PathBuf {
    root().join("web/assets")
}

/// Reads the shops of a site: the supermarket and the gift shop, or another pack's alone.
fn shops(which: &Which, base: &Base) -> Result<Vec<(Shop, PathBuf, Place)>> {
    let Some(second) = which.second() else {
        return Ok(vec![(Shop::read(which)?, which.file(), Place::alone(base))]);
    };
    [which, &second]
        .into_iter()
        .zip(Place::both(base))
        .map(|(which, place)| Ok((Shop::read(which)?, which.file(), place)))
        .collect()
}

/// Builds everything but the WebGPU engine, from the committed packs or another pack.
///
/// A WebGPU engine from an earlier build stays if it still matches the rest.
pub(crate) fn build_without_gpu(which: &Which, base: &Base) -> Result<()> {
    let start = Instant::now();
    // Read first: a bad pack should not be discovered after minutes of building.
    let shops = shops(which, base)?;
    ensure_wasm_target()?;
    run(&mut build_shell())?;
    run(&mut build_cpu())?;
    run(&mut build_together())?;
    let shell = SHELL.bindgen()?;
    let cpu = CPU.bindgen()?;
    let table = TABLE.bindgen()?;
    let together = TOGETHER.bindgen()?;

    let mut site = Site {
        dist: dist(),
        written: BTreeSet::new(),
    };
    for (folder, made) in [("app", &shell), ("engine/cpu", &cpu)] {
        site.copy_folder(made, folder)?;
    }
    site.copy(&root().join("crates/fewshop-wasm/js/worker.js"), ENGINE)?;
    site.furnish(&shops)?;
    // Last: the shops' service workers keep what was written before.
    site.tables(&table, base)?;
    for (name, bytes) in together::files(&together)? {
        site.write(format!("{}{name}", together::FOLDER), &bytes)?;
    }
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
    site.furnish(&shops(which, &Base::default())?)
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

    /// A script that knows the length of the storefront's program, if the site has one.
    fn with_program_bytes(&self, script: String) -> String {
        let program = self.dist.join("app/fewshop-web_bg.wasm");
        match fs::metadata(program) {
            Ok(file) => script.replace(
                "PROGRAM_BYTES = Infinity",
                &format!("PROGRAM_BYTES = {}", file.len()),
            ),
            Err(_) => script,
        }
    }

    /// Writes the assets that all shops share: scripts, style, texts, the icon.
    fn share(&mut self) -> Result<()> {
        let assets = assets();
        for file in files_below(&assets)? {
            let from = assets.join(&file);
            match file.strip_prefix("root") {
                // Each shop has its own, in its folder: that is its scope.
                Ok(own) if own == Path::new(WORKER) || own == Path::new(MANIFEST) => {}
                Ok(at_root) => self.copy(&from, at_root)?,
                Err(_) => {
                    let ending = file.extension().and_then(|ending| ending.to_str());
                    let to = Path::new("assets").join(&file);
                    match ending.unwrap_or_default() {
                        "js" => {
                            let script = lean::script(&fs::read_to_string(&from)?);
                            self.write(to, self.with_program_bytes(script).as_bytes())?;
                        }
                        "css" => {
                            self.write(to, lean::style(&fs::read_to_string(&from)?).as_bytes())?;
                        }
                        // Each shop has its own pack and words. Pictures are bundled; only those that a page
                        // shows at once are files of their own.
                        "pack" | "words" | "together" | "webp" => {}
                        _ => self.copy(&from, to)?,
                    }
                }
            }
        }
        for name in CLIENT {
            let from = root().join("crates/fewshop-wasm/package").join(name);
            let text = fs::read_to_string(&from)
                .with_context(|| format!("failed to read {}", shown(&from)))?;
            self.write(
                Path::new("assets").join(name),
                lean::script(&text).as_bytes(),
            )?;
        }
        let table = |name: &str| {
            let file = root().join("web/texts").join(name);
            fs::read_to_string(&file).with_context(|| format!("failed to read {}", shown(&file)))
        };
        let words = extras::words(&table("zh.txt")?)?;
        let names = extras::names(&table("zh-names.txt")?)?;
        self.write("assets/zh.txt", format!("{words}\n\n{names}").as_bytes())
    }

    /// Writes what every shop of the site shares, then each shop's own files. Comes last before old
    /// files are removed, because the service workers list what was written up to here.
    fn furnish(&mut self, shops: &[(Shop, PathBuf, Place)]) -> Result<()> {
        self.share()?;
        let shared = self.written.clone();
        for (shop, pack_file, place) in shops {
            self.open(shop, pack_file, place, &shared)?;
        }
        // Written after the workers: this file is for the host only.
        let Some((_, pack_file, place)) = shops.first() else {
            return Ok(());
        };
        let asking = Asking::beside(pack_file)?;
        let reports = asking.as_ref().map(|asking| &*asking.origin);
        self.write("_headers", headers_file(&place.site, reports).as_bytes())
    }

    /// Writes the page of tables around the module in `made`.
    fn tables(&mut self, made: &Path, base: &Base) -> Result<()> {
        let mut module = Vec::new();
        for file in files_below(made)? {
            let from = made.join(&file);
            let bytes =
                fs::read(&from).with_context(|| format!("failed to read {}", shown(&from)))?;
            module.push((file.to_string_lossy().into_owned(), bytes));
        }
        let style = fs::read(self.dist.join("assets/style.css"))?;
        tables::files(base, &module, &style)?
            .into_iter()
            .try_for_each(|(name, bytes)| self.write(format!("{}{name}", tables::FOLDER), &bytes))
    }

    /// Writes a shop's own files into its folder.
    fn open(
        &mut self,
        shop: &Shop,
        pack_file: &Path,
        place: &Place,
        shared: &BTreeSet<PathBuf>,
    ) -> Result<()> {
        let folder = place.below();
        let own = |file: &str| format!("{folder}{file}");
        self.copy(pack_file, own("assets/shop.pack"))?;
        // Beside its pack lies what `fewshop words` made for it. The page fetches the same list of
        // files in every shop, so one without words has an empty file.
        let words = pack_file.with_extension("words");
        if words.is_file() {
            self.copy(&words, own("assets/shop.words"))?;
        } else {
            self.write(own("assets/shop.words"), b"")?;
        }
        self.write(own("assets/catalogue.json"), shop.json.as_bytes())?;
        // A second shop of a site is there to be looked at: it takes no part.
        let is_first = folder.is_empty();
        let asking = if is_first {
            Asking::beside(pack_file)?
        } else {
            None
        };
        if is_first {
            let page = together::page(&place.site, asking.as_ref())?;
            self.write(format!("{}index.html", together::FOLDER), page.as_bytes())?;
        }
        if let Some(asking) = &asking {
            self.write(together::PUBLISHED, asking.published.as_bytes())?;
            self.write(together::SCRIPT, together::script()?.as_bytes())?;
        }
        let template_file = root().join("index.html");
        let template = fs::read_to_string(&template_file)
            .with_context(|| format!("failed to read {}", shown(&template_file)))?;
        let pictures = assets().join("pictures");
        let html = page(
            &lean::page(&template),
            shop,
            place,
            asking.as_ref(),
            |key| bundles::file_of(&pictures, key).is_some(),
        )?;
        self.write(own("index.html"), html.as_bytes())?;
        for file in files_below(&pictures)? {
            let name = Path::new("assets/pictures").join(&file);
            if html.contains(&format!("{}\"", name.to_string_lossy().replace('\\', "/"))) {
                self.copy(&pictures.join(&file), Path::new(&folder).join(name))?;
            }
        }
        for (number, bundle) in (1..).zip(bundles::bundles(shop, &pictures)?) {
            self.write(own(&format!("assets/{}", bundles::name(number))), &bundle)?;
        }
        // Most static hosts send this file for unknown addresses, so that a product's address can
        // be opened directly.
        self.write(own("404.html"), html.as_bytes())?;
        for (file, page) in plain::pages(shop, place) {
            self.write(own(&file), page.as_bytes())?;
        }
        self.write(own("assets/try.json"), shop.sessions.as_bytes())?;
        self.write(own("assets/map.txt"), shop.map.as_bytes())?;
        self.write(own("assets/sales.txt"), shop.sales.as_bytes())?;
        let template = assets().join("root");
        let manifest = fs::read_to_string(template.join(MANIFEST))?;
        let mut manifest = named(&manifest, shop)?;
        if !folder.is_empty() {
            manifest = manifest.replace("\"icon.svg\"", "\"../icon.svg\"");
            // A service worker answers for a worker by the address of its script, so each shop
            // needs one in its own folder. The shop's pack is fetched relative to it, too.
            self.write(
                own(ENGINE),
                format!("import '../../{ENGINE}';\n").as_bytes(),
            )?;
        }
        self.write(own(MANIFEST), manifest.as_bytes())?;
        let worker = self.worker(&template.join(WORKER), place, shared)?;
        self.write(own(WORKER), worker.as_bytes())
    }

    /// The service worker for everything that was written for this shop and all shops. It keeps the
    /// page, the CPU engine, the pack and the files fetched after load.
    fn worker(&self, template: &Path, place: &Place, shared: &BTreeSet<PathBuf>) -> Result<String> {
        let template = fs::read_to_string(template)
            .with_context(|| format!("failed to read {}", shown(template)))?;
        let template = lean::script(&template);
        let folder = place.below();
        let mut files = vec!["./".to_owned()];
        let mut digests = String::new();
        for file in &self.written {
            let name = file.to_string_lossy().replace('\\', "/");
            let name = if folder.is_empty() {
                name
            } else if let Some(own) = name.strip_prefix(&folder) {
                own.to_owned()
            } else if shared.contains(file) {
                format!("../{name}")
            } else {
                // The other shop's.
                continue;
            };
            if name != "404.html"
                && !name.ends_with("LICENSE.txt")
                && !name.starts_with(plain::FOLDER)
                && !name.starts_with(together::FOLDER)
                && name != together::PUBLISHED
            {
                let bytes = fs::read(self.dist.join(file))
                    .with_context(|| format!("failed to read {}", shown(file)))?;
                digests += &digest(&bytes);
                if name != "index.html" {
                    files.push(name);
                }
            }
        }
        let cache = folder.replace('/', "-");
        let second = format!("{SECOND_SHOP}/");
        let others: &[&str] = match place.folder {
            // These lie within the scope of the worker at the root.
            Some("") => &[&second, tables::FOLDER, together::FOLDER],
            None => &[tables::FOLDER, together::FOLDER],
            Some(_) => &[],
        };
        Ok(extras::service_worker(
            &template,
            &digest(digests.as_bytes())[..16],
            &files,
            &cache,
            others,
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
        let which = Which {
            pack: Some(file.clone()),
            ..Which::default()
        };
        let shop = Shop::read(&which).unwrap();
        let again = Shop::read(&which).unwrap();
        let mut site = Site {
            dist: dir.path().join("dist"),
            written: BTreeSet::new(),
        };
        site.furnish(&[(shop, file, Place::default())]).unwrap();
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
        let best = again.bestsellers(1).next().unwrap();
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
    fn two_shops_share_the_program_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let mut site = Site {
            dist: dir.path().to_path_buf(),
            written: BTreeSet::new(),
        };
        site.write(ENGINE, b"the engine").unwrap();
        site.write("app/fewshop-web_bg.wasm", b"the program")
            .unwrap();
        site.furnish(&shops(&Which::default(), &Base::default()).unwrap())
            .unwrap();
        let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
        let json = |name: &str| serde_json::from_str::<serde_json::Value>(&read(name)).unwrap();
        assert!(read("assets/boot.js").contains("PROGRAM_BYTES = 11;"));
        assert_eq!(json("gift/assets/catalogue.json")["currency"], "GBP");
        for folder in ["", "gift/"] {
            let sessions = &json(&format!("{folder}assets/try.json"))["sessions"];
            assert_eq!(sessions.as_array().map(Vec::len), Some(6), "{folder}");
        }
        assert_eq!(
            json("gift/manifest.webmanifest")["icons"][0]["src"],
            "../icon.svg"
        );
        assert_eq!(
            read("gift/engine/worker.js"),
            "import '../../engine/worker.js';\n"
        );
        // Neither worker keeps or answers for what is the other's.
        let (first, second) = (read("sw.js"), read("gift/sw.js"));
        assert!(
            first.contains("'fewshop-'") && first.contains("['gift/', 'tables/', 'together/']"),
            "{first}"
        );
        assert!(
            !first.contains("'gift/a") && !first.contains("'../"),
            "{first}"
        );
        assert!(second.contains("'fewshop-gift-'") && second.contains("OTHERS = []"));
        for kept in [
            "'../assets/boot.js'",
            "'../assets/engine.js'",
            "'../assets/client.js'",
            "'../assets/errors.js'",
            "'../assets/protocol.js'",
            "'../engine/worker.js'",
            "'assets/shop.pack'",
        ] {
            assert!(second.contains(kept), "{kept} in {second}");
        }
        assert!(!second.contains("'../assets/shop.pack'") && !second.contains("'../sw.js'"));
        assert!(!dir.path().join("assets/gift.pack").exists());
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
