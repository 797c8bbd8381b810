//! The frame of all pages: header, main part, footer, and which address shows which page.

use std::time::Duration;

use fewshop_web::state::{Catalogue, Page};
use fewshop_web::texts::{EN, Texts};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::Node;

use crate::browser;
use crate::components::{footer, header, status_line};
use crate::nav::{Nav, use_nav};
use crate::page_title::name_page;
use crate::pages;
use crate::shop::{Shop, use_shop};
use crate::view::{effect, el, group, later, memo, page_opened, part};

/// Id of what `index.html` shows until the shop is there.
const SHELL: &str = "shell";
/// Id of the place in it where a notice can stand.
const NOTICE: &str = "boot-notice";

/// Fetches the catalogue, then puts the shop in the place of the shop window that `index.html`
/// shows until then. Without a catalogue the window stays, and says why.
pub(crate) fn mount() {
    spawn_local(async {
        let file = browser::fetch_text("/assets/catalogue.json").await;
        match file.and_then(|text| Catalogue::parse(&text).map_err(|err| err.to_string())) {
            Ok(catalogue) => {
                let texts = texts().await;
                let remembered = browser::recall().await.as_string();
                // In a task of its own: reading the catalogue and drawing the page are each about a
                // frame's work.
                set_timeout(move || open(catalogue, remembered, texts), Duration::ZERO);
            }
            Err(why) => {
                browser::warn(&why);
                browser::notice(NOTICE, EN.catalogue_failed);
            }
        }
    });
}

/// The words of the shopper's language; English where there are no others, or they do not arrive.
async fn texts() -> &'static Texts {
    if browser::language() != "zh" {
        return &EN;
    }
    match browser::fetch_text("/assets/zh.txt").await {
        // As long as the page, like the English ones.
        Ok(lines) => {
            Texts::of_lines("zh-Hans", lines.leak()).map_or(&EN, |texts| Box::leak(Box::new(texts)))
        }
        Err(why) => {
            browser::warn(&why);
            &EN
        }
    }
}

fn open(catalogue: Catalogue, remembered: Option<String>, texts: &'static Texts) {
    // leptos mounts nothing of its own: it lends its reactive graph a root that lives as long as
    // the page.
    mount_to_body(move || {
        let shop = Shop::new(catalogue, remembered.as_deref(), texts);
        shop.provide();
        Nav::start(
            |page, href| use_shop().follow(page, href),
            || use_shop().leave(),
        );
        shop.open();
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("lang", shop.texts.lang);
        }
        // The engine is on its way; the page is drawn in a task of its own, so that a touch in
        // between is not kept waiting.
        let owner = Owner::current().unwrap_or_default();
        set_timeout(move || owner.with(show), Duration::ZERO);
    });
}

/// Puts the page into the place of the shop window.
fn show() {
    let frame = frame();
    if let Some(shell) = document().get_element_by_id(SHELL) {
        shell.remove();
    }
    let _ = document().body().map(|body| body.append_child(&frame));
    page_opened();
}

fn frame() -> Node {
    let texts = use_shop().texts;
    let skip = el("a")
        .class("skip")
        .attr("href", "#main")
        .text(texts.skip)
        .click(|event| {
            // By hand: with a <base>, '#main' would mean the home page.
            event.prevent_default();
            browser::focus_heading();
        });
    announce_pages();
    let main = el("main")
        .attr("id", "main")
        .class("wrap")
        .kid(status_line())
        .kid(current_page());
    // boot.js shows it when a newer page waits to be opened.
    let update = el("div")
        .class("notice update")
        .attr("id", "update")
        .attr("role", "status")
        .attr("hidden", "")
        .kid(el("p").text(texts.update_ready))
        .kid(
            el("button")
                .attr("type", "button")
                .class("btn small")
                .text(texts.update_open),
        );
    // After what stands above it, or it would be seen to move down.
    let footer = later(|| footer().into());
    group([
        skip.into(),
        header().into(),
        update.into(),
        main.into(),
        footer,
    ])
}

/// The page that the address names.
fn current_page() -> Node {
    let shop = use_shop();
    let nav = use_nav();
    let page = memo(move || nav.page());
    part(move || {
        let page = page.get();
        untrack(|| {
            shop.want(None);
            match page.name(shop.texts) {
                Some(_) if page == Page::Home => name_page(""),
                Some(name) => name_page(name),
                None => {}
            }
            draw(page)
        })
    })
}

macro_rules! declare_draw {
    ($($(#[$doc:meta])* $plain:ident $path:literal $file:ident $text:ident),*;
     $($(#[$of_doc:meta])* $of:ident($part:ident) $of_path:literal $of_file:ident,)*) => {
        /// Draws a page by its own file.
        fn draw(page: Page) -> Node {
            match page {
                $(Page::$plain => pages::$file::page(),)*
                $(Page::$of($part) => pages::$of_file::page(&$part),)*
                Page::Lost => pages::lost::lost(use_shop().texts.lost),
            }
        }
    };
}

fewshop_web::pages!(declare_draw);

/// Tells a screen reader of a new page by moving the focus to its heading; not on the first page,
/// which it reads anyway, and not while the shopper types into the search field.
fn announce_pages() {
    let nav = use_nav();
    let mut shown = None;
    effect(move || {
        let before = shown.replace(nav.path());
        if before.is_some() && before != shown {
            request_animation_frame(|| {
                let typing = document()
                    .active_element()
                    .is_some_and(|element| element.tag_name() == "INPUT");
                if !typing {
                    browser::focus_heading();
                }
            });
        }
    });
}
