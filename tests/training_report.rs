//! The training report: `report.json` in the checkpoint, its pages, `train --json` and `--csv`.

use std::collections::BTreeMap;
use std::fs;

use mentorpal::error::ErrorKind::{Corrupt, InvalidInput, NotFound};
use serde_json::{Value, json};

use crate::pages::html::{hostile_data, is_inert, key, table};
use crate::report::rows;
use crate::support::{FUSION, Run, Sandbox, close, failure, number};

/// Trains the checkpoint `x`, writes tables to `tables`, and returns the JSON line of the mentor.
fn trained(sandbox: &Sandbox) -> Value {
    let train = ["train", "--checkpoint", "x", "--overwrite", "--json", "--csv", "tables"];
    sandbox.run(&train).code(0).json().remove(0)
}

/// Returns the page of the report in the checkpoint `x`.
fn page(sandbox: &Sandbox, mentor: &str) -> String {
    let show = ["checkpoints", "show", "x", "--mentor", mentor, "--html", "page.html", "--json"];
    sandbox.run(&show).code(0).notes(&["page.html"]);
    fs::read_to_string(sandbox.path().join("page.html")).expect("the page is there")
}

fn list<'a>(figures: &'a Value, name: &str) -> &'a Vec<Value> {
    figures[name].as_array().expect("a list")
}

// Each question is left out and answered from the others. By hand: the questions of an answer share
// a word of their own, except one of tea, which shares a word with coffee and gets the answer of
// coffee. Water has a single question, which cannot be measured.
const CAFE: &str = "\
ID,topics,text,question
tea,Drinks,There is tea.,\"is there any oolong
the oolong please
a pot of oolong now
espresso for two then\"
coffee,\"Drinks,Work\",There is coffee.,\"an espresso at once
espresso with sugar
strong espresso today\"
cake,Food,There is cake.,\"some gateau perhaps
which gateau is fresh
gateau on a plate\"
water,Food,There is water.,sparkling or still
";

fn cafe() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.mentor("cafe", CAFE);
    sandbox
}

#[test]
fn figures_by_hand() {
    let sandbox = cafe();
    let train = ["train", "--checkpoint", "x", "--vectors", "none", "--json"];
    let line = sandbox.run(&train).code(0).json().remove(0);
    let figures = &line["figures"];
    let counts = |value: &Value| (value["questions"].clone(), value["correct"].clone());
    assert_eq!(counts(&figures["accuracy"]), (json!(10), json!(9)));
    assert_eq!(figures["accuracy"]["share"], line["loo_accuracy"]);
    let by = |name: &str, id: &str| -> BTreeMap<String, (Value, Value)> {
        let named = list(figures, name).iter();
        named.map(|share| (share[id].as_str().unwrap().to_owned(), counts(share))).collect()
    };
    let expect = |shares: &[(&str, usize, usize)]| -> BTreeMap<String, (Value, Value)> {
        let share = |&(name, all, right): &(&str, usize, usize)| {
            (name.to_owned(), (json!(all), json!(right)))
        };
        shares.iter().map(share).collect()
    };
    let topics = expect(&[("Drinks", 7, 6), ("Food", 3, 3), ("Work", 3, 3)]);
    assert_eq!(by("topics", "topic"), topics);
    let answers = expect(&[("cake", 3, 3), ("coffee", 3, 3), ("tea", 4, 3)]);
    assert_eq!(by("answers", "answer_id"), answers);
    assert_eq!(figures["need_paraphrases"], json!(["tea"]));
    let tea = &figures["answers"][0];
    // One of ten answers is wrong, so tea has 1 − 0.1 · 4 more than its share.
    close(&tea["excess"], 0.6);
    let confused = json!([{"answer_id": "coffee", "questions": ["espresso for two then"]}]);
    assert_eq!(tea["confused_with"], confused);
    assert_eq!(figures["single_question"], json!(["water"]));
    let wrong = &list(figures, "wrong")[0];
    assert_eq!(
        [&wrong["question"], &wrong["expected"], &wrong["given"]],
        ["espresso for two then", "tea", "coffee"]
    );
    assert_eq!(list(figures, "wrong").len(), 1);
}

