//! Output: results on stdout, messages on stderr; colours only on a terminal and if `NO_COLOR` is
//! unset.
//!
//! All output goes through this module, so that secrets are masked (see [`secrets`]) and control
//! characters in the text are escaped (see [`painted`]).

use std::error::Error as _;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use super::visible::{Style, escaped_json, is_plain, painted};
use mentorpal::error::{Error, ErrorKind, Result};
use mentorpal::mentor::{Finding, FindingKind};
use mentorpal::secrets;
use mentorpal::text::format::shell_word;

pub(super) use super::visible::{BOLD, DIM, GOOD};

/// Whether the reader of stdout has closed the pipe.
static CLOSED: AtomicBool = AtomicBool::new(false);

const ERROR: Style = Style::Error;
const WARNING: Style = Style::Warning;
const HINT: Style = Style::Hint;

/// Prints a line of results as text.
pub(super) fn line(text: impl Display) -> Result<()> {
    write(anstream::stdout().lock(), painted(&secrets::masked_result(&text.to_string())))
}

/// Prints a result as one line of JSON.
pub(super) fn json(value: &impl Serialize) -> Result<()> {
    data(to_json(value)?)
}

/// A path as a JSON value; invalid Unicode is replaced by U+FFFD.
pub(super) fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A result as one line of JSON, which [`data`] prints.
pub(super) fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map(escaped_json).map_err(|e| {
        Error::new("cannot write the result as JSON").with_kind(ErrorKind::Internal).caused_by(e)
    })
}

/// Prints one or more lines of JSON unchanged, except for secrets.
pub(super) fn data(text: impl Display) -> Result<()> {
    write(io::stdout().lock(), secrets::masked_result(&text.to_string()))
}

/// Prints a message on stderr.
pub(super) fn note(text: impl Display) {
    let _ = writeln!(anstream::stderr(), "{}", message(&text.to_string()));
}

/// A text as messages show it, without secrets and with control characters escaped.
pub(super) fn message(text: &str) -> String {
    painted(&secrets::masked(text))
}

/// Prints a usage error in `clap`'s style, unless it quotes secrets or control characters.
pub(super) fn usage(error: &clap::Error) {
    let styled = error.render().ansi().to_string();
    let mut arguments = std::env::args_os();
    let is_fit = arguments.all(|argument| is_plain(&argument.to_string_lossy()))
        && secrets::masked(&styled) == styled;
    let text = if is_fit { styled } else { message(&error.render().to_string()) };
    let _ = write!(anstream::stderr(), "{text}");
}

/// The writer of log events: stderr, with the same masking as all messages.
pub(super) struct Log;

