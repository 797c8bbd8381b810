//! From a table with some empty target cells to answers.

use crate::cells::{Place, Scores};
use crate::encode::Encoder;
use crate::ensemble::EnsembleSettings;
use crate::error::{TableError, list, shorten};
use crate::gate::Check;
use crate::head::Head;
use crate::math::{Matrix, log_loss, sigmoid};
use crate::network::{MAX_CORRECTED, MAX_READ, Network};
use crate::regression::Regression;
use crate::settings::Settings;
use crate::site::SourceModel;
use crate::source::SourceRows;
use crate::table::Table;
use crate::target::{Labels, Target};
use crate::typing::{Kind, Note, TypedColumn, type_columns};
use crate::warnings::{Unlike, Warning, leaking};

/// Most labelled rows that a fit uses; of more, a sample.
pub const MAX_FITTED: usize = 512;
/// Standard deviations between the middle and either end of an 80 % band.
const BAND: f64 = 1.281_551_6;

/// The answer for one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Row of the table, from 0.
    pub row: usize,
    /// What is expected.
    pub outcome: Outcome,
    /// Whether the labelled rows show that answers are better than the base rate. If not, show "not
    /// enough to tell".
    pub is_enough: bool,
    /// Whether the row is unlike all labelled rows.
    pub is_unlike: bool,
}

/// What is expected of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Probabilities of all classes, in the order of [`Predictor::classes`]; their sum is 1.
    Classes(Vec<ClassProbability>),
    /// A number with its 80 % interval.
    Number {
        /// The expected value.
        value: f64,
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
}

/// A probability with its 80 % band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassProbability {
    /// The probability.
    pub probability: f64,
    /// Lower end of the band.
    pub low: f64,
    /// Upper end of the band.
    pub high: f64,
}

#[derive(Debug, Clone)]
pub(crate) enum Fitted {
    Classes(Vec<Head>),
    Numbers(Box<Regression>),
}

/// A model fitted to the labelled rows of a table.
#[derive(Debug, Clone)]
pub struct Predictor {
    pub(crate) columns: Vec<TypedColumn>,
    pub(crate) encoder: Encoder,
    pub(crate) target: Target,
    /// The labelled rows, encoded.
    pub(crate) x: Matrix,
    pub(crate) fitted: Fitted,
    classes: Vec<String>,
    check: Check,
    warnings: Vec<Warning>,
    source: Option<Vec<SourceModel>>,
    unlike: Unlike,
    source_weights: Option<Vec<f64>>,
}

impl Predictor {
    /// Fits to the rows of `table` that have a value in `target`; the others are questions, whose
    /// other cells help to scale the columns.
    ///
    /// # Errors
    /// [`TableError`]: no such target, fewer than two labelled rows, one class, too many classes, a
    /// text among numbers, no usable column.
    pub fn fit(table: &Table, target: &str, settings: &Settings) -> Result<Self, TableError> {
        Self::fit_with(table, None, target, settings)
    }

    /// As [`fit`](Self::fit), with the labelled rows of other sites, which have the same columns.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); also when the source lacks a column or a class, or the target is a
    /// number.
    pub fn fit_with_source(
        table: &Table,
        source: &Table,
        target: &str,
        settings: &Settings,
    ) -> Result<Self, TableError> {
        Self::fit_with(table, Some(source), target, settings)
    }

