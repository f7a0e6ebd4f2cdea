//! Writes a workspace with a synthetic mentor: `synthetic_mentor DIR ANSWERS QUESTIONS TESTS`.

#[path = "../crates/mentorpal/benches/synthetic.rs"]
mod synthetic;

use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |text: &String| text.parse::<usize>().ok();
    match arguments.as_slice() {
        [dir, rest @ ..] if rest.len() == 3 && rest.iter().all(|text| number(text).is_some()) => {
            let [answers, questions, tests] = [0, 1, 2].map(|i| number(&rest[i]).unwrap_or(0));
            synthetic::write_workspace(Path::new(dir), answers, questions, tests);
        }
        _ => {
            eprintln!("usage: synthetic_mentor DIR ANSWERS QUESTIONS TESTS");
            std::process::exit(2);
        }
    }
}
