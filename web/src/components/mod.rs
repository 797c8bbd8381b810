//! The parts that pages are made of.

mod card;
mod departments;
mod grid;
mod header;
mod shelf;
mod status;
mod stepper;

pub(crate) use card::{Picture, ProductCard, meta_line, product_href};
pub(crate) use departments::DepartmentTiles;
pub(crate) use grid::Grid;
pub(crate) use header::{Footer, Header, department_href};
pub(crate) use shelf::Shelf;
pub(crate) use status::{StatusLine, backend_name, milliseconds};
pub(crate) use stepper::Stepper;
