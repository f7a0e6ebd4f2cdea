//! The training examples, with consecutive indices.

use std::collections::HashMap;

use crate::mentor::Mentor;

/// The questions and answers' texts to train on.
#[derive(Clone, Debug)]
pub(crate) struct Examples<'a> {
    /// `[n]`
    pub(crate) questions: Vec<&'a str>,
    /// The answer of each question, in 0..m, `[n]`.
    pub(crate) answer_of: Vec<usize>,
    /// The id of each answer, `[m]`.
    pub(crate) ids: Vec<&'a str>,
    /// The number of questions of each answer, at least 1, `[m]`.
    pub(crate) sizes: Vec<usize>,
    /// The answers with a text, and the beginning of the text; empty if texts are not used in training.
    pub(crate) texts: Vec<(usize, &'a str)>,
}

impl<'a> Examples<'a> {
    /// Returns all questions of a mentor, and the answers' texts if `with_texts` is true.
    pub(crate) fn of(mentor: &'a Mentor, with_texts: bool) -> Self {
        let mut examples = Self {
            questions: Vec::new(),
            answer_of: Vec::new(),
            ids: Vec::new(),
            sizes: Vec::new(),
            texts: Vec::new(),
        };
        let mut numbers = HashMap::new();
        for example in mentor.examples() {
            let answer = &mentor.answers[example.answer];
            let number = *numbers.entry(example.answer).or_insert_with(|| {
                examples.ids.push(&answer.id);
                examples.sizes.push(0);
                let number = examples.ids.len() - 1;
                if with_texts && !answer.text.trim().is_empty() {
                    examples.texts.push((number, beginning(&answer.text)));
                }
                number
            });
            examples.sizes[number] += 1;
            examples.questions.push(example.question);
            examples.answer_of.push(number);
        }
        examples
    }

    /// Returns the questions of each answer, ascending, `[m]`.
    pub(crate) fn by_answer(&self) -> Vec<Vec<usize>> {
        let mut questions = vec![Vec::new(); self.ids.len()];
        for (question, &answer) in self.answer_of.iter().enumerate() {
            questions[answer].push(question);
        }
        questions
    }

    /// Returns the answer of each question, then of each text, `[n + t]`.
    pub(crate) fn answer_of_items(&self) -> Vec<usize> {
        self.answer_of.iter().copied().chain(self.texts.iter().map(|(answer, _)| *answer)).collect()
    }

    /// Returns whether question `i` is measurable by leave-one-out: its answer has another question, and
    /// there is another answer.
    pub(crate) fn is_measurable(&self, i: usize) -> bool {
        self.sizes[self.answer_of[i]] > 1 && self.ids.len() > 1
    }

    /// Returns the measurable questions, ascending.
    pub(crate) fn measurable(&self) -> Vec<usize> {
        (0..self.questions.len()).filter(|&i| self.is_measurable(i)).collect()
    }

    /// Deals the measurable questions of `of_answer`, which lists the questions of each answer, to `count`
    /// folds in turn. Each fold is ascending.
    ///
    /// The sizes of folds differ by at most one. An answer has either no or at least two measurable
    /// questions, and adjacent questions get into different folds, so no fold has all questions of an
    /// answer.
    pub(crate) fn deal(&self, of_answer: &[Vec<usize>], count: usize) -> Vec<Vec<usize>> {
        let mut folds = vec![Vec::new(); count];
        let dealt = of_answer.iter().flatten().copied().filter(|&i| self.is_measurable(i));
        for (position, question) in dealt.enumerate() {
            folds[position % count].push(question);
        }
        for fold in &mut folds {
            fold.sort_unstable();
        }
        folds
    }

    /// Returns a note with the reason if no question is measurable.
    pub(crate) fn why_unmeasurable(&self) -> Option<String> {
        if !self.measurable().is_empty() {
            return None;
        }
        let why = if self.ids.len() == 1 {
            "the data has only one answer"
        } else {
            "no answer has a second question"
        };
        Some(format!("{why}: accuracy cannot be measured"))
    }

