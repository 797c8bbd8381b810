//! The departments of a catalogue, with their order, colours and addresses.

use fewshop_core::ItemIx;

use super::catalogue::File;
use super::letters;

/// How many tile colours the stylesheet has.
pub const TILES: usize = 8;

/// How many best-selling products of a department vote on its picture.
const FACES: usize = 40;
/// Cigarettes are for sale, but not on a department's sign.
const NO_FACE: &str = "1f6ac";

/// A category below a department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// As shown.
    pub name: String,
    /// Its name in page addresses, unique within the department.
    pub slug: String,
    /// Products in it.
    pub count: usize,
}

/// A department: all products whose category path begins with one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    /// As shown.
    pub name: String,
    /// Its name in page addresses, unique in the shop.
    pub slug: String,
    /// Products in it.
    pub count: usize,
    /// Which tile colour it has, below [`TILES`].
    pub tile: usize,
    /// The most common picture among its bestsellers; may be empty.
    pub picture: String,
    /// Its categories, largest first.
    pub categories: Vec<Category>,
}

/// The tile colour of a department, below [`TILES`]: by a word in its name, so that vegetables are
/// green and fish is on ice; otherwise by a hash of the name. It depends only on the name, so it is
/// the same before the catalogue has loaded.
#[must_use]
pub fn tile_of(department: &str) -> usize {
    const BY_WORD: [(&str, usize); 40] = [
        ("produce", 1),
        ("fruit", 1),
        ("vegetable", 1),
        ("salad", 1),
        ("flower", 1),
        ("floral", 1),
        ("garden", 1),
        ("meat", 3),
        ("poultry", 3),
        ("seafood", 6),
        ("fish", 6),
        ("frozen", 6),
        ("deli", 7),
        ("dairy", 2),
        ("milk", 2),
        ("cheese", 2),
        ("egg", 2),
        ("snack", 7),
        ("sweet", 7),
        ("candy", 7),
        ("bakery", 0),
        ("bread", 0),
        ("pastry", 0),
        ("breakfast", 0),
        ("cereal", 0),
        ("pantry", 0),
        ("grocer", 0),
        ("wine", 3),
        ("beer", 3),
        ("spirit", 3),
        ("drink", 2),
        ("beverage", 2),
        ("coffee", 5),
        ("baby", 3),
        ("health", 4),
        ("beauty", 4),
        ("cosmetic", 4),
        ("pet", 1),
        ("house", 5),
        ("home", 4),
    ];
    let name = letters::lower(department);
    let by_word = BY_WORD
        .iter()
        .find(|(word, _)| name.contains(word))
        .map(|&(_, tile)| tile);
    by_word.unwrap_or_else(|| fewshop_core::split::fold(&name, "tile", TILES as u64) as usize)
}