    fn fit_with(
        table: &Table,
        source: Option<&Table>,
        name: &str,
        settings: &Settings,
    ) -> Result<Self, TableError> {
        let mut warnings = Vec::new();
        let asked = settings.asked.keys();
        for named in settings
            .protected
            .iter()
            .chain(&settings.left_out)
            .chain(asked)
        {
            if !table.names().contains(named) {
                return Err(TableError::Setting(format!(
                    "the table has no column '{}' to leave out or protect, found {}",
                    shorten(named),
                    list(table.names().iter().map(String::as_str))
                )));
            }
        }
        let mut target = Target::read(table, name, settings.task)?;
        warnings.extend(target.thousands.iter().map(|example| Warning::Column {
            column: name.to_owned(),
            note: Note::Thousands(example.clone()),
        }));
        let merged = target.merged.iter();
        warnings.extend(merged.map(|(class, texts)| Warning::Spellings {
            class: class.clone(),
            texts: texts.clone(),
        }));
        let all = target.labelled.len();
        target.limit(table, MAX_FITTED, settings.seed);
        if target.labelled.len() < all {
            warnings.push(Warning::Sample {
                labelled: all,
                used: target.labelled.len(),
            });
        }
        let columns = type_columns(table, target.column, settings);
        let source = source
            .map(|source| SourceRows::read(table, source, name, &target, settings.seed))
            .transpose()?;
        let tables: Vec<&Table> = std::iter::once(table)
            .chain(source.as_ref().map(|source| &source.table))
            .collect();
        if let Some(source) = &source {
            source.check_writing(&columns)?;
        }
        let encoder = Encoder::fit(&tables, &columns);
        if encoder.width() == 0 {
            let reasons: Vec<String> = columns.iter().map(left_out_text).collect();
            return Err(TableError::NoColumns {
                reasons: if reasons.is_empty() {
                    "the target is the only column".to_owned()
                } else {
                    list(reasons.iter().map(String::as_str))
                },
            });
        }
        warnings.extend(columns.iter().filter_map(|column| {
            Some(Warning::Column {
                column: column.name.clone(),
                note: column.note.clone()?,
            })
        }));
        let x = encoder.rows(table, &target.labelled);
        let source_models = source
            .map(|source| source.fit(&encoder, &target))
            .transpose()?;
        let ensemble = EnsembleSettings::new(settings.seed);
        let is_small = x.rows <= MAX_READ && target.questions.len() <= MAX_CORRECTED;
        let network = settings.network.as_ref().filter(|_| is_small);
        let (fitted, classes, check) = match &target.labels {
            Labels::Classes(names, of) => {
                let heads = fit_heads(
                    &x,
                    of,
                    names.len(),
                    &ensemble,
                    source_models.as_deref(),
                    network.map(|network| (network, encoder.places())),
                );
                let check = check_classes(&heads, of, names.len());
                for (class, name) in names.iter().enumerate() {
                    if of.iter().filter(|c| **c == class).count() < 2 {
                        warnings.push(Warning::Lonely {
                            class: name.clone(),
                            target: table.names()[target.column].clone(),
                        });
                    }
                }
                (Fitted::Classes(heads), names.clone(), check)
            }
            Labels::Numbers(values) => {
                let regression = Regression::fit(x.clone(), values, &ensemble);
                let check = Check::of(&regression.losses, &regression.base_losses, None);
                (Fitted::Numbers(Box::new(regression)), Vec::new(), check)
            }
        };
        warnings.extend(leaking(&x, &encoder.column_of(), &columns, &target.labels));
        let source_weights = match &fitted {
            Fitted::Classes(heads) => heads
                .first()
                .and_then(|head| head.source.as_ref())
                .map(|source| source.weights.clone()),
            Fitted::Numbers(_) => None,
        };
        Ok(Self {
            unlike: Unlike::of(&x),
            columns,
            encoder,
            target,
            x,
            fitted,
            classes,
            check,
            warnings,
            source: source_models,
            source_weights,
        })
    }

    /// Names of the classes in order; empty if the target is a number.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Rows that are questions.
    #[must_use]
    pub fn questions(&self) -> &[usize] {
        &self.target.questions
    }

    /// Labelled rows that the fit used.
    #[must_use]
    pub fn labelled(&self) -> &[usize] {
        &self.target.labelled
    }

    /// The columns in order of their names, without the target.
    #[must_use]
    pub fn columns(&self) -> &[TypedColumn] {
        &self.columns
    }

