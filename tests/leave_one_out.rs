//! The leave-one-out accuracy that `train` reports.

use crate::support::{ADA, Sandbox, number};

/// The id, the text and the questions of an answer.
pub(crate) type Answer = (String, String, Vec<String>);

pub(crate) fn answers(data: &str) -> Vec<Answer> {
    let mut reader = csv::Reader::from_reader(data.as_bytes());
    let answer = |row: csv::StringRecord| {
        let questions = row[3].lines().map(str::to_owned).collect();
        (row[0].to_owned(), row[2].to_owned(), questions)
    };
    reader.records().map(|row| answer(row.unwrap())).collect()
}

fn table(answers: &[Answer]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["ID", "topics", "text", "question"]).unwrap();
    for (id, text, questions) in answers {
        writer.write_record([id, "Life", text, &questions.join("\n")]).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// Similar answers, on which sentence vectors help but do not always succeed.
pub(crate) const FAMILY: &str = "\
ID,topics,text,question
f_1,Family,He was a poet.,\"Who was your father?
What did your dad do?
tell me about your old man
did he bring you up\"
f_2,Family,She loved mathematics.,\"Who was your mother?
What did your mom like?
tell me about your parents
did she bring you up\"
f_3,Family,He became an earl.,\"Who did you marry?
What was your husband?
tell me about your spouse
did he help you\"
f_4,Family,There were three.,\"Did you have children?
Who are your kids?
tell me about your family
did they visit you\"
";

/// Returns the accuracy that training on `data` reports, and stderr.
fn loo_accuracy(data: &str, vectors: &str) -> (Option<f64>, String) {
    let sandbox = Sandbox::empty();
    sandbox.mentor("ada", data);
    let run = sandbox.run(&["train", "--json", "--vectors", vectors]).code(0);
    (run.json()[0]["loo_accuracy"].as_f64(), run.stderr)
}

#[test]
fn leave_one_out_accuracy_equals_retraining_without_each_question() {
    is_what_training_without_each_gives(ADA, "none");
    is_what_training_without_each_gives(FAMILY, "embedded");
}

/// Trains without each question in turn. Returns the reported accuracy, and whether each model
/// answers its question correctly.
pub(crate) fn left_out(data: &str, arguments: &[&str]) -> Vec<(f64, bool)> {
    let all = answers(data);
    let mut left_out = Vec::new();
    for (answer, (id, _, questions)) in all.iter().enumerate() {
        for (i, question) in questions.iter().enumerate() {
            let mut without = all.clone();
            without[answer].2.remove(i);
            let sandbox = Sandbox::empty();
            sandbox.mentor("ada", &table(&without));
            let trained = sandbox.run(&[&["train", "--json"], arguments].concat()).code(0).json();
            let reply = sandbox.run(&["ask", "--no-canned", "--json", question]).code(0).line();
            left_out.push((number(&trained[0]["loo_accuracy"]), reply["top_answer_id"] == **id));
        }
    }
    left_out
}

fn is_what_training_without_each_gives(data: &str, vectors: &str) {
    let left_out = left_out(data, &["--vectors", vectors]);
    let right = left_out.iter().filter(|(_, is_right)| *is_right).count() as f64;
    let reported = 16.0 * loo_accuracy(data, vectors).0.unwrap();
    println!("{vectors}: {right} of 16 really, {reported} reported");
    // The closed form uses the n-gram weights and hyperparameters of all data, which may change the
    // result of one of the 16 questions. A leak would make all of them correct.
    assert!(right < 15.0, "too easy to tell a leak");
    assert!((reported - right).abs() < 1.5);
}

#[test]
fn repeated_questions_do_not_raise_leave_one_out_accuracy() {
    let once = answers(FAMILY);
    let mut twice = once.clone();
    for (_, _, questions) in &mut twice {
        let again: Vec<_> = questions.iter().map(|q| format!("{}!", q.to_uppercase())).collect();
        questions.extend(again);
    }
    let accuracy = loo_accuracy(&table(&once), "embedded").0.unwrap();
    // If repetitions stayed in the training data, every question would find itself.
    assert!(accuracy < 1.0);
    assert_eq!(loo_accuracy(&table(&twice), "embedded").0, Some(accuracy));
}

#[test]
fn leave_one_out_accuracy_is_null_without_second_questions() {
    let one_each = "ID,topics,text,question\na,Life,Yes.,Are you well?\nb,Life,No.,Are you ill?\n";
    let one_question = "ID,topics,text,question\na,Life,Yes.,Are you well?\n";
    // Both lines are the same question.
    let repeated = "ID,topics,text,question\na,Life,Yes.,\"Are you well?\nare you well\"\n";
    for data in [one_each, one_question, repeated] {
        let (accuracy, said) = loo_accuracy(data, "embedded");
        assert_eq!(accuracy, None, "{data}");
        // One note is about the accuracy, the other one about the confidence.
        assert_eq!(said.lines().filter(|line| line.starts_with("ada: ")).count(), 2, "{said}");
    }
}

#[test]
fn a_mentor_with_one_answer_always_gives_this_answer() {
    let data = "ID,topics,text,question\na,Life,Yes.,\"Are you well?\nhow do you feel\"\n";
    let sandbox = Sandbox::empty();
    sandbox.mentor("ada", data);
    let run = sandbox.run(&["train", "--json"]).code(0);
    assert!(run.json()[0]["loo_accuracy"].is_null(), "nothing could have gone wrong");
    run.says("ada: ");
    let reply = sandbox.run(&["ask", "--json", "--no-canned", "do you feel well"]).code(0).json();
    assert_eq!(reply[0]["top_answer_id"], "a");
}
