//! The browser's services: addresses, clock, storage, files, focus and motion.

use std::cell::OnceCell;

use js_sys::{Array, Function, Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Element, Event, HtmlElement, MouseEvent, Response, ScrollIntoViewOptions, ScrollLogicalPosition,
};

thread_local! {
    static BASE: OnceCell<String> = const { OnceCell::new() };
}

/// Path under which the site is served, without a slash at the end: "" at the root of a host,
/// "/shop" below it. The program, its engine and its style lie there for all shops of the site.
///
/// It comes from `<base href>`; without one the site is assumed to be at the root, since the
/// address itself may belong to any page.
pub(crate) fn site() -> String {
    let has_base = document()
        .query_selector("base[href]")
        .ok()
        .flatten()
        .is_some();
    let uri = has_base
        .then(|| document().base_uri().ok().flatten())
        .flatten();
    let path = uri
        .and_then(|uri| web_sys::Url::new(&uri).ok())
        .map(|url| url.pathname());
    path.map(|path| path[..path.rfind('/').unwrap_or(0)].to_owned())
        .unwrap_or_default()
}

/// Folder of this shop if the site has two: "" for the one at its root.
pub(crate) fn folder() -> Option<String> {
    document().document_element()?.get_attribute("data-shop")
}

/// Whether the shopper agreed to learning together: its script says so in the page's root element.
pub(crate) fn has_told() -> bool {
    let root = document().document_element();
    root.is_some_and(|root| root.get_attribute("data-told").is_some())
}

/// Path under which this shop is served, without a slash at the end: the site's own, or below it.
pub(crate) fn base() -> String {
    let read = || match folder() {
        Some(folder) if !folder.is_empty() => [&site(), "/", &folder].concat(),
        _ => site(),
    };
    BASE.with(|base| base.get_or_init(read).clone())
}

/// Address of a page or file of the shop; `path` begins with a slash.
pub(crate) fn href(path: &str) -> String {
    base() + path
}

/// Text made safe as one part of an address.
pub(crate) fn encode(part: &str) -> String {
    js_sys::encode_uri_component(part).into()
}

/// One part of an address as it was before [`encode`]; a part that was never encoded stays as it
/// is.
pub(crate) fn decode(part: &str) -> String {
    js_sys::decode_uri_component(part).map_or_else(|_| part.to_owned(), String::from)
}

/// Shows a text in a hidden element.
pub(crate) fn notice(id: &str, text: &str) {
    if let Some(place) = document().get_element_by_id(id) {
        place.set_text_content(Some(text));
        let _ = place.remove_attribute("hidden");
    }
}

/// The text of a file by its address.
///
/// # Errors
/// A message for people.
pub(crate) async fn fetch_text(url: &str) -> Result<String, String> {
    let failed = |err: JsValue| format!("{url}: {}", describe(&err));
    let response: Response = JsFuture::from(window().fetch_with_str(url))
        .await
        .map_err(failed)?
        .unchecked_into();
    if !response.ok() {
        return Err(format!("{url}: the server answered {}", response.status()));
    }
    let text = JsFuture::from(response.text().map_err(failed)?)
        .await
        .map_err(failed)?;
    text.as_string().ok_or_else(|| format!("{url}: not text"))
}

/// The message of a thrown JavaScript value.
pub(crate) fn describe(value: &JsValue) -> String {
    let message = Reflect::get(value, &"message".into())
        .ok()
        .and_then(|message| message.as_string());
    message
        .or_else(|| value.as_string())
        .unwrap_or_else(|| "no message".to_owned())
}

/// Writes a warning to the console.
pub(crate) fn warn(message: &str) {
    web_sys::console::warn_1(&message.into());
}

/// Now, in seconds since 1970 by the device's clock.
pub(crate) fn now() -> u32 {
    (js_sys::Date::now() / 1000.0) as u32
}

