//! The figures of a training report. The page, the terminal, JSON and CSV all take their values
//! from here.
//!
//! The accuracies are leave-one-out: each question is answered by a model trained without it. A
//! question that would be declined counts by its best answer.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::compare::LEVEL;
use super::figures::answers_with;
use super::nearest::{QuestionIndex, SimilarPair};
use super::proportion::{Proportion, TopicShare, topic_shares};
use super::statistics::paired_interval;
use crate::classifiers::{LearningPoint, LeftOut, TrainingReport};
use crate::mentor::{Contradiction, Mentor};
use crate::text::points;

/// The least similarity ([`QuestionIndex`]) at which the wordings of two questions with different
/// answers are reported as similar. Over four mentors with 500 to 1,800 questions each, four in five pairs at least this
/// similar have the *same* answer, so the others are exceptions. Between 0.6 and 0.7, half of the
/// pairs have the same answer.
pub const ALIKE: f64 = 0.8;

/// The threshold, in 0..=1, below which the whole interval of the gain in accuracy must lie for a
/// learning curve to be called flat.
pub const FLAT: f64 = 0.03;

/// The figures of one mentor's training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingFigures {
    /// The leave-one-out accuracy, over the questions whose answer has another question.
    pub accuracy: Proportion,
    /// The accuracy per topic of the correct answers.
    pub topics: Vec<TopicShare>,
    /// The accuracy per answer, in the mentor's order, for the answers with at least two questions.
    pub answers: Vec<AnswerShare>,
    /// The ids of the answers that need more paraphrases, worst first: by decreasing
    /// [excess](AnswerShare::excess), then by increasing upper limit of the accuracy's interval.
    pub need_paraphrases: Vec<String>,
    /// The ids of the answers with only one question, whose accuracy cannot be measured.
    pub single_question: Vec<String>,
    /// The ids of the answers without a training question: they have none, or later rows have the
    /// same questions.
    pub without_questions: Vec<String>,
    /// The questions that the data assigns to several answers.
    pub contradictions: Vec<Contradiction>,
    /// The pairs of questions with different answers and a similarity of at least [`ALIKE`], the
    /// most similar first.
    pub near_contradictions: Vec<SimilarPair>,
    /// The questions answered incorrectly, in the order of the data.
    pub wrong: Vec<WrongLeftOut>,
    /// The accuracy by number of paraphrases; empty if the architecture does not measure it.
    pub learning_curve: Vec<CurvePoint>,
    /// The trend of the learning curve; `None` if it has fewer than two points.
    pub trend: Option<Trend>,
}

/// The leave-one-out accuracy of one answer's questions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerShare {
    /// The id of the answer.
    pub answer_id: String,
    /// The accuracy.
    #[serde(flatten)]
    pub share: Proportion,
    /// The number of wrong questions above the number expected at the mentor's accuracy. Raising
    /// the answer to that accuracy would correct about this many questions.
    pub excess: f64,
    /// The answers given instead, the most frequent first.
    pub confused_with: Vec<ConfusedWith>,
}

/// An answer that was given instead of another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfusedWith {
    /// The id of the answer given.
    pub answer_id: String,
    /// The questions concerned, in the order of the data.
    pub questions: Vec<String>,
}

/// A left-out question whose best answer is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrongLeftOut {
    /// The question, as in the data.
    pub question: String,
    /// The id of the correct answer.
    pub expected: String,
    /// The id of the best answer.
    pub given: String,
    /// The confidence in the best answer; in 0..=1 if the architecture gives probabilities.
    pub confidence: f64,
    /// Whether the question would be declined.
    pub declined: bool,
}

/// One point of the learning curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// The share of the questions not held out that was used for training, in 0..=1.
    pub part: f64,
    /// The mean number of training questions per answer.
    pub questions_per_answer: f64,
    /// The accuracy on the held-out questions, which are the same at each point.
    #[serde(flatten)]
    pub share: Proportion,
}

