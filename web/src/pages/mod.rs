//! One file per page.

mod cart;
mod department;
mod departments;
mod home;
mod how;
mod lost;
mod product;
mod search;

pub(crate) use cart::cart_page;
pub(crate) use department::department_page;
pub(crate) use departments::departments_page;
pub(crate) use home::home_page;
pub(crate) use how::how_page;
pub(crate) use lost::lost;
pub(crate) use product::product_page;
pub(crate) use search::search_page;
