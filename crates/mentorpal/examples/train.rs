//! Trains all mentors of a workspace: `train [WORKSPACE]`. The repository itself is a workspace.

use mentorpal::{NoProgress, Result, TrainRequest, Workspace};

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).unwrap_or(".".to_owned());
    let workspace = Workspace::open(folder)?;
    let outcome = workspace.train(&TrainRequest::new(), &NoProgress)?;
    for warning in &outcome.warnings {
        eprintln!("warning: {warning}");
    }
    for training in &outcome.trained {
        let accuracy = training.record.loo_accuracy.unwrap_or_default();
        println!("{}: leave-one-out accuracy {accuracy:.3}", training.mentor.id);
    }
    println!("published {} in {}", outcome.checkpoint, outcome.folder.display());
    Ok(())
}
