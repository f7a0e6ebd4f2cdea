//! The summary of a training report that `train` prints below its table.

use super::console::{BOLD, DIM, bar, lines, table};
use mentorpal::evaluate::TrainingFigures;
use mentorpal::mentor::Mentor;
use mentorpal::text::format::count;
use mentorpal::text::{percent, percent_or_dash, percent_range, shorten};

/// The number of answers needing paraphrases that are shown.
const MAX_ANSWERS: usize = 3;

/// A summary of a mentor's training in at most twelve lines.
pub(super) fn summary_text(mentor: &Mentor, figures: &TrainingFigures) -> String {
    let mut parts = vec![title(mentor, figures)];
    if !figures.learning_curve.is_empty() {
        parts.push(learning_curve(figures));
    }
    parts.extend(figures.trend.map(|trend| trend.sentence()));
    if !figures.need_paraphrases.is_empty() {
        parts.push(worst(mentor, figures));
    }
    parts.push(contradictions(figures));
    parts.join("\n")
}

fn title(mentor: &Mentor, figures: &TrainingFigures) -> String {
    let share = figures.accuracy;
    let accuracy = share.share.map_or("accuracy could not be measured".to_owned(), |accuracy| {
        format!(
            "leave-one-out {}, 95% interval {} (Wilson, {})",
            percent(accuracy),
            percent_range(share.ci95),
            count(share.questions, "question")
        )
    });
    format!("{BOLD}{}{BOLD:#}: {accuracy}", mentor.id)
}

/// A table with one row and one bar per point of the learning curve.
fn learning_curve(figures: &TrainingFigures) -> String {
    let heads = ["questions per answer", "accuracy", "0% to 100%", "95% interval"];
    let mut table = table(heads, &[0, 1]);
    for point in &figures.learning_curve {
        table.add_row([
            format!("{:.1}", point.questions_per_answer),
            percent_or_dash(point.share.share),
            bar(point.share.share.unwrap_or(0.0)),
            percent_range(point.share.ci95),
        ]);
    }
    lines(&table)
}

/// A table of the answers that most need paraphrases.
fn worst(mentor: &Mentor, figures: &TrainingFigures) -> String {
    let mut table = table(["needs paraphrases", "correct", "most often confused with"], &[1]);
    let describe = |id: &str| {
        let text = mentor.answer(id).map_or("", |answer| answer.text.as_str());
        format!("{id} {DIM}“{}”{DIM:#}", shorten(text, 30))
    };
    for answer in figures.worst().take(MAX_ANSWERS) {
        let other = answer.confused_with.first().map(|other| describe(&other.answer_id));
        table.add_row([
            describe(&answer.answer_id),
            format!("{}/{}", answer.share.correct, answer.share.questions),
            other.unwrap_or_default(),
        ]);
    }
    lines(&table)
}

fn contradictions(figures: &TrainingFigures) -> String {
    let (same, near) = (figures.contradictions.len(), figures.near_contradictions.len());
    if same + near == 0 {
        return "contradictions: none".to_owned();
    }
    format!(
        "contradictions: {} with several answers, {} of similar questions with different answers; \
         see the report",
        count(same, "question"),
        count(near, "pair"),
    )
}
