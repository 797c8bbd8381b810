//! Replays sessions of shoppers the model has never seen, product by product, with what three shops
//! would have shown beside the basket, and which of it the shopper went on to buy.

use std::time::Duration;

use fewshop_core::ItemIx;
use fewshop_web::state::{Board, Kind, Recorded, Replay, Replays};
use fewshop_web::texts::fill;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MouseEvent, Node};

use crate::browser;
use crate::components::{picture, product_href};
use crate::shop::use_shop;
use crate::view::{El, each_item, effect, el, group, memo, nothing, part, when};

/// Time between two steps.
const STEP: Duration = Duration::from_millis(1100);

/// The page.
pub(crate) fn page() -> Node {
    let shop = use_shop();
    let texts = shop.texts;
    let recorded = RwSignal::new(None::<Result<Replays, String>>);
    spawn_local(async move {
        let read = browser::text_after_load("try.json")
            .await
            .and_then(|text| Replays::read(&text, &shop.catalogue()));
        let _ = recorded.try_set(Some(read));
    });
    let body = move || match recorded.get() {
        None => el("p").class("waiting").text(texts.search_starting).into(),
        Some(Err(why)) => el("p")
            .class("notice")
            .attr("role", "alert")
            .text(&[texts.try_failed, " ", &why].concat())
            .into(),
        Some(Ok(file)) => untrack(|| Scene::of(file).view()),
    };
    let head = el("div").class("head").kid(el("h1").text(texts.try_as));
    group([head.into(), part(body)])
}

/// The sessions, and where the replay of one of them stands.
#[derive(Clone, Copy)]
struct Scene {
    file: StoredValue<Replays>,
    replay: RwSignal<Replay>,
}

impl Scene {
    fn of(file: Replays) -> Self {
        let replay = Replay::of(0, &file.sessions[0], browser::is_calm());
        Self {
            file: StoredValue::new(file),
            replay: RwSignal::new(replay),
        }
    }

    /// Reads the session on stage, after the current step.
    fn now<T>(self, read: impl FnOnce(&Recorded, usize) -> T) -> T {
        let Replay { who, step, .. } = self.replay.get();
        self.file.with_value(|file| read(&file.sessions[who], step))
    }

    fn start(self, who: usize) {
        let calm = browser::is_calm();
        let replay = (self.file).with_value(|file| Replay::of(who, &file.sessions[who], calm));
        self.replay.set(replay);
    }

    /// Plays on while the page is there.
    fn keep_time(self) {
        let timer = StoredValue::new(None::<TimeoutHandle>);
        let cancel = move || {
            if let Some(timer) = timer.try_update_value(Option::take).flatten() {
                timer.clear();
            }
        };
        on_cleanup(cancel);
        effect(move || {
            cancel();
            if self.replay.get().is_playing {
                let tick = move || {
                    let _ = self.replay.try_update(Replay::tick);
                };
                timer.set_value(set_timeout_with_handle(tick, STEP).ok());
            }
        });
    }

    fn view(self) -> Node {
        let texts = use_shop().texts;
        self.keep_time();
        let (shown, of, totals) = self.file.with_value(|file| {
            let totals: Vec<String> = file.totals.iter().map(u32::to_string).collect();
            (file.sessions.len(), file.of.to_string(), totals)
        });
        let mut all = vec![of.as_str()];
        all.extend(totals.iter().map(String::as_str));
        let board = |board, id, title| self.board(board, id, title);
        let same = move || {
            self.now(|session, step| {
                step > 0
                    && session.picks(Board::Learned, step) == session.picks(Board::Frozen, step)
            })
        };
        group([
            el("p")
                .class("sub")
                .text(&fill(texts.try_sub, &[&shown.to_string(), &of]))
                .into(),
            self.tabs(&of).into(),
            self.basket().into(),
            self.score().into(),
            el("div")
                .class("boards scene")
                .kid(board(Board::Learned, "try-learned", texts.try_learned))
                .kid(board(Board::Frozen, "try-frozen", texts.try_frozen))
                .kid(board(Board::Popular, "try-popular", texts.try_popular))
                .into(),
            when(same, move || {
                el("p").class("hint").text(texts.try_same).into()
            }),
            el("p")
                .class("hint together")
                .text(&fill(texts.try_all, &all))
                .into(),
        ])
    }

