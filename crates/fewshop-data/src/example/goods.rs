//! The synthetic shop's products and its types of shoppers.

/// A category and its kinds of products.
pub(super) struct Category {
    pub(super) department: &'static str,
    pub(super) name: &'static str,
    pub(super) kinds: &'static [&'static str],
    /// Approximate price of one.
    pub(super) cents: usize,
}

const fn of(
    department: &'static str,
    name: &'static str,
    cents: usize,
    kinds: &'static [&'static str],
) -> Category {
    Category {
        department,
        name,
        kinds,
        cents,
    }
}

/// All kinds, in rotation.
pub(super) const CATEGORIES: [Category; 20] = [
    of(
        "Hot drinks",
        "Tea",
        350,
        &[
            "Green tea",
            "Black tea",
            "Mint tea",
            "Camomile tea",
            "Earl Grey",
            "Rooibos tea",
        ],
    ),
    of(
        "Hot drinks",
        "Coffee",
        690,
        &[
            "Coffee beans",
            "Ground coffee",
            "Decaf coffee",
            "Espresso beans",
            "Instant coffee",
        ],
    ),
    of(
        "Bakery",
        "Bread",
        280,
        &[
            "Rye bread",
            "White bread",
            "Sourdough loaf",
            "Baguette",
            "Bread rolls",
            "Bagels",
        ],
    ),
    of(
        "Bakery",
        "Cakes",
        420,
        &[
            "Carrot cake",
            "Chocolate cake",
            "Apple pie",
            "Cinnamon buns",
            "Muffins",
        ],
    ),
    of(
        "Dairy & eggs",
        "Milk",
        150,
        &["Whole milk", "Skimmed milk", "Oat drink", "Buttermilk"],
    ),
    of(
        "Dairy & eggs",
        "Cheese",
        480,
        &[
            "Cheddar cheese",
            "Goat cheese",
            "Mozzarella",
            "Blue cheese",
            "Cream cheese",
        ],
    ),
    of(
        "Fruit & vegetables",
        "Fruit",
        240,
        &[
            "Bananas",
            "Apples",
            "Pears",
            "Oranges",
            "Strawberries",
            "Grapes",
            "Lemons",
        ],
    ),
    of(
        "Fruit & vegetables",
        "Vegetables",
        190,
        &[
            "Carrots",
            "Tomatoes",
            "Onions",
            "Potatoes",
            "Cucumber",
            "Broccoli",
            "Mushrooms",
        ],
    ),
    of(
        "Pantry",
        "Pasta",
        160,
        &["Spaghetti", "Penne pasta", "Lasagne sheets", "Egg noodles"],
    ),
    of(
        "Pantry",
        "Pasta sauce",
        320,
        &[
            "Tomato pasta sauce",
            "Basil pesto",
            "Arrabbiata sauce",
            "Mushroom sauce",
        ],
    ),
    of(
        "Pantry",
        "Baking needs",
        210,
        &[
            "Flour",
            "Baking powder",
            "Vanilla sugar",
            "Dried yeast",
            "Cocoa powder",
        ],
    ),
    of(
        "Pantry",
        "Cereal",
        390,
        &["Corn flakes", "Muesli", "Porridge oats", "Granola"],
    ),
    of(
        "Snacks & sweets",
        "Chocolate",
        290,
        &[
            "Dark chocolate",
            "Milk chocolate",
            "Hazelnut chocolate",
            "Chocolate truffles",
        ],
    ),
    of(
        "Snacks & sweets",
        "Crisps & nuts",
        260,
        &[
            "Salted crisps",
            "Paprika crisps",
            "Roasted peanuts",
            "Cashew nuts",
            "Pretzels",
        ],
    ),
    of(
        "Household",
        "Cleaning",
        450,
        &[
            "Glass cleaner",
            "Washing-up liquid",
            "Floor cleaner",
            "Sponges",
            "Bleach",
        ],
    ),
    of(
        "Household",
        "Laundry",
        890,
        &[
            "Washing powder",
            "Fabric softener",
            "Stain remover",
            "Wool detergent",
        ],
    ),
    of(
        "Pets",
        "Cat food",
        540,
        &[
            "Cat food with tuna",
            "Cat food with chicken",
            "Kitten food",
            "Cat treats",
            "Cat litter",
        ],
    ),
    of(
        "Pets",
        "Dog food",
        620,
        &[
            "Dog food with beef",
            "Puppy food",
            "Dog biscuits",
            "Dog treats",
            "Chew bones",
        ],
    ),
    of(
        "Baby",
        "Baby care",
        730,
        &["Nappies", "Baby wipes", "Baby shampoo", "Baby oil"],
    ),
    of(
        "Baby",
        "Baby food",
        340,
        &[
            "Carrot baby food",
            "Apple baby food",
            "Baby porridge",
            "Infant milk",
        ],
    ),
];

/// Brands, all fictional.
pub(super) const BRANDS: [&str; 7] = [
    "Alder & Finch",
    "Birchgate",
    "Corner Pantry",
    "Dalewell",
    "Elmsong",
    "Fernhollow",
    "Greyling",
];

/// Sizes of packs.
pub(super) const SIZES: [&str; 4] = ["small", "regular", "large", "family pack"];

/// The types of shoppers: the categories that each likes, the favourite first, as rows of
/// [`CATEGORIES`].
pub(super) const TYPES: [&[usize]; 8] = [
    // tea and cake
    &[0, 3, 12, 4],
    // coffee and breakfast
    &[1, 11, 2, 4, 6],
    // pasta night
    &[8, 9, 5, 7],
    // bakes at home
    &[10, 4, 6, 12],
    // keeps a cat
    &[16, 14, 5],
    // keeps a dog
    &[17, 13, 15],
    // has a baby
    &[18, 19, 15, 6],
    // fresh things
    &[7, 6, 2, 5],
];
