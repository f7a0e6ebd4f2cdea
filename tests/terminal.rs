//! Text from files and servers contains no control characters and no changes of text direction when
//! it is printed. `CLICOLOR_FORCE` enables the program's own styles, as on a terminal.

use serde_json::{Value, json};

use crate::support::{FUSION, Run, Sandbox};

/// Characters with an effect on a terminal: a title, a colour, a cleared screen, a C1 byte, a
/// deleted character, an override, an isolate and marks.
const HIDDEN: &str =
    "\u{1b}]0;x\u{7}\u{1b}[1m\u{1b}[2J\u{9b}31m\u{7f}\u{8}\u{202e}\u{2066}\u{200f}\u{61c}.";

/// [`HIDDEN`] as it must be printed.
const SHOWN: &str = "\\u{1b}]0;x\\u{7}\\u{1b}[1m\\u{1b}[2J\\u{9b}31m\\u{7f}\\u{8}\\u{202e}\\u{2066}\
                     \\u{200f}\\u{61c}.";

/// Text in other scripts without control characters: Hebrew, Arabic, Devanagari with a joiner,
/// Persian with a non-joiner, an emoji with joiners.
const SCRIPTS: &str = "שלום مرحبا क्\u{200d}ष می\u{200c}خواهم 👩\u{200d}🔬";

/// Asserts that all escape sequences are the program's own styles, and that nothing else is hidden.
#[track_caller]
fn is_plain(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        let mut text = text.clone();
        for style in ["[0m", "[1m", "[2m", "[4m", "[32m", "[31m", "[33m", "[36m"] {
            text = text.replace(&format!("\u{1b}{style}"), "");
        }
        let is_hidden = |c: char| {
            (c.is_control() && !"\n\t".contains(c))
                || "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{200e}\u{200f}\u{61c}"
                    .contains(c)
        };
        assert!(!text.contains(is_hidden), "{text:?}");
    }
}

fn on_a_terminal(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.run_with(&[("CLICOLOR_FORCE", "1")], arguments)
}

/// Creates a workspace in which an id, an answer, a question and the name of a mentor contain
/// `text`.
fn with(text: &str) -> Sandbox {
    let sandbox = Sandbox::ada();
    let data = format!(
        "ID,topics,text,question\n\"a{text}\",Life,\"I am {text}\",\"Who are you?\nname {text}\"\n\
         b,Life,London,\"Where do you live?\nyour home\"\n"
    );
    sandbox.write("mentor/ada/data/classifier_data.csv", data);
    // YAML contains such characters only as escapes.
    let escaped = |c: char| match c {
        ' '..='~' => c.to_string(),
        c => format!("\\U{:08x}", u32::from(c)),
    };
    let name: String = text.chars().map(escaped).collect();
    let profile = format!("name: \"Ada {name}\"\nshort_name: \"{name}\"\ntitle: \"{name}\"\n");
    sandbox.write("mentor/ada/data/profile.yml", profile);
    sandbox.train("x");
    sandbox
}

#[test]
fn answers_names_and_questions_contain_no_control_characters() {
    let sandbox = with(HIDDEN);
    let ask = on_a_terminal(&sandbox, &["ask", "Who are you?", "--alternatives", "2"]).code(0);
    is_plain(&ask);
    // An escape sequence that looks like an own style is removed.
    assert!(ask.stdout.contains(&format!("I am {SHOWN}")), "{ask}");
    assert!(ask.stdout.contains("\u{1b}[1m"), "our own styles are there\n{ask}");
    let questions: [&[&str]; 5] = [
        &["mentors"],
        &["mentors", "ada", "--all"],
        &["train", "--checkpoint", "y"],
        &["test", "--checkpoint", "x"],
        &["tune", "--folds", "2"],
    ];
    for arguments in questions {
        is_plain(&on_a_terminal(&sandbox, arguments));
    }
    sandbox.write(".stdin", format!("Who are you? {HIDDEN}\n"));
    is_plain(&on_a_terminal(&sandbox, &["ask", "--batch", ".stdin"]).code(0));
}

#[test]
fn json_contains_the_unchanged_text() {
    let sandbox = with(HIDDEN);
    let run = sandbox.run(&["ask", "Who are you?", "--json"]).code(0);
    is_plain(&run);
    assert_eq!(run.line()["answer_text"], format!("I am {HIDDEN}"));
}

#[test]
fn text_in_other_scripts_is_printed_unchanged() {
    let sandbox = with(SCRIPTS);
    let run = on_a_terminal(&sandbox, &["ask", "Who are you?"]).code(0);
    assert!(run.stdout.contains(&format!("I am {SCRIPTS}")), "{run}");
}

#[test]
fn text_of_a_checkpoint_contains_no_control_characters() {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    let card = sandbox.checkpoint("x").remove("ada/model.json").unwrap();
    let mut card: Value = serde_json::from_slice(&card).unwrap();
    for answer in card["answers"].as_array_mut().unwrap() {
        *answer = json!(format!("{}{HIDDEN}", answer.as_str().unwrap()));
    }
    sandbox.forge(&format!("{FUSION}/x"), "model.json", card.to_string().as_bytes());
    let run = on_a_terminal(&sandbox, &["ask", "Who are you?", "--no-canned", "-v"]);
    is_plain(&run);
    assert!(run.stdout.contains(SHOWN) || run.stderr.contains(SHOWN), "{run}");
}

#[test]
fn messages_and_arguments_contain_no_control_characters() {
    let sandbox = Sandbox::ada();
    sandbox.write("mentorpal.toml", format!("arch = 'x'\n# {HIDDEN}\nwrong = '{HIDDEN}'\n"));
    is_plain(&on_a_terminal(&sandbox, &["mentors", "-v"]).code(2));
    sandbox.write("mentorpal.toml", "");
    let argument = HIDDEN;
    for arguments in [
        &["mentors", argument][..],
        &["train", "--arch", argument],
        &["ask", argument],
        &["test", "--alternatives", argument],
        &[argument],
        &["checkpoints", "show", argument],
        &["vectors", "add", argument],
    ] {
        is_plain(&on_a_terminal(&sandbox, arguments).code(2));
    }
}
