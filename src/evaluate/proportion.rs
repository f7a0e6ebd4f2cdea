//! So many of so many, and how far that can be trusted.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize, Serializer};

use super::statistics::wilson;

/// So many of so many. Only the two numbers are read; the others come of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Counts")]
pub struct Proportion {
    /// Of how many.
    pub questions: usize,
    /// How many.
    pub correct: usize,
    /// Their ratio, in 0..=1; `None` where there is nothing.
    pub share: Option<f64>,
    /// Wilson's 95% interval.
    pub ci95: [f64; 2],
}

/// How one topic's questions were answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicShare {
    /// As written.
    pub topic: String,
    /// Answered rightly.
    #[serde(flatten)]
    pub share: Proportion,
}

/// What a [`Proportion`] is read from.
#[derive(Deserialize)]
struct Counts {
    questions: u32,
    correct: u32,
}

impl TryFrom<Counts> for Proportion {
    type Error = &'static str;

    fn try_from(counts: Counts) -> Result<Self, Self::Error> {
        if counts.correct > counts.questions {
            return Err("more are correct than there are questions");
        }
        Ok(Self::of(counts.correct as usize, counts.questions as usize))
    }
}

impl Proportion {
    /// `correct` of `questions`.
    #[must_use]
    pub fn of(correct: usize, questions: usize) -> Self {
        let share = (questions > 0).then(|| correct as f64 / questions as f64);
        Self { questions, correct, share, ci95: wilson(correct, questions) }
    }

    /// How many are not.
    #[must_use]
    pub fn wrong(&self) -> usize {
        self.questions - self.correct
    }

    /// Their ratio, in 0..=1; 0 where there is nothing.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.share.unwrap_or(0.0)
    }
}

/// Writes a share as `questions`, `correct`, `accuracy` (0 where there is nothing) and
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

/// The share of right ones per topic, by name, of questions with their topics.
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
