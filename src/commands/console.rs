//! What people and machines read: results on stdout, everything else on stderr; colour only where
//! a terminal shows it and `NO_COLOR` is unset.
//!
//! All of it goes through here, so that no secret is printed (see [`secrets`]), and nothing that
//! the text holds reaches a terminal as a command (see [`painted`]).

use std::error::Error as _;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use super::visible::{Style, escaped_json, is_plain, painted};
use crate::error::{Error, Result};
use crate::mentor::{Finding, FindingKind};
use crate::secrets;
use crate::text::format::shell_word;

pub(super) use super::visible::{BOLD, DIM, GOOD};

/// Whether somebody stopped reading stdout.
static UNREAD: AtomicBool = AtomicBool::new(false);

const ERROR: Style = Style::Error;
const WARNING: Style = Style::Warning;
const HINT: Style = Style::Hint;

/// A line of results for people.
pub(super) fn line(text: impl Display) -> Result<()> {
    write(anstream::stdout().lock(), painted(&secrets::masked_result(&text.to_string())))
}

/// A result for machines.
pub(super) fn json(value: &impl Serialize) -> Result<()> {
    data(to_json(value)?)
}

/// A path as a value of a result for machines. JSON holds Unicode only: `\u{fffd}` stands for what is none.
pub(super) fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A result for machines, to be written by [`data`].
pub(super) fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map(escaped_json)
        .map_err(|e| Error::new("cannot write the result as JSON").caused_by(e))
}

/// A line of results for machines, or several, as they are.
pub(super) fn data(text: impl Display) -> Result<()> {
    write(io::stdout().lock(), secrets::masked_result(&text.to_string()))
}

/// Something people should know, apart from the results.
pub(super) fn note(text: impl Display) {
    let _ = writeln!(anstream::stderr(), "{}", message(&text.to_string()));
}

/// A text as messages have it, for what prints by itself: without secrets, and with nothing that
/// commands a terminal.
pub(super) fn message(text: &str) -> String {
    painted(&secrets::masked(text))
}

/// Why the command line cannot be used: as `clap` styles it, unless it quotes what should not reach a
/// terminal.
pub(super) fn usage(error: &clap::Error) {
    let styled = error.render().ansi().to_string();
    let mut arguments = std::env::args_os();
    let is_fit = arguments.all(|argument| is_plain(&argument.to_string_lossy()))
        && secrets::masked(&styled) == styled;
    let text = if is_fit { styled } else { message(&error.render().to_string()) };
    let _ = write!(anstream::stderr(), "{text}");
}

/// Where events of the work are written: stderr, as all messages.
pub(super) struct Log;

