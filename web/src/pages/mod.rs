//! One file per page.

mod cart;
mod department;
mod departments;
mod home;
mod how;
mod lost;
mod map;
mod product;
mod profile;
mod search;
mod try_as;

pub(crate) use cart::cart_page;
pub(crate) use department::department_page;
pub(crate) use departments::departments_page;
pub(crate) use home::home_page;
pub(crate) use how::how_page;
pub(crate) use lost::lost;
pub(crate) use map::map_page;
pub(crate) use product::product_page;
pub(crate) use profile::profile_page;
pub(crate) use search::search_page;
pub(crate) use try_as::try_page;
