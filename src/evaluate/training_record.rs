//! What training measured, as a checkpoint keeps it: data, of which a page is made where it is
//! looked at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::TrainingFigures;
use crate::error::{Error, Result};
use crate::mentor::Mentor;
use crate::sha256;
use crate::text::shorten;

/// The version of the format that this program writes.
const FORMAT: u32 = 1;

/// A larger file is refused: that of a mentor with 10,000 questions has about 5 MB.
const MAX_BYTES: usize = 64 << 20;

/// How much is kept of an answer's text, in characters.
const BEGINNING: usize = 160;

/// A learning curve has four points.
const MOST_POINTS: usize = 100;

/// The training of one mentor, with all that is shown of it. It says nothing of the checkpoint, the
/// machine or the time, so that the same data gives the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    format: u32,
    /// The mentor's id.
    pub mentor: String,
    /// The architecture's name.
    pub arch: String,
    /// How many answers the mentor had.
    pub answers: usize,
    /// How many distinct questions it was trained on.
    pub questions: usize,
    /// [`Mentor::digest`] at training time.
    pub data_sha256: String,
    /// What else training had to say.
    pub notes: Vec<String>,
    /// How each answer begins, by id.
    pub texts: BTreeMap<String, String>,
    /// What was measured.
    pub figures: TrainingFigures,
}

impl TrainingRecord {
    /// How training `arch` on `mentor` went.
    #[must_use]
    pub fn of(arch: &str, mentor: &Mentor, figures: &TrainingFigures, notes: &[String]) -> Self {
        let beginning = |text: &str| shorten(text, BEGINNING);
        let answers = mentor.answers.iter();
        Self {
            format: FORMAT,
            mentor: mentor.id.to_string(),
            arch: arch.to_owned(),
            answers: mentor.answers.len(),
            questions: mentor.examples().len(),
            data_sha256: mentor.digest(),
            notes: notes.to_vec(),
            texts: answers.map(|answer| (answer.id.clone(), beginning(&answer.text))).collect(),
            figures: figures.clone(),
        }
    }

    /// The record as it stands on disk.
    ///
    /// # Panics
    /// Never: plain data can be written.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("plain data can be written");
        bytes.push(b'\n');
        bytes
    }

    /// Reads a record, whoever wrote it.
    ///
    /// # Errors
    /// When it is none, is of a newer format, or has numbers that no training gives.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let fault = |what: String| {
            Error::new(what).hint("the checkpoint is corrupt or of another version; train it again")
        };
        if bytes.len() > MAX_BYTES {
            return Err(fault(format!("longer than {MAX_BYTES} bytes")));
        }
        let record: Self = serde_json::from_slice(bytes)
            .map_err(|e| fault("not the figures of a training".to_owned()).caused_by(e))?;
        if record.format != FORMAT {
            return Err(fault(format!("format {}, expected {FORMAT}", record.format)));
        }
        match record.fault() {
            Some(what) => Err(fault(what.to_owned())),
            None => Ok(record),
        }
    }

    /// What no training gives, if there is something. Shares are checked as they are read.
    fn fault(&self) -> Option<&'static str> {
        let TrainingFigures { learning_curve, trend, answers, wrong, near_contradictions, .. } =
            &self.figures;
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        let is_gain = |gain: f64| (-1.0..=1.0).contains(&gain);
        let is_mean = |mean: f64| (1e-3..=1e6).contains(&mean);
        let is_number = |number: f64| number.abs() <= 1e9;
        let are_points = learning_curve.len() <= MOST_POINTS
            && learning_curve.iter().all(|p| is_share(p.part) && is_mean(p.questions_per_answer));
        let is_trend = trend.is_none_or(|trend| {
            is_mean(trend.from)
                && is_mean(trend.to)
                && is_gain(trend.gain)
                && trend.gain_ci95.into_iter().all(is_number)
        });
        let are_numbers = answers.iter().all(|answer| is_number(answer.excess))
            && wrong.iter().all(|wrong| is_number(wrong.confidence))
            && near_contradictions.iter().all(|pair| is_number(pair.similarity));
        if !sha256::is_digest(&self.data_sha256) {
            Some("`data_sha256` is no SHA-256")
        } else if !(are_points && is_trend && are_numbers) {
            Some("a number is out of its range")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// By hand, as `docs/formats.md` describes it.
    fn sample() -> Value {
        let share = json!({ "questions": 4, "correct": 3, "share": 0.75, "ci95": [0.3, 0.95] });
        let with = |more: Value| {
            let mut all = share.clone();
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all
        };
        json!({
            "format": 1,
            "mentor": "guide",
            "arch": "fusion_v1",
            "answers": 2,
            "questions": 4,
            "data_sha256": "a".repeat(64),
            "notes": ["<b>"],
            "texts": { "a": "A.", "b": "B." },
            "figures": {
                "accuracy": share,
                "topics": [with(json!({ "topic": "Life" }))],
                "answers": [with(json!({ "answer_id": "a", "excess": 0.5, "confused_with": [
                    { "answer_id": "b", "questions": ["why"] }] }))],
                "need_paraphrases": ["a"],
                "single_question": [],
                "without_questions": [],
                "contradictions": [{ "question": "who", "answer_ids": ["a", "b"] }],
                "near_contradictions": [{ "questions": ["x", "y"], "answer_ids": ["a", "b"],
                    "similarity": 0.9 }],
                "wrong": [{ "question": "why", "expected": "a", "given": "b", "confidence": 0.5,
                    "declined": false }],
                "learning_curve": [with(json!({ "part": 0.5, "questions_per_answer": 1.5 }))],
                "trend": { "from": 1.0, "to": 2.0, "gain": 0.1, "gain_ci95": [0.0, 0.2],
                    "verdict": "rising" },
            },
        })
    }

    fn read(value: &Value) -> Result<TrainingRecord> {
        TrainingRecord::from_bytes(value.to_string().as_bytes())
    }

    #[test]
    fn a_record_survives_a_round_trip() {
        let record = read(&sample()).unwrap();
        assert_eq!(record.figures.accuracy.wrong(), 1);
        assert_eq!(TrainingRecord::from_bytes(&record.to_bytes()).unwrap(), record);
    }

    #[test]
    fn what_no_training_gives_is_refused() {
        for (pointer, value) in [
            ("/format", json!(2)),
            ("/data_sha256", json!("../../x")),
            ("/figures/accuracy/correct", json!(5)),
            ("/figures/topics/0/questions", json!(-1)),
            ("/figures/topics/0/questions", json!(u64::MAX)),
            ("/figures/answers/0/correct", json!(9)),
            ("/figures/answers/0/excess", json!(1e300)),
            ("/figures/wrong/0/confidence", json!(-1e300)),
            ("/figures/learning_curve/0/part", json!(2.0)),
            ("/figures/learning_curve/0/questions_per_answer", json!(0.0)),
            ("/figures/learning_curve/0/questions_per_answer", json!(1e300)),
            ("/figures/trend/gain", json!(2.0)),
            ("/figures/trend/verdict", json!("<script>")),
            ("/figures/wrong", json!({})),
            ("/texts", json!([])),
        ] {
            let mut changed = sample();
            *changed.pointer_mut(pointer).unwrap() = value.clone();
            assert!(read(&changed).is_err(), "{pointer}: {value}");
        }
        assert!(TrainingRecord::from_bytes(b"").is_err());
        assert!(TrainingRecord::from_bytes(&b"[".repeat(100_000)).is_err());
    }
}
