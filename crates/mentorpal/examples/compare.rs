//! Compares two checkpoints: `compare A B [MENTOR [TEST_SET [WORKSPACE]]]`, where A and B are names like
//! `fusion_v1/my_checkpoint`.

use mentorpal::{Error, Result, Workspace};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(a), Some(b)) = (arguments.next(), arguments.next()) else {
        return Err(Error::new("expected the names of two checkpoints"));
    };
    let mentor = arguments.next().unwrap_or("guide".to_owned());
    let test_set = arguments.next().unwrap_or("standard".to_owned());
    let workspace = Workspace::open(arguments.next().unwrap_or(".".to_owned()))?;

    let (a, b) = (workspace.checkpoint(&a)?, workspace.checkpoint(&b)?);
    let runs = a.compare(&b, &mentor, &test_set)?;
    for pair in runs.comparisons().pairs() {
        println!("{}", pair.comparison.verdict());
        println!("p-value {:.3}", pair.comparison.p_value);
    }
    Ok(())
}
