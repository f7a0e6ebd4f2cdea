//! What is learned from, numbered without gaps.

use std::collections::HashMap;

use crate::mentor::Mentor;

/// The questions to learn from, and the answers' texts.
#[derive(Clone, Debug)]
pub(crate) struct Examples<'a> {
    /// `[n]`
    pub(crate) questions: Vec<&'a str>,
    /// Per question its answer, in 0..m.
    pub(crate) answer_of: Vec<usize>,
    /// Per answer its id, `[m]`.
    pub(crate) ids: Vec<&'a str>,
    /// Per answer how many questions it has, at least 1.
    pub(crate) sizes: Vec<usize>,
    /// The answers that have a text, with its beginning; none where texts are not learned from.
    pub(crate) texts: Vec<(usize, &'a str)>,
}

impl<'a> Examples<'a> {
    /// All of a mentor's questions; `with_texts` says whether answers' texts are learned from.
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

    /// Per answer its questions, ascending, `[m]`.
    pub(crate) fn by_answer(&self) -> Vec<Vec<usize>> {
        let mut questions = vec![Vec::new(); self.ids.len()];
        for (question, &answer) in self.answer_of.iter().enumerate() {
            questions[answer].push(question);
        }
        questions
    }

    /// Per question, and then per text, its answer, `[n + t]`.
    pub(crate) fn answer_of_items(&self) -> Vec<usize> {
        self.answer_of.iter().copied().chain(self.texts.iter().map(|(answer, _)| *answer)).collect()
    }

    /// Whether leaving question `i` out measures anything: its answer has another question to be
    /// found by, and is not the only one there is.
    pub(crate) fn is_measurable(&self, i: usize) -> bool {
        self.sizes[self.answer_of[i]] > 1 && self.ids.len() > 1
    }

    /// The questions that leaving out measures something of, ascending.
    pub(crate) fn measurable(&self) -> Vec<usize> {
        (0..self.questions.len()).filter(|&i| self.is_measurable(i)).collect()
    }

    /// What to say where nothing is measurable.
    pub(crate) fn why_unmeasurable(&self) -> Option<String> {
        if !self.measurable().is_empty() {
            return None;
        }
        let why = if self.ids.len() == 1 {
            "there is only one answer"
        } else {
            "no answer has a second question"
        };
        Some(format!("{why}: accuracy cannot be measured"))
    }

    /// The share of the measurable questions whose best answer is their own.
    pub(crate) fn accuracy(&self, top: impl Fn(usize) -> usize) -> Option<f64> {
        let measurable = self.measurable();
        let right = |i: &&usize| top(**i) == self.answer_of[**i];
        let correct = measurable.iter().filter(right).count();
        (!measurable.is_empty()).then(|| correct as f64 / measurable.len() as f64)
    }

    /// Where there are more than `limit` questions, every k-th answer with all it has, and the items
    /// that are in it. Where answers have about equally many questions, k leaves between half of
    /// `limit` and `limit` of them.
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

/// How much of an answer's text is learned from, in characters: its beginning says what it is
/// about, and the rest made no difference but in time.
const BEGINNING: usize = 80;

fn beginning(text: &str) -> &str {
    let text = text.trim();
    let end = text.char_indices().nth(BEGINNING).map_or(text.len(), |(end, _)| end);
    // Not in the middle of a word, if it can be helped.
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

    // By hand: 7 questions of at most 3 make every third answer, `a` and `d`, with the questions 0, 1
    // and 6; of the texts, which are numbered after the 7 questions, `b`'s (7) goes and `d`'s (8) stays.
    #[test]
    fn a_part_is_every_kth_answer_with_all_it_has() {
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