// Hand-written JavaScript: with web-sys this would add a dozen classes and closures to the page's
// wasm.
#[wasm_bindgen(raw_module = "../assets/rest.js")]
extern "C" {
    /// A picture, if it has already been loaded.
    pub(crate) fn picture(key: &str) -> Option<Element>;
    /// Starts the downloads that follow after load, unless they have started.
    pub(crate) fn fetch_rest();
    /// Goes on in another task if the current one has taken long: the browser draws and listens in
    /// between.
    pub(crate) async fn pause();
    fn count_requests(act: &JsValue);
    #[wasm_bindgen(catch)]
    async fn page_file(name: &str) -> Result<JsValue, JsValue>;
    /// The shop's file of words, once it is there.
    #[wasm_bindgen(catch)]
    pub(crate) async fn words_file() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn draw_map(
        host: &Element,
        text: &str,
        departments: &[u16],
        department_names: &str,
        categories: &[u16],
        category_names: &str,
        here: &str,
        tell: &JsValue,
    ) -> Result<JsValue, JsValue>;
    /// Marks rows on the map in `host`: clicks in order, products of earlier visits, picks, and the
    /// product nearest to the taste, -1 for none.
    pub(crate) fn mark_map(
        host: &Element,
        clicks: &[u32],
        earlier: &[u32],
        picks: &[u32],
        now: i32,
    );
    fn serve_agents(words: &str, act: &JsValue);
    /// Rings a row on the map in `host`, -1 for none.
    pub(crate) fn light_map(host: &Element, row: i32);
}

/// Offers tools to the browser's own agent, if it has one. `act` answers a tool in JSON: its name, a
/// text and a number. `words` are the texts of the questions to the shopper, one a line.
pub(crate) fn agents(words: &str, act: impl Fn(String, String, f64) -> String + 'static) {
    let act: Box<dyn Fn(String, String, f64) -> String> = Box::new(act);
    serve_agents(words, &Closure::wrap(act).into_js_value());
}

/// The group of each row, as an index into the names, one a line.
pub(crate) struct Groups {
    pub(crate) of: Vec<u16>,
    pub(crate) names: String,
}

/// Draws the map in `host` from the text of `map.txt`. `here` is written where the taste is; `tell`
/// gives a row's title, department, price and address, one a line.
///
/// # Errors
/// A message for people.
pub(crate) async fn map(
    host: &Element,
    departments: &Groups,
    categories: &Groups,
    here: &str,
    tell: impl Fn(u32) -> String + 'static,
) -> Result<(), String> {
    let text = text_after_load("map.txt").await?;
    let tell: Box<dyn Fn(u32) -> String> = Box::new(tell);
    let tell = Closure::wrap(tell).into_js_value();
    draw_map(
        host,
        &text,
        &departments.of,
        &departments.names,
        &categories.of,
        &categories.names,
        here,
        &tell,
    )
    .await
    .map(|_| ())
    .map_err(|err| describe(&err))
}

/// Calls `act` with the number of requests that this page has made since everything it fetches by
/// itself was there, as soon as it is, and again after each further request.
pub(crate) fn watch_requests(act: impl Fn(u32) + 'static) {
    let act: Box<dyn Fn(f64)> = Box::new(move |count| act(count as u32));
    count_requests(&Closure::wrap(act).into_js_value());
}

/// The text of a page's own file, which is downloaded after load whether the page is opened or not.
///
/// # Errors
/// A message for people.
pub(crate) async fn text_after_load(name: &str) -> Result<String, String> {
    page_file(name)
        .await
        .map(|text| text.as_string().unwrap_or_default())
        .map_err(|err| describe(&err))
}

#[wasm_bindgen(raw_module = "../assets/memory.js")]
extern "C" {
    /// The text that this device remembers; another value if there is none or the browser denies
    /// access.
    pub(crate) async fn recall() -> JsValue;
    /// Replaces the remembered text, or erases it. If the browser forbids storage or has no room
    /// left, only the memory of this visit is lost.
    pub(crate) fn remember(text: Option<&str>);
    /// Tells other tabs that everything was forgotten.
    pub(crate) fn forgotten();
    /// Runs `forgotten` when another tab has forgotten everything, and `changed` with what this tab
    /// knew to be stored and what another tab has stored since.
    fn on_other_tabs(forgotten: &JsValue, changed: &JsValue);
    /// The language the shopper chose, otherwise the browser's: "en" or "zh".
    pub(crate) fn language() -> String;
    /// Stores a language and reloads the page in it.
    pub(crate) fn speak(language: &str);
    /// The text of the file that was chosen in a field, or nothing.
    pub(crate) async fn chosen_text(field: &HtmlElement) -> JsValue;
}

