//! What this tab answers to the browser's own agent over WebMCP; `web/assets/agents.js` registers
//! the tools and asks the shopper.

use fewshop_core::{ItemIx, Reason};
use fewshop_web::state::{Pick, Product, Source, json_object, json_text};
use leptos::prelude::*;

use crate::browser;
use crate::components::{product_href, reason_text};
use crate::shop::Shop;

impl Shop {
    /// Offers the tools, if the browser knows WebMCP.
    pub(crate) fn serve_agents(self) {
        let texts = self.texts;
        let words = [
            texts.agent_add,
            texts.agent_add_yes,
            texts.agent_add_no,
            texts.agent_forget,
            texts.agent_forget_yes,
            texts.agent_forget_no,
        ];
        browser::agents(&words.join("\n"), move |tool, text, count| {
            self.agent(&tool, &text, count as usize)
        });
    }

    /// Answers a tool in JSON. The arguments are checked already.
    fn agent(self, tool: &str, text: &str, count: usize) -> String {
        match tool {
            "search_products" => {
                let Some(index) = self.index.get_untracked() else {
                    return failed("the search index is still being built: ask again in a moment");
                };
                let found = index.search(text, &self.catalogue());
                let first = found.iter().take(count);
                let first = first.filter_map(|&ix| self.told(Pick::plain(ix)));
                json_object(&[
                    ("found", found.len().to_string()),
                    ("products", list(first)),
                ])
            }
            "pick_for_this_shopper" => {
                let picked = untrack(|| self.picked());
                let products = picked.picks().iter().take(count).cloned();
                let products = products.filter_map(|pick| self.told(pick));
                let (clicks, searches) = self.log.with_untracked(|log| {
                    let clicks = log.session().context_items().len();
                    (clicks, log.asked().iter().len())
                });
                json_object(&[
                    ("personal", picked.is_own().to_string()),
                    ("clicks", clicks.to_string()),
                    ("searches", searches.to_string()),
                    ("products", list(products)),
                ])
            }
            "forget_me" => {
                self.forget();
                json_object(&[("confirmed", true.to_string())])
            }
            _ => match self.catalogue().find(text) {
                None => failed(&["there is no product '", text, "' in this shop"].concat()),
                Some(ix) => self.agent_about(tool, ix, count),
            },
        }
    }

    /// Answers a tool about one product.
    fn agent_about(self, tool: &str, ix: ItemIx, count: usize) -> String {
        match tool {
            "explain_pick" => {
                let picked = untrack(|| self.picked());
                let place = picked.picks().iter().position(|pick| pick.item == ix);
                let pick = place.and_then(|at| picked.picks().get(at).cloned());
                match (place, pick) {
                    (Some(place), Some(pick)) => {
                        let shots = match &pick.reason {
                            Some(Reason::BecauseOf { shots }) => &shots[..],
                            _ => &[],
                        };
                        let (mut titles, mut searches) = (Vec::new(), Vec::new());
                        for (source, _) in self.log.with_untracked(|log| log.sources(shots)) {
                            match source {
                                Source::Chosen(item) => titles.push(json_text(&self.title(item))),
                                Source::Asked(words) => searches.push(json_text(&words)),
                            }
                        }
                        let mut answer = vec![
                            ("place", (place + 1).to_string()),
                            ("of", picked.picks().len().to_string()),
                            ("clicks", list(titles.into_iter())),
                            ("searches", list(searches.into_iter())),
                        ];
                        if let Some(lift) = pick.lift {
                            // Tenths, since the library's code for fractions is 13 kB of the page.
                            let tenths = (lift * 10.0).round() as u32;
                            let times = [(tenths / 10).to_string(), (tenths % 10).to_string()];
                            answer.push(("times_as_likely_as_for_a_stranger", times.join(".")));
                        }
                        answer.extend(self.told(pick).map(|product| ("product", product)));
                        json_object(&answer)
                    }
                    _ => failed(
                        "this product is not among the picks: pick_for_this_shopper lists those",
                    ),
                }
            }
            "add_to_cart" => {
                let before = self.cart.with_untracked(|cart| cart.quantity(ix));
                self.add(ix);
                if count > 1 {
                    self.set_quantity(ix, before + count as u32);
                }
                let now = self.cart.with_untracked(|cart| cart.quantity(ix));
                json_object(&[
                    ("confirmed", true.to_string()),
                    ("added", (now - before).to_string()),
                    ("in_cart", now.to_string()),
                ])
            }
            _ => self
                .told(Pick::plain(ix))
                .unwrap_or_else(|| json_object(&[])),
        }
    }

    /// A product in JSON, with the reason of a pick.
    fn told(self, pick: Pick) -> Option<String> {
        let Product {
            id,
            title,
            brand,
            size,
            category,
            price,
            ..
        } = self.catalogue().product(pick.item)?;
        let mut fields = vec![
            ("id", json_text(&id)),
            ("title", json_text(&title)),
            ("brand", json_text(&brand)),
            ("size", json_text(&size)),
            ("category", json_text(&category.join(" > "))),
            ("price", json_text(&self.price(price))),
            ("page", json_text(&product_href(&id))),
        ];
        if let Some(reason) = &pick.reason {
            fields.push(("reason", json_text(&reason_text(self, reason))));
        }
        Some(json_object(&fields))
    }
}

fn list(values: impl Iterator<Item = String>) -> String {
    ["[", &values.collect::<Vec<_>>().join(","), "]"].concat()
}

fn failed(why: &str) -> String {
    json_object(&[("error", json_text(why))])
}