/// The gain in accuracy from training on all questions that were not held out instead of about half
/// of them, on the same held-out questions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Questions per answer at the earlier point, which has about half of the questions.
    pub from: f64,
    /// Questions per answer at the last point.
    pub to: f64,
    /// The gain in accuracy, in −1..=1.
    pub gain: f64,
    /// The 95% confidence interval of the gain, from [`paired_interval`].
    pub gain_ci95: [f64; 2],
    /// The conclusion.
    pub verdict: Verdict,
}

/// The conclusion drawn from a learning curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The interval of the gain is above 0.
    Rising,
    /// The interval of the gain is not entirely above 0, and ends below [`FLAT`].
    Flat,
    /// Neither holds: there are too few questions to decide.
    Unclear,
}

impl TrainingFigures {
    /// Returns the figures of training on `mentor`.
    #[must_use]
    pub fn of(report: &TrainingReport, mentor: &Mentor) -> Self {
        let wrong: Vec<&LeftOut> =
            report.left_out.iter().filter(|left_out| !left_out.is_right()).collect();
        let all = report.left_out.len();
        let accuracy = Proportion::of(all - wrong.len(), all);
        let topics = topic_shares(report.left_out.iter().map(|left_out| {
            let answer = mentor.answer(&left_out.answer_id);
            let topics = answer.iter().flat_map(|answer| &answer.topics).map(String::as_str);
            (topics.collect::<BTreeSet<_>>(), left_out.is_right())
        }));
        let answers = answers(&report.left_out, accuracy, mentor);
        Self {
            accuracy,
            topics,
            need_paraphrases: need_paraphrases(&answers),
            answers,
            single_question: answers_with(1, mentor),
            without_questions: answers_with(0, mentor),
            contradictions: mentor.contradictions(),
            near_contradictions: QuestionIndex::of(mentor).similar_pairs_across_answers(ALIKE),
            wrong: wrong.into_iter().map(WrongLeftOut::of).collect(),
            learning_curve: report.learning_curve.iter().map(CurvePoint::of).collect(),
            trend: trend(&report.learning_curve),
        }
    }

    /// Returns the answers that need more paraphrases, worst first.
    pub fn worst(&self) -> impl Iterator<Item = &AnswerShare> {
        let by_id: BTreeMap<&str, &AnswerShare> =
            self.answers.iter().map(|answer| (answer.answer_id.as_str(), answer)).collect();
        self.need_paraphrases.iter().filter_map(move |id| by_id.get(id.as_str()).copied())
    }
}

impl Trend {
    /// Returns the trend as a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let [low, high] = self.gain_ci95.map(points);
        let gain = format!(
            "with {:.1} questions per answer instead of {:.1}, accuracy is {:.1} percentage points \
             {} (95% interval {low} to {high})",
            self.to,
            self.from,
            100.0 * self.gain.abs(),
            if self.gain < 0.0 { "lower" } else { "higher" }
        );
        match self.verdict {
            Verdict::Rising => format!(
                "Accuracy still increases with the number of paraphrases: {gain}. More paraphrases \
                 would probably help."
            ),
            Verdict::Flat => format!(
                "Accuracy hardly increases any more: {gain}. More paraphrases of this kind would \
                 probably help little."
            ),
            Verdict::Unclear => format!(
                "There are too few questions to estimate whether more paraphrases would help: \
                 {gain}."
            ),
        }
    }
}

impl WrongLeftOut {
    fn of(left_out: &LeftOut) -> Self {
        Self {
            question: left_out.question.clone(),
            expected: left_out.answer_id.clone(),
            given: left_out.top.answer_id.clone(),
            confidence: left_out.top.confidence,
            declined: left_out.off_topic,
        }
    }
}

impl CurvePoint {
    fn of(point: &LearningPoint) -> Self {
        Self {
            part: point.share,
            questions_per_answer: point.questions_per_answer,
            share: Proportion::of(right(point), point.right.len()),
        }
    }
}

/// Returns the number of held-out questions answered correctly at a point.
fn right(point: &LearningPoint) -> usize {
    point.right.iter().filter(|right| **right).count()
}

