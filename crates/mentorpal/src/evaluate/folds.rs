//! The folds of a cross-validation: which questions are held out together.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use crate::classifiers::Examples;
use crate::error::{Error, Result};
use crate::mentor::Mentor;

/// Splits the questions whose answer has another question into `count` folds. Each fold is a list
/// of ascending indices into [`Mentor::examples`]. Other questions are never held out.
///
/// The answers and the questions of each answer are shuffled, then the questions are dealt to the
/// folds in turn. Therefore the sizes of folds differ by at most one, the questions of an answer
/// are spread evenly, and at least one question of each answer remains to train on. Questions with
/// the same matching key are one example, and so are in one fold.
///
/// # Errors
/// If no question can be held out, or if there are fewer such questions than folds, or fewer than
/// two folds.
pub fn folds(mentor: &Mentor, count: usize, seed: u64) -> Result<Vec<Vec<usize>>> {
    let examples = Examples::of(mentor, false);
    if let Some(why) = examples.why_unmeasurable() {
        return Err(Error::new(format!("mentor `{}`: {why}", mentor.id))
            .hint("add a second question to several answers in `classifier_data.csv`"));
    }
    let most = examples.measurable().len();
    if !(2..=most).contains(&count) {
        let message = format!(
            "`{count}` folds, expected 2 to {most}: mentor `{}` has {most} questions whose answer \
             has another question",
            mentor.id
        );
        return Err(Error::new(message).hint(format!("choose 2 to {most} folds with --folds")));
    }
    let mut by_answer = examples.by_answer();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    by_answer.shuffle(&mut random);
    for questions in &mut by_answer {
        questions.shuffle(&mut random);
    }
    Ok(examples.deal(&by_answer, count))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mentor::fixture;

    /// A mentor with one answer per list of questions.
    fn mentor(answers: &[Vec<String>]) -> Mentor {
        let rows = answers.iter().enumerate();
        let rows = rows.map(|(i, q)| format!("{i},,Answer {i}.,\"{}\"\n", q.join("\n")));
        fixture::mentor("ada", &rows.collect::<String>())
    }

    /// Generates the questions of several answers. Some answers share a question.
    fn answers() -> impl Strategy<Value = Vec<Vec<String>>> {
        let question = (0_u8..40).prop_map(|n| format!("What is {n}?"));
        prop::collection::vec(prop::collection::vec(question, 1..8), 2..12)
    }

    proptest! {
        #[test]
        fn each_question_is_held_out_once_and_its_answer_keeps_another_question(
            answers in answers(),
            count in 2_usize..8,
            seed in any::<u64>(),
        ) {
            let mentor = mentor(&answers);
            let examples = mentor.examples();
            let of = |answer: usize| examples.iter().filter(|e| e.answer == answer).count();
            let answer_count = (0..mentor.answers.len()).filter(|&i| of(i) > 0).count();
            let expected: Vec<usize> = (0..examples.len())
                .filter(|&i| of(examples[i].answer) > 1 && answer_count > 1)
                .collect();
            let Ok(found) = folds(&mentor, count, seed) else {
                prop_assert!(expected.len() < count);
                return Ok(());
            };
            prop_assert_eq!(found.len(), count);
            let mut all = found.concat();
            all.sort_unstable();
            prop_assert_eq!(&all, &expected);
            let sizes: Vec<usize> = found.iter().map(Vec::len).collect();
            prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
            for fold in &found {
                let held_out: Vec<&str> = fold.iter().map(|&i| examples[i].question).collect();
                let rest = mentor.without(&held_out);
                let rest_examples = rest.examples();
                prop_assert_eq!(rest_examples.len(), examples.len() - fold.len());
                for &i in fold {
                    prop_assert!(rest.canned(examples[i].question).is_none());
                    prop_assert!(rest_examples.iter().any(|e| e.answer == examples[i].answer));
                }
            }
            prop_assert_eq!(folds(&mentor, count, seed).unwrap(), found);
        }
    }

    // An answer with six questions has two in each of three folds; one with two has at most one in
    // each.
    #[test]
    fn the_questions_of_an_answer_are_spread_evenly_over_the_folds() {
        let questions = |answer: &str, n: u8| (0..n).map(|i| format!("{answer} {i}?")).collect();
        let mentor = mentor(&[questions("a", 6), questions("b", 2), questions("c", 1)]);
        for seed in 0..20 {
            let found = folds(&mentor, 3, seed).unwrap();
            let of_answer = |answer: usize| -> Vec<usize> {
                let examples = mentor.examples();
                let is_its = |i: &&usize| examples[**i].answer == answer;
                found.iter().map(|fold| fold.iter().filter(is_its).count()).collect()
            };
            assert_eq!(of_answer(0), [2, 2, 2]);
            assert_eq!(of_answer(1).into_iter().max(), Some(1));
            assert_eq!(of_answer(2), [0, 0, 0]);
        }
        assert_ne!(folds(&mentor, 3, 0).unwrap(), folds(&mentor, 3, 1).unwrap());
    }
}