    /// Returns the share of measurable questions whose best answer is the right one; `None` if there are
    /// no measurable questions.
    pub(crate) fn accuracy(&self, top: impl Fn(usize) -> usize) -> Option<f64> {
        let measurable = self.measurable();
        let right = |i: &&usize| top(**i) == self.answer_of[**i];
        let correct = measurable.iter().filter(right).count();
        (!measurable.is_empty()).then(|| correct as f64 / measurable.len() as f64)
    }

    /// Returns every k-th answer with all its questions and texts, and the indices of these items, if
    /// there are more than `limit` questions. If all answers have about the same number of questions, the
    /// result has between `limit / 2` and `limit` questions.
    pub(crate) fn part(&self, limit: usize) -> Option<(Vec<usize>, Self)> {
        let questions = self.questions.len();
        if questions <= limit {
            return None;
        }
        let every = questions.div_ceil(limit);
        let is_kept = |answer: usize| answer.is_multiple_of(every);
        let rows: Vec<usize> = (0..questions).filter(|&i| is_kept(self.answer_of[i])).collect();
        let texts: Vec<usize> =
            (0..self.texts.len()).filter(|&i| is_kept(self.texts[i].0)).collect();
        let kept = |all: usize| (0..all).step_by(every);
        let part = Self {
            questions: rows.iter().map(|&i| self.questions[i]).collect(),
            answer_of: rows.iter().map(|&i| self.answer_of[i] / every).collect(),
            ids: kept(self.ids.len()).map(|c| self.ids[c]).collect(),
            sizes: kept(self.sizes.len()).map(|c| self.sizes[c]).collect(),
            texts: texts.iter().map(|&i| (self.texts[i].0 / every, self.texts[i].1)).collect(),
        };
        let items = rows.into_iter().chain(texts.into_iter().map(|i| questions + i)).collect();
        Some((items, part))
    }
}

/// The number of characters of an answer's text that are used in training. The rest of the text only
/// made training slower.
const BEGINNING: usize = 80;

fn beginning(text: &str) -> &str {
    let text = text.trim();
    let end = text.char_indices().nth(BEGINNING).map_or(text.len(), |(end, _)| end);
    // Cut between words if possible.
    let cut = text[end..].starts_with(|c: char| !c.is_alphanumeric()) || end == text.len();
    if cut {
        &text[..end]
    } else {
        text[..end].rsplit_once(' ').map_or(&text[..end], |(whole, _)| whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mentor::fixture::mentor;

    #[test]
    fn beginnings_end_with_a_word() {
        assert_eq!(beginning(" I am Ada. "), "I am Ada.");
        let words = "word ".repeat(30);
        assert_eq!(beginning(&words).len(), 79);
        assert_eq!(beginning(&"é".repeat(100)).chars().count(), 80);
    }

    // By hand: 7 questions with a limit of 3 keep every third answer, `a` and `d`, with questions 0, 1
    // and 6. Texts have the indices after the 7 questions: that of `b` (7) goes, that of `d` (8) stays.
    #[test]
    fn a_subset_is_every_kth_answer_with_all_its_items() {
        let mentor =
            mentor("ada", "a,,,\"q0\nq1\"\nb,,Bee.,\"q2\nq3\"\nc,,,\"q4\nq5\"\nd,,Dee.,q6\n");
        let examples = Examples::of(&mentor, true);
        let (items, part) = examples.part(3).unwrap();
        assert_eq!(items, [0, 1, 6, 8]);
        assert_eq!(part.questions, ["q0", "q1", "q6"]);
        assert_eq!(part.answer_of, [0, 0, 1]);
        assert_eq!((part.ids, part.sizes), (vec!["a", "d"], vec![2, 1]));
        assert_eq!(part.texts, [(1, "Dee.")]);
        assert!(examples.part(7).is_none());
    }
}
