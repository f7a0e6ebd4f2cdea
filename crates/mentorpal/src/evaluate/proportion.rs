//! Proportions with their confidence intervals.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize, Serializer};

use super::statistics::wilson;

/// The share of correctly answered questions. Only the two counts are deserialized; the share and
/// the interval are computed from them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Counts")]
pub struct Proportion {
    /// The number of questions.
    pub questions: usize,
    /// The number of correct answers.
    pub correct: usize,
    /// `correct / questions`, in 0..=1; `None` if there are no questions.
    pub share: Option<f64>,
    /// Wilson's 95% confidence interval of the share; `[0, 1]` if there are no questions.
    pub ci95: [f64; 2],
}

/// The accuracy on one topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicShare {
    /// The topic, as written in the data.
    pub topic: String,
    /// The accuracy.
    #[serde(flatten)]
    pub share: Proportion,
}

/// The fields from which a [`Proportion`] is deserialized.
#[derive(Deserialize)]
struct Counts {
    questions: u32,
    correct: u32,
}

impl TryFrom<Counts> for Proportion {
    type Error = &'static str;

    fn try_from(counts: Counts) -> Result<Self, Self::Error> {
        if counts.correct > counts.questions {
            return Err("more correct answers than questions");
        }
        Ok(Self::of(counts.correct as usize, counts.questions as usize))
    }
}

impl Proportion {
    /// Returns the proportion of `correct` among `questions`.
    #[must_use]
    pub fn of(correct: usize, questions: usize) -> Self {
        let share = (questions > 0).then(|| correct as f64 / questions as f64);
        Self { questions, correct, share, ci95: wilson(correct, questions) }
    }

    /// Returns the number of questions that are not correct.
    #[must_use]
    pub fn wrong(&self) -> usize {
        self.questions - self.correct
    }

    /// Returns the share, in 0..=1; 0 if there are no questions.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.share.unwrap_or(0.0)
    }
}

/// Serializes a proportion as `questions`, `correct`, `accuracy` (0 if there are no questions) and
/// `accuracy_ci95`.
pub(super) fn as_accuracy<S: Serializer>(
    share: &Proportion,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Written {
        questions: usize,
        correct: usize,
        accuracy: f64,
        accuracy_ci95: [f64; 2],
    }
    let Proportion { questions, correct, ci95: accuracy_ci95, .. } = *share;
    Written { questions, correct, accuracy: share.accuracy(), accuracy_ci95 }.serialize(serializer)
}

/// Returns the accuracy per topic, ordered by topic. Each question is given as its topics and
/// whether it was answered correctly.
pub(super) fn topic_shares<'a>(
    questions: impl Iterator<Item = (BTreeSet<&'a str>, bool)>,
) -> Vec<TopicShare> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (topics, is_right) in questions {
        for topic in topics {
            let (questions, correct) = counts.entry(topic).or_default();
            *questions += 1;
            *correct += usize::from(is_right);
        }
    }
    let share = |(topic, (questions, correct)): (&str, (usize, usize))| TopicShare {
        topic: topic.to_owned(),
        share: Proportion::of(correct, questions),
    };
    counts.into_iter().map(share).collect()
}
