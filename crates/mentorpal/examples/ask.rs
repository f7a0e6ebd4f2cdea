//! Asks a mentor a question: `ask [QUESTION [MENTOR [WORKSPACE]]]`. It uses the newest checkpoint, so run the
//! example `train` first.

use mentorpal::{Result, Workspace};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let question = arguments.next().unwrap_or("What is a checkpoint?".to_owned());
    let mentor = arguments.next().unwrap_or("guide".to_owned());
    let workspace = Workspace::open(arguments.next().unwrap_or(".".to_owned()))?;

    let checkpoint = workspace.newest()?;
    let mentor = checkpoint.mentor(&mentor)?;
    for warning in mentor.warnings() {
        eprintln!("warning: {warning}");
    }
    let reply = mentor.ask(&question)?;
    let text = mentor.text(&reply).unwrap_or("(no text)");
    println!("{text} (confidence {:.2})", reply.confidence);
    Ok(())
}
