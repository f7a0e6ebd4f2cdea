//! 200 tables, each with one damaged cell or with an unusual layout. Every undamaged answer and
//! question is read unchanged, or the file is refused with row and column.
//!
//! The generator writes the files and records the damage, so that the expected result is known.

use mentorpal::error::Error;
use mentorpal::mentor::{Finding, Mentor};
use mentorpal::workspace::{MentorId, Workspace};

use super::DATA;
use crate::support::Sandbox;

/// The number of tables.
const TABLES: u64 = 200;

/// Pseudo-random numbers (Marsaglia's xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).expect("it is below a usize")
    }

    fn chance(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// A row of the data: id, topics, text, questions.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    id: String,
    topics: Vec<String>,
    text: String,
    questions: Vec<String>,
}

/// Sentences with characters that need quoting. Windows-1252 has all their letters.
const SENTENCES: [&str; 10] = [
    "I am a nurse.",
    "I was born in Kyiv, in 1985",
    "They said \"no\", and I left.",
    "I am 42",
    "Où était-ce, déjà ?",
    "It is 5\" wide",
    "Yes, no; maybe\tso",
    "\"Never\"",
    "Zoë’s café",
    "Well, yes, I did, once",
];

fn answers(random: &mut Random) -> Vec<Answer> {
    let count = 3 + random.below(5);
    let answer = |random: &mut Random, number: usize| {
        let mut text = format!("{number}: {}", random.pick(&SENTENCES));
        if random.chance(3) {
            text = format!("{text}\n{}", random.pick(&SENTENCES));
        }
        let question = |random: &mut Random, i: usize| {
            let ask =
                random.pick(&["who are you", "where, then", "do you say \"hi\"", "où êtes-vous"]);
            format!("{ask} {number} {i}?")
        };
        Answer {
            id: format!("a{number}"),
            topics: if random.chance(2) { vec!["Life".into(), "Work".into()] } else { Vec::new() },
            text,
            questions: (0..=random.below(3)).map(|i| question(random, i)).collect(),
        }
    };
    (0..count).map(|number| answer(random, number)).collect()
}

/// The format of a table.
#[allow(clippy::struct_excessive_bools)]
struct Layout {
    delimiter: char,
    line_end: &'static str,
    quote_all: bool,
    separator_line: bool,
    trailing: usize,
    blank_rows: bool,
    repeated_header: bool,
    blanks_around_quotes: bool,
    encoding: Encoding,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Encoding {
    Utf8,
    Utf8WithMark,
    Utf16Le,
    Utf16Be,
    Windows1252,
}

impl Layout {
    fn of(random: &mut Random) -> Self {
        use Encoding::{Utf8, Utf8WithMark, Utf16Be, Utf16Le, Windows1252};
        Self {
            delimiter: *random.pick(&[',', ',', ';', '\t']),
            line_end: *random.pick(&["\n", "\r\n", "\r"]),
            quote_all: random.chance(2),
            separator_line: random.chance(6),
            trailing: if random.chance(5) { 2 } else { 0 },
            blank_rows: random.chance(5),
            repeated_header: random.chance(6),
            blanks_around_quotes: random.chance(6),
            encoding: *random.pick(&[Utf8, Utf8, Utf8WithMark, Utf16Le, Utf16Be, Windows1252]),
        }
    }

    /// Returns a cell as it is written, and whether it is quoted.
    fn cell(&self, text: &str) -> (String, bool) {
        let needs = text.contains([self.delimiter, '"', '\n', '\r']);
        if !needs && !self.quote_all {
            return (text.to_owned(), false);
        }
        let text = text.replace('"', "\"\"").replace('\n', self.line_end);
        let blank = if self.blanks_around_quotes { " " } else { "" };
        (format!("{blank}\"{text}\"{blank}"), true)
    }

    fn row(&self, cells: &[String]) -> String {
        let mut row = cells.join(&self.delimiter.to_string());
        row.extend(std::iter::repeat_n(self.delimiter, self.trailing));
        row + self.line_end
    }

    fn encode(&self, text: &str) -> Vec<u8> {
        let mark = format!("\u{feff}{text}");
        match self.encoding {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf8WithMark => mark.into_bytes(),
            Encoding::Utf16Le => mark.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Encoding::Utf16Be => mark.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Encoding::Windows1252 => text.chars().map(windows_1252).collect(),
        }
    }
}

/// Returns the byte of a character in Windows-1252, for the characters in the sentences.
fn windows_1252(c: char) -> u8 {
    match c {
        '’' => 0x92,
        c => u8::try_from(u32::from(c)).expect("it is in Latin-1"),
    }
}

/// The damage to a row.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Damage {
    None,
    /// The opening or the closing quote of a quoted cell is missing.
    NoOpeningQuote,
    NoClosingQuote,
    /// Both quotes of a quoted cell are missing.
    NoQuotes,
    /// A quoted cell contains an additional quote.
    ExtraQuote,
    /// Letters follow a closing quote.
    TextAfterQuote,
    /// Every non-ASCII character of the row is in Windows-1252.
    OtherEncoding,
    /// The row contains a byte that is invalid in both encodings.
    NoCharacter,
}