#[test]
fn the_page_matches_json() {
    let sandbox = Sandbox::guide();
    let line = trained(&sandbox);
    let figures = &line["figures"];
    let page = page(&sandbox, "guide");
    assert!(page.len() < 2_000_000, "{}", page.len());
    close(&key(&page, "accuracy"), number(&line["loo_accuracy"]));
    close(&key(&page, "questions"), number(&figures["accuracy"]["questions"]));
    close(&key(&page, "correct"), number(&figures["accuracy"]["correct"]));
    close(&key(&page, "trend"), number(&figures["trend"]["gain"]));
    // The columns of each table with full values.
    let share = |from: usize| vec![(from, "questions"), (from + 1, "correct"), (from + 2, "share")];
    let with = |mut columns: Vec<(usize, &'static str)>, more| {
        columns.push(more);
        columns
    };
    let near = vec![(0, "similarity")];
    for (figure, name, columns) in [
        ("topics", "topics", share(1)),
        ("answers", "answers", with(share(1), (5, "excess"))),
        ("learning-curve", "learning_curve", with(share(2), (1, "questions_per_answer"))),
        ("near-contradictions", "near_contradictions", near),
        ("wrong", "wrong", vec![(3, "confidence")]),
    ] {
        let (rows, items) = (table(&page, figure), list(figures, name));
        assert_eq!(
            rows.len(),
            items.len().min(if figure.starts_with("near") { 50 } else { 9_999 })
        );
        assert!(!rows.is_empty(), "{figure}");
        for (row, item) in rows.iter().zip(items) {
            for (column, key) in &columns {
                close(&row[*column], number(&item[*key]));
            }
        }
    }
    let worst: Vec<Value> =
        table(&page, "need-paraphrases").into_iter().map(|row| row[0].clone()).collect();
    let ids = list(figures, "need_paraphrases").iter().map(|id| id.as_str().unwrap());
    assert_eq!(worst.len(), ids.len().min(50));
    assert!(
        worst.iter().zip(ids).all(|(shown, id)| shown.as_str().unwrap().starts_with(id)),
        "{worst:?}"
    );
}

#[test]
fn tables_match_json() {
    let sandbox = Sandbox::guide();
    let figures = trained(&sandbox)["figures"].take();
    for (name, key) in [
        ("topics", "correct"),
        ("answers", "excess"),
        ("near_contradictions", "similarity"),
        ("learning_curve", "questions_per_answer"),
        ("wrong", "confidence"),
    ] {
        let (rows, items) = (rows(&sandbox, name), list(&figures, name));
        assert!(!rows.is_empty(), "{name}");
        assert_eq!(rows.len(), items.len(), "{name}");
        for (row, item) in rows.iter().zip(items) {
            assert_eq!(row["mentor"], "guide");
            close(&row[key], number(&item[key]));
        }
    }
    let times: f64 = rows(&sandbox, "confusions").iter().map(|row| number(&row["times"])).sum();
    // Each wrongly answered question is confused with one answer.
    close(&list(&figures, "wrong").len().into(), times);
}

