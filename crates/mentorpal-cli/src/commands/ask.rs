//! `mentorpal ask`: answers one question, a batch, or a conversation.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;
use serde::Serialize;

use super::ExitStatus;
use super::batch::Batches;
use super::console::{self, BOLD, DIM};
use super::open;
use crate::cli::AskArgs;
use mentorpal::classifiers::{Candidate, Reply};
use mentorpal::config::Settings;
use mentorpal::error::{Error, Location, Result};
use mentorpal::files;
use mentorpal::mentor::Mentor;
use mentorpal::open::{MentorAnswerer, OpenCheckpoint};

pub(super) fn run(settings: &Settings, args: &AskArgs) -> Result<ExitStatus> {
    let question = args.question.as_deref().map(str::trim);
    if question == Some("") {
        return Err(Error::new("the question is empty")
            .hint("give a question, or omit the argument to start a conversation"));
    }
    let id = settings.one_mentor()?;
    let checkpoint = OpenCheckpoint::open(&settings.workspace, &open::chosen(settings)?)?;
    let mentor = Arc::new(open::mentor(&settings.workspace, &id)?);
    let (answerer, warnings) = checkpoint.answerer(mentor, !args.no_canned)?.into_parts();
    open::print_warnings(warnings);
    let mut session = Session {
        answerer,
        checkpoint: checkpoint.name().to_string(),
        alternatives: usize::from(args.alternatives),
        json: args.json,
        declined: 0,
    };
    match (question, &args.batch) {
        (Some(question), _) => session.ask(question)?,
        (None, Some(file)) if file.as_os_str() != "-" => {
            session.ask_lines(file)?;
        }
        (None, None) if io::stdin().is_terminal() => session.converse()?,
        (None, batch) => {
            let asked = session.ask_each(io::stdin().lock(), Path::new("stdin"))?;
            if asked == 0 && batch.is_none() {
                return Err(Error::new("no question on the command line or on stdin").hint(
                    "give a question in quotes; on a terminal, omit the argument to start a \
                     conversation",
                ));
            }
        }
    }
    Ok(ExitStatus::Success)
}

struct Session {
    answerer: MentorAnswerer,
    checkpoint: String,
    alternatives: usize,
    json: bool,
    /// Number of questions declined so far. The mentor's utterances for them take turns.
    declined: usize,
}

/// The JSON object that `--json` prints per question.
#[derive(Serialize)]
struct JsonReply<'a> {
    query: &'a str,
    mentor: &'a str,
    answer_id: &'a str,
    answer_text: Option<&'a str>,
    confidence: f64,
    canned: bool,
    top_answer_id: &'a str,
    classifier: &'a str,
    alternatives: &'a [Candidate],
}

impl Session {
    fn mentor(&self) -> &Mentor {
        self.answerer.mentor()
    }

    fn ask(&mut self, question: &str) -> Result<()> {
        let reply = self.answerer.ask(question)?;
        let turn = self.take_turns(std::slice::from_ref(&reply))[0];
        let text = self.text(&reply, turn);
        self.show(&self.render(question, &reply, text)?)
    }

    /// Answers one question per line, until the input ends or stdout is closed. Returns how many were answered.
    fn ask_each(&mut self, lines: impl Read, from: &Path) -> Result<usize> {
        let mut asked = 0;
        for batch in Batches::new(lines, from) {
            let batch = batch?;
            let questions: Vec<&str> = batch.iter().map(String::as_str).collect();
            let replies = self.answerer.ask_all(&questions)?;
            let turns = self.take_turns(&replies);
            let texts: Vec<_> =
                replies.iter().zip(turns).map(|(reply, turn)| self.text(reply, turn)).collect();
            let render = |((question, reply), text): ((&&str, &Reply), Option<&str>)| {
                let answer = self.render(question, reply, text)?;
                Ok(if self.json {
                    answer
                } else {
                    format!("{BOLD}You:{BOLD:#} {question}\n{answer}")
                })
            };
            let all = questions.par_iter().zip(&replies).zip(texts).map(render);
            self.show(&all.collect::<Result<Vec<String>>>()?.join("\n"))?;
            asked += batch.len();
            if console::is_closed() {
                break;
            }
        }
        Ok(asked)
    }