/// Runs `forgotten` when another tab has forgotten everything, and `changed` with the text that this
/// tab knew to be stored and the one that another tab has stored since.
pub(crate) fn when_other_tabs(
    forgotten: impl Fn() + 'static,
    changed: impl Fn(Option<String>, Option<String>) + 'static,
) {
    let forgotten: Box<dyn Fn()> = Box::new(forgotten);
    let changed: Box<dyn Fn(JsValue, JsValue)> =
        Box::new(move |known, stored| changed(known.as_string(), stored.as_string()));
    on_other_tabs(
        &Closure::wrap(forgotten).into_js_value(),
        &Closure::wrap(changed).into_js_value(),
    );
}

/// Runs `act` whenever the page was scrolled.
pub(crate) fn on_scroll(act: impl Fn() + 'static) {
    let act: Box<dyn Fn()> = Box::new(act);
    let act = Closure::wrap(act).into_js_value();
    let _ = window().add_event_listener_with_callback("scroll", act.unchecked_ref());
}

/// Opens a modal dialog, which takes the focus and returns it when closed.
pub(crate) fn open_dialog(dialog: &Element) {
    if let Some(body) = document().body() {
        let _ = body.append_child(dialog);
    }
    if let Some(show) = method(dialog, "showModal") {
        let _ = show.call0(dialog);
    }
}

/// Closes the dialog that contains the clicked element.
pub(crate) fn close_dialog(event: &MouseEvent) {
    let dialog = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .and_then(|target| target.closest("dialog").ok());
    if let Some(dialog) = dialog.flatten() {
        close(&dialog);
    }
}

/// Closes the open dialog, if there is one.
pub(crate) fn close_open_dialog() {
    if let Ok(Some(dialog)) = document().query_selector("dialog[open]") {
        close(&dialog);
    }
}

fn close(dialog: &Element) {
    if let Some(close) = method(dialog, "close") {
        let _ = close.call0(dialog);
    }
}

/// The value of an event's field.
pub(crate) fn value_of(event: &Event) -> String {
    let value = event
        .target()
        .and_then(|target| Reflect::get(&target, &"value".into()).ok());
    value
        .and_then(|value| value.as_string())
        .unwrap_or_default()
}

/// Removes an event's element.
pub(crate) fn remove(event: &Event) {
    if let Some(element) = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
    {
        element.remove();
    }
}

/// Moves the focus to any element, without scrolling.
pub(crate) fn focus(element: &HtmlElement) {
    // A heading can take the focus only with a tabindex; -1 keeps it out of the tab order.
    let _ = element.set_attribute("tabindex", "-1");
    focus_quietly(element);
}

/// Moves the focus to an element that can take it, without scrolling.
fn focus_quietly(element: &Element) {
    let options = Object::new();
    let _ = Reflect::set(&options, &"preventScroll".into(), &true.into());
    if let Some(focus) = method(element, "focus") {
        let _ = focus.call1(element, &options);
    }
}

/// Moves the focus to the first main heading of the page, so that a screen reader reads the new
/// page from its top.
pub(crate) fn focus_heading() {
    if let Ok(Some(heading)) = document().query_selector("main h1") {
        focus(heading.unchecked_ref());
    }
}

/// Moves the focus to the first card of the product with this path, unless the shopper types; without
/// scrolling.
pub(crate) fn focus_card(path: &str) {
    let typing = document()
        .active_element()
        .is_some_and(|element| element.tag_name() == "INPUT");
    if let (false, Ok(links)) = (typing, document().query_selector_all("main .card .title")) {
        let link = (0..links.length())
            .filter_map(|at| links.item(at)?.dyn_into::<Element>().ok())
            .find(|link| link.get_attribute("href").as_deref() == Some(path));
        if let Some(link) = link {
            focus_quietly(&link);
        }
    }
}

