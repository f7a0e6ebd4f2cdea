//! Fuzzes the four files of a mentor: any content gives a consistent mentor, or an error with a
//! location.

#![no_main]

mod shared;

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use mentorpal::mentor::{Mentor, OFF_TOPIC, topic_id};

/// The files in the order of the parts of an input. A missing part is a missing file.
const FILES: [&str; 4] = ["classifier_data.csv", "topics.csv", "profile.yml", "utterance_data.csv"];

const DATA: &str = include_str!("../../mentor/guide/data/classifier_data.csv");
const TOPICS: &str = include_str!("../../mentor/guide/data/topics.csv");
const PROFILE: &str = include_str!("../../mentor/guide/data/profile.yml");
const UTTERANCES: &str = include_str!("../../mentor/guide/data/utterance_data.csv");

fuzz_target!(init: shared::write_seeds(seeds), |bytes: &[u8]| {
    let (workspace, id) = (shared::workspace(), shared::ada());
    let parts = shared::parts(bytes);
    for (i, file) in FILES.iter().enumerate() {
        shared::put(&workspace.mentor_data(&id).join(file), parts.get(i).copied());
    }
    match Mentor::load(&workspace, &id) {
        Ok((mentor, findings)) => {
            shared::check_findings(&findings);
            check_answers(&mentor);
            check_questions(&mentor);
            check_groups(&mentor);
            assert!(!mentor.profile.name.trim().is_empty());
            assert!(mentor.utterances.counts().all(|(situation, n)| !situation.is_empty() && n > 0));
            shared::check_findings(&mentor.check(&workspace).unwrap());
        }
        Err(error) => shared::check_error_of_file(&error),
    }
});

fn check_answers(mentor: &Mentor) {
    let mut row = 0;
    for answer in &mentor.answers {
        assert!(answer.id != OFF_TOPIC && !answer.id.is_empty() && answer.id == answer.id.trim());
        assert_eq!(mentor.answer(&answer.id), Some(answer), "two answers with one id");
        assert!(answer.row > row, "rows are not in ascending order");
        row = answer.row;
        assert!(answer.questions.iter().all(|question| !question.trim().is_empty()));
    }
}

fn check_questions(mentor: &Mentor) {
    let questions = mentor.answers.iter().flat_map(|answer| &answer.questions);
    assert!(questions.clone().count() > 0);
    assert!(questions.clone().all(|question| mentor.canned(question).is_some()));
    let examples = mentor.examples();
    assert!(!examples.is_empty() && examples.len() <= questions.count());
    for example in &examples {
        let answer = &mentor.answers[example.answer];
        assert!(answer.questions.iter().any(|question| question == example.question));
        assert_eq!(mentor.canned(example.question), Some(answer));
    }
    let first = examples[0].question;
    let without = mentor.without(&[first]);
    assert!(without.canned(first).is_none());
    assert_eq!(without.examples().len(), examples.len() - 1);
}

fn check_groups(mentor: &Mentor) {
    let ids: HashSet<&str> = mentor.groups.iter().map(|group| group.id.as_str()).collect();
    assert_eq!(ids.len(), mentor.groups.len(), "two groups with one id");
    for group in &mentor.groups {
        assert_eq!(group.id, topic_id(&group.name));
        assert!(group.questions.is_sorted_by(|a, b| a < b));
        assert!(group.questions.iter().all(|id| mentor.answer(id).is_some()));
    }
    for answer in mentor.answers.iter().filter(|answer| !answer.questions.is_empty()) {
        assert!(mentor.groups.iter().any(|group| group.questions.contains(&answer.id)));
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let data = shared::beginning(DATA, 22);
    let (topics, utterances) = (shared::beginning(TOPICS, 5), shared::beginning(UTTERANCES, 6));
    let all = [data.as_str(), &topics, PROFILE, &utterances];
    let joined = |files: &[&str]| files.join(std::str::from_utf8(shared::SEPARATOR).unwrap());
    let semicolons = "ID;topics;text;question\r1;a,b;One;\"Who?\r\rWhy?\"\r1;;One;who\r\r2;;Two;";
    vec![
        joined(&all).into_bytes(),
        data.clone().into_bytes(),
        semicolons.as_bytes().to_vec(),
        encode_utf16("ID,topics,text,question\n1,,Café,Où?\n"),
        b"ID\ttopics\ttext\tquestion\n1\t\tCaf\xe9\t\x93Who\x94\n".to_vec(),
        joined(&["ID,topics,text,question\n1,A,x,y\n", "A,\nB,C\n", "name: [\n", ""]).into_bytes(),
    ]
}

fn encode_utf16(text: &str) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}
