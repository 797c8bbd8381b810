//! The feature table: one line a feature, with its name, its group and its formula.
//!
//! To add a feature, add a line to [`feature_table`]. A formula reads
//! [`CandidateInputs`](crate::ranking::feature_matrix::CandidateInputs); what it needs beyond that
//! becomes a field there. A new feature needs a new training: a pack names its features, and
//! reading refuses a pack with other names.

/// Expands to `$visit! { .. }` with the whole table. The names are generated here, below the pack;
/// the values are generated in `ranking::feature_matrix`, where the inputs exist. So the formulas
/// are inlined, and no lower module imports a higher one.
///
/// - `values`: a formula over one candidate.
/// - `ranks`: a score for each candidate; the feature is `ln(1 + rank)` by falling score, 0 where
///   the list of scores is empty. `context` marks scores that change when a context item is left
///   out, `fixed` those that do not.
///
/// Features without a group tell the ranker how far to trust the others: how many context items
/// there are and how popular they are.
macro_rules! feature_table {
    ($visit:ident) => {
        $visit! {
            values {
                popularity [Popularity] = |c| c.stats.log_popularity[c.row];
                covisit_mean [Covisit] = |c| log_rate(c.scores.covisit / c.context.divisor);
                covisit_max [Covisit] = |c| log_rate(c.scores.covisit_max);
                covisit_share [Covisit] = |c| c.scores.hits / c.context.divisor;
                cosine_mean [Cosine] = |c| log_rate(c.scores.cosine / c.context.divisor);
                cosine_max [Cosine] = |c| log_rate(c.scores.cosine_max);
                regression_mean [Regression] = |c| signed_root(c.scores.regression / c.context.divisor);
                regression_max [Regression] = |c| signed_root(c.scores.regression_max);
                taste [Vectors] = |c| c.logit - c.bias;
                logit [Vectors] = |c| c.logit;
                near_mean [Vectors] = |c| c.near_mean;
                near_max [Vectors] = |c| c.near_max;
                category_share [Facets] = |c| c.share_of_context(&c.stats.columns.category);
                department_share [Facets] = |c| c.share_of_context(&c.stats.columns.department);
                brand_share [Facets] = |c| c.share_of_context(&c.stats.columns.brand);
                price_distance [Facets] = |c| c.price_distance();
                shots [] = |c| c.context.len.ln_1p();
                shots_popularity [] = |c| c.context.mean_popularity;
                shots_rarest [] = |c| c.context.min_popularity;
                trend [Popularity] = |c| c.stats.trend[c.row];
                season [Popularity] = |c| c.stats.seasonal[c.row];
                repeat_rate [Popularity] = |c| c.repeat_rate;
                visits [Visits] = |c| (c.visits.count as f32).ln_1p();
                taken_last [Visits] = |c| flag(c.visits.age == 0.0);
                taken_lately [Visits] = |c| c.visits.decayed;
                taken_share [Visits] = |c| c.visits.share;
                taken_age [Visits] = |c| if c.visits.share > 0.0 { 1.0 / (1.0 + c.visits.age) } else { 0.0 };
                taken_repeat [Visits] = |c| if c.visits.share > 0.0 { c.repeat_rate } else { 0.0 };
                visits_covisit [Visits] = |c| log_rate(c.visits.covisit);
                visits_regression [Visits] = |c| signed_root(c.visits.regression);
                visits_taste [Visits] = |c| c.visits.affinity;
                visits_category [Visits] = |c| c.visits.category_share;
                visits_brand [Visits] = |c| c.visits.brand_share;
                dismissals [Dismissals] = |c| (c.dismissals.count as f32).ln_1p();
                dismissed_near [Dismissals] = |c| c.dismissals.nearest;
                dismissed_category [Dismissals] = |c| c.dismissals.same_category as f32;
                dismissed_covisit [Dismissals] = |c| c.dismissals.cosine;
                promoted [Promotions] = |c| c.promotion.leaflet;
                displayed [Promotions] = |c| c.promotion.display;
                last_covisit [Order] = |c| log_rate(c.scores.last_covisit);
                last_cosine [Order] = |c| log_rate(c.scores.last_cosine);
                last_regression [Order] = |c| signed_root(c.scores.last_regression);
                last_near [Order] = |c| c.near_last;
                recent_cosine [Order] = |c| log_rate(c.scores.recent_cosine);
                recent_regression [Order] = |c| signed_root(c.scores.recent_regression);
            }
            ranks {
                popularity_rank [Popularity] fixed = |r| r.of_items(&r.stats.log_popularity);
                covisit_rank [Covisit] context = |r| r.of_scores(|scores| scores.covisit);
                cosine_rank [Cosine] context = |r| r.of_scores(|scores| scores.cosine);
                regression_rank [Regression] context = |r| r.of_scores(|scores| scores.regression);
                logit_rank [Vectors] context = |r| r.logits.to_vec();
                visits_rank [Visits] fixed = |r| r.of_items(r.history.taken_lately());
            }
        }
    };
}
pub(crate) use feature_table;