/// Returns the accuracy of each answer with left-out questions, in the mentor's order.
fn answers(left_out: &[LeftOut], accuracy: Proportion, mentor: &Mentor) -> Vec<AnswerShare> {
    let mut of_answer: BTreeMap<&str, Vec<&LeftOut>> = BTreeMap::new();
    for left_out in left_out {
        of_answer.entry(&left_out.answer_id).or_default().push(left_out);
    }
    let measured = mentor.answers.iter().filter_map(|answer| of_answer.get(answer.id.as_str()));
    measured.map(|questions| AnswerShare::of(questions, accuracy)).collect()
}

impl AnswerShare {
    /// Returns the accuracy of one answer from its left-out questions, of which there is at least
    /// one.
    fn of(questions: &[&LeftOut], accuracy: Proportion) -> Self {
        let wrong: Vec<_> = questions.iter().filter(|left_out| !left_out.is_right()).collect();
        let mut given: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for left_out in &wrong {
            given.entry(&left_out.top.answer_id).or_default().push(left_out.question.clone());
        }
        let mut confused_with: Vec<ConfusedWith> = given
            .into_iter()
            .map(|(id, questions)| ConfusedWith { answer_id: id.to_owned(), questions })
            .collect();
        // The sort is stable, so equally frequent answers stay ordered by id.
        confused_with.sort_by_key(|confused| Reverse(confused.questions.len()));
        let all = accuracy.questions as f64;
        let (ours, theirs) = (wrong.len() as f64, accuracy.wrong() as f64);
        Self {
            answer_id: questions[0].answer_id.clone(),
            share: Proportion::of(questions.len() - wrong.len(), questions.len()),
            // A single division, so that values that are mathematically equal compare as equal.
            excess: (ours * all - theirs * questions.len() as f64) / all,
            confused_with,
        }
    }
}

/// Returns the ids of the answers with a wrong question and an accuracy no better than the
/// mentor's, worst first.
fn need_paraphrases(answers: &[AnswerShare]) -> Vec<String> {
    let is_worse = |answer: &&AnswerShare| answer.share.wrong() > 0 && answer.excess >= 0.0;
    let mut worst: Vec<&AnswerShare> = answers.iter().filter(is_worse).collect();
    worst.sort_by(|a, b| {
        let by_excess = b.excess.total_cmp(&a.excess);
        by_excess.then(a.share.ci95[1].total_cmp(&b.share.ci95[1]))
    });
    worst.into_iter().map(|answer| answer.answer_id.clone()).collect()
}

