//! All that a report of training shows, as values: the page, the terminal, JSON and CSV have it
//! from here.
//!
//! What is measured is leave-one-out: each question as it is answered by a model trained without
//! it. A question that would be declined counts by its best answer all the same.

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

/// Questions of different answers that are this near by their wording ([`QuestionIndex`]) are worth a
/// look. Over four mentors with 500 to 1,800 questions each, four in five pairs at least this near
/// lead to the *same* answer, so that the others are exceptions; from 0.6 to 0.7 it is half of them.
pub const ALIKE: f64 = 0.8;

/// With more questions than before, accuracy is called flat where the interval of the gain ends
/// below this, in 0..=1.
pub const FLAT: f64 = 0.03;

/// Training looked at from every side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingFigures {
    /// Leave-one-out accuracy, over the questions whose answer has another question.
    pub accuracy: Proportion,
    /// Per topic the questions whose answer has it.
    pub topics: Vec<TopicShare>,
    /// The answers that could be measured, in the mentor's order.
    pub answers: Vec<AnswerShare>,
    /// The ids of the answers that need more paraphrases, worst first: those with the most wrong
    /// questions in [excess](AnswerShare::excess), and of equal ones the less accurate first.
    pub need_paraphrases: Vec<String>,
    /// The ids of the answers with one question only, for which nothing can be measured.
    pub single_question: Vec<String>,
    /// The ids of the answers that nothing leads to: they have no question, or later rows took all.
    pub without_questions: Vec<String>,
    /// Questions that lead to several answers.
    pub contradictions: Vec<Contradiction>,
    /// Pairs of questions that lead to different answers and are at least [`ALIKE`] near, nearest
    /// first.
    pub near_contradictions: Vec<SimilarPair>,
    /// The questions answered wrongly, in the order of the data.
    pub wrong: Vec<WrongLeftOut>,
    /// How accuracy grows with paraphrases; empty where the architecture does not tell.
    pub learning_curve: Vec<CurvePoint>,
    /// What the learning curve says; `None` where it has not two points.
    pub trend: Option<Trend>,
}

/// How one answer's questions were answered, each by a model trained without it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerShare {
    /// The answer.
    pub answer_id: String,
    /// Answered rightly.
    #[serde(flatten)]
    pub share: Proportion,
    /// How many more of its questions are wrong than at the mentor's accuracy: about what bringing
    /// it up to the others would save.
    pub excess: f64,
    /// What its questions led to instead, the most frequent first.
    pub confused_with: Vec<ConfusedWith>,
}

/// An answer that was given instead of another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfusedWith {
    /// The answer given.
    pub answer_id: String,
    /// The questions, in the order of the data.
    pub questions: Vec<String>,
}

/// A question whose best answer is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrongLeftOut {
    /// As it stands in the data.
    pub question: String,
    /// The right answer.
    pub expected: String,
    /// The best answer.
    pub given: String,
    /// In the best answer; in 0..=1 where the architecture gives probabilities.
    pub confidence: f64,
    /// Whether it would be declined.
    pub declined: bool,
}

/// A point of the learning curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Which part of the questions not held out was learned from, in 0..=1.
    pub part: f64,
    /// How many questions that is for an answer, on average.
    pub questions_per_answer: f64,
    /// How the held-out questions were answered; they are the same at each point.
    #[serde(flatten)]
    pub share: Proportion,
}

/// What came of learning from all questions that were not held out instead of from fewer, on the
/// same held-out questions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Questions an answer at the point with about half of the last one's.
    pub from: f64,
    /// Questions an answer at the last point.
    pub to: f64,
    /// The gain in accuracy, in −1..=1.
    pub gain: f64,
    /// Its 95% interval, [`paired_interval`]'s.
    pub gain_ci95: [f64; 2],
    /// What can be said of it.
    pub verdict: Verdict,
}

/// What a learning curve says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The interval of the gain is above 0.
    Rising,
    /// It is not, and ends below [`FLAT`].
    Flat,
    /// Neither: there are too few questions to tell.
    Unclear,
}

impl TrainingFigures {
    /// Looks at how training on `mentor` went.
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

    /// The answers that need more paraphrases, worst first.
    pub fn worst(&self) -> impl Iterator<Item = &AnswerShare> {
        let by_id: BTreeMap<&str, &AnswerShare> =
            self.answers.iter().map(|answer| (answer.answer_id.as_str(), answer)).collect();
        self.need_paraphrases.iter().filter_map(move |id| by_id.get(id.as_str()).copied())
    }
}

