use fewshop_data::example::{Plan, write as write_example};
use fewshop_data::progress::quietly;

use super::*;

#[test]
fn a_small_log_is_counted_as_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let items =
        "item_id,title,category,brand,size,price\nmilk,Milk,,,,\nbread,Bread,,,,\neggs,Eggs,,,,\n";
    std::fs::write(file("items.csv"), items).unwrap();
    let events = "user_id,session_id,time,item_id,event,quantity\n\
         u1,s1,2024-01-01 10:00:00,milk,view,\n\
         u1,s1,2024-01-01 10:00:01,bread,cart,1\n\
         u1,s1,2024-01-01 10:00:02,eggs,view,1\n\
         u1,s1,2024-01-01 10:00:03,eggs,dismiss,1\n\
         u2,s1,2024-01-02 10:00:00,bread,view,1\n\
         u2,s2,2024-01-03 10:00:00,eggs,dismiss,1\n\
         u2,s2,2024-01-03 10:00:00,honey,view,1\n";
    std::fs::write(file("events.csv"), events).unwrap();
    let counter = Counter::read(&file("items.csv"), &file("events.csv")).unwrap();
    let settings = CountSettings {
        recent_share: 0.5,
        min_sessions: 1,
        out: file("counts"),
    };
    assert_eq!(quietly(|| counter.write(&settings)).unwrap(), 1);
    let read = |name: &str| std::fs::read_to_string(file("counts").join(name)).unwrap();
    let shape = read("shape.json");
    for line in [
        "\"events\": 6,",
        "\"unknown\": 1,",
        "\"users\": 2,",
        "\"sessions\": 3,",
        "\"2\": 1",
    ] {
        assert!(shape.contains(line), "{shape}");
    }
    assert_eq!(
        read("popularity.csv"),
        "item_id,sessions,recent\nbread,2,1\nmilk,1,0\n"
    );
    assert_eq!(
        read("pairs.csv"),
        "item_id,other_id,sessions\nbread,milk,1\n"
    );
}

#[test]
fn pairs_that_are_too_rare_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    write_example(
        Plan {
            items: 60,
            shoppers: 80,
            unseen_users: 2,
            seed: 7,
            clicks: false,
        },
        folder.path(),
    )
    .unwrap();
    let counter = Counter::read(
        &folder.path().join("items.csv"),
        &folder.path().join("events.csv"),
    )
    .unwrap();
    let pairs = |min_sessions| {
        let settings = CountSettings {
            recent_share: 0.2,
            min_sessions,
            out: folder.path().join("counts"),
        };
        quietly(|| counter.write(&settings)).unwrap()
    };
    let (all, twice) = (pairs(1), pairs(2));
    assert!(twice > 0 && twice < all, "{twice} of {all}");
}
