//! The departments as large tiles.

use fewshop_web::state::Department;
use leptos::prelude::*;

use super::{Picture, department_href};
use crate::shop::use_shop;

/// A list of links to the departments, each on its own colour.
#[component]
pub(crate) fn DepartmentTiles(
    /// Id of the heading that names the list.
    labelled_by: &'static str,
) -> AnyView {
    let shop = use_shop();
    let tile = |department: &Department| {
        view! {
            <li>
                <a class=format!("dept tile t{}", department.tile) href=department_href(&department.slug)>
                    <Picture key=department.picture.clone() title=department.name.clone() />
                    <span>{department.name.clone()}</span>
                </a>
            </li>
        }
    };
    view! {
        <ul class="tiles" role="list" aria-labelledby=labelled_by>
            {shop.catalogue().departments().iter().map(tile).collect_view()}
        </ul>
    }
    .into_any()
}
