//! `mentorpal ask`: one question, a batch, or a conversation.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;
use serde::Serialize;

use super::Outcome;
use super::batch::Batches;
use super::console::{self, BOLD, DIM};
use super::open::{self, Opened};
use crate::classifiers::{Candidate, MentorClassifier, Reply};
use crate::cli::AskArgs;
use crate::config::{Flags, Settings};
use crate::error::{Error, Location, Result};
use crate::files;
use crate::mentor::Mentor;

impl AskArgs {
    pub(super) fn flags(&self) -> Flags {
        Flags { mentors: self.mentor.iter().cloned().collect(), ..self.checkpoint.flags() }
    }
}

pub(super) fn run(settings: &Settings, args: &AskArgs) -> Result<Outcome> {
    let question = args.question.as_deref().map(str::trim);
    if question == Some("") {
        return Err(Error::new("the question is empty").hint("leave it out for a conversation"));
    }
    let id = settings.one_mentor()?;
    let opened = Opened::open(&settings.workspace, &open::chosen(settings)?)?;
    let mentor = Arc::new(open::mentor(&settings.workspace, &id)?);
    let mut session = Session {
        mentor: &mentor,
        classifier: opened.classifier(&mentor, !args.no_canned)?,
        checkpoint: opened.checkpoint.name.to_string(),
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
                return Err(Error::new("no question, neither on the command line nor on stdin")
                    .hint("give one in quotes; on a terminal, none starts a conversation"));
            }
        }
    }
    Ok(Outcome::Done)
}

struct Session<'a> {
    mentor: &'a Mentor,
    classifier: MentorClassifier,
    checkpoint: String,
    alternatives: usize,
    json: bool,
    /// How many questions were declined so far: the mentor varies what it says then.
    declined: usize,
}

/// What `--json` prints of a question.
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

impl<'a> Session<'a> {
    fn ask(&mut self, question: &str) -> Result<()> {
        let reply = self.classifier.answer(question)?;
        let text = self.text(&reply);
        self.show(&self.told(question, &reply, text)?)
    }

    /// A question a line, as long as somebody reads the answers; returns how many were asked.
    fn ask_each(&mut self, lines: impl Read, from: &Path) -> Result<usize> {
        let mut asked = 0;
        for batch in Batches::new(lines, from) {
            let batch = batch?;
            let questions: Vec<&str> = batch.iter().map(String::as_str).collect();
            let replies = self.classifier.answer_all(&questions)?;
            let texts: Vec<_> = replies.iter().map(|reply| self.text(reply)).collect();
            let told = |((question, reply), text): ((&&str, &Reply), Option<&str>)| {
                let told = self.told(question, reply, text)?;
                Ok(if self.json { told } else { format!("{BOLD}You:{BOLD:#} {question}\n{told}") })
            };
            let all = questions.par_iter().zip(&replies).zip(texts).map(told);
            self.show(&all.collect::<Result<Vec<String>>>()?.join("\n"))?;
            asked += batch.len();
            if console::is_unread() {
                break;
            }
        }
        Ok(asked)
    }

    /// Prints what [`told`](Self::told) put together.
    fn show(&self, told: &str) -> Result<()> {
        if self.json { console::data(told) } else { console::line(told) }
    }

    /// A reply as it is printed.
    fn told(&self, question: &str, reply: &Reply, text: Option<&str>) -> Result<String> {
        if self.json {
            console::to_json(&self.json_reply(question, reply, text))
        } else {
            Ok(self.spoken(reply, text))
        }
    }

    /// What the mentor says: the answer, or, declining, one of its utterances in turn.
    fn text(&mut self, reply: &Reply) -> Option<&'a str> {
        if let Some(id) = &reply.answer_id {
            let text = self.mentor.answer(id).map(|answer| answer.text.as_str());
            if text.is_none() {
                console::warn(format_args!("answer `{id}` is no longer in the mentor's data"));
            }
            return text;
        }
        let utterances = self.mentor.utterances.texts("_OFF_TOPIC_");
        let text = utterances.get(self.declined % utterances.len().max(1)).copied();
        self.declined += 1;
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
            mentor: self.mentor.id.as_str(),
            answer_id: reply.answer_or_off_topic(),
            answer_text: text,
            confidence: reply.confidence,
            canned: reply.canned,
            top_answer_id: &reply.top_answer_id,
            classifier: &self.checkpoint,
            alternatives: &reply.alternatives[..self.alternatives.min(reply.alternatives.len())],
        }
    }

    fn spoken(&self, reply: &Reply, text: Option<&str>) -> String {
        let name = &self.mentor.profile.short_name;
        let said = text.unwrap_or("(no recording)");
        let how = match (&reply.answer_id, reply.canned) {
            (Some(id), true) => format!("{id}, a known question"),
            (Some(id), false) => format!("{id}, confidence {:.2}", reply.confidence),
            (None, _) => {
                format!(
                    "off-topic; best {}, confidence {:.2}",
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
            return Err(Error::at(Location::file(file), "a folder, where a file belongs")
                .hint("name a file with a question a line, or `-` for stdin"));
        }
        files::refuse_pointer(file)?;
        let open = fs::File::open(file).map_err(|e| Error::io(file, "read the questions", e))?;
        self.ask_each(open, file)
    }

    fn converse(&mut self) -> Result<()> {
        let failed = |e| Error::new("cannot read from the terminal").caused_by(e);
        let mut editor = DefaultEditor::new().map_err(failed)?;
        if let Some(intro) = self.mentor.utterances.texts("_INTRO_").first() {
            let name = &self.mentor.profile.short_name;
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