    /// What leaving each labelled row out says.
    #[must_use]
    pub fn check(&self) -> &Check {
        &self.check
    }

    /// Share of the labelled rows that have the most frequent class: how often it alone would be
    /// right. `None` if the target is a number.
    #[must_use]
    pub fn majority_share(&self) -> Option<f64> {
        let Labels::Classes(names, of) = &self.target.labels else {
            return None;
        };
        let count = |class| of.iter().filter(|c| **c == class).count();
        let most = (0..names.len()).map(count).max()?;
        Some(most as f64 / of.len() as f64)
    }

    /// What the owner should know: leaking columns, classes with one row, samples, odd cells.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// With a source: the weights of source, source with its base rate repaired, source as prior,
    /// and this table's own ensemble.
    #[must_use]
    pub fn source_weights(&self) -> Option<&[f64]> {
        self.source_weights.as_deref()
    }

    /// The answer for a row of this table, or of one with the same columns.
    #[must_use]
    pub fn answer(&self, table: &Table, row: usize) -> Answer {
        let encoded = self.encoder.row(table, row);
        Answer {
            row,
            outcome: self.outcome(&encoded),
            is_enough: self.check.is_enough(),
            is_unlike: self.unlike.is(&self.x, &encoded),
        }
    }

    /// Answers for all questions.
    #[must_use]
    pub fn answers(&self, table: &Table) -> Vec<Answer> {
        let questions = self.target.questions.iter();
        questions.map(|&row| self.answer(table, row)).collect()
    }

    pub(crate) fn outcome(&self, encoded: &[f64]) -> Outcome {
        match &self.fitted {
            Fitted::Numbers(regression) => {
                let value = regression.at(encoded);
                Outcome::Number {
                    value,
                    low: value - regression.half,
                    high: value + regression.half,
                }
            }
            Fitted::Classes(heads) => {
                let opinions: Vec<(f64, f64)> = heads
                    .iter()
                    .enumerate()
                    .map(|(head, fitted)| fitted.at(encoded, self.score(head, encoded)))
                    .collect();
                Outcome::Classes(probabilities(&opinions))
            }
        }
    }

    /// The most probable class.
    pub(crate) fn top_of(&self, encoded: &[f64]) -> usize {
        match self.outcome(encoded) {
            Outcome::Number { .. } => 0,
            Outcome::Classes(all) => (0..all.len()).fold(0, |best, at| {
                if all[at].probability > all[best].probability {
                    at
                } else {
                    best
                }
            }),
        }
    }

    fn score(&self, head: usize, encoded: &[f64]) -> f64 {
        self.source
            .as_ref()
            .map_or(0.0, |models| models[head].at(encoded))
    }

    /// The head that speaks of a class, and the sign with which it does: with two classes there is
    /// one head, for the second. `None` for numbers.
    pub(crate) fn head_of(&self, class: usize) -> Option<(usize, &Head, f64)> {
        let Fitted::Classes(heads) = &self.fitted else {
            return None;
        };
        Some(match heads.as_slice() {
            [only] => (0, only, if class == 1 { 1.0 } else { -1.0 }),
            _ => (class, &heads[class], 1.0),
        })
    }

    /// What is explained: the log-odds of a class, or the number itself.
    pub(crate) fn level(&self, encoded: &[f64], class: usize) -> f64 {
        match (&self.fitted, self.head_of(class)) {
            (Fitted::Numbers(regression), _) => regression.at(encoded),
            (_, Some((at, head, sign))) => sign * head.at(encoded, self.score(at, encoded)).0,
            (Fitted::Classes(_), None) => unreachable!("classes have heads"),
        }
    }

    /// The level without the network, and what the network would read of it.
    pub(crate) fn uncorrected(&self, encoded: &[f64], class: usize) -> (f64, Scores) {
        match self.head_of(class) {
            Some((at, head, sign)) => {
                let ((level, _), scores) = head.uncorrected(encoded, self.score(at, encoded));
                (sign * level, scores)
            }
            None => (self.level(encoded, class), Scores::default()),
        }
    }

