//! Fuzzes test sets: any content gives questions with expected answers, or an error.

#![no_main]

mod shared;

use std::collections::HashSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mentorpal::mentor::{Expected, Mentor, OFF_TOPIC, TestSet};
use mentorpal::text::match_key;
use mentorpal::workspace::TestSetName;

/// Two answers have texts with the same key, one is in another script, one has no text.
const DATA: &str = "ID,topics,text,question\n\
    a,,I am Ada.,Who are you?\nb,,i am ada,Your name?\nc,,In London.,Where?\nd,,是,Is it?\n\
    e,,,No text?\n";

const SAMPLE: &str = include_str!("../../checkpoint/tests/guide/standard.csv");

static MENTOR: LazyLock<Mentor> = LazyLock::new(|| {
    let (workspace, id) = (shared::workspace(), shared::ada());
    let data = workspace.mentor_data(&id).join("classifier_data.csv");
    shared::put(&data, Some(DATA.as_bytes()));
    Mentor::load(&workspace, &id).unwrap().0
});

fuzz_target!(init: shared::write_seeds(seeds), |bytes: &[u8]| {
    let (workspace, name) = (shared::workspace(), TestSetName::new("standard").unwrap());
    shared::put(&workspace.test_set(&MENTOR.id, &name), Some(bytes));
    match TestSet::load(&workspace, &MENTOR, &name) {
        Ok((set, findings)) => {
            shared::check_findings(&findings);
            check(&set);
        }
        Err(error) => shared::check_error_of_file(&error),
    }
});

fn check(set: &TestSet) {
    assert!(!set.questions.is_empty());
    let asked: HashSet<String> =
        set.questions.iter().map(|question| match_key(&question.text)).collect();
    assert_eq!(asked.len(), set.questions.len(), "duplicate question");
    for question in &set.questions {
        assert!(!question.text.is_empty() && !question.expected.is_empty());
        let declines = question.expected.contains(&Expected::Decline);
        assert_eq!(question.accepts(None), declines);
        for id in question.expected_ids() {
            match MENTOR.answer(id) {
                Some(answer) => assert!(question.accepts(Some(&answer.text))),
                None => assert!(id == OFF_TOPIC && declines, "`{id}` is not the id of an answer"),
            }
        }
        // Only expected answers are accepted.
        for answer in &MENTOR.answers {
            let is_expected = question.expected_ids().contains(&answer.id.as_str());
            assert_eq!(question.accepts(Some(&answer.text)), is_expected);
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let small =
        ",,Who?,who,Where?,\n,I am Ada.,i,,r,i\n,_off_topic_,,R,,\n,是,I,,,\n,Gone,,,i,\n,,i\n";
    let windows = b"\xef\xbb\xbf,,Who\x92s?\r\n\r\n1,In London.,i\r\n";
    // The first columns of the sample.
    let columns = |line: &str| line.split(',').take(12).collect::<Vec<_>>().join(",");
    let sample = SAMPLE.lines().take(12).map(columns).collect::<Vec<_>>().join("\n");
    vec![small.into(), small.replace('\n', "\r").into(), windows.to_vec(), sample.into()]
}