impl Write for Log {
    /// Writes an event, which comes in one piece.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        io::stderr().write_all(message(&text).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Something people should look at.
pub(super) fn warn(text: impl Display) {
    note(format_args!("{WARNING}warning{WARNING:#}: {text}"));
}

/// Why something failed, and what to do.
pub(super) fn error(error: &Error) {
    note(format_args!("{ERROR}error{ERROR:#}: {error}"));
    let mut source = error.source();
    while let Some(cause) = source {
        note(format_args!("  because: {cause}"));
        source = cause.source();
    }
    if let Some(hint) = error.hint_text() {
        note(format_args!("  {HINT}hint{HINT:#}: {hint}"));
    }
}

/// The findings of reading a mentor's data: of those that are alike the first, and how many more there are
/// and where.
pub(super) fn warn_of_findings(mentor: &str, findings: &[Finding]) {
    let sort = |finding: &Finding| {
        // Of test sets there are findings of several kinds.
        let is_mixed = finding.kind == FindingKind::TestSet;
        let shape = if is_mixed { shape(&finding.message) } else { String::new() };
        (finding.kind, finding.place.path.clone(), shape)
    };
    for alike in alike(findings, sort) {
        match alike.as_slice() {
            [first] => warn(first),
            [first, others @ ..] => warn(format_args!(
                "{first} (and {} more like it{}: `mentorpal mentors {} --all`)",
                others.len(),
                rows(others),
                shell_word(mentor)
            )),
            [] => {}
        }
    }
}

/// What was noted of a mentor: of notes that are alike the first, how many more there are, and what the next
/// ones quote.
pub(super) fn warn_of_notes(mentor: &str, notes: &[String]) {
    const SHOWN: usize = 3;
    let quoted = |note: &&String| {
        let (_, rest) = note.split_once('“')?;
        rest.split_once('”').map(|(quoted, _)| format!("“{quoted}”"))
    };
    for alike in alike(notes, |note| shape(note)) {
        match alike.as_slice() {
            [first] => warn(format_args!("{mentor}: {first}")),
            [first, others @ ..] => {
                let shown: Vec<String> = others.iter().filter_map(quoted).take(SHOWN).collect();
                let more = if others.len() > shown.len() { ", …" } else { "" };
                warn(format_args!(
                    "{mentor}: {first} (and {} more like it: {}{more})",
                    others.len(),
                    shown.join(", ")
                ));
            }
            [] => {}
        }
    }
}

/// The items of each sort together, in their order.
fn alike<T, K: PartialEq>(items: &[T], sort: impl Fn(&T) -> K) -> Vec<Vec<&T>> {
    let mut sorts: Vec<(K, Vec<&T>)> = Vec::new();
    for item in items {
        let sort = sort(item);
        match sorts.iter_mut().find(|(known, _)| *known == sort) {
            Some((_, alike)) => alike.push(item),
            None => sorts.push((sort, vec![item])),
        }
    }
    sorts.into_iter().map(|(_, alike)| alike).collect()
}

/// A message without what differs between findings that are alike: what it quotes, and numbers.
fn shape(message: &str) -> String {
    let mut shape = String::new();
    let mut until = None;
    for c in message.chars() {
        match (until, c) {
            (Some(end), c) if c == end => until = None,
            (Some(_), _) => {}
            (None, '`') => until = Some('`'),
            (None, '“') => until = Some('”'),
            (None, c) if c.is_ascii_digit() => {}
            (None, c) => shape.push(c),
        }
    }
    shape
}

/// The first few rows of findings that are alike.
fn rows(findings: &[&Finding]) -> String {
    const SHOWN: usize = 3;
    let rows: Vec<String> =
        findings.iter().filter_map(|finding| Some(finding.place.row?.to_string())).collect();
    match rows.as_slice() {
        [] => String::new(),
        [row] => format!(", in row {row}"),
        rows if rows.len() <= SHOWN => format!(", in rows {}", rows.join(", ")),
        rows => format!(", in rows {}, …", rows[..SHOWN].join(", ")),
    }
}

/// Whether the results are read no more (`| head -1`): what has nothing else to do may stop.
pub(super) fn is_unread() -> bool {
    UNREAD.load(Ordering::Relaxed)
}

/// Writes a line. One that nobody reads any more is no failure: what is published, and the exit
/// code, do not depend on it.
fn write(mut to: impl Write, text: impl Display) -> Result<()> {
    match writeln!(to, "{text}").and_then(|()| to.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            UNREAD.store(true, Ordering::Relaxed);
            Ok(())
        }
        written => written.map_err(|e| Error::new("cannot write to stdout").caused_by(e)),
    }
}

/// A table with these column heads; columns of numbers, named by index, stand to the right.
pub(super) fn table<const N: usize>(heads: [&str; N], numbers: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heads);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if numbers.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The table as lines without trailing spaces.
pub(super) fn lines(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// A share in 0..=1 as a bar of up to ten characters, in steps of a twentieth.
pub(super) fn bar(share: f64) -> String {
    let halves = (1..=20).take_while(|&half| f64::from(half) - 0.5 <= 20.0 * share).count();
    let mut bar = "█".repeat(halves / 2);
    if halves % 2 == 1 {
        bar.push('▌');
    }
    bar
}

/// A size as people read it.
pub(super) fn bytes(size: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if size < 1000 {
        return format!("{size} B");
    }
    let mut value = size as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}
