//! One file per page.

mod cart;
mod department;
mod departments;
mod home;
mod how;
mod lost;
mod product;
mod search;

pub(crate) use cart::CartPage;
pub(crate) use department::DepartmentPage;
pub(crate) use departments::DepartmentsPage;
pub(crate) use home::HomePage;
pub(crate) use how::HowPage;
pub(crate) use lost::Lost;
pub(crate) use product::ProductPage;
pub(crate) use search::SearchPage;
