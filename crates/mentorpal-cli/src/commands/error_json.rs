//! Errors as JSON objects, which `--json` prints on stderr.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue};
use serde_json::{Value, json};

use super::console;
use mentorpal::error::{Error, Location};
use mentorpal::secrets;

/// The object of an error: `kind`, `message`, `hint`, `place` and `caused_by`.
///
/// `place` is `null` or an object with `path`, `row` and `column`; `caused_by` lists the messages
/// of the underlying errors, the immediate cause first. Every text is without secrets.
pub(super) fn object(error: &Error) -> Value {
    let place = |place: &Location| {
        json!({
            "path": masked(&console::path(&place.path)),
            "row": place.row,
            "column": place.column.as_deref().map(masked),
        })
    };
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    json!({
        "kind": error.kind().as_str(),
        "message": masked(error.message()),
        "hint": error.hint_text().map(masked),
        "place": error.place().map(place),
        "caused_by": causes.map(|cause| masked(&cause.to_string())).collect::<Vec<_>>(),
    })
}

fn masked(text: &str) -> String {
    secrets::masked(text).into_owned()
}

/// A usage error of `clap`: its first paragraph as the message, its suggestions as the hint.
pub(super) fn of_usage(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let message = text.split("\n\n").next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message).trim();
    let hint = match suggestion(error) {
        Some(suggestion) => format!("did you mean `{suggestion}`?"),
        None => "run the command with --help to see its arguments".to_owned(),
    };
    Error::new(message).hint(hint)
}

/// The similar argument, verb or value that `clap` suggests, if any.
fn suggestion(error: &clap::Error) -> Option<String> {
    [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
        .into_iter()
        .find_map(|kind| match error.get(kind)? {
            ContextValue::String(text) => Some(text.clone()),
            ContextValue::Strings(texts) => texts.first().cloned(),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::Parser;

    use super::*;
    use crate::cli::Cli;
    use mentorpal::error::ErrorKind;

    #[test]
    fn every_field_is_present() {
        let cause = std::io::Error::other("disk failure");
        let place = Location::file(Path::new("data/topics.csv")).row(3).column("group");
        let error = Error::at(place, "no such topic")
            .with_kind(ErrorKind::NotFound)
            .hint("add the topic")
            .caused_by(cause);
        assert_eq!(
            object(&error),
            json!({
                "kind": "not_found",
                "message": "no such topic",
                "hint": "add the topic",
                "place": { "path": "data/topics.csv", "row": 3, "column": "group" },
                "caused_by": ["disk failure"],
            })
        );
        assert_eq!(
            object(&Error::new("the question is empty")),
            json!({
                "kind": "invalid_input",
                "message": "the question is empty",
                "hint": null,
                "place": null,
                "caused_by": [],
            })
        );
    }

    #[test]
    fn credentials_in_addresses_are_masked() {
        let address = "https://ada:hunter2@disk.example/dav";
        let error = Error::at(Location::file(address), format!("cannot reach {address}"))
            .hint(format!("check {address}"))
            .caused_by(address);
        let text = object(&error).to_string();
        assert!(!text.contains("hunter2") && text.contains("****"), "{text}");
    }

    #[test]
    fn a_usage_error_has_a_message_and_a_hint() {
        let usage = |arguments: &[&str]| {
            let error = Cli::try_parse_from(arguments).expect_err("the arguments are invalid");
            object(&of_usage(&error))
        };
        let unknown = usage(&["mentorpal", "train", "--checkpont", "x"]);
        assert_eq!(unknown["kind"], "invalid_input");
        assert_eq!(unknown["message"], "unexpected argument '--checkpont' found");
        let hint = unknown["hint"].as_str().expect("a hint");
        assert!(hint.contains("`--checkpoint`"), "{hint}");
        let bare = usage(&["mentorpal", "test", "--limit", "0"]);
        assert!(bare["message"].as_str().is_some_and(|text| text.contains("--limit")), "{bare}");
    }
}