#[test]
fn questions_that_contradict_each_other_are_found() {
    let sandbox = Sandbox::empty();
    // “Who are you” belongs to b and c; c loses none of its own questions. The two birthday
    // questions differ by a stop word.
    sandbox.mentor(
        "eve",
        "ID,topics,text,question\n\
         a,Life,I am Eve.,\"Who are you?\nwhat is your name\"\n\
         b,Life,A gardener.,\"who are you\nWhat is the exact date of your birthday?\"\n\
         c,Life,In spring.,\"When is the exact date of your birthday?\nWHO ARE YOU!\nhow old are you by now\"\n",
    );
    let figures = trained(&sandbox)["figures"].take();
    let same = json!([{"question": "Who are you?", "answer_ids": ["a", "b", "c"]}]);
    assert_eq!(figures["contradictions"], same);
    let row = json!({"mentor": "eve", "question": "Who are you?", "answer_ids": "a | b | c"});
    assert_eq!(rows(&sandbox, "contradictions"), [row]);
    let near = list(&figures, "near_contradictions");
    assert_eq!(near.len(), 1, "{near:?}");
    let pair = json!([
        "What is the exact date of your birthday?",
        "When is the exact date of your birthday?"
    ]);
    assert_eq!([&near[0]["questions"], &near[0]["answer_ids"]], [&pair, &json!(["b", "c"])]);
    // The similarity is computed as for the nearest known questions in a test.
    sandbox.write(
        "checkpoint/tests/eve/t.csv",
        ",,What is the exact date of your birthday?\n,I am Eve.,i\n",
    );
    let tested = sandbox.run(&["test", "--json"]).code(0).json().remove(0);
    let nearest = &tested["figures"]["wrong"][0]["nearest"];
    assert_eq!(nearest[1]["question"], "When is the exact date of your birthday?");
    close(&nearest[1]["similarity"], number(&near[0]["similarity"]));
    let page = page(&sandbox, "eve");
    assert_eq!(table(&page, "contradictions")[0][0], "Who are you?");
    let run = sandbox.run(&["train", "--checkpoint", "y", "--json"]).code(0);
    let figures = &run.json()[0]["figures"];
    for figure in ["contradictions", "near_contradictions"] {
        assert_eq!(figures[figure].as_array().map(Vec::len), Some(1), "{figure}");
    }
}

#[test]
fn markup_in_mentor_data_is_escaped() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("eve", &hostile_data());
    trained(&sandbox);
    let page = page(&sandbox, "eve");
    is_inert(&page);
    assert!(page.contains("&#60;/table&#62;&#60;script&#62;alert(5)"), "shown as it was written");
    assert!(page.len() < 200_000, "{}: a long text is cut", page.len());
}

fn ask(sandbox: &Sandbox) -> Run {
    sandbox.run(&["ask", "--mentor", "cafe", "--checkpoint", "x", "any oolong"])
}

#[test]
fn the_report_is_not_part_of_the_model() {
    let sandbox = cafe();
    sandbox.train("x");
    let report = sandbox.path().join(format!("{FUSION}/x/cafe/report.json"));
    sandbox.run(&["checkpoints", "show", "x"]).code(0).prints("cafe/report.json");
    fs::write(&report, "other figures").unwrap();
    let run = sandbox.run(&["checkpoints", "verify", "x"]).code(1);
    let _ = run.warns(&["cafe/report.json: ", &"other figures".len().to_string()]);
    // Asking does not read the report.
    ask(&sandbox).code(0);
    // A damaged report is neither copied nor shown.
    let show = ["checkpoints", "show", "x", "--html", "page.html", "--json"];
    let damaged = || failure(Corrupt).at("cafe/report.json");
    sandbox.run(&show).fails(damaged());
    sandbox.mentor("bar", CAFE);
    let update = ["train", "--checkpoint", "x", "--mentor", "bar", "--update", "--json"];
    sandbox.run(&update).fails(damaged());
    fs::remove_file(&report).unwrap();
    ask(&sandbox).code(0);
    sandbox.run(&["checkpoints", "verify", "x"]).code(1).warns(&["cafe/report.json"]);
}

/// Changes the manifest of the checkpoint `x`.
fn change_manifest(sandbox: &Sandbox, change: impl FnOnce(&mut Value)) {
    let path = sandbox.path().join(format!("{FUSION}/x/manifest.json"));
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    fs::write(path, format!("{}\n", serde_json::to_string_pretty(&manifest).unwrap())).unwrap();
}

