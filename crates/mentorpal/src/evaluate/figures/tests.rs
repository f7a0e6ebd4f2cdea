use super::*;
use crate::checkpoint::CheckpointRef;
use crate::mentor::fixture;
use crate::workspace::{ArchName, CheckpointName, MentorId, TestSetName};

/// A mentor whose answers `0` and `3` have no training question: “Who are you?” belongs to the
/// later row, `1`.
fn mentor() -> Mentor {
    fixture::mentor(
        "ada",
        "0,Life,Zero.,Who are you?\n1,Life,One.,\"Who are you?\nYour name?\"\n\
         2,\"Life,Work\",Two.,Where do you work?\n3,Work,Three.,\n",
    )
}

fn report(arch: &str, results: Vec<TestResult>) -> TestReport {
    TestReport {
        checkpoint: CheckpointRef {
            arch: ArchName::new(arch).unwrap(),
            checkpoint: CheckpointName::new("c").unwrap(),
        },
        mentor: MentorId::new("ada").unwrap(),
        test_set: TestSetName::new("standard").unwrap(),
        confidence_kind: if arch == "fusion_v1" {
            ConfidenceKind::Probability
        } else {
            ConfidenceKind::Score
        },
        results,
    }
}

/// A result with the expected, given and best answer, and the rank of the expected one.
fn result(question: &str, answers: [&str; 3], rank: Option<usize>, confidence: f64) -> TestResult {
    let [expected, given, best] = answers;
    TestResult {
        question: question.into(),
        expected: vec![expected.into()],
        answer_id: given.into(),
        top_answer_id: best.into(),
        confidence,
        canned: false,
        correct: given == expected,
        top_correct: rank == Some(1),
        rank,
    }
}

/// Seven results. The correct answers have the ranks 1, 3 and 1, and one is not ranked. Declining
/// is expected for three questions, given for two, and correct for one.
fn results() -> Vec<TestResult> {
    let canned = |result| TestResult { canned: true, ..result };
    vec![
        canned(result("q1", ["1", "1", "1"], Some(1), 1.0)),
        canned(result("q2", ["1", "2", "2"], Some(3), 1.0)),
        result("q3", ["2", "2", "2"], Some(1), 8.0),
        result("q4", [OFF_TOPIC, OFF_TOPIC, "1"], None, -2.0),
        result("q5", [OFF_TOPIC, "1", "1"], None, 1.25),
        result("q6", [OFF_TOPIC, "1", "1"], None, 2.25),
        result("q7", ["3", OFF_TOPIC, "2"], None, -0.75),
    ]
}

fn of(share: &Proportion) -> (usize, usize) {
    (share.correct, share.questions)
}

#[test]
fn shares_and_ranks_agree_with_a_hand_count() {
    let figures = TestFigures::of(&report("lstm_v1", results()), &mentor());
    assert_eq!(of(&figures.canned_floor), (1, 7));
    assert_eq!(of(&figures.off_topic_precision), (1, 2));
    assert_eq!(of(&figures.off_topic_recall), (1, 3));
    let topics: Vec<_> = figures.topics.iter().map(|t| (t.topic.as_str(), of(&t.share))).collect();
    assert_eq!(topics, [("Life", (2, 3)), ("Work", (1, 2)), (OFF_TOPIC, (1, 3))]);
    let ranks = &figures.ranks;
    assert_eq!((ranks.questions, ranks.unranked), (4, 1));
    assert_eq!(ranks.counts, [2, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    let found = [ranks.top_1, ranks.top_3, ranks.top_5, ranks.mean_reciprocal_rank];
    for (found, expected) in found.iter().zip([0.5, 0.75, 0.75, 7.0 / 12.0]) {
        assert!((found - expected).abs() < 1e-12, "{ranks:?}");
    }
    // Five questions are answered, two of them correctly.
    assert!((figures.fitted.coverage - 5.0 / 7.0).abs() < 1e-12);
    assert!((figures.fitted.accuracy.unwrap() - 0.4).abs() < 1e-12);
}

#[test]
fn wrong_answers_agree_with_a_hand_count() {
    let figures = TestFigures::of(&report("lstm_v1", results()), &mentor());
    let confusions: Vec<_> = figures
        .confusions
        .iter()
        .map(|c| (c.expected[0].as_str(), c.given.as_str(), c.questions.join(" ")))
        .collect();
    let expected = [(OFF_TOPIC, "1", "q5 q6"), ("1", "2", "q2"), ("3", OFF_TOPIC, "q7")];
    assert_eq!(confusions, expected.map(|(e, given, q)| (e, given, q.to_owned())));
    let wrong: Vec<&str> = figures.wrong.iter().map(|w| w.result.question.as_str()).collect();
    assert_eq!(wrong, ["q2", "q5", "q6", "q7"]);
    assert_eq!(figures.never_given, [NeverGiven { answer_id: "3".into(), questions: 1 }]);
    assert_eq!(figures.without_questions, ["0", "3"]);
}

/// Returns the lowest and the highest edge, and for each bin with questions its index and its
/// numbers of correct and wrong answers.
fn bins(figures: &TestFigures) -> ([f64; 2], Vec<(usize, usize, usize)>) {
    let bins = &figures.confidences;
    let filled = bins.iter().enumerate().map(|(i, bin)| (i, bin.right, bin.wrong));
    let filled = filled.filter(|(_, right, wrong)| right + wrong > 0).collect();
    ([bins[0].low, bins[19].high], filled)
}

// Decision values from −2 to 8 give bins of width 0.5. Canned questions do not count.
#[test]
fn bins_of_decision_values_span_the_lowest_to_the_highest() {
    let figures = TestFigures::of(&report("lstm_v1", results()), &mentor());
    let filled = vec![(0, 0, 1), (2, 0, 1), (6, 0, 1), (8, 0, 1), (19, 1, 0)];
    assert_eq!(bins(&figures), ([-2.0, 8.0], filled));
    assert_eq!(figures.calibration, None);
}

#[test]
fn bins_are_centred_on_a_single_decision_value() {
    let alone = vec![result("q4", [OFF_TOPIC, OFF_TOPIC, "1"], None, -4.0)];
    let figures = TestFigures::of(&report("lstm_v1", alone), &mentor());
    assert_eq!(bins(&figures), ([-4.5, -3.5], vec![(10, 0, 1)]));
    let none = TestFigures::of(&report("lstm_v1", Vec::new()), &mentor());
    assert_eq!(bins(&none), ([0.0, 1.0], Vec::new()));
}

#[test]
fn bins_of_probabilities_span_0_to_1() {
    let results = vec![result("q3", ["2", "2", "2"], Some(1), 0.98)];
    let figures = TestFigures::of(&report("fusion_v1", results), &mentor());
    assert_eq!(bins(&figures), ([0.0, 1.0], vec![(19, 1, 0)]));
    assert!(figures.calibration.is_some());
}
