//! One file per page, each with a function `page` that draws it; `fewshop_web::pages` lists them.

pub(crate) mod cart;
pub(crate) mod department;
pub(crate) mod departments;
pub(crate) mod home;
pub(crate) mod how;
pub(crate) mod lost;
pub(crate) mod map;
pub(crate) mod product;
pub(crate) mod profile;
pub(crate) mod search;
pub(crate) mod try_as;
