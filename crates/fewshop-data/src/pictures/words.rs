//! Turns text into comparable words: lower case, without numbers and filler words, with one form
//! for singular and plural.

/// Words that do not describe a product.
const FILLER: [&str; 23] = [
    "a", "an", "and", "as", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "s",
    "set", "the", "to", "w", "with", "asst", "asstd", "assorted",
];

/// Plurals that no rule below handles, and abbreviations from the shop logs.
const SPECIAL: [(&str, &str); 34] = [
    ("beerale", "beer"),
    ("beeralemalt", "beer"),
    ("bev", "beverage"),
    ("brd", "breaded"),
    ("btr", "butter"),
    ("children", "child"),
    ("chix", "chicken"),
    ("chococlate", "chocolate"),
    ("cond", "condensed"),
    ("drnk", "drink"),
    ("fd", "food"),
    ("flvrd", "flavored"),
    ("frd", "fried"),
    ("frz", "frozen"),
    ("frzn", "frozen"),
    ("gds", "good"),
    ("jce", "juice"),
    ("knives", "knife"),
    ("leaves", "leaf"),
    ("loaves", "loaf"),
    ("mice", "mouse"),
    ("miscellaneous", "misc"),
    ("mxs", "mix"),
    ("pnt", "peanut"),
    ("prep", "prepared"),
    ("refrgratd", "refrigerated"),
    ("refrig", "refrigerated"),
    ("sal", "salad"),
    ("saus", "sausage"),
    ("sft", "soft"),
    ("snowmen", "snowman"),
    ("veg", "vegetable"),
    ("women", "woman"),
    ("wtr", "water"),
];

/// The words of a text in order, each in its comparable form.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !word.contains(|c: char| c.is_ascii_digit()))
        .map(|word| word.to_lowercase().chars().map(plain).collect::<String>())
        .filter(|word| !FILLER.contains(&word.as_str()))
        .map(|word| stem(&word))
        .collect()
}

/// The letter without its accent, for the accents found in product names: crème, entrée, jalapeño.
fn plain(letter: char) -> char {
    match letter {
        'à' | 'á' | 'â' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        other => other,
    }
}

/// One form for singular and plural. It only has to be the same for both; it may not be a real
/// word.
fn stem(word: &str) -> String {
    if let Some(&(_, stem)) = SPECIAL.iter().find(|(form, _)| *form == word) {
        return stem.to_owned();
    }
    let cut = |n: usize| &word[..word.len() - n];
    if !word.is_ascii() || word.len() < 4 {
        return word.to_owned();
    }
    if word.ends_with("ies") && word.len() > 4 {
        return format!("{}y", cut(3));
    }
    // "cookie" must match "cookies", which the line above turned into "cooky".
    if word.ends_with("ie") && word.len() > 4 {
        return format!("{}y", cut(2));
    }
    let es = ["xes", "shes", "ches", "sses"]
        .iter()
        .any(|end| word.ends_with(end))
        || (word.ends_with("oes") && word.len() > 5);
    if es {
        return cut(2).to_owned();
    }
    if word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        return cut(1).to_owned();
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn plural_and_singular_meet() {
        for (one, many) in [
            ("cookie", "Cookies"),
            ("berry", "BERRIES"),
            ("box", "boxes"),
            ("peach", "Peaches"),
            ("potato", "potatoes"),
            ("shoe", "shoes"),
            ("pie", "Pies"),
            ("glass", "glasses"),
            ("leaf", "leaves"),
            ("bus", "bus"),
            ("entree", "Entrées"),
        ] {
            assert_eq!(words(one), words(many), "{one} and {many}");
        }
    }

    #[test]
    fn numbers_filler_and_marks_go() {
        assert_eq!(
            words("SET/6 RED T-LIGHTS, 12 CT"),
            ["red", "t", "light", "ct"]
        );
        assert_eq!(words("  "), Vec::<String>::new());
    }
}
