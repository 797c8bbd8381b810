//! Scores from counts: co-visitation, item neighbours, session neighbours.

use std::cmp::Reverse;

use fewshop_core::ItemIx;

use super::index::Index;

/// Scratch buffers of one thread.
pub(super) struct CountScorer<'a> {
    index: &'a Index,
    /// Number of sessions with both the current product and this one; zeros between uses.
    together: Vec<u32>,
    /// Similarity of each session; zeros between uses.
    similarity: Vec<f32>,
}

impl<'a> CountScorer<'a> {
    pub(super) fn new(index: &'a Index) -> Self {
        Self {
            index,
            together: vec![0; index.items()],
            similarity: vec![0.0; index.len()],
        }
    }

    /// Adds `c(i, j) / (n(i) + shrink) / n(j)^alpha` over the context items i.
    pub(super) fn covisit(&mut self, context: &[ItemIx], alpha: f32, shrink: f32, out: &mut [f32]) {
        let index = self.index;
        for item in context {
            let own = 1.0 / (index.popularity()[item.row()] as f32 + shrink).max(1.0);
            self.each_beside(item.row(), |other, count| {
                out[other] += count * own / (index.popularity()[other] as f32).powf(alpha);
            });
        }
    }

    /// Adds `c(i, j) / sqrt((n(i) + shrink) (n(j) + shrink))` over the context items i.
    pub(super) fn cosine(&mut self, context: &[ItemIx], shrink: f32, out: &mut [f32]) {
        let index = self.index;
        let root = |row: usize| 1.0 / (index.popularity()[row] as f32 + shrink).max(1.0).sqrt();
        for item in context {
            let own = root(item.row());
            self.each_beside(item.row(), |other, count| {
                out[other] += count * own * root(other)
            });
        }
    }

    /// Votes of the most similar sessions. A session's similarity is the summed rarity (logarithm
    /// of one over the share of sessions) of its context items, divided by the square root of its
    /// length; in a tie the later session is nearer.
    pub(super) fn sessions(
        &mut self,
        context: &[ItemIx],
        neighbours: usize,
        alpha: f32,
        out: &mut [f32],
    ) {
        let index = self.index;
        let mut touched: Vec<u32> = Vec::new();
        for item in context {
            let rarity = (index.len() as f32 / (index.popularity()[item.row()] as f32 + 1.0)).ln();
            for &session in index.holding(item.row()) {
                let similarity = &mut self.similarity[session as usize];
                if *similarity == 0.0 {
                    touched.push(session);
                }
                *similarity += rarity / (index.sessions()[session as usize].len() as f32).sqrt();
            }
        }
        // A context item in every session has no rarity: its sessions may have been touched twice.
        touched.sort_unstable();
        touched.dedup();
        let mut near: Vec<(f32, Reverse<u32>)> = touched
            .iter()
            .map(|&session| {
                (
                    -std::mem::take(&mut self.similarity[session as usize]),
                    Reverse(session),
                )
            })
            .collect();
        let order = |a: &(f32, Reverse<u32>), b: &(f32, Reverse<u32>)| {
            a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
        };
        if near.len() > neighbours && neighbours > 0 {
            near.select_nth_unstable_by(neighbours - 1, order);
            near.truncate(neighbours);
        }
        // Sums of f32 depend on their order: a fixed order makes the scores reproducible.
        near.sort_unstable_by(order);
        for (negative, Reverse(session)) in near {
            for &item in &index.sessions()[session as usize] {
                out[item as usize] -= negative;
            }
        }
        if alpha > 0.0 {
            for (score, &n) in out.iter_mut().zip(index.popularity()) {
                if *score != 0.0 {
                    *score /= (n as f32 + 1.0).powf(alpha);
                }
            }
        }
    }

    /// Calls `each` once for every other product in the same sessions, with the number of shared
    /// sessions.
    pub(super) fn each_beside(&mut self, item: usize, mut each: impl FnMut(usize, f32)) {
        let together = &mut self.together;
        let mut touched: Vec<u32> = Vec::new();
        self.index.beside(item, |session| {
            for &other in session {
                if together[other as usize] == 0 {
                    touched.push(other);
                }
                together[other as usize] += 1;
            }
        });
        for other in touched {
            let count = std::mem::take(&mut together[other as usize]);
            if other as usize != item {
                each(other as usize, count as f32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        Index::from_sessions(vec![vec![0, 1], vec![0, 1, 2], vec![0], vec![2, 3]], 4)
    }

    #[track_caller]
    fn check(expected: [f32; 4], score: impl Fn(&mut CountScorer<'_>, &mut [f32])) {
        let index = index();
        let mut scorer = CountScorer::new(&index);
        // Twice: scratch rows must be clean after the first use.
        for _ in 0..2 {
            let mut out = vec![0.0; 4];
            score(&mut scorer, &mut out);
            for (found, expected) in out.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-5, "{out:?}");
            }
        }
    }

    #[test]
    fn covisitation_is_a_damped_share_of_the_shots_sessions() {
        check(
            [0.0, 2.0 / 4.0 / 2f32.sqrt(), 1.0 / 4.0 / 2f32.sqrt(), 0.0],
            |c, out| c.covisit(&[ItemIx(0)], 0.5, 1.0, out),
        );
    }

    #[test]
    fn item_neighbours_are_cosines() {
        let root = |a: f32, b: f32| 1.0 / (a * b).sqrt();
        check(
            [0.0, 2.0 * root(3.0, 2.0), root(3.0, 2.0), 0.0],
            |c, out| c.cosine(&[ItemIx(0)], 0.0, out),
        );
    }

    #[test]
    fn session_neighbours_vote_by_their_similarity() {
        // Product 3 stands in the last session alone, rarity ln(4/2), by the root of its two
        // products.
        let vote = 2f32.ln() / 2f32.sqrt();
        check([0.0, 0.0, vote, vote], |c, out| {
            c.sessions(&[ItemIx(3)], 10, 0.0, out)
        });
        // Of the three sessions that hold product 0, the single one is nearest.
        let vote = (4f32 / 4.0).ln() + (4f32 / 3.0).ln();
        let expected = [vote / 2f32.sqrt(), vote / 2f32.sqrt(), 0.0, 0.0];
        check(expected, |c, out| {
            c.sessions(&[ItemIx(0), ItemIx(1)], 1, 0.0, out)
        });
    }
}