    /// Prints rendered replies.
    fn show(&self, replies: &str) -> Result<()> {
        if self.json { console::data(replies) } else { console::line(replies) }
    }

    /// Renders a reply, as JSON or as text.
    fn render(&self, question: &str, reply: &Reply, text: Option<&str>) -> Result<String> {
        if self.json {
            console::to_json(&self.json_reply(question, reply, text))
        } else {
            Ok(self.render_text(reply, text))
        }
    }

    /// For each reply the number of questions declined before it.
    fn take_turns(&mut self, replies: &[Reply]) -> Vec<usize> {
        let turn = |reply: &Reply| {
            let turn = self.declined;
            self.declined += usize::from(reply.answer_id.is_none());
            turn
        };
        replies.iter().map(turn).collect()
    }

    /// The text of the answer, or of the utterance whose turn it is if the question was declined.
    fn text(&self, reply: &Reply, turn: usize) -> Option<&str> {
        let Some(id) = &reply.answer_id else { return self.answerer.declining_text(turn) };
        let text = self.answerer.text(reply);
        if text.is_none() {
            console::warn(format_args!("answer `{id}` is no longer in the mentor's data"));
        }
        text
    }

    fn json_reply<'r>(
        &'r self,
        question: &'r str,
        reply: &'r Reply,
        text: Option<&'r str>,
    ) -> JsonReply<'r> {
        JsonReply {
            query: question,
            mentor: self.mentor().id.as_str(),
            answer_id: reply.answer_or_off_topic(),
            answer_text: text,
            confidence: reply.confidence,
            canned: reply.canned,
            top_answer_id: &reply.top_answer_id,
            classifier: &self.checkpoint,
            alternatives: &reply.alternatives[..self.alternatives.min(reply.alternatives.len())],
        }
    }

    fn render_text(&self, reply: &Reply, text: Option<&str>) -> String {
        let name = &self.mentor().profile.short_name;
        let said = text.unwrap_or("(no recording)");
        let how = match (&reply.answer_id, reply.canned) {
            (Some(id), true) => format!("{id}, a known question"),
            (Some(id), false) => format!("{id}, confidence {:.2}", reply.confidence),
            (None, _) => {
                format!(
                    "declined; best {}, confidence {:.2}",
                    reply.top_answer_id, reply.confidence
                )
            }
        };
        let others = reply.alternatives.iter().take(self.alternatives);
        let others: Vec<String> =
            others.map(|c| format!("{} {:.2}", c.answer_id, c.confidence)).collect();
        let others =
            if others.is_empty() { String::new() } else { format!("; then {}", others.join(", ")) };
        format!("{BOLD}{name}:{BOLD:#} {said}\n{DIM}  {how}{others}{DIM:#}")
    }

    fn ask_lines(&mut self, file: &Path) -> Result<usize> {
        if file.is_dir() {
            return Err(Error::at(Location::file(file), "a folder, expected a file")
                .hint("name a file with one question per line, or `-` for stdin"));
        }
        files::refuse_pointer(file)?;
        let open = fs::File::open(file).map_err(|e| Error::io(file, "read the questions", e))?;
        self.ask_each(open, file)
    }

    fn converse(&mut self) -> Result<()> {
        let failed = |e| Error::new("cannot read from the terminal").caused_by(e);
        let mut editor = DefaultEditor::new().map_err(failed)?;
        if let Some(intro) = self.mentor().utterances.texts("_INTRO_").first() {
            let name = &self.mentor().profile.short_name;
            console::note(format_args!("{BOLD}{name}:{BOLD:#} {intro}"));
        }
        console::note("(an empty line or Ctrl-D ends the conversation)");
        loop {
            match editor.readline("You: ") {
                Ok(line) if line.trim().is_empty() => return Ok(()),
                Ok(line) => {
                    // Only the history is lost where this fails.
                    let _ = editor.add_history_entry(line.trim());
                    self.ask(line.trim())?;
                }
                Err(ReadlineError::Eof | ReadlineError::Interrupted) => return Ok(()),
                Err(error) => return Err(failed(error)),
            }
        }
    }
}