    /// One button for each session, with its place among all.
    fn tabs(self, of: &str) -> El {
        let texts = use_shop().texts;
        let sessions = self.file.with_value(|file| {
            let tab = |session: &Recorded| (session.kind, session.place.to_string());
            file.sessions.iter().map(tab).collect::<Vec<_>>()
        });
        let tabs = sessions.into_iter().enumerate().map(|(at, (kind, place))| {
            let name = match kind {
                Kind::Best => texts.try_best,
                Kind::Upper => texts.try_upper,
                Kind::Median => texts.try_median,
                Kind::Lower => texts.try_lower,
                Kind::Worst => texts.try_worst,
                Kind::Drawn => texts.try_drawn,
            };
            let pressed = move || Some((self.replay.get().who == at).to_string());
            el("button")
                .attr("type", "button")
                .class("chip")
                .live("aria-pressed", pressed)
                .kid(el("strong").text(name))
                .text(" ")
                .kid(el("span").text(&fill(texts.try_place, &[&place, of])))
                .click(move |_| self.start(at))
        });
        el("div")
            .class("chips-row who")
            .attr("role", "group")
            .attr("aria-label", texts.try_who)
            .kids(tabs)
    }

    /// The basket so far, and the buttons that fill it.
    fn basket(self) -> El {
        let shop = use_shop();
        let texts = shop.texts;
        let slots = move || {
            self.now(|session, step| {
                let basket = session.basket(step);
                let slots = session.context.iter().enumerate().map(|(at, &item)| {
                    if at >= basket.len() {
                        return el("li").class("slot").attr("aria-hidden", "true");
                    }
                    let is_last = at + 1 == basket.len() && step == basket.len();
                    small_card(item).class(if is_last {
                        "mini slot newest"
                    } else {
                        "mini slot"
                    })
                });
                let list = el("ol")
                    .class("slots")
                    .attr("role", "list")
                    .attr("aria-labelledby", "try-basket")
                    .kids(slots);
                group([list.into(), rest(session, step)])
            })
        };
        el("section")
            .class("panel stage")
            .attr("aria-labelledby", "try-basket")
            .kid(
                el("div")
                    .class("stage-head")
                    .kid(el("h2").attr("id", "try-basket").text(texts.try_basket))
                    .kid(self.buttons()),
            )
            .part(slots)
    }

    fn buttons(self) -> El {
        let texts = use_shop().texts;
        let button = |class: &str, act: Box<dyn Fn(MouseEvent)>| {
            el("button").attr("type", "button").class(class).click(act)
        };
        let replay = self.replay;
        let play = button(
            "btn small primary",
            Box::new(move |_| replay.update(Replay::toggle)),
        );
        let play = play.live_text(move || {
            let is_playing = replay.get().is_playing;
            (if is_playing {
                texts.try_stop
            } else {
                texts.try_play
            })
            .to_owned()
        });
        let next = button("btn small", Box::new(move |_| replay.update(Replay::next)));
        // It keeps the focus at the end, so it is not disabled for real.
        let next = next
            .live("aria-disabled", move || {
                replay.get().is_over().then(|| "true".to_owned())
            })
            .live_text(move || {
                let is_next = self.now(|session, step| step < session.context.len());
                (if is_next {
                    texts.try_next
                } else {
                    texts.try_reveal
                })
                .to_owned()
            });
        let again = move |_: MouseEvent| self.start(replay.get_untracked().who);
        el("div")
            .class("stage-acts")
            .kid(play)
            .kid(next)
            .kid(button("btn small", Box::new(again)).text(texts.try_over))
    }