macro_rules! names_and_groups {
    (
        values { $($name:ident [$($group:ident)?] = |$c:ident| $value:expr;)* }
        ranks { $($rank:ident [$($rank_group:ident)?] $reads:ident = |$r:ident| $scores:expr;)* }
    ) => {
        const TABLE: &[(&str, Option<FeatureGroup>)] = &[
            $((stringify!($name), names_and_groups!(@group $($group)?)),)*
            $((stringify!($rank), names_and_groups!(@group $($rank_group)?)),)*
        ];

        /// Whether a rank changes when a context item is left out.
        pub(crate) const RANK_READS_CONTEXT: [bool; RANKS] =
            [$(names_and_groups!(@reads $reads)),*];

        /// Ranks come last, in the order in which they are filled in.
        pub(crate) const RANKS: usize = [$(stringify!($rank)),*].len();
    };
    (@group) => { None };
    (@group $group:ident) => { Some(FeatureGroup::$group) };
    (@reads context) => { true };
    (@reads fixed) => { false };
}
feature_table!(names_and_groups);

/// Number of features.
pub const FEATURES: usize = TABLE.len();

/// The column of the first rank.
pub(crate) const FIRST_RANK: usize = FEATURES - RANKS;

/// Names of the features, in order.
pub const FEATURE_NAMES: [&str; FEATURES] = {
    let mut names = [""; FEATURES];
    let mut at = 0;
    while at < FEATURES {
        names[at] = TABLE[at].0;
        at += 1;
    }
    names
};

/// The group that a feature belongs to.
///
/// # Panics
/// When there is no such feature.
#[must_use]
pub fn group_of(feature: usize) -> Option<FeatureGroup> {
    TABLE[feature].1
}

/// A group of features that can be disabled, for ablation: its features are then constant and it
/// proposes no candidates.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum FeatureGroup {
    /// How often a product is taken, overall and lately.
    Popularity,
    /// Co-visitation with the context items.
    Covisit,
    /// Cosine of the pair counts (item nearest neighbours).
    Cosine,
    /// Item-item regression (EASE).
    Regression,
    /// Item vectors: user embedding, logits, similarity to the context items.
    Vectors,
    /// Shared categories, brands and prices.
    Facets,
    /// Earlier visits, which only the device remembers.
    Visits,
    /// Products that the shopper dismissed.
    Dismissals,
    /// What the shop promotes on the day of the visit.
    Promotions,
    /// The last click, and the recency of the others: for logs whose clicks come in order.
    Order,
}

impl FeatureGroup {
    /// All groups.
    pub const ALL: [Self; 10] = [
        Self::Popularity,
        Self::Covisit,
        Self::Cosine,
        Self::Regression,
        Self::Vectors,
        Self::Facets,
        Self::Visits,
        Self::Dismissals,
        Self::Promotions,
        Self::Order,
    ];

    /// Its name in settings and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Popularity => "popularity",
            Self::Covisit => "covisit",
            Self::Cosine => "cosine",
            Self::Regression => "regression",
            Self::Vectors => "vectors",
            Self::Facets => "facets",
            Self::Visits => "visits",
            Self::Dismissals => "dismissals",
            Self::Promotions => "promotions",
            Self::Order => "order",
        }
    }
}

/// The groups that a ranker reads: those with a feature that is not constant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ActiveGroups([bool; FeatureGroup::ALL.len()]);

impl ActiveGroups {
    /// # Shapes
    /// - `inv_std`: `[FEATURES]`, 0 for a constant feature; empty without a ranker
    pub(crate) fn of(inv_std: &[f32]) -> Self {
        Self(FeatureGroup::ALL.map(|group| {
            let mut features = inv_std.iter().enumerate();
            features.any(|(f, &inv_std)| group_of(f) == Some(group) && inv_std != 0.0)
        }))
    }

    pub(crate) fn contains(self, group: FeatureGroup) -> bool {
        self.0[group as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_ranks_come_last() {
        assert_eq!(FEATURE_NAMES.iter().collect::<HashSet<_>>().len(), FEATURES);
        for (at, name) in FEATURE_NAMES.iter().enumerate() {
            assert_eq!(name.ends_with("_rank"), at >= FIRST_RANK, "{name}");
        }
    }

    #[test]
    fn every_group_has_a_feature() {
        let all = ActiveGroups::of(&[1.0; FEATURES]);
        assert!(FeatureGroup::ALL.iter().all(|&group| all.contains(group)));
        let none = ActiveGroups::of(&[0.0; FEATURES]);
        assert!(FeatureGroup::ALL.iter().all(|&group| !none.contains(group)));
    }
}
