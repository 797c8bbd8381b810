//! The page's copy of the catalogue, from a made-up file.

use std::cell::Cell;
use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;

pub(super) const TOY: &str = r##"{"pack":"00000000000000aa","currency":"USD","items":{
    "id":["milk","banana","cheddar","fig","rye"],
    "title":{"words":["Whole milk","Bananas","Shredded cheddar","Fig newtons","Rye bread"],"of":"!!!!!"},
    "category":"!!!$!",
    "brand":{"words":["House brand","","National brand · maker 12"],"of":"!!!$%"},
    "size":{"words":["1 gal","per lb","8 oz","","20 oz"],"of":"!!!!!"},
    "price":{"words":[269,59,167,null,129],"of":"!!!!!"},
    "picture":{"words":["1f95b","1f34c","1f9c0","","1f35e"],"of":"!!!!!"}},
    "categories":[["Dairy & eggs","Milk"],["Produce","Fruit"],["Dairy & eggs","Cheese"],["Bakery","Bread"],["Empty"],[]],
    "popularity":[1,0],"note":"toy"}"##;

#[test]
fn the_file_is_read_into_products() {
    let shop = toy();
    let milk = shop.product(ItemIx(0)).unwrap();
    assert_eq!(
        (milk.title.as_str(), milk.size.as_str(), milk.price),
        ("Whole milk", "1 gal", Some(Money(269)))
    );
    assert_eq!(milk.category, ["Dairy & eggs", "Milk"]);
    assert_eq!(shop.product(ItemIx(5)), None);
    assert_eq!(shop.find("fig"), Some(ItemIx(3)));
    assert_eq!(
        shop.find_all(&["rye", "nothing", "milk", "rye"]),
        [Some(ItemIx(4)), None, Some(ItemIx(0)), Some(ItemIx(4))]
    );
}

#[test]
fn departments_that_sell_most_come_first_and_empty_ones_not_at_all() {
    let shop = toy();
    let names: Vec<_> = shop
        .departments()
        .iter()
        .map(|d| (d.name.as_str(), d.slug.as_str(), d.count))
        .collect();
    assert_eq!(
        names,
        [
            ("Dairy & eggs", "dairy-eggs", 2),
            ("Produce", "produce", 2),
            ("Bakery", "bakery", 1)
        ]
    );
    assert_eq!(shop.department_of(ItemIx(4)), Some(2));
    assert_eq!(shop.departments()[1].picture, "1f34c");
}

#[test]
fn members_are_the_most_bought_first() {
    let shop = toy();
    assert_eq!(shop.ranked(), [1, 0, 2, 3, 4].map(ItemIx));
    assert_eq!(shop.members("Dairy & eggs", None), [ItemIx(0), ItemIx(2)]);
    assert_eq!(shop.members("Dairy & eggs", Some("Cheese")), [ItemIx(2)]);
    assert!(shop.members("Nowhere", None).is_empty());
}