    /// Basket and score in words.
    fn score(self) -> El {
        let shop = use_shop();
        let texts = shop.texts;
        let said = move || {
            self.now(|session, step| {
                let basket = match session.basket(step) {
                    [] => texts.try_nothing.to_owned(),
                    basket => {
                        let names: Vec<String> =
                            basket.iter().map(|&item| shop.title(item)).collect();
                        fill(texts.try_knows, &[&names.join(texts.comma)])
                    }
                };
                let [a, b, c] = Board::ALL.map(|board| session.hits(board, step).to_string());
                [&basket, " ", &fill(texts.try_score, &[&a, &b, &c])].concat()
            })
        };
        el("p")
            .class("sub said")
            .attr("aria-live", "polite")
            .live_text(said)
    }

    /// One column: its score, and its picks with those lit up that the shopper went on to buy.
    fn board(self, board: Board, id: &'static str, title: &str) -> El {
        let shop = use_shop();
        let texts = shop.texts;
        let picks = memo(move || self.now(|session, step| session.picks(board, step).to_vec()));
        let shown = RwSignal::new(picks.get_untracked());
        let list = move || document().get_element_by_id(&[id, "-list"].concat());
        effect(move || {
            let fresh = picks.get();
            if shown.with_untracked(|shown| *shown == fresh) {
                return;
            }
            let before = list().map(|list| browser::places(&list));
            shown.set(fresh);
            if let Some(before) = before {
                request_animation_frame(move || {
                    if let Some(list) = list() {
                        browser::glide(&list, &before);
                    }
                });
            }
        });
        let card = move |item: ItemIx| {
            let is_hit =
                memo(move || self.now(|session, step| session.is_bought_later(item, step)));
            small_card(item)
                .class("mini")
                .flag("data-hit", move || is_hit.get())
                .part(move || {
                    if is_hit.get() {
                        el("span").class("hit").text(texts.try_hit).into()
                    } else {
                        nothing()
                    }
                })
        };
        let cards = el("ol")
            .class("minis")
            .attr("role", "list")
            .attr("aria-labelledby", id)
            .attr("id", &[id, "-list"].concat());
        let hits = move || self.now(|session, step| session.hits(board, step));
        let leads = move || {
            self.now(|session, step| {
                let own = session.hits(board, step);
                own > 0
                    && Board::ALL
                        .iter()
                        .all(|&other| session.hits(other, step) <= own)
            })
        };
        let of = fill(texts.try_of, &[&picks.with_untracked(Vec::len).to_string()]);
        el("section")
            .class("panel board")
            .attr("aria-labelledby", id)
            .kid(el("h2").attr("id", id).text(title))
            .kid(
                el("p")
                    .class("score")
                    .flag("data-leads", leads)
                    .kid(el("strong").live_text(move || hits().to_string()))
                    .text(" ")
                    .text(&of),
            )
            .kid(each_item(cards, move || shown.get(), card))
    }
}

/// What the shopper bought besides, once it is revealed; before, how much there is.
fn rest(session: &Recorded, step: usize) -> Node {
    let texts = use_shop().texts;
    if step < session.last() {
        let hidden = session.truth.len().to_string();
        let said = fill(texts.try_more, &[&hidden]);
        return el("p").class("hint").text(&said).into();
    }
    let is_shown =
        |item| (Board::ALL.iter()).any(|&board| session.picks(board, step).contains(item));
    let items = session.truth.iter().map(|item| {
        small_card(*item).class("mini").flag("data-hit", {
            let is_hit = is_shown(item);
            move || is_hit
        })
    });
    group([
        el("h3")
            .attr("id", "try-truth")
            .text(texts.try_truth)
            .into(),
        el("ul")
            .class("rest")
            .attr("role", "list")
            .attr("aria-labelledby", "try-truth")
            .kids(items)
            .into(),
    ])
}

/// A product with its picture, as a list item.
fn small_card(item: ItemIx) -> El {
    let shop = use_shop();
    let row = el("li").attr("data-ix", &item.0.to_string());
    let Some(product) = shop.catalogue().product(item) else {
        return row;
    };
    row.kid(
        el("div")
            .class(
                ["tile t", &shop.tile(&product).to_string()]
                    .concat()
                    .as_str(),
            )
            .kid(picture(&product.picture, &product.title)),
    )
    .kid(
        el("a")
            .class("title")
            .attr("href", &product_href(&product.id))
            .title(&product.title),
    )
}
