//! Where the shopper was on a page: kept in the browser's history entry of that page, so that 'back'
//! and a reload return there.

/// A place on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// How far the page was scrolled down, in CSS pixels.
    pub top: u32,
    /// How many entries of its list were shown; 0 if it has none, or as at first.
    pub shown: usize,
}

impl Place {
    /// The text that the history entry keeps.
    #[must_use]
    pub fn write(self) -> String {
        [&self.top.to_string(), " ", &self.shown.to_string()].concat()
    }

    /// The place of such a text; the top of the page for any other.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let place = text.split_once(' ').and_then(|(top, shown)| {
            Some(Self {
                top: top.parse().ok()?,
                shown: shown.parse().ok()?,
            })
        });
        place.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let place = Place {
            top: 3200,
            shown: 72,
        };
        assert_eq!(Place::read(&place.write()), place);
    }

    #[test]
    fn any_other_text_is_the_top_of_the_page() {
        for text in ["", "1", "-1 2", "1 2 3", "a b"] {
            assert_eq!(Place::read(text), Place::default(), "{text}");
        }
    }
}