    /// What the network adds to the level.
    pub(crate) fn correction(
        &self,
        encoded: &[f64],
        class: usize,
        scores: Scores,
        is_absent: impl Fn(usize) -> bool,
    ) -> f64 {
        self.head_of(class).map_or(0.0, |(_, head, sign)| {
            sign * head.correction(encoded, scores, is_absent)
        })
    }
}

/// Why a column is left out, for a message.
pub(crate) fn left_out_text(column: &TypedColumn) -> String {
    match &column.kind {
        Kind::LeftOut(reason) => format!("'{}' {}", shorten(&column.name), reason.reason()),
        _ => format!("'{}' has one value", shorten(&column.name)),
    }
}

/// One head for two classes, one a class for more.
fn fit_heads(
    x: &Matrix,
    of: &[usize],
    classes: usize,
    settings: &EnsembleSettings,
    source: Option<&[SourceModel]>,
    network: Option<(&Network, Vec<Place>)>,
) -> Vec<Head> {
    let against = |class: usize| -> Vec<f64> {
        of.iter()
            .map(|c| f64::from(u8::from(*c == class)))
            .collect()
    };
    let heads = if classes == 2 { 1..2 } else { 0..classes };
    heads
        .enumerate()
        .map(|(head, class)| {
            let scores: Option<Vec<f64>> =
                source.map(|models| (0..x.rows).map(|i| models[head].at(x.row(i))).collect());
            Head::fit(
                x.clone(),
                &against(class),
                settings,
                scores.as_deref(),
                network.clone(),
            )
        })
        .collect()
}

/// Log-odds and spreads of the heads as probabilities of all classes.
fn probabilities(opinions: &[(f64, f64)]) -> Vec<ClassProbability> {
    let band = |&(z, spread): &(f64, f64)| ClassProbability {
        probability: sigmoid(z),
        low: sigmoid(z - BAND * spread),
        high: sigmoid(z + BAND * spread),
    };
    if let [only] = opinions {
        let second = band(only);
        let first = ClassProbability {
            probability: 1.0 - second.probability,
            low: 1.0 - second.high,
            high: 1.0 - second.low,
        };
        return vec![first, second];
    }
    let sum: f64 = opinions.iter().map(|opinion| sigmoid(opinion.0)).sum();
    let of = |opinion| {
        let own: ClassProbability = band(opinion);
        ClassProbability {
            probability: own.probability / sum,
            low: (own.low / sum).min(1.0),
            high: (own.high / sum).min(1.0),
        }
    };
    opinions.iter().map(of).collect()
}

fn check_classes(heads: &[Head], of: &[usize], classes: usize) -> Check {
    let log_odds = |i: usize, is_base: bool| -> Vec<f64> {
        let z = |head: &Head| {
            if is_base {
                head.base_left_out[i]
            } else {
                head.left_out[i]
            }
        };
        match heads {
            [only] => vec![-z(only), z(only)],
            _ => heads.iter().map(z).collect(),
        }
    };
    let judge = |is_base: bool| -> (Vec<f64>, f64) {
        let mut hits = 0.0;
        let losses = (0..of.len())
            .map(|i| {
                let z = log_odds(i, is_base);
                let best = (0..classes).fold(0, |best, c| if z[c] > z[best] { c } else { best });
                hits += f64::from(u8::from(best == of[i]));
                if classes == 2 {
                    log_loss(z[1], of[i] as f64)
                } else {
                    let sum: f64 = z.iter().map(|z| sigmoid(*z)).sum();
                    -(sigmoid(z[of[i]]) / sum).ln()
                }
            })
            .collect();
        (losses, hits)
    };
    let (losses, hits) = judge(false);
    let (base, base_hits) = judge(true);
    Check::of(&losses, &base, Some((hits, base_hits)))
}
