//! Measures of the rank of the correct answer among the candidates.

/// Returns the mean of 1/rank over questions, in 0..=1 (Voorhees 1999, *The TREC-8 question
/// answering track report*). A question whose correct answer is not ranked counts as 0. Without
/// questions the mean is 0.
///
/// ```
/// use mentorpal::evaluate::statistics::mean_reciprocal_rank;
/// assert_eq!(mean_reciprocal_rank(&[Some(1), Some(4), None, None]), (1.0 + 0.25) / 4.0);
/// ```
#[must_use]
pub fn mean_reciprocal_rank(ranks: &[Option<usize>]) -> f64 {
    let sum: f64 = ranks.iter().flatten().map(|&rank| 1.0 / rank as f64).sum();
    sum / ranks.len().max(1) as f64
}

/// Returns the share of questions whose correct answer is among the first `k`, in 0..=1; 0 if there
/// are no questions.
#[must_use]
pub fn share_within(ranks: &[Option<usize>], k: usize) -> f64 {
    let within = ranks.iter().flatten().filter(|&&rank| rank <= k).count();
    within as f64 / ranks.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_close, cases};
    use super::*;

    #[test]
    fn ranks_agree_with_scikit_learn() {
        type Case = (Vec<Option<usize>>, f64, [f64; 3]);
        for (ranks, mean, within) in cases::<Case>("ranks") {
            assert_close(mean_reciprocal_rank(&ranks), mean);
            for (k, share) in [1, 3, 5].into_iter().zip(within) {
                assert_close(share_within(&ranks, k), share);
            }
        }
    }

    // By hand: (1 + 1/2 + 1/5 + 0) / 4. Of four answers, one is first, two are among the first
    // three, and three among the first five.
    #[test]
    fn ranks_agree_with_a_hand_calculation() {
        let ranks = [Some(2), None, Some(1), Some(5)];
        assert_close(mean_reciprocal_rank(&ranks), 1.7 / 4.0);
        assert_close(share_within(&ranks, 1), 0.25);
        assert_close(share_within(&ranks, 3), 0.5);
        assert_close(share_within(&ranks, 5), 0.75);
        assert_close(mean_reciprocal_rank(&[]), 0.0);
    }
}