// Like a checkpoint of a version without reports.
#[test]
fn a_checkpoint_without_a_report_is_valid() {
    let sandbox = cafe();
    sandbox.train("x");
    let folder = sandbox.path().join(format!("{FUSION}/x"));
    fs::remove_file(folder.join("cafe/report.json")).unwrap();
    change_manifest(&sandbox, |manifest| {
        let files = manifest["files"].as_object_mut().unwrap();
        files.remove("cafe/report.json").expect("it was there");
    });
    let verified = sandbox.run(&["checkpoints", "verify", "x", "--json"]).code(0).line();
    assert_eq!(verified["files"], 3);
    let shown = sandbox.run(&["checkpoints", "show", "x"]).code(0).stdout;
    assert!(!shown.contains("report"), "{shown}");
    let show = ["checkpoints", "show", "x", "--html", "page.html", "--json"];
    let _ = sandbox.run(&show).fails(failure(NotFound).at("fusion_v1/x").with("--update"));
    ask(&sandbox).code(0);
    sandbox.mentor("bar", CAFE);
    let update = ["train", "--checkpoint", "x", "--mentor", "bar", "--update"];
    sandbox.run(&update).code(0).prints("--mentor bar --html");
    let files = sandbox.checkpoint("x");
    assert!(files.contains_key("bar/report.json") && !files.contains_key("cafe/report.json"));
}

// Versions before `report.json` stored pages. Whoever can write to the remote controls their
// content.
#[test]
fn a_page_in_an_older_checkpoint_is_not_read_or_copied() {
    let sandbox = cafe();
    sandbox.train("x");
    let folder = sandbox.path().join(format!("{FUSION}/x"));
    let old = b"<script>alert(1)</script>";
    fs::remove_file(folder.join("cafe/report.json")).unwrap();
    fs::write(folder.join("cafe/report.html"), old).unwrap();
    change_manifest(&sandbox, |manifest| {
        let files = manifest["files"].as_object_mut().unwrap();
        files.remove("cafe/report.json").expect("it was there");
        let record = json!({ "size": old.len(), "sha256": mentorpal::sha256::digest(old) });
        files.insert("cafe/report.html".to_owned(), record);
    });
    let verified = sandbox.run(&["checkpoints", "verify", "x", "--json"]).code(0).line();
    assert_eq!(verified["files"], 4);
    ask(&sandbox).code(0);
    let shown = sandbox.run(&["checkpoints", "show", "x"]).code(0).stdout;
    assert!(!shown.contains("report"), "{shown}");
    let show = ["checkpoints", "show", "x", "--html", "page.html", "--json"];
    let error = failure(NotFound).at("fusion_v1/x").with("`cafe/report.html`");
    let _ = sandbox.run(&show).fails(error);
    assert!(!sandbox.path().join("page.html").exists());
    sandbox.mentor("bar", CAFE);
    let update = ["train", "--checkpoint", "x", "--mentor", "bar", "--update"];
    sandbox.run(&update).code(0);
    let files = sandbox.checkpoint("x");
    assert!(!files.contains_key("cafe/report.html"), "{:?}", files.keys());
    sandbox.run(&["checkpoints", "verify", "x"]).code(0);
}

// The figures in a checkpoint come from its author and may be forged.
#[test]
fn forged_figures_are_checked_and_escaped() {
    let sandbox = cafe();
    sandbox.train("x");
    let path = format!("{FUSION}/x/cafe/report.json");
    let honest: Value = serde_json::from_slice(&sandbox.files("")[&path]).unwrap();
    let forge = |pointer: &str, value: Value| {
        let mut report = honest.clone();
        *report.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        let report = report.to_string();
        sandbox.write(&path, &report);
        change_manifest(&sandbox, |manifest| {
            manifest["files"]["cafe/report.json"] = json!({
                "size": report.len(),
                "sha256": mentorpal::sha256::digest(report.as_bytes()),
            });
        });
    };
    let show = ["checkpoints", "show", "x", "--html", "page.html", "--json"];
    for (pointer, value) in [
        ("/format", json!(2)),
        ("/figures/accuracy/correct", json!(1_000)),
        ("/figures/learning_curve/0/questions_per_answer", json!(1e300)),
        ("/figures", json!("<script>")),
    ] {
        forge(pointer, value);
        let run = sandbox.run(&show).fails(failure(InvalidInput).at("cafe/report.json"));
        assert!(run.error()["hint"].is_string(), "{run}");
        assert!(!sandbox.path().join("page.html").exists(), "{pointer}");
    }
    let script = "</table><script>alert(5)</script>";
    for pointer in
        ["/mentor", "/arch", "/texts/tea", "/figures/topics/0/topic", "/figures/wrong/0/question"]
    {
        forge(pointer, json!(script));
        let page = page(&sandbox, "cafe");
        is_inert(&page);
        assert!(page.contains("&#60;/table&#62;&#60;script&#62;alert(5)"), "{pointer}");
    }
}