/// Scrolls a row sideways until one of its parts is visible.
pub(crate) fn scroll_into_row(selector: &str) {
    if let Ok(Some(part)) = document().query_selector(selector) {
        let options = ScrollIntoViewOptions::new();
        options.set_inline(ScrollLogicalPosition::Center);
        options.set_block(ScrollLogicalPosition::Nearest);
        part.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Whether the page is as narrow as on a phone, by the stylesheet's breakpoint.
pub(crate) fn is_narrow() -> bool {
    window()
        .match_media("(max-width: 720px)")
        .ok()
        .flatten()
        .is_some_and(|media| media.matches())
}

/// Whether the shopper asked for less motion.
pub(crate) fn is_calm() -> bool {
    window()
        .match_media("(prefers-reduced-motion: reduce)")
        .ok()
        .flatten()
        .is_some_and(|media| media.matches())
}

/// Moves the focus to the heading of the section that contains the clicked element.
pub(crate) fn focus_heading_above(event: &MouseEvent) {
    let section = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .and_then(|target| target.closest("section").ok());
    if let Some(Ok(Some(heading))) = section
        .flatten()
        .map(|section| section.query_selector("h2"))
    {
        focus(heading.unchecked_ref());
    }
}

/// Moves the focus from the button that was clicked to the last one beside it.
pub(crate) fn focus_last_sibling(event: &MouseEvent) {
    let button = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .and_then(|target| target.closest("button").ok());
    let last = button
        .flatten()
        .and_then(|button| button.parent_element())
        .and_then(|parent| parent.last_element_child());
    if let Some(last) = last {
        let _ = last.unchecked_ref::<HtmlElement>().focus();
    }
}

/// Moves the focus to the page's heading if the focused element is gone.
pub(crate) fn rescue_focus() {
    request_animation_frame(|| {
        if document()
            .active_element()
            .is_none_or(|active| active.tag_name() == "BODY")
        {
            focus_heading();
        }
    });
}

/// The positions of a list's children, by their `data-ix`.
pub(crate) fn places(list: &Element) -> Vec<(String, f64, f64)> {
    let children = list.children();
    (0..children.length())
        .filter_map(|at| children.item(at))
        .filter_map(|child| {
            let rect = child.get_bounding_client_rect();
            Some((child.get_attribute("data-ix")?, rect.x(), rect.y()))
        })
        .collect()
}

/// Whole pixels: the library's code that prints fractions is 13 kB of wasm, and nothing else needs
/// it.
fn whole(pixels: f64) -> i32 {
    pixels.round() as i32
}

/// Moves the children of a list smoothly from their old to their new positions; new ones fade in.
pub(crate) fn glide(list: &Element, before: &[(String, f64, f64)]) {
    if is_calm() || before.is_empty() {
        return;
    }
    for (ix, x, y) in places(list) {
        let Ok(Some(child)) = list.query_selector(&format!("[data-ix='{ix}']")) else {
            continue;
        };
        match before.iter().find(|(other, ..)| *other == ix) {
            Some((_, x0, y0)) if (x0 - x).abs() < 1.0 && (y0 - y).abs() < 1.0 => {}
            Some((_, x0, y0)) => animate(
                &child,
                "transform",
                &format!("translate({}px, {}px)", whole(x0 - x), whole(y0 - y)),
                "none",
                320.0,
            ),
            None => animate(&child, "opacity", "0", "1", 420.0),
        }
    }
}

fn animate(element: &Element, property: &str, from: &str, to: &str, duration_ms: f64) {
    let frame = |value: &str| {
        let frame = Object::new();
        let _ = Reflect::set(&frame, &property.into(), &value.into());
        frame
    };
    let options = Object::new();
    let _ = Reflect::set(&options, &"duration".into(), &duration_ms.into());
    let _ = Reflect::set(
        &options,
        &"easing".into(),
        &"cubic-bezier(.2, .7, .2, 1)".into(),
    );
    if let Some(animate) = method(element, "animate") {
        let _ = animate.call2(element, &Array::of2(&frame(from), &frame(to)), &options);
    }
}

/// Sets an element's width in per cent of its parent's. The page's policy allows no `style`
/// attribute.
pub(crate) fn set_width(element: &Element, percent: i32) {
    let _ = element
        .unchecked_ref::<HtmlElement>()
        .style()
        .set_property("width", &[&percent.to_string(), "%"].concat());
}

/// A method that web-sys does not bind in the form needed here.
fn method(element: &Element, name: &str) -> Option<Function> {
    Reflect::get(element, &name.into()).ok()?.dyn_into().ok()
}
