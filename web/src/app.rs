//! The frame of all pages: header, main part, footer, and which address shows which page.

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
use crate::view::{draw_next, draw_the_rest, effect, el, group, later, memo, part};

/// Id of the shop window that `index.html` shows until the shop is ready.
const SHELL: &str = "shell";
/// Id of the place for a notice in it.
const NOTICE: &str = "boot-notice";

/// Fetches the catalogue, then replaces the shop window in `index.html` with the shop. Without a
/// catalogue the window stays and shows a notice.
pub(crate) fn mount() {
    spawn_local(async {
        match catalogue().await {
            Ok(catalogue) => {
                let texts = texts().await;
                let remembered = browser::recall().await.as_string();
                browser::pause().await;
                open(catalogue, remembered, texts);
            }
            Err(why) => {
                browser::warn(&why);
                browser::notice(NOTICE, EN.catalogue_failed);
            }
        }
    });
}

async fn catalogue() -> Result<Catalogue, String> {
    let text = browser::fetch_text(&browser::href("/assets/catalogue.json")).await?;
    let read = Catalogue::parse_gently(&text, browser::pause).await;
    read.map_err(|err| err.to_string())
}

/// The texts in the shopper's language; English if there are none or they cannot be loaded.
async fn texts() -> &'static Texts {
    if browser::language() != "zh" {
        return &EN;
    }
    match browser::fetch_text(&(browser::site() + "/assets/zh.txt")).await {
        // They live as long as the page, like the English ones.
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
    // leptos mounts nothing: this only gives its reactive graph a root that lives as long as the
    // page.
    mount_to_body(move || {
        let shop = Shop::new(catalogue, remembered.as_deref(), texts);
        shop.provide();
        Nav::start(
            |page, href| use_shop().follow(page, href),
            || use_shop().leave(),
        );
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("lang", shop.texts.lang);
        }
        let owner = Owner::current().unwrap_or_default();
        spawn_local(show(shop, owner));
    });
}

/// Parts of the page that are drawn before it is shown, on a phone and on a wider screen: the cards
/// in sight.
const AT_ONCE: [usize; 2] = [1, 2];

/// Starts the engine and replaces the shop window with the page, in a task for each part: none may
/// be so long that the shopper's finger waits.
async fn show(shop: Shop, owner: Owner) {
    browser::pause().await;
    owner.with(|| shop.start_engine());
    browser::pause().await;
    owner.with(|| shop.open());
    browser::pause().await;
    let shell = document().get_element_by_id(SHELL);
    let put = |part: Node| {
        let _ = match &shell {
            Some(shell) => shell
                .parent_node()
                .map(|body| body.insert_before(&part, Some(shell))),
            None => document().body().map(|body| body.append_child(&part)),
        };
    };
    put(owner.with(top));
    // The window's own header goes; its main part stays until the page's is there.
    if let Some(old) = shell.as_ref().and_then(|shell| shell.first_element_child()) {
        old.remove();
    }
    browser::pause().await;
    let status = owner.with(status_line);
    browser::pause().await;
    let page = owner.with(current_page);
    for _ in 0..AT_ONCE[usize::from(!browser::is_narrow())] {
        browser::pause().await;
        draw_next();
    }
    browser::pause().await;
    put(el("main")
        .attr("id", "main")
        .class("wrap")
        .kid(status)
        .kid(page)
        .into());
    // Drawn after the content above it; otherwise it would visibly move down.
    put(owner.with(|| later(|| footer().into())));
    if let Some(shell) = shell {
        shell.remove();
    }
    browser::pause().await;
    draw_the_rest();
    shop.serve_agents();
}

/// What stands above the page's main part.
fn top() -> Node {
    let texts = use_shop().texts;
    let skip = el("a")
        .class("skip")
        .attr("href", "#main")
        .text(texts.skip)
        .click(|event| {
            // By hand: with a <base>, '#main' would lead to the home page.
            event.prevent_default();
            browser::focus_heading();
        });
    announce_pages();
    // boot.js shows it when a newer version is ready.
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
    group([skip.into(), header().into(), update.into()])
}

/// The page that the address names.
fn current_page() -> Node {
    let shop = use_shop();
    let nav = use_nav();
    let page = memo(move || nav.page());
    part(move || {
        let page = page.get();
        untrack(|| {
            shop.want(Vec::new());
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

/// Announces a new page to screen readers by moving the focus to its heading; not on the first
/// page, which they read anyway, and not while the shopper types in the search field.
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