impl Trend {
    /// What it says, for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        let [low, high] = self.gain_ci95.map(points);
        let gain = format!(
            "with {:.1} questions per answer instead of {:.1} it is {:.1} points {} (95% interval \
             {low} to {high})",
            self.to,
            self.from,
            100.0 * self.gain.abs(),
            if self.gain < 0.0 { "lower" } else { "higher" }
        );
        match self.verdict {
            Verdict::Rising => format!(
                "Accuracy still rises with paraphrases: {gain}, so that more of them would \
                 probably help."
            ),
            Verdict::Flat => format!(
                "Accuracy hardly rises any more: {gain}, so that more paraphrases of this kind \
                 would probably help little."
            ),
            Verdict::Unclear => format!(
                "Whether more paraphrases would help cannot be told from so few questions: {gain}."
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

fn right(point: &LearningPoint) -> usize {
    point.right.iter().filter(|right| **right).count()
}

fn answers(left_out: &[LeftOut], accuracy: Proportion, mentor: &Mentor) -> Vec<AnswerShare> {
    let mut of_answer: BTreeMap<&str, Vec<&LeftOut>> = BTreeMap::new();
    for left_out in left_out {
        of_answer.entry(&left_out.answer_id).or_default().push(left_out);
    }
    let measured = mentor.answers.iter().filter_map(|answer| of_answer.get(answer.id.as_str()));
    measured.map(|questions| AnswerShare::of(questions, accuracy)).collect()
}

impl AnswerShare {
    /// An answer by its questions, at least one.
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
        // Stable, so that equally frequent ones stand by id.
        confused_with.sort_by_key(|confused| Reverse(confused.questions.len()));
        let all = accuracy.questions as f64;
        let (ours, theirs) = (wrong.len() as f64, accuracy.wrong() as f64);
        Self {
            answer_id: questions[0].answer_id.clone(),
            share: Proportion::of(questions.len() - wrong.len(), questions.len()),
            // One division, so that what is equal by hand is equal here.
            excess: (ours * all - theirs * questions.len() as f64) / all,
            confused_with,
        }
    }
}

/// The answers with a wrong question that are no better than the mentor is, worst first.
fn need_paraphrases(answers: &[AnswerShare]) -> Vec<String> {
    let is_worse = |answer: &&AnswerShare| answer.share.wrong() > 0 && answer.excess >= 0.0;
    let mut worst: Vec<&AnswerShare> = answers.iter().filter(is_worse).collect();
    worst.sort_by(|a, b| {
        let by_excess = b.excess.total_cmp(&a.excess);
        by_excess.then(a.share.ci95[1].total_cmp(&b.share.ci95[1]))
    });
    worst.into_iter().map(|answer| answer.answer_id.clone()).collect()
}

/// Compares the last point with the nearest one that has at most half of the questions, or else
/// with the first.
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

    /// `of` answered by each of `given` in turn.
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

    // By hand: 20 questions, 8 wrong, so that an answer has 0.4 wrong ones a question. Wrong beyond
    // that: a 3 − 0.4 · 6 = 0.6; b 2 − 0.4 · 2 = 1.2; c 3 − 0.4 · 5 = 1; d 0 − 0.4 · 7 = −2.8.
    #[test]
    fn the_worst_answers_by_hand() {
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

    // Everything is wrong, so that nothing is in excess: 0 of 3 is more surely bad than 0 of 2.
    #[test]
    fn equal_excess_stands_by_how_sure_it_is() {
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
    fn a_trend_is_told_by_the_interval_of_the_gain() {
        let first = |n: usize| (0..n).collect::<Vec<_>>();
        // 50 of 400 more are right and none less; the points besides the half and the last do not
        // matter.
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
        // Two of 400 more and two less.
        let others: Vec<usize> = (2..202).collect();
        let flat = [point(0.5, &first(200), 400), point(1.0, &others, 400)];
        assert_eq!(verdict(&flat), Some(Verdict::Flat));
        // The same twice, but of ten questions only.
        let unclear = [point(0.5, &[0, 1], 10), point(1.0, &[0, 1], 10)];
        assert_eq!(verdict(&unclear), Some(Verdict::Unclear));
        assert_eq!(verdict(&unclear[..1]), None);
    }
}
