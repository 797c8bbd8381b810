//! One fitting picture for each product, chosen from its words alone.
//!
//! `data/pictures.tsv` holds the pictures (Fluent Emoji 3D) with keywords, `data/picture_rules.tsv`
//! the manual decisions for categories. A product's category is looked up in the rules first;
//! within it the title may pick among the rule's pictures, or among all pictures, by similarity of
//! words, if the rule is open or none of its pictures fits. Without a match the product gets the
//! category's own picture, or else the neutral one. The same product always gets the same picture.

mod rules;
mod table;
mod words;

use std::sync::LazyLock;

use fewshop_core::{Catalogue, Item};

use rules::Rule;
use table::Table;
use words::words;
pub(crate) use words::words as comparable;

/// The neutral picture, for a product without any information.
const NEUTRAL: &str = "shopping bags";

/// Weights of the category's and the brand's words relative to the title's.
const CATEGORY_WEIGHT: f32 = 0.3;
const BRAND_WEIGHT: f32 = 0.1;

/// Words in brand names that do not describe the product: 'House brand', 'National brand · maker
/// 12'.
const NO_BRAND: [&str; 5] = ["house", "brand", "national", "private", "maker"];

struct Pictures {
    table: Table,
    rules: Vec<Rule>,
    neutral: usize,
}

static PICTURES: LazyLock<Pictures> = LazyLock::new(|| {
    let table = Table::parse(include_str!("../../data/pictures.tsv"))
        .expect("data/pictures.tsv is checked by a test");
    let rules = Rule::parse(include_str!("../../data/picture_rules.tsv"), &table);
    let neutral = table
        .named(NEUTRAL)
        .expect("the neutral picture is in the table");
    Pictures {
        rules: rules.expect("data/picture_rules.tsv is checked by a test"),
        table,
        neutral,
    }
});

/// Key of the picture that fits the product best: a file name under `web/assets/pictures` without
/// its ending.
#[must_use]
pub fn choose(item: &Item) -> String {
    PICTURES.table.pictures()[PICTURES.choose(item)]
        .key
        .to_owned()
}

/// The same products; each one without a picture gets the one that [`choose`] returns.
#[must_use]
pub fn dressed(catalogue: Catalogue) -> Catalogue {
    let mut items = catalogue.items().to_vec();
    for item in items.iter_mut().filter(|item| item.picture.is_empty()) {
        item.picture = choose(item);
    }
    Catalogue::new(items).unwrap_or(catalogue)
}

/// A description of the picture with that key; `None` for a key that is not in the table.
#[must_use]
pub fn name(key: &str) -> Option<&'static str> {
    PICTURES
        .table
        .pictures()
        .iter()
        .find(|picture| picture.key == key)
        .map(|picture| picture.name)
}

/// All keys that [`choose`] can return.
pub fn keys() -> impl Iterator<Item = &'static str> {
    PICTURES.table.pictures().iter().map(|picture| picture.key)
}

impl Pictures {
    fn choose(&self, item: &Item) -> usize {
        let title = words(&item.title);
        let path: Vec<Vec<String>> = item.category.iter().map(|level| words(level)).collect();
        let rule = Rule::of(&self.rules, &path);
        if let Some(picture) = rule.and_then(|rule| rule.exception(&title)) {
            return picture;
        }
        let mut scores = vec![0.0; self.table.pictures().len()];
        self.table.score(&title, 1.0, &mut scores);
        match rule {
            Some(rule) if rule.open => best(&scores, 0..scores.len()).unwrap_or(rule.default),
            Some(rule) => best(&scores, rule.candidates.iter().copied()).unwrap_or(rule.default),
            None => {
                for level in &path {
                    self.table.score(level, CATEGORY_WEIGHT, &mut scores);
                }
                let brand: Vec<String> = words(&item.brand)
                    .into_iter()
                    .filter(|word| !NO_BRAND.contains(&word.as_str()))
                    .collect();
                self.table.score(&brand, BRAND_WEIGHT, &mut scores);
                best(&scores, 0..scores.len()).unwrap_or(self.neutral)
            }
        }
    }
}