#[test]
fn the_page_written_after_training_matches_the_stored_report() {
    let sandbox = cafe();
    sandbox.run(&["train", "--checkpoint", "x", "--html", "right_after.html"]).code(0);
    let right_after = fs::read_to_string(sandbox.path().join("right_after.html")).unwrap();
    assert_eq!(right_after, page(&sandbox, "cafe"));
    assert!(!sandbox.checkpoint("x").keys().any(|file| file.contains(".html")));
    // The report of a mentor that was removed is still shown.
    fs::remove_dir_all(sandbox.path().join("mentor/cafe")).unwrap();
    assert_eq!(right_after, page(&sandbox, "cafe"));
    // Several mentors give a folder of pages.
    for mentor in ["bar", "pub"] {
        sandbox.mentor(mentor, CAFE);
    }
    sandbox.run(&["train", "--checkpoint", "y", "--html", "pages"]).code(0);
    assert_eq!(sandbox.names("pages"), ["bar.html", "pub.html"]);
    let show = ["checkpoints", "show", "y", "--html", "one.html", "--json"];
    let _ = sandbox.run(&show).fails(failure(InvalidInput).with("`bar`, `pub`").with("--mentor"));
    sandbox.run(&[&show[..], &["--mentor", "pub"]].concat()).code(0);
    let pages = sandbox.files("pages");
    assert_eq!(sandbox.files("")["one.html"], pages["pub.html"]);
    // An unwritable path is reported before the training.
    let train =
        ["train", "--checkpoint", "z", "--mentor", "bar", "--html", "no/where.html", "--json"];
    sandbox.run(&train).fails(failure(InvalidInput).at("no/where.html"));
    assert!(sandbox.checkpoint("z").is_empty());
}

#[test]
fn an_update_keeps_the_reports_of_other_mentors() {
    let sandbox = cafe();
    sandbox.mentor("bar", CAFE);
    sandbox.train("x");
    let before = page(&sandbox, "cafe");
    let update = ["train", "--checkpoint", "x", "--mentor", "bar", "--update"];
    sandbox.run(&update).code(0);
    assert_eq!(page(&sandbox, "cafe"), before);
    let verified = sandbox.run(&["checkpoints", "verify", "x", "--json"]).code(0).line();
    assert_eq!(verified["files"], 7);
}

#[test]
fn many_mentors_have_one_row_each() {
    let sandbox = cafe();
    let printed = sandbox.run(&["train", "--checkpoint", "x"]).code(0).stdout;
    assert!(
        printed.contains("needs paraphrases") && printed.contains("--mentor cafe --html"),
        "{printed}"
    );
    for mentor in ["a", "b", "c"] {
        sandbox.mentor(mentor, CAFE);
    }
    let printed = sandbox.run(&["train", "--checkpoint", "y"]).code(0).stdout;
    // A header, four mentors, the path of the checkpoint, and a hint for the reports.
    assert_eq!(printed.lines().count(), 7, "{printed}");
    assert!(printed.contains("--mentor MENTOR --html"), "{printed}");
}

#[test]
fn a_report_without_measurements_is_explained() {
    let sandbox = Sandbox::empty();
    sandbox.mentor(
        "eve",
        "ID,topics,text,question\na,Life,Yes.,Are you well?\nb,Life,No.,Are you ill?\n",
    );
    let figures = trained(&sandbox)["figures"].take();
    assert_eq!(figures["single_question"], json!(["a", "b"]));
    assert_eq!([&figures["learning_curve"], &figures["trend"]], [&json!([]), &Value::Null]);
    assert!(page(&sandbox, "eve").contains("Accuracy cannot be measured"));
}
