//! All departments on one page, for those whose screen is too narrow to name them all above.

use leptos::prelude::*;

use crate::app::name_page;
use crate::components::DepartmentTiles;
use crate::shop::use_shop;

/// The page.
#[component]
pub(crate) fn DepartmentsPage() -> AnyView {
    let texts = use_shop().texts;
    name_page(texts.departments);
    view! {
        <div class="head">
            <h1 id="departments">{texts.departments}</h1>
        </div>
        <DepartmentTiles labelled_by="departments" />
    }
    .into_any()
}