/// A file, with its expected content.
struct Made {
    bytes: Vec<u8>,
    answers: Vec<Answer>,
    damage: Damage,
    /// The index of the damaged answer, and its row.
    damaged: usize,
    row: usize,
    /// The rows by answer.
    what: String,
}

fn make(seed: u64) -> Made {
    // Consecutive seeds give similar first numbers, which differ after a few steps.
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    (0..5).for_each(|_| {
        random.below(2);
    });
    let mut damage = *random.pick(&[
        Damage::None,
        Damage::None,
        Damage::NoOpeningQuote,
        Damage::NoClosingQuote,
        Damage::NoClosingQuote,
        Damage::NoQuotes,
        Damage::ExtraQuote,
        Damage::TextAfterQuote,
        Damage::OtherEncoding,
        Damage::NoCharacter,
    ]);
    let answers = answers(&mut random);
    let mut layout = Layout::of(&mut random);
    let of_bytes = matches!(damage, Damage::OtherEncoding | Damage::NoCharacter);
    if of_bytes {
        layout.encoding = Encoding::Utf8;
    }
    let damaged = random.below(answers.len());
    let header: Vec<String> = ["ID", "topics", "text", "question"].map(str::to_owned).to_vec();
    let mut rows: Vec<String> = vec![layout.row(&header)];
    let mut row = 0;
    for (index, answer) in answers.iter().enumerate() {
        if layout.blank_rows && random.chance(2) {
            rows.push(layout.line_end.to_owned());
        }
        if layout.repeated_header && index == answers.len() / 2 {
            rows.push(layout.row(&header));
        }
        let texts = [
            answer.id.clone(),
            answer.topics.join(","),
            answer.text.clone(),
            answer.questions.join("\n"),
        ];
        let mut cells: Vec<(String, bool)> = texts.iter().map(|text| layout.cell(text)).collect();
        if index == damaged {
            damage = damage_cells(&mut cells, damage, &layout, &mut random);
            row = rows.len() + 1;
        }
        let cells: Vec<String> = cells.into_iter().map(|(cell, _)| cell).collect();
        rows.push(layout.row(&cells));
    }
    let separator = if layout.separator_line {
        format!("sep={}{}", layout.delimiter, layout.line_end)
    } else {
        String::new()
    };
    let bytes = if of_bytes {
        let mut bytes = separator.clone().into_bytes();
        for (index, text) in rows.iter().enumerate() {
            if index + 1 == row && damage == Damage::OtherEncoding {
                bytes.extend(text.chars().map(windows_1252));
            } else if index + 1 == row && damage == Damage::NoCharacter {
                let end = text.find(layout.delimiter).expect("a row has several cells");
                let (id, rest) = text.as_bytes().split_at(end);
                bytes.extend([id, b"\x81", rest].concat());
            } else {
                bytes.extend(text.as_bytes());
            }
        }
        bytes
    } else {
        layout.encode(&format!("{separator}{}", rows.concat()))
    };
    let what =
        format!("seed {seed}, {damage:?} in row {row}, {:?}\n{}", layout.encoding, rows.concat());
    Made { bytes, answers, damage, damaged, row, what }
}

/// Damages a quoted cell of a row. A row without quoted cells is not damaged.
fn damage_cells(
    cells: &mut [(String, bool)],
    damage: Damage,
    layout: &Layout,
    random: &mut Random,
) -> Damage {
    let quoted: Vec<usize> = (0..cells.len()).filter(|&i| cells[i].1).collect();
    if quoted.is_empty()
        || matches!(damage, Damage::None | Damage::OtherEncoding | Damage::NoCharacter)
    {
        let is_of_bytes = matches!(damage, Damage::OtherEncoding | Damage::NoCharacter);
        return if is_of_bytes { damage } else { Damage::None };
    }
    let cell = &mut cells[*random.pick(&quoted)].0;
    let (open, close) = (cell.find('"').expect("quoted"), cell.rfind('"').expect("quoted"));
    match damage {
        Damage::NoOpeningQuote => drop(cell.remove(open)),
        Damage::NoClosingQuote => drop(cell.remove(close)),
        Damage::NoQuotes => {
            cell.remove(close);
            cell.remove(open);
        }
        Damage::ExtraQuote => {
            let inner: Vec<usize> =
                cell.char_indices().map(|(i, _)| i).filter(|&i| i > open && i <= close).collect();
            cell.insert(*random.pick(&inner), '"');
        }
        Damage::TextAfterQuote => cell.insert_str(close + 1, "and so on"),
        _ => {}
    }
    let _ = layout;
    damage
}

