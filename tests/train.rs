//! `mentorpal train`.

use crate::support::Sandbox;

#[test]
fn a_mentor_is_trained_and_published() {
    let sandbox = Sandbox::ada();
    let run = sandbox.run(&["train", "--json"]).code(0);
    let lines = run.json();
    assert_eq!(lines[0]["mentor"], "ada");
    assert_eq!(lines[0]["answers"], 4);
    assert_eq!(lines[0]["questions"], 16);
    // From SOURCE_DATE_EPOCH, 1700000000 seconds: 14 November 2023, 22:13:20 UTC.
    assert_eq!(lines[1]["checkpoint"], "fusion_v1/2023-11-14-2213");
    assert_eq!(lines.len(), 2);
    sandbox.run(&["checkpoints", "verify"]).code(0).prints("whole");
}
