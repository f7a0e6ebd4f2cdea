//! A comparison as text for the terminal.

use super::console::{BOLD, lines, table};
use super::test::ranks_text;
use mentorpal::checkpoint::CheckpointRef;
use mentorpal::evaluate::{
    ChangedGroup, Comparison, ComparisonFigures, Comparisons, Pair, PooledComparison, Proportion,
    Standing,
};
use mentorpal::text::{
    p_equals, p_value, percent, percent_or_dash, percent_range, points, shorten,
};

/// Each pair, then all mentors together, then (for several comparisons) a table of all of them.
pub(super) fn text(comparisons: &Comparisons) -> String {
    let Comparisons { first, mentors, pooled } = comparisons;
    let is_pair = mentors.iter().all(|of| of.pairs.len() == 1);
    let alone = comparisons.pairs().map(|pair| {
        let title = title(pair.mentor.id.as_str(), &pair.b.checkpoint, is_pair);
        format!("{title}\n{}", pair_text(pair))
    });
    let together = pooled.iter().map(|PooledComparison { checkpoint, comparison }| {
        let title = title("all", checkpoint, is_pair);
        format!("{title}\n{}", numbers(first, checkpoint, comparison))
    });
    let mut parts: Vec<String> = alone.chain(together).collect();
    if parts.len() > 1 {
        parts.push(standings(&comparisons.standings()));
    }
    parts.join("\n\n")
}

fn title(mentor: &str, other: &CheckpointRef, is_pair: bool) -> String {
    let with = if is_pair { String::new() } else { format!(": B is {other}") };
    format!("{BOLD}{mentor}{with}{BOLD:#}")
}

fn pair_text(pair: &Pair) -> String {
    let figures = &pair.figures;
    // The most important group is last, next to the prompt.
    let groups = figures.changed.groups().into_iter().rev();
    let groups: String = groups.filter(|group| !group.questions.is_empty()).map(group).collect();
    format!(
        "{}\n\n{groups}{}",
        topics(figures),
        numbers(&pair.a.checkpoint, &pair.b.checkpoint, &pair.comparison)
    )
}

fn group(group: ChangedGroup) -> String {
    let ChangedGroup { name, meaning, questions } = group;
    let mut text = format!("{name}: {meaning} ({})\n", questions.len());
    for question in questions {
        text += &format!("  {}\n", shorten(&question.question, 200));
    }
    text
}

/// A and B side by side: the accuracy per topic, then the ranks of the right answer.
fn topics(figures: &ComparisonFigures) -> String {
    let mut table = table(["topic", "A", "", "B", "", "B − A"], &[1, 2, 3, 4, 5]);
    let correct = |share: Proportion| format!("{}/{}", share.correct, share.questions);
    let accuracy = |share: Proportion| percent_or_dash(share.share);
    for topic in &figures.topics {
        table.add_row([
            shorten(&topic.topic, 40),
            correct(topic.a),
            accuracy(topic.a),
            correct(topic.b),
            accuracy(topic.b),
            points(topic.difference),
        ]);
    }
    let ranks = [("A", &figures.a.ranks), ("B", &figures.b.ranks)]
        .map(|(name, ranks)| format!("{name}: {}", ranks_text(ranks)));
    format!("{}\n{}", lines(&table), ranks.join("\n"))
}

fn numbers(a: &CheckpointRef, b: &CheckpointRef, comparison: &Comparison) -> String {
    let mut table = table(["", "checkpoint", "correct", "accuracy", "95% interval"], &[2, 3]);
    for ((name, checkpoint), share) in [("A", a), ("B", b)].into_iter().zip(comparison.shares()) {
        table.add_row([
            name.to_owned(),
            checkpoint.to_string(),
            format!("{}/{}", share.correct, share.questions),
            percent(share.accuracy()),
            percent_range(share.ci95),
        ]);
    }
    let corrected = match comparison.family {
        1 => String::new(),
        several => format!(
            "\ncorrected for {several} comparisons (Holm): interval {}, {}",
            interval(comparison.corrected_interval),
            p_equals(comparison.p_corrected)
        ),
    };
    format!(
        "{}\nB − A {} points, 95% interval {}; McNemar {}{corrected}\n{}",
        lines(&table),
        points(comparison.difference),
        interval(comparison.difference_ci95),
        p_equals(comparison.p_value),
        comparison.verdict(),
    )
}

fn interval(bounds: [f64; 2]) -> String {
    bounds.map(points).join(" to ")
}

/// A table with one row per mentor and checkpoint.
fn standings(standings: &[Standing]) -> String {
    let heads = [
        "mentor",
        "checkpoint",
        "correct",
        "accuracy",
        "95% interval",
        "B − A",
        "95% interval",
        "p",
        "corrected",
        "p",
        "",
    ];
    let mut table = table(heads, &[2, 3, 5, 7, 9]);
    for Standing { mentor, checkpoint, share, against_first } in standings {
        let mut row = vec![
            mentor.unwrap_or("all").to_owned(),
            checkpoint.to_string(),
            format!("{}/{}", share.correct, share.questions),
            percent_or_dash(share.share),
            percent_range(share.ci95),
        ];
        row.extend(match against_first {
            None => ["", "", "", "", "", "A"].map(str::to_owned),
            Some(one) => [
                points(one.difference),
                interval(one.difference_ci95),
                p_value(one.p_value),
                interval(one.corrected_interval),
                p_value(one.p_corrected),
                one.outcome().to_owned(),
            ],
        });
        table.add_row(row);
    }
    lines(&table)
}
