//! `offers.csv` and `offer_events.csv`: the products that a shop's coupons cover, the shoppers who
//! saw them, and those who redeemed them.

use std::collections::HashMap;
use std::path::Path;

use fewshop_core::{Catalogue, ItemIx};

use super::table::{Columns, read_table};
use super::time::{format_time, parse_time};
use super::write::{CellValue, ColumnType, write_table};
use super::{FileError, UnknownItems, item_rows};

const OFFERS: Columns = Columns {
    required: &["campaign_id", "offer_id", "item_id"],
    optional: &["title"],
    what: "offer",
};
const EVENTS: Columns = Columns {
    required: &["user_id", "campaign_id", "time", "event", "offer_id"],
    optional: &[],
    what: "offer event",
};

/// An offer of one campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The campaign.
    pub campaign_id: String,
    /// The offer; the same id in two campaigns means two offers.
    pub offer_id: String,
    /// A title for people, if the file has one.
    pub title: Option<String>,
    /// Products that it covers, in file order.
    pub items: Vec<ItemIx>,
}

/// A campaign that was shown to a shopper, or an offer of it that was redeemed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferEvent {
    /// The shopper.
    pub user_id: String,
    /// The campaign.
    pub campaign_id: String,
    /// Seconds since 1970.
    pub time_s: i64,
    /// The redeemed offer; `None` if the campaign was only shown.
    pub offer_id: Option<String>,
}

/// One row of an offer events file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferEventRow<'a> {
    /// The shopper.
    pub user_id: &'a str,
    /// The campaign.
    pub campaign_id: &'a str,
    /// Seconds since 1970.
    pub time_s: i64,
    /// The redeemed offer; `None` if the campaign was only shown.
    pub offer_id: Option<&'a str>,
}

/// Reads offers: a row for each product that an offer covers. Rows of products that are not in the
/// catalogue are left out and counted.
///
/// # Errors
/// [`FileError`] with file, line and field.
pub fn read_offers(
    path: &Path,
    catalogue: &Catalogue,
) -> Result<(Vec<Offer>, UnknownItems), FileError> {
    let rows = item_rows(catalogue);
    let (mut offers, mut unknown): (Vec<Offer>, _) = (Vec::new(), UnknownItems::default());
    let mut positions: HashMap<(String, String), usize> = HashMap::new();
    read_table(path, &OFFERS, |_, row| {
        let (campaign, offer, item) = (row.id(0)?, row.id(1)?, row.id(2)?);
        let Some(&item) = rows.get(item) else {
            unknown.count(item);
            return Ok(());
        };
        let at = *positions
            .entry((campaign.to_owned(), offer.to_owned()))
            .or_insert_with(|| {
                let title = Some(row.text(3).trim())
                    .filter(|title| !title.is_empty())
                    .map(str::to_owned);
                offers.push(Offer {
                    campaign_id: campaign.to_owned(),
                    offer_id: offer.to_owned(),
                    title,
                    items: Vec::new(),
                });
                offers.len() - 1
            });
        if !offers[at].items.contains(&item) {
            offers[at].items.push(item);
        }
        Ok(())
    })?;
    Ok((offers, unknown))
}

/// Reads which offers shoppers saw and redeemed. `event` is shown or redeemed; `offer_id` may be
/// empty if a campaign was shown.
///
/// # Errors
/// [`FileError`] with file, line and field.
pub fn read_offer_events(path: &Path) -> Result<Vec<OfferEvent>, FileError> {
    let mut events = Vec::new();
    read_table(path, &EVENTS, |_, row| {
        let time_s = parse_time(row.text(2)).ok_or_else(|| {
            row.error(
                2,
                "a time such as 2017-01-01 11:53:26",
                "write it like this, or as seconds since 1970",
            )
        })?;
        let offer_id = match row.text(3) {
            "shown" => None,
            "redeemed" => Some(row.id(4)?.to_owned()),
            _ => {
                return Err(row.error(
                    3,
                    "shown or redeemed",
                    "use one of these kinds, or remove the row",
                ));
            }
        };
        events.push(OfferEvent {
            user_id: row.id(0)?.to_owned(),
            campaign_id: row.id(1)?.to_owned(),
            time_s,
            offer_id,
        });
        Ok(())
    })?;
    Ok(events)
}

fn texts(columns: &Columns) -> Vec<(&'static str, ColumnType)> {
    columns
        .required
        .iter()
        .map(|name| (*name, ColumnType::Text))
        .collect()
}

/// Writes offers as [`read_offers`] reads them: campaign, offer and a covered product.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_offers<'a>(
    path: &Path,
    rows: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
) -> Result<(), FileError> {
    write_table(path, &texts(&OFFERS), |sink| {
        rows.into_iter().try_for_each(|(campaign, offer, item)| {
            sink(&[campaign, offer, item].map(CellValue::Text))
        })
    })
}

/// Writes offer events as [`read_offer_events`] reads them.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_offer_events<'a>(
    path: &Path,
    rows: impl IntoIterator<Item = OfferEventRow<'a>>,
) -> Result<(), FileError> {
    write_table(path, &texts(&EVENTS), |sink| {
        rows.into_iter().try_for_each(|row| {
            let kind = if row.offer_id.is_some() {
                "redeemed"
            } else {
                "shown"
            };
            let time = format_time(row.time_s);
            sink(
                &[
                    row.user_id,
                    row.campaign_id,
                    &time,
                    kind,
                    row.offer_id.unwrap_or(""),
                ]
                .map(CellValue::Text),
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use fewshop_core::Item;

    use super::*;

    #[test]
    fn offers_and_their_events_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let (offers, events) = (
            folder.path().join("offers.csv"),
            folder.path().join("events.csv"),
        );
        let catalogue =
            Catalogue::new(vec![Item::new("tea", "Tea"), Item::new("rye", "Rye")]).unwrap();
        write_offers(
            &offers,
            [
                ("c1", "o1", "tea"),
                ("c1", "o1", "rye"),
                ("c2", "o1", "rye"),
                ("c2", "o2", "gone"),
            ],
        )
        .unwrap();
        let (read, unknown) = read_offers(&offers, &catalogue).unwrap();
        let offer = |campaign: &str, items: &[u32]| Offer {
            campaign_id: campaign.to_owned(),
            offer_id: "o1".to_owned(),
            title: None,
            items: items.iter().map(|&row| ItemIx(row)).collect(),
        };
        assert_eq!(
            (read, unknown.rows),
            (vec![offer("c1", &[0, 1]), offer("c2", &[1])], 1)
        );
        let shown = OfferEventRow {
            user_id: "a",
            campaign_id: "c1",
            time_s: 1_483_271_606,
            offer_id: None,
        };
        let redeemed = OfferEventRow {
            offer_id: Some("o1"),
            ..shown
        };
        write_offer_events(&events, [shown, redeemed]).unwrap();
        let read = read_offer_events(&events).unwrap();
        assert_eq!(
            (read[0].offer_id.as_deref(), read[1].offer_id.as_deref()),
            (None, Some("o1"))
        );
        assert_eq!(
            (read[1].time_s, read[1].user_id.as_str()),
            (1_483_271_606, "a")
        );
        std::fs::write(
            &events,
            "user_id,campaign_id,time,event,offer_id\na,c1,2017-01-01 00:00:00,seen,\n",
        )
        .unwrap();
        assert!(
            read_offer_events(&events)
                .unwrap_err()
                .to_string()
                .contains("expected shown or redeemed")
        );
    }
}