/// The picture with the highest score, the earlier one in a tie; `None` if all scores are zero.
fn best(scores: &[f32], among: impl Iterator<Item = usize>) -> Option<usize> {
    let best = among.reduce(|best, next| {
        if scores[next] > scores[best] {
            next
        } else {
            best
        }
    });
    best.filter(|&picture| scores[picture] > 0.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn item(title: &str, category: &[&str]) -> Item {
        let mut item = Item::new("a", title);
        item.category = category.iter().map(|&level| level.to_owned()).collect();
        item
    }

    #[track_caller]
    fn check(title: &str, category: &[&str], expected: &str) {
        assert_eq!(
            name(&choose(&item(title, category))),
            Some(expected),
            "'{title}' in {category:?}"
        );
    }

    #[test]
    fn both_tables_are_sound() {
        let table = Table::parse(include_str!("../../data/pictures.tsv")).unwrap();
        let rules = Rule::parse(include_str!("../../data/picture_rules.tsv"), &table).unwrap();
        assert!(table.pictures().len() > 250 && rules.len() > 150);
    }

    #[test]
    fn a_title_picks_within_its_category() {
        check("Bananas", &["Produce", "Tropical fruit"], "banana");
        check("Mango", &["Produce", "Tropical fruit"], "mango");
        check("Granny Smith apples", &["Produce", "Apples"], "green apple");
        check("Gala apples", &["Produce", "Apples"], "red apple");
        check("Blueberries", &["Produce", "Berries"], "blueberries");
        check("Strawberries", &["Fresh fruit"], "strawberry");
        check(
            "Hot dog buns",
            &["Bakery", "Bread, buns & rolls"],
            "hot dog",
        );
        check(
            "Peanut butter",
            &["Pantry", "Peanut butter, jelly & jams"],
            "peanuts",
        );
        check("Chocolate chip cookies", &["Pantry", "Cookies"], "cookie");
        check("Jalapeño peppers", &["Produce", "Peppers"], "hot pepper");
        check("Canned pears", &["Pantry", "Canned fruit"], "pear");
        check(
            "Bagged candy, no chocolate",
            &["Snacks & sweets", "Candy & gum"],
            "lollipop",
        );
    }

    #[test]
    fn a_title_that_says_nothing_gets_its_categorys_picture() {
        check("Premium", &["Frozen", "Ice cream"], "ice cream");
        check("Choice", &["Meat", "Beef"], "cut of meat");
        check("Mainstream", &["Grocery", "Pasta sauce"], "spaghetti");
    }

    #[test]
    fn a_department_named_for_two_things_does_not_decide() {
        check(
            "Fresh pasta",
            &["Dairy & eggs", "Chilled foods"],
            "spaghetti",
        );
        check(
            "Zxqy",
            &["Beer, wine & spirits", "Mixers"],
            "cocktail glass",
        );
    }

    #[test]
    fn raw_till_names_do_as_well() {
        check(
            "FLUID MILK WHITE ONLY",
            &["GROCERY", "FLUID MILK PRODUCTS"],
            "glass of milk",
        );
        check("BANANAS", &["PRODUCE", "TROPICAL FRUIT"], "banana");
        check(
            "SFT DRNK 2 LITER BTL CARB INCL",
            &["GROCERY", "SOFT DRINKS"],
            "cup with straw",
        );
        check(
            "FRZN FRENCH FRIES",
            &["GROCERY", "FRZN POTATOES"],
            "french fries",
        );
        check(
            "TOOTHPASTE",
            &["DRUG GM", "ORAL HYGIENE PRODUCTS"],
            "toothbrush",
        );
    }

    #[test]
    fn a_shop_without_categories_is_served_by_its_titles() {
        check("WHITE HANGING HEART T-LIGHT HOLDER", &[], "candle");
        check("RED RETROSPOT UMBRELLA", &[], "umbrella");
        check("PACK OF 72 SKULL CAKE CASES", &[], "cupcake");
        check("STRAWBERRY LUNCH BOX WITH CUTLERY", &[], "bento box");
        check("SET OF 6 T-LIGHTS SANTA", &[], "candle");
        check("REGENCY CAKESTAND 3 TIER", &[], "shortcake");
        check("JUMBO BAG RED RETROSPOT", &[], "shopping bags");
        check("ALARM CLOCK BAKELIKE ORANGE", &[], "alarm clock");
        check("BLUE OWL SOFT TOY", &[], "teddy bear");
        check("WOODEN STAR CHRISTMAS SCANDINAVIAN", &[], "christmas tree");
        check("CHERRY BLOSSOM PASSPORT COVER", &[], "suitcase");
        check("VINTAGE UNION JACK BUNTING", &[], "confetti ball");
        check("HEART DECORATION RUSTIC HANGING", &[], "red heart");
    }

    #[test]
    fn a_hot_dog_is_no_dog() {
        check("Hot dogs", &[], "hot dog");
        check("Dog biscuits", &[], "dog face");
    }

    #[test]
    fn words_that_nobody_knows_fall_back() {
        check("Zxqy frobnicator", &[], NEUTRAL);
        check("Zxqy frobnicator", &["Qwx", "Vbnm"], NEUTRAL);
        check("Zxqy frobnicator", &["Produce", "Vbnm"], "carrot");
        check("12345", &[], NEUTRAL);
    }

    #[test]
    fn a_house_brand_is_no_house() {
        let mut product = item("Zxqy", &[]);
        product.brand = "House brand".to_owned();
        assert_eq!(name(&choose(&product)), Some(NEUTRAL));
        product.brand = "National brand · maker 12".to_owned();
        assert_eq!(name(&choose(&product)), Some(NEUTRAL));
    }

    #[test]
    fn a_picture_of_the_shops_own_stays() {
        let mut own = item("Bananas", &["Produce"]);
        own.picture = "1f6cd-fe0f".to_owned();
        let mut plain = item("Bananas", &["Produce"]);
        plain.id = "b".into();
        let dressed = dressed(Catalogue::new(vec![own, plain]).unwrap());
        let pictures: Vec<&str> = dressed
            .items()
            .iter()
            .map(|item| item.picture.as_str())
            .collect();
        assert_eq!(pictures, ["1f6cd-fe0f", "1f34c"]);
    }

    #[test]
    fn the_same_product_gets_the_same_picture() {
        let product = item("Strawberry picnic bag with rose and heart", &[]);
        let first = choose(&product);
        assert!((0..20).all(|_| choose(&product) == first));
    }

    #[test]
    fn every_key_has_its_file_and_every_file_its_key() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/assets/pictures");
        let files = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let files: BTreeSet<String> = files
            .filter(|file| file.extension().is_some_and(|ending| ending == "webp"))
            .map(|file| file.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        let keys: BTreeSet<String> = keys().map(str::to_owned).collect();
        let lacking: Vec<_> = keys.difference(&files).collect();
        let spare: Vec<_> = files.difference(&keys).collect();
        assert!(
            lacking.is_empty() && spare.is_empty(),
            "run `cargo xtask pictures`: no file for {lacking:?}, no key for {spare:?}"
        );
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = Table::parse("1f34c\tx\tbanana\tbanana\n1f34c\tx\tfruit\tfruit")
            .err()
            .unwrap();
        assert!(error.starts_with("line 2:"), "{error}");
        let table = Table::parse("1f34c\tx\tbanana\tbanana").unwrap();
        let error = Rule::parse("fruit\tbananna", &table).err().unwrap();
        assert!(
            error.starts_with("line 1:") && error.contains("bananna"),
            "{error}"
        );
    }
}
