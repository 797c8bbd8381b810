//! What stands where nothing is.

use leptos::prelude::*;

use crate::app::name_page;
use crate::browser;
use crate::shop::use_shop;

/// A heading that says what is missing, and a way back.
#[component]
pub(crate) fn Lost(
    /// What is missing.
    title: &'static str,
) -> AnyView {
    let texts = use_shop().texts;
    name_page(title);
    view! {
        <section class="empty">
            <h1>{title}</h1>
            <p>{texts.lost_hint}</p>
            <p>
                <a class="btn primary" href=browser::href("/")>
                    {texts.back_to_shop}
                </a>
            </p>
        </section>
    }
    .into_any()
}