/// Compares the last point with the latest one that has at most half of its questions, or with the
/// first one if there is none.
fn trend(points: &[LearningPoint]) -> Option<Trend> {
    let (last, before) = points.split_last()?;
    let is_half = |point: &&LearningPoint| point.share <= 0.5 * last.share;
    let from = before.iter().rfind(is_half).or(before.first())?;
    let pairs = || from.right.iter().copied().zip(last.right.iter().copied());
    let count = |pair: (bool, bool)| pairs().filter(|other| *other == pair).count();
    let (worse, better, asked) = (count((true, false)), count((false, true)), last.right.len());
    let gain_ci95 = paired_interval(worse, better, asked, LEVEL);
    let verdict = match gain_ci95 {
        [low, _] if low > 0.0 => Verdict::Rising,
        [_, high] if high < FLAT => Verdict::Flat,
        _ => Verdict::Unclear,
    };
    Some(Trend {
        from: from.questions_per_answer,
        to: last.questions_per_answer,
        gain: (better as f64 - worse as f64) / asked as f64,
        gain_ci95,
        verdict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classifiers::Candidate;

    /// Left-out questions of the answer `of`, one per answer in `given`.
    fn left_out(of: &str, given: &[&str]) -> Vec<LeftOut> {
        let question = |(i, given): (usize, &&str)| LeftOut {
            question: format!("{of}{i}"),
            answer_id: of.to_owned(),
            top: Candidate { answer_id: (*given).to_owned(), confidence: 0.5 },
            off_topic: false,
        };
        given.iter().enumerate().map(question).collect()
    }

    fn shares(answers: &[&[LeftOut]]) -> Vec<AnswerShare> {
        let all: Vec<&LeftOut> = answers.iter().copied().flatten().collect();
        let right = all.iter().filter(|left_out| left_out.is_right()).count();
        let accuracy = Proportion::of(right, all.len());
        let of = |questions: &&[LeftOut]| {
            AnswerShare::of(&questions.iter().collect::<Vec<_>>(), accuracy)
        };
        answers.iter().map(of).collect()
    }

    // By hand: 8 of 20 questions are wrong, so 0.4 wrong ones are expected per question. The
    // excess: a 3 − 0.4 · 6 = 0.6; b 2 − 0.4 · 2 = 1.2; c 3 − 0.4 · 5 = 1; d 0 − 0.4 · 7 = −2.8.
    #[test]
    fn excess_and_confusions_agree_with_a_hand_count() {
        let shares = shares(&[
            &left_out("a", &["a", "a", "a", "b", "c", "c"]),
            &left_out("b", &["a", "a"]),
            &left_out("c", &["d", "d", "d", "c", "c"]),
            &left_out("d", &["d"; 7]),
        ]);
        let excess: Vec<f64> = shares.iter().map(|share| share.excess).collect();
        for (found, expected) in excess.iter().zip([0.6, 1.2, 1.0, -2.8]) {
            assert!((found - expected).abs() < 1e-12, "{excess:?}");
        }
        assert_eq!(need_paraphrases(&shares), ["b", "c", "a"]);
        let confused: Vec<(&str, Vec<String>)> = shares[0]
            .confused_with
            .iter()
            .map(|with| (with.answer_id.as_str(), with.questions.clone()))
            .collect();
        let list = |questions: &[&str]| questions.iter().map(|&q| q.to_owned()).collect::<Vec<_>>();
        assert_eq!(confused, [("c", list(&["a4", "a5"])), ("b", list(&["a3"]))]);
    }

    // All questions are wrong, so every excess is 0. The interval of 0/3 ends below that of 0/2.
    #[test]
    fn answers_of_equal_excess_are_ordered_by_the_upper_limit_of_accuracy() {
        let shares = shares(&[&left_out("a", &["b"; 2]), &left_out("b", &["a"; 3])]);
        assert_eq!(need_paraphrases(&shares), ["b", "a"]);
        assert!(need_paraphrases(&self::shares(&[&left_out("a", &["a", "a"])])).is_empty());
    }

    fn point(share: f64, right: &[usize], all: usize) -> LearningPoint {
        let right = (0..all).map(|i| right.contains(&i)).collect();
        LearningPoint { share, questions_per_answer: 8.0 * share, right }
    }

    fn verdict(points: &[LearningPoint]) -> Option<Verdict> {
        trend(points).map(|trend| trend.verdict)
    }

    #[test]
    fn the_verdict_follows_from_the_interval_of_the_gain() {
        let first = |n: usize| (0..n).collect::<Vec<_>>();
        // 50 of 400 questions become correct and none becomes wrong. Only the half and the last
        // point count.
        let rising = [
            point(0.25, &first(10), 400),
            point(0.5, &first(200), 400),
            point(0.75, &[], 400),
            point(1.0, &first(250), 400),
        ];
        let found = trend(&rising).unwrap();
        assert_eq!(found.verdict, Verdict::Rising);
        assert!((found.gain - 0.125).abs() < 1e-12 && found.gain_ci95[0] > 0.08, "{found:?}");
        assert!((found.from - 4.0).abs() + (found.to - 8.0).abs() < 1e-12);
        // Two of 400 questions become correct and two become wrong.
        let others: Vec<usize> = (2..202).collect();
        let flat = [point(0.5, &first(200), 400), point(1.0, &others, 400)];
        assert_eq!(verdict(&flat), Some(Verdict::Flat));
        // Both points are equal, but over only ten questions.
        let unclear = [point(0.5, &[0, 1], 10), point(1.0, &[0, 1], 10)];
        assert_eq!(verdict(&unclear), Some(Verdict::Unclear));
        assert_eq!(verdict(&unclear[..1]), None);
    }
}
