//! Tests the newest checkpoint: `test [MENTOR [TEST_SET [WORKSPACE]]]`. Run the example `train` first.

use mentorpal::{Result, Workspace};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mentor = arguments.next().unwrap_or("guide".to_owned());
    let test_set = arguments.next().unwrap_or("standard".to_owned());
    let workspace = Workspace::open(arguments.next().unwrap_or(".".to_owned()))?;

    let report = workspace.newest()?.test(&mentor, &test_set)?;
    for result in report.wrong() {
        println!("{}: got {}", result.question, result.answer_id);
    }
    let share = report.tally().share;
    println!("{} of {} questions answered correctly", share.correct, share.questions);
    Ok(())
}
