//! Names and parts of the ranker features: constants that need nothing else, so that the pack can
//! check them.

/// A part of the learner that can be switched off, for ablation: its features are then constant and
/// it brings no candidates.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// How often a product is taken, and of late.
    Popularity,
    /// Co-visitation of the shots.
    Covisit,
    /// Cosine of the pair counts (item nearest neighbours).
    Cosine,
    /// Item-item regression (EASE).
    Regression,
    /// Item vectors: taste, logits, nearness to the shots.
    Vectors,
    /// Shared categories, brands and prices.
    Facets,
    /// Earlier visits that only the device remembers.
    Visits,
    /// What the shopper turned down.
    Dismissals,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 8] = [
        Self::Popularity,
        Self::Covisit,
        Self::Cosine,
        Self::Regression,
        Self::Vectors,
        Self::Facets,
        Self::Visits,
        Self::Dismissals,
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
        }
    }
}

/// Number of features.
pub const FEATURES: usize = 43;

/// Their names and parts, in order; a pack names them too, so that weights never meet other
/// features than their own. How many shots there are and how popular they are belongs to no part:
/// it tells the ranker how far to trust the others.
const TABLE: [(&str, Option<Part>); FEATURES] = [
    ("popularity", Some(Part::Popularity)),
    ("covisit_mean", Some(Part::Covisit)),
    ("covisit_max", Some(Part::Covisit)),
    ("covisit_share", Some(Part::Covisit)),
    ("cosine_mean", Some(Part::Cosine)),
    ("cosine_max", Some(Part::Cosine)),
    ("regression_mean", Some(Part::Regression)),
    ("regression_max", Some(Part::Regression)),
    ("taste", Some(Part::Vectors)),
    ("logit", Some(Part::Vectors)),
    ("near_mean", Some(Part::Vectors)),
    ("near_max", Some(Part::Vectors)),
    ("category_share", Some(Part::Facets)),
    ("department_share", Some(Part::Facets)),
    ("brand_share", Some(Part::Facets)),
    ("price_distance", Some(Part::Facets)),
    ("shots", None),
    ("shots_popularity", None),
    ("shots_rarest", None),
    ("trend", Some(Part::Popularity)),
    ("season", Some(Part::Popularity)),
    ("repeat_rate", Some(Part::Popularity)),
    ("visits", Some(Part::Visits)),
    ("taken_last", Some(Part::Visits)),
    ("taken_lately", Some(Part::Visits)),
    ("taken_share", Some(Part::Visits)),
    ("taken_age", Some(Part::Visits)),
    ("taken_repeat", Some(Part::Visits)),
    ("visits_covisit", Some(Part::Visits)),
    ("visits_regression", Some(Part::Visits)),
    ("visits_taste", Some(Part::Visits)),
    ("visits_category", Some(Part::Visits)),
    ("visits_brand", Some(Part::Visits)),
    ("dismissals", Some(Part::Dismissals)),
    ("dismissed_near", Some(Part::Dismissals)),
    ("dismissed_category", Some(Part::Dismissals)),
    ("dismissed_covisit", Some(Part::Dismissals)),
    ("popularity_rank", Some(Part::Popularity)),
    ("covisit_rank", Some(Part::Covisit)),
    ("cosine_rank", Some(Part::Cosine)),
    ("regression_rank", Some(Part::Regression)),
    ("logit_rank", Some(Part::Vectors)),
    ("visits_rank", Some(Part::Visits)),
];

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

/// Ranks stand last, in the order in which they are filled in.
pub(crate) const RANKS: usize = 6;
pub(crate) const FIRST_RANK: usize = FEATURES - RANKS;

/// Whether the shots have a say in a rank; popularity and earlier visits are the same whatever is
/// left out.
pub(crate) const RANK_HEARS_SHOTS: [bool; RANKS] = [false, true, true, true, true, false];

/// The part that a feature belongs to.
///
/// # Panics
/// When there is no such feature.
#[must_use]
pub fn part_of(feature: usize) -> Option<Part> {
    TABLE[feature].1
}