/// Departments in the order of the navigation, and the department of each category path.
pub(super) fn departments(
    file: &File,
    ranked: &[ItemIx],
    bestsellers: usize,
) -> (Vec<Department>, Vec<Option<usize>>) {
    let mut sizes = vec![0usize; file.categories.len()];
    for &category in &file.items.category {
        sizes[category as usize] += 1;
    }
    let mut found: Vec<Department> = Vec::new();
    let mut department_of: Vec<Option<usize>> = Vec::with_capacity(file.categories.len());
    for (path, &size) in file.categories.iter().zip(&sizes) {
        let Some(name) = path.first().filter(|name| !name.is_empty()) else {
            department_of.push(None);
            continue;
        };
        let at = found
            .iter()
            .position(|department| &department.name == name)
            .unwrap_or_else(|| {
                let slug = free_slug(
                    name,
                    found.iter().map(|department| department.slug.as_str()),
                );
                let (count, tile, picture) = (0, tile_of(name), String::new());
                found.push(Department {
                    name: name.clone(),
                    slug,
                    count,
                    tile,
                    picture,
                    categories: Vec::new(),
                });
                found.len() - 1
            });
        department_of.push(Some(at));
        let department = &mut found[at];
        department.count += size;
        if let Some(name) = path.get(1) {
            match department
                .categories
                .iter_mut()
                .find(|category| &category.name == name)
            {
                Some(category) => category.count += size,
                None => {
                    let slug = free_slug(
                        name,
                        department
                            .categories
                            .iter()
                            .map(|category| category.slug.as_str()),
                    );
                    department.categories.push(Category {
                        name: name.clone(),
                        slug,
                        count: size,
                    });
                }
            }
        }
    }
    let mut sold = vec![0usize; found.len()];
    let mut looked_at = vec![0usize; found.len()];
    let mut faces: Vec<Vec<(&str, usize)>> = vec![Vec::new(); found.len()];
    for (rank, ix) in ranked.iter().enumerate() {
        let category = file.items.category[ix.row()] as usize;
        if let Some(at) = department_of[category] {
            if rank < bestsellers {
                sold[at] += 1;
            }
            let picture = file.items.picture.get(ix.row());
            if looked_at[at] < FACES && !picture.is_empty() && picture != NO_FACE {
                looked_at[at] += 1;
                match faces[at].iter_mut().find(|(other, _)| *other == picture) {
                    Some((_, times)) => *times += 1,
                    None => faces[at].push((picture, 1)),
                }
            }
        }
    }
    for (department, mut faces) in found.iter_mut().zip(faces) {
        sort_few(&mut faces, |a, b| a.1 > b.1);
        department.picture = faces
            .first()
            .map(|(picture, _)| (*picture).to_owned())
            .unwrap_or_default();
    }
    let mut order: Vec<usize> = (0..found.len()).filter(|&at| found[at].count > 0).collect();
    sort_few(&mut order, |&a, &b| {
        (sold[a], found[a].count) > (sold[b], found[b].count)
    });
    let mut place = vec![None; found.len()];
    for (new, &old) in order.iter().enumerate() {
        place[old] = Some(new);
    }
    let mut slots: Vec<Option<Department>> = found.into_iter().map(Some).collect();
    let mut sorted: Vec<Department> = order.iter().filter_map(|&old| slots[old].take()).collect();
    for department in &mut sorted {
        department.categories.retain(|category| category.count > 0);
        sort_few(&mut department.categories, |a, b| a.count > b.count);
    }
    let department_of = department_of
        .into_iter()
        .map(|old| old.and_then(|old| place[old]))
        .collect();
    (sorted, department_of)
}

/// A stable insertion sort: values that come `before` others go first. For a few dozen values the
/// library's sort would add 2 kB of wasm per type and be no faster.
pub fn sort_few<T>(values: &mut [T], before: impl Fn(&T, &T) -> bool) {
    for end in 1..values.len() {
        let mut at = end;
        while at > 0 && before(&values[at], &values[at - 1]) {
            values.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// The name in lower-case letters, digits and hyphens; numbered if it is taken.
fn free_slug<'a>(name: &str, taken: impl Iterator<Item = &'a str>) -> String {
    let slug = letters::words(name).replace(' ', "-");
    let slug = if slug.is_empty() { "other" } else { &slug };
    let taken: Vec<&str> = taken.collect();
    let numbered = (2..).map(|n| format!("{slug}-{n}"));
    std::iter::once(slug.to_owned())
        .chain(numbered)
        .find(|free| !taken.contains(&free.as_str()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_follow_what_is_sold_and_stay_in_range() {
        assert_eq!(tile_of("Fresh PRODUCE"), tile_of("Fruit & vegetables"));
        assert_ne!(tile_of("Produce"), tile_of("Meat"));
        for name in ["", "Toys", "Stationery", "Ünïcode"] {
            assert!(tile_of(name) < TILES);
        }
    }

    #[test]
    fn slugs_are_unique() {
        assert_eq!(free_slug("Dairy & eggs", ["x"].into_iter()), "dairy-eggs");
        assert_eq!(
            free_slug("Dairy, eggs!", ["dairy-eggs", "dairy-eggs-2"].into_iter()),
            "dairy-eggs-3"
        );
        assert_eq!(free_slug("&", std::iter::empty()), "other");
    }
}
