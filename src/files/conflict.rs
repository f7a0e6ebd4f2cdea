//! Markers of a merge that git could not finish.

use super::encoding::Note;

/// What the lines begin with that git puts around and between two versions.
const MARKERS: [&str; 3] = ["<<<<<<< ", ">>>>>>> ", "||||||| "];

/// The first line that is a conflict marker.
pub(super) fn conflict(text: &str) -> Option<Note> {
    if !MARKERS.iter().any(|marker| text.contains(marker)) {
        return None;
    }
    let lines = text.split('\n').flat_map(|line| line.trim_end_matches('\r').split('\r'));
    let marked = |line: &str| MARKERS.iter().find(|marker| line.starts_with(**marker));
    let found = lines.enumerate().find_map(|(index, line)| Some((index + 1, marked(line)?)));
    found.map(|(line, marker)| Note {
        line,
        is_of_file: false,
        message: format!(
            "an unresolved git conflict: line {line} begins with `{}`; both versions are in the file",
            marker.trim_end()
        ),
    })
}