#[test]
fn columns_of_unequal_length_are_refused_by_name() {
    let err = Catalogue::parse(&TOY.replace(r#""20 oz"],"of":"!!!!!""#, r#""20 oz"],"of":"!!!!""#))
        .unwrap_err();
    assert_eq!(
        err,
        CatalogueFileError::Length {
            column: "size",
            found: 4,
            expected: 5
        }
    );
}

#[test]
fn rows_out_of_range_are_refused_with_their_place() {
    let err = Catalogue::parse(&TOY.replace("[1,0]", "[1,5]")).unwrap_err();
    assert_eq!(
        err,
        CatalogueFileError::OutOfRange {
            field: "popularity",
            at: 1,
            value: 5,
            limit: 5
        }
    );
    let err = Catalogue::parse(&TOY.replace("!!!$%", "!!&$%")).unwrap_err();
    assert!(err.to_string().contains("items.brand.of[2] is 4"), "{err}");
    let err = Catalogue::parse(&TOY.replace("!!!$!", "!!!$+")).unwrap_err();
    assert!(err.to_string().contains("items.category[4] is 9"), "{err}");
}

#[test]
fn ids_may_share_a_beginning_and_be_numbers() {
    let toy = TOY.replace(
        r#""id":["milk","banana","cheddar","fig","rye"]"#,
        r#""prefix":"a","id":[7,0,30,12,4294967295]"#,
    );
    let shop = Catalogue::parse(&toy).unwrap();
    assert_eq!(shop.find("a30"), Some(ItemIx(2)));
    assert_eq!(shop.id(ItemIx(4)), "a4294967295");
}

#[test]
fn a_column_of_another_type_is_refused_by_name() {
    for (from, to, name) in [
        (r#""id":["milk""#, r#""id":[["milk"]"#, "id"),
        (r#""pack":""#, r#""no-pack":""#, "pack"),
        (r#""words":[269,"#, r#""words":["269","#, "price"),
        (
            r#""popularity":["#,
            r#""popularity":"","x":["#,
            "popularity",
        ),
    ] {
        let err = Catalogue::parse(&TOY.replace(from, to))
            .err()
            .map(|err| err.to_string());
        assert!(
            err.is_some_and(|err| err.contains(&format!("'{name}'"))),
            "{name}"
        );
    }
}

#[test]
fn what_is_no_json_is_an_error_and_no_panic() {
    for cut in [0, 1, 20, TOY.len() / 2, TOY.len() - 1] {
        assert!(matches!(
            Catalogue::parse(&TOY[..cut]),
            Err(CatalogueFileError::Json(_))
        ));
    }
}

/// What [`Catalogue::parse_gently`] returns, and how often it paused.
fn gently(text: &str) -> (Result<Catalogue, CatalogueFileError>, usize) {
    let pauses = Cell::new(0);
    let reading = Catalogue::parse_gently(text, async || pauses.set(pauses.get() + 1));
    match pin!(reading).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(read) => (read, pauses.get()),
        Poll::Pending => panic!("these pauses are over at once"),
    }
}

#[test]
fn a_file_read_in_steps_is_the_same_or_wrong_in_the_same_way() {
    let (shop, pauses) = gently(TOY);
    let (shop, at_once) = (shop.unwrap(), toy());
    assert_eq!(pauses, 3);
    assert_eq!(shop.len(), at_once.len());
    for ix in (0..shop.len()).map(ItemIx::from) {
        assert_eq!(shop.product(ix), at_once.product(ix));
    }
    assert_eq!(shop.departments(), at_once.departments());
    for bad in ["[", "{}", &TOY.replace("[1,0]", "[1,5]")] {
        assert_eq!(gently(bad).0.err(), Catalogue::parse(bad).err());
    }
}

#[test]
fn a_brand_that_is_a_number_is_short() {
    assert_eq!(short_brand("National brand · maker 12"), "maker 12");
    assert_eq!(short_brand("House brand"), "House brand");
}

#[test]
fn products_of_one_title_and_category_stand_together_where_the_first_stood() {
    // Row 2 has the title and category of row 0, row 3 that of row 1 with another title.
    let json = TOY.replace(r#""Shredded cheddar",""#, r#"""#).replace(
        r#""of":"!!!!!"},
    "category":"!!!$!""#,
        r#""of":"!!$!!"},
    "category":"!!$$!""#,
    );
    let shop = Catalogue::parse(&json).unwrap();
    let by_title = shop.by_title(&[4, 0, 1, 3, 2].map(ItemIx));
    assert_eq!(by_title, [4, 0, 2, 1, 3].map(ItemIx));
    assert_eq!(shop.variants(ItemIx(2)), [0, 2].map(ItemIx));
    assert_eq!(shop.by_title(&[]), []);
}

#[test]
fn the_order_of_sales_replaces_that_of_the_file() {
    let shop = toy();
    let sold = super::super::encode_numbers(&[3, 0, 9, 9, 1]);
    assert!(
        shop.add_sales("!!")
            .unwrap_err()
            .to_string()
            .contains("has 2 products, expected 5")
    );
    shop.add_sales(&sold).unwrap();
    assert_eq!(shop.ranked(), [2, 3, 0, 4, 1].map(ItemIx));
    assert_eq!(shop.place(ItemIx(0)), 2);
}

#[test]
fn a_category_on_request_is_marked() {
    let shop = Catalogue::parse(&TOY.replace(r#""note":"#, r#""on_request":[2],"note":"#)).unwrap();
    let marked = (0..5).map(ItemIx).filter(|&ix| shop.is_on_request(ix));
    assert_eq!(marked.collect::<Vec<_>>(), [ItemIx(2)]);
    let error = Catalogue::parse(&TOY.replace(r#""note":"#, r#""on_request":[9],"note":"#));
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("on_request[0] is 9")
    );
}

#[test]
fn a_shelf_of_bestsellers_has_one_of_a_title() {
    let twice = TOY
        .replace(
            r#""Fig newtons","Rye bread"],"of":"!!!!!""#,
            r#""Rye bread"],"of":"!!!$!""#,
        )
        .replace(r#""popularity":[1,0]"#, r#""popularity":[1,3,0]"#);
    let shop = Catalogue::parse(&twice).unwrap();
    assert_eq!(shop.title(ItemIx(3)), shop.title(ItemIx(1)));
    assert_eq!(shop.bestsellers(), [ItemIx(1), ItemIx(3), ItemIx(0)]);
    assert!(shop.shelf_of_bestsellers().eq([ItemIx(1), ItemIx(0)]));
}
