//! The pictures of one shop, bundled into a few files that the page fetches after load: all of
//! them, in a fixed order, whatever the shopper looks at. One file per picture would show the
//! server which kinds of products come into view.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use crate::root::shown;
use crate::shop::Shop;

/// Approximate bytes of pictures in one file. The page shows the pictures of a file once it has the
/// whole file.
const ABOUT: usize = 256_000;

/// The file of a picture, if it exists. A key comes from a pack, which anybody may have made: it
/// cannot form a path.
pub(crate) fn file_of(folder: &Path, key: &str) -> Option<PathBuf> {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let file = folder.join(format!("{key}.webp"));
    (plain && file.is_file()).then_some(file)
}

/// Name, below `assets/`, of the file with this number; numbers start at 1.
pub(crate) fn name(number: usize) -> String {
    format!("pictures-{number}.bin")
}

/// Whether a file of the site is such a bundle.
pub(crate) fn is_one(file: &str) -> bool {
    file.starts_with("assets/pictures-")
}

/// The files as `web/assets/rest.js` reads them: pictures of departments first, then those of the
/// bestsellers.
///
/// There is always at least one file, even if it only states that there are no pictures.
pub(crate) fn bundles(shop: &Shop, folder: &Path) -> Result<Vec<Vec<u8>>> {
    let catalogue = &shop.catalogue;
    let departments = catalogue
        .departments()
        .iter()
        .map(|department| department.picture.clone());
    let products = catalogue
        .ranked()
        .iter()
        .filter_map(|&ix| catalogue.product(ix))
        .map(|product| product.picture);
    let mut taken = BTreeSet::new();
    let mut files = vec![Vec::new()];
    let mut full = 0;
    for key in departments.chain(products) {
        if !taken.insert(key.clone()) {
            continue;
        }
        let Some(file) = file_of(folder, &key) else {
            continue;
        };
        let bytes = fs::read(&file).with_context(|| format!("failed to read {}", shown(&file)))?;
        if full > 0 && full + bytes.len() > ABOUT {
            files.push(Vec::new());
            full = 0;
        }
        full += bytes.len();
        files
            .last_mut()
            .expect("there is always one")
            .push((key, bytes));
    }
    let last = files.len() - 1;
    Ok(files
        .into_iter()
        .enumerate()
        .map(|(at, pictures)| written(&pictures, at < last))
        .collect())
}

/// One line of JSON (key and size of each picture in order, and whether another file follows), then
/// the pictures.
fn written(pictures: &[(String, Vec<u8>)], more: bool) -> Vec<u8> {
    let sizes: Vec<(&str, usize)> = pictures
        .iter()
        .map(|(key, bytes)| (key.as_str(), bytes.len()))
        .collect();
    let mut file = json!({ "sizes": sizes, "more": more })
        .to_string()
        .into_bytes();
    file.push(b'\n');
    pictures
        .iter()
        .for_each(|(_, bytes)| file.extend_from_slice(bytes));
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::tests::small_shop;

    /// The first line of a file, and the number of bytes after it.
    fn read(file: &[u8]) -> (serde_json::Value, usize) {
        let end = file.iter().position(|&byte| byte == b'\n').unwrap();
        (
            serde_json::from_slice(&file[..end]).unwrap(),
            file.len() - end - 1,
        )
    }

    #[test]
    fn a_shop_without_pictures_says_so_in_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let files = bundles(&small_shop(), dir.path()).unwrap();
        assert_eq!(
            files.iter().map(|file| read(file)).collect::<Vec<_>>(),
            [(json!({"sizes": [], "more": false}), 0)]
        );
    }

    #[test]
    fn each_picture_of_the_shop_stands_once_in_one_file_and_no_other_shops_picture_does() {
        let dir = tempfile::tempdir().unwrap();
        for key in ["1f95b", "1f34c"] {
            fs::write(dir.path().join(format!("{key}.webp")), "webp").unwrap();
        }
        let files = bundles(&small_shop(), dir.path()).unwrap();
        assert_eq!(
            files.iter().map(|file| read(file)).collect::<Vec<_>>(),
            [(json!({"sizes": [["1f95b", 4]], "more": false}), 4)]
        );
    }

    #[test]
    fn the_pictures_of_this_checkout_are_a_few_files_of_which_the_last_says_that_it_is() {
        let folder = crate::root::root().join("web/assets/pictures");
        let shop = Shop::read(&crate::shop::Which::default()).unwrap();
        let files: Vec<_> = bundles(&shop, &folder)
            .unwrap()
            .iter()
            .map(|file| read(file))
            .collect();
        assert!((2..10).contains(&files.len()), "{} files", files.len());
        let (last, rest) = files.split_last().unwrap();
        assert!(last.0["more"] == false && rest.iter().all(|(line, _)| line["more"] == true));
        let mut keys = Vec::new();
        for (line, bytes) in &files {
            let sizes: Vec<(String, usize)> =
                serde_json::from_value(line["sizes"].clone()).unwrap();
            assert_eq!(sizes.iter().map(|(_, size)| size).sum::<usize>(), *bytes);
            assert!(*bytes <= ABOUT);
            keys.extend(sizes.into_iter().map(|(key, _)| key));
        }
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all);
        assert!(all > 200, "{all}");
    }

    #[test]
    fn no_path_is_made_of_a_key() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("pictures")).unwrap();
        fs::write(dir.path().join("secret.webp"), "x").unwrap();
        fs::write(dir.path().join("pictures/1f95b.webp"), "x").unwrap();
        let of = |key| file_of(&dir.path().join("pictures"), key).is_some();
        assert_eq!(
            (of("1f95b"), of("1f34c"), of("../secret"), of("")),
            (true, false, false, false)
        );
    }
}
