//! The parts that pages are made of.

mod card;
mod departments;
mod facets;
mod grid;
mod header;
mod learn;
mod offer;
mod shelf;
mod status;
mod stepper;
mod under;
mod why;

pub(crate) use card::{meta_line, picture, product_card, product_href, reason_text, source_name};
pub(crate) use departments::department_tiles;
pub(crate) use facets::{FacetQuery, facet_bar};
pub(crate) use grid::grid;
pub(crate) use header::{department_href, footer, header};
pub(crate) use learn::{View, change, steps};
pub(crate) use offer::offer_slot;
pub(crate) use shelf::Shelf;
pub(crate) use status::{backend_name, one_decimal, status_line};
pub(crate) use stepper::{amount_stepper, stepper};
pub(crate) use under::{UnderTheHood, fact, facts};
pub(crate) use why::meter;
