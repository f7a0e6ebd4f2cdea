//! Benchmarks training, testing and answering with `fusion_v1` on a mentor with 380 answers and 2,600
//! questions.

mod synthetic;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use mentorpal::checkpoint::CheckpointRef;
use mentorpal::classifiers::{
    BackgroundQuestions, MentorClassifier, TrainOptions, TrainingData, registry,
};
use mentorpal::evaluate::run_test;
use mentorpal::mentor::{Mentor, TestSet};
use mentorpal::progress::NoProgress;
use mentorpal::vectors::VectorModel;
use mentorpal::workspace::{ArchName, CheckpointName, MentorId, TestSetName, Workspace};

fn fusion(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    synthetic::write_workspace(folder.path(), 380, 2_600, 300);
    let workspace = Workspace::open(folder.path()).expect("the workspace is there");
    let load = || {
        Mentor::load(&workspace, &MentorId::new("synthetic").expect("a name"))
            .expect("the mentor loads")
            .0
    };
    let mentor = Arc::new(load());
    let arch = registry::find("fusion_v1").expect("the architecture is there");
    let vectors = Some(Arc::new(VectorModel::embedded()));
    let background_questions = BackgroundQuestions::default().of(&mentor);
    let options = TrainOptions { vectors: vectors.clone(), ..TrainOptions::default() };
    let data = TrainingData { mentor: &mentor, background_questions: &background_questions };
    let train = || {
        let fitted = arch.train(data, &options, &NoProgress).expect("it trains");
        fitted.classifier.to_files().expect("the files are written")
    };
    let files = train();
    let model = || arch.load(&files, &vectors).expect("the model loads");
    let classifier = MentorClassifier::new(mentor.clone(), model(), true);
    let (tests, _) =
        TestSet::load(&workspace, &mentor, &TestSetName::new("synthetic").expect("a name"))
            .expect("a test set");
    let checkpoint = CheckpointRef {
        arch: ArchName::new("fusion_v1").expect("a name"),
        checkpoint: CheckpointName::new("bench").expect("a name"),
    };

    let mut group = criterion.benchmark_group("fusion_v1");
    group.sample_size(10);
    group.bench_function("train 2,600 questions", |b| b.iter(train));
    group.bench_function("test 300 questions", |b| {
        b.iter(|| {
            run_test(&classifier, &checkpoint, &tests, None, &NoProgress)
                .map(|report| report.tally())
        });
    });
    group.bench_function("read the mentor's data", |b| b.iter(load));
    group.bench_function("load the model", |b| b.iter(model));
    group.bench_function("answer a question", |b| {
        b.iter(|| classifier.answer(black_box(&tests.questions[17].text)));
    });
    group.finish();
}

criterion_group!(benches, fusion);
criterion_main!(benches);
