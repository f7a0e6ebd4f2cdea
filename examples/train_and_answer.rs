//! Trains on the mentor of a workspace and answers a question: `train_and_answer [QUESTION]`, run in
//! the repository, which is a workspace itself.

use std::sync::Arc;

use mentorpal::classifiers::{MentorClassifier, TrainOptions, registry};
use mentorpal::error::Result;
use mentorpal::mentor::Mentor;
use mentorpal::progress::NoProgress;
use mentorpal::vectors::VectorModel;
use mentorpal::workspace::{Name, Workspace};

fn main() -> Result<()> {
    let question = std::env::args().nth(1).unwrap_or("What is a checkpoint?".to_owned());
    let workspace = Workspace::at(".")?;
    let (mentor, findings) = Mentor::load(&workspace, &Name::new("mentor", "guide")?)?;
    for finding in findings {
        eprintln!("{finding}");
    }

    let arch = registry::find(registry::DEFAULT)?;
    let vectors = Some(Arc::new(VectorModel::embedded()));
    let options = TrainOptions { vectors, ..TrainOptions::default() };
    let fitted = arch.train((&mentor).into(), &options, &NoProgress)?;

    let classifier = MentorClassifier::new(mentor, fitted.classifier, true);
    let reply = classifier.answer(&question)?;
    let answer = reply.answer_id.as_deref().and_then(|id| classifier.mentor().answer(id));
    let text = answer.map_or("that is off-topic", |answer| answer.text.as_str());
    println!("{text} (confidence {:.2})", reply.confidence);
    Ok(())
}