impl Write for Log {
    /// Writes one event, which `tracing` passes in a single call.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        io::stderr().write_all(message(&text).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Prints a warning.
pub(super) fn warn(text: impl Display) {
    note(format_args!("{WARNING}warning{WARNING:#}: {text}"));
}

/// Prints an error as text with its causes and its hint.
pub(super) fn error(error: &Error) {
    note(format_args!("{ERROR}error{ERROR:#}: {error}"));
    let mut source = error.source();
    while let Some(cause) = source {
        note(format_args!("  caused by: {cause}"));
        source = cause.source();
    }
    if let Some(hint) = error.hint_text() {
        note(format_args!("  {HINT}hint{HINT:#}: {hint}"));
    }
}

/// Prints an error as one JSON object.
pub(super) fn error_json(error: &Error) {
    let object = escaped_json(super::error_json::object(error).to_string());
    let _ = writeln!(io::stderr(), "{object}");
}

/// Prints the findings in a mentor's data as warnings. Of similar findings only the first is shown,
/// with the number and the rows of the others.
pub(super) fn warn_of_findings(mentor: &str, findings: &[Finding]) {
    let key = |finding: &Finding| {
        // Findings in test sets share one kind, so their messages distinguish them.
        let is_mixed = finding.kind == FindingKind::TestSet;
        let shape = if is_mixed { shape(&finding.message) } else { String::new() };
        (finding.kind, finding.place.path.clone(), shape)
    };
    for similar in group_by(findings, key) {
        match similar.as_slice() {
            [first] => warn(first),
            [first, others @ ..] => warn(format_args!(
                "{first} (and {} similar{}: see `mentorpal mentors {} --all`)",
                others.len(),
                rows(others),
                shell_word(mentor)
            )),
            [] => {}
        }
    }
}

/// Prints notes about a mentor as warnings. Of similar notes only the first is shown, with the number
/// of the others and the texts that the next ones quote.
pub(super) fn warn_of_notes(mentor: &str, notes: &[String]) {
    const MAX_SHOWN: usize = 3;
    let quoted = |note: &&String| {
        let (_, rest) = note.split_once('“')?;
        rest.split_once('”').map(|(quoted, _)| format!("“{quoted}”"))
    };
    for similar in group_by(notes, |note| shape(note)) {
        match similar.as_slice() {
            [first] => warn(format_args!("{mentor}: {first}")),
            [first, others @ ..] => {
                let shown: Vec<String> = others.iter().filter_map(quoted).take(MAX_SHOWN).collect();
                let more = if others.len() > shown.len() { ", …" } else { "" };
                warn(format_args!(
                    "{mentor}: {first} (and {} similar: {}{more})",
                    others.len(),
                    shown.join(", ")
                ));
            }
            [] => {}
        }
    }
}

/// Groups items by their key; groups and items keep their order.
fn group_by<T, K: PartialEq>(items: &[T], key: impl Fn(&T) -> K) -> Vec<Vec<&T>> {
    let mut groups: Vec<(K, Vec<&T>)> = Vec::new();
    for item in items {
        let key = key(item);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(item),
            None => groups.push((key, vec![item])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// A message without quoted texts and numbers: equal for findings that differ only in these.
fn shape(message: &str) -> String {
    let mut shape = String::new();
    let mut closing = None;
    for c in message.chars() {
        match (closing, c) {
            (Some(end), c) if c == end => closing = None,
            (Some(_), _) => {}
            (None, '`') => closing = Some('`'),
            (None, '“') => closing = Some('”'),
            (None, c) if c.is_ascii_digit() => {}
            (None, c) => shape.push(c),
        }
    }
    shape
}

/// The rows of the first few of these findings.
fn rows(findings: &[&Finding]) -> String {
    const MAX_SHOWN: usize = 3;
    let rows: Vec<String> =
        findings.iter().filter_map(|finding| Some(finding.place.row?.to_string())).collect();
    match rows.as_slice() {
        [] => String::new(),
        [row] => format!(", in row {row}"),
        rows if rows.len() <= MAX_SHOWN => format!(", in rows {}", rows.join(", ")),
        rows => format!(", in rows {}, …", rows[..MAX_SHOWN].join(", ")),
    }
}

/// Whether the reader of stdout has closed the pipe (`| head -1`), so a command that only prints may
/// stop.
pub(super) fn is_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

/// Writes a line. A closed pipe is not an error, so it changes neither the published files nor the
/// exit code.
fn write(mut to: impl Write, text: impl Display) -> Result<()> {
    match writeln!(to, "{text}").and_then(|()| to.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            CLOSED.store(true, Ordering::Relaxed);
            Ok(())
        }
        written => written.map_err(|e| {
            Error::new("cannot write to stdout").with_kind(ErrorKind::of_io(&e)).caused_by(e)
        }),
    }
}

/// A table with these column heads; the columns with the indices `numbers` are right-aligned.
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

/// The table as text without trailing spaces.
pub(super) fn lines(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// A proportion from 0 to 1 as a bar of up to ten characters, in steps of 1/20.
pub(super) fn bar(share: f64) -> String {
    let halves = (1..=20).take_while(|&half| f64::from(half) - 0.5 <= 20.0 * share).count();
    let mut bar = "█".repeat(halves / 2);
    if halves % 2 == 1 {
        bar.push('▌');
    }
    bar
}

/// A size with its unit, for example `1.5 MB`.
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
