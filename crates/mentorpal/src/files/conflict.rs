//! Detecting the conflict markers of an unfinished git merge.

use super::encoding::Note;

/// The beginnings of the lines that git inserts around and between two versions.
const MARKERS: [&str; 3] = ["<<<<<<< ", ">>>>>>> ", "||||||| "];

/// Returns a note about the first conflict marker in `text`, if any.
pub(super) fn conflict(text: &str) -> Option<Note> {
    if !MARKERS.iter().any(|marker| text.contains(marker)) {
        return None;
    }
    let lines = text.split('\n').flat_map(|line| line.trim_end_matches('\r').split('\r'));
    let marked = |line: &str| MARKERS.iter().find(|marker| line.starts_with(**marker));
    let found = lines.enumerate().find_map(|(index, line)| Some((index + 1, marked(line)?)));
    found.map(|(line, marker)| Note {
        line,
        is_whole_file: false,
        message: format!(
            "unresolved git conflict: line {line} begins with `{}`, and the file contains both versions",
            marker.trim_end()
        ),
    })
}