fn read(sandbox: &Sandbox) -> Result<(Vec<Answer>, Vec<Finding>), Error> {
    let workspace = Workspace::open(sandbox.path()).expect("a workspace");
    let (mentor, findings) = Mentor::load(&workspace, &MentorId::new("ada").expect("a name"))?;
    let answers = mentor.answers.into_iter().map(|answer| Answer {
        id: answer.id,
        topics: answer.topics,
        text: answer.text,
        questions: answer.questions,
    });
    Ok((answers.collect(), findings))
}

/// Returns the difference between the expected and the actual content of a table, if there is one.
fn fault(made: &Made, sandbox: &Sandbox) -> Option<String> {
    let Made { answers, damage, damaged, row, .. } = made;
    match read(sandbox) {
        Err(error) if *damage == Damage::None => Some(format!("refused: {error}")),
        // Every character of the row exists in both encodings, so nothing is lost.
        Err(error) if *damage == Damage::OtherEncoding => Some(format!("refused: {error}")),
        Err(error) => {
            let place = error.place().cloned();
            let found = place.as_ref().and_then(|place| place.row);
            let near = found.is_some_and(|found| (*row..*row + 4).contains(&found));
            let has_column = error.to_string().contains("column `");
            if !near {
                Some(format!("refused for another row: {error}"))
            } else if !has_column && *damage != Damage::NoCharacter {
                Some(format!("refused without a column: {error}"))
            } else {
                None
            }
        }
        Ok((found, findings)) => {
            let is_said = findings.iter().any(|finding| finding.place.row == Some(*row));
            // A byte that is invalid in both encodings cannot be read.
            let must_be_refused = *damage == Damage::NoCharacter;
            let must_be_whole = matches!(damage, Damage::None | Damage::OtherEncoding);
            let others = |all: &[Answer]| -> Vec<Answer> {
                all.iter().filter(|a| a.id != answers[*damaged].id).cloned().collect()
            };
            if must_be_refused || (must_be_whole && found != *answers) {
                Some(format!("read as {found:#?}\nwith {findings:#?}"))
            } else if others(&found) != others(answers) {
                Some(format!("other rows changed: {found:#?}"))
            } else if found != *answers && !is_said {
                Some(format!("the damaged row changed in silence: {found:#?}"))
            } else {
                None
            }
        }
    }
}

#[test]
fn every_valid_row_is_read_unchanged_or_the_file_is_refused() {
    let sandbox = Sandbox::ada();
    let mut faults = Vec::new();
    let (mut refused, mut damaged) = (0, 0);
    for seed in 1..=TABLES {
        let made = make(seed);
        sandbox.write(DATA, &made.bytes);
        if let Some(fault) = fault(&made, &sandbox) {
            faults.push(format!("{}{fault}", made.what));
        }
        damaged += u32::from(made.damage != Damage::None);
        refused += u32::from(read(&sandbox).is_err());
    }
    let count = faults.len();
    assert!(faults.is_empty(), "{count} of {TABLES} tables\n\n{}", faults.join("\n\n"));
    // The generator produces enough damaged tables.
    assert!(damaged > 100 && refused > 60, "{damaged} damaged, {refused} refused");
}

// The binary gives the same result: exit code 2, row and column.
#[test]
fn tables_refused_by_the_library_are_refused_by_the_binary() {
    let sandbox = Sandbox::ada();
    let is_quotes = |made: &Made| {
        matches!(made.damage, Damage::NoClosingQuote | Damage::TextAfterQuote | Damage::ExtraQuote)
    };
    for made in (1..=TABLES).map(make).filter(is_quotes).take(20) {
        sandbox.write(DATA, &made.bytes);
        let expected = if read(&sandbox).is_err() { 2 } else { 0 };
        let run = sandbox.run(&["mentors", "ada", "--json"]).code(expected);
        if expected == 2 {
            let error = run.error();
            let place = &error["place"];
            assert!(place["path"].as_str().is_some_and(|path| path.ends_with(DATA)), "{run}");
            assert!(place["row"].is_u64() && error["hint"].is_string(), "{run}");
            // The column is named in the place, or in the message for a quote that is never closed.
            let message = error["message"].as_str().unwrap_or_default();
            assert!(place["column"].is_string() || message.contains("column `"), "{run}");
        }
    }
}
