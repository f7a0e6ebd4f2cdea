//! The figures of a training run as a checkpoint stores them. The training page is generated from
//! this data when it is opened.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::TrainingFigures;
use crate::error::{Error, Result};
use crate::mentor::Mentor;
use crate::sha256;
use crate::text::shorten;

/// The version of the format that this program writes.
const FORMAT: u32 = 1;

/// The maximum size of a file. A mentor with 10,000 questions needs about 5 MB.
const MAX_BYTES: usize = 64 << 20;

/// The maximum length of the stored beginning of an answer's text, in characters.
const BEGINNING: usize = 160;

/// The maximum number of points of a learning curve. Training measures four.
const MAX_POINTS: usize = 100;

/// The record of one mentor's training, with everything that reports show. It contains nothing
/// about the checkpoint, the machine or the time, so the same data gives the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    format: u32,
    /// The mentor's id.
    pub mentor: String,
    /// The architecture's name.
    pub arch: String,
    /// The number of the mentor's answers.
    pub answers: usize,
    /// The number of distinct training questions.
    pub questions: usize,
    /// [`Mentor::digest`] at training time.
    pub data_sha256: String,
    /// The other messages of training.
    pub notes: Vec<String>,
    /// The beginning of each answer's text, by id.
    pub texts: BTreeMap<String, String>,
    /// The figures that were measured.
    pub figures: TrainingFigures,
}

impl TrainingRecord {
    /// Returns the record of training `arch` on `mentor`.
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

    /// Returns the bytes of the record as stored on disk: JSON with a newline.
    ///
    /// # Panics
    /// Never: plain data can always be serialized.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("plain data serializes without errors");
        bytes.push(b'\n');
        bytes
    }

    /// Reads a record, which may come from an untrusted source.
    ///
    /// # Errors
    /// If the bytes are not a record, have another format version, or have a number out of its
    /// range.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let invalid = |reason: String| {
            Error::new(reason)
                .hint("the checkpoint is corrupt or of another version; train it again")
        };
        if bytes.len() > MAX_BYTES {
            return Err(invalid(format!("longer than {MAX_BYTES} bytes")));
        }
        let record: Self = serde_json::from_slice(bytes)
            .map_err(|e| invalid("not a training record".to_owned()).caused_by(e))?;
        if record.format != FORMAT {
            return Err(invalid(format!("format {}, expected {FORMAT}", record.format)));
        }
        match record.first_invalid() {
            Some(reason) => Err(invalid(reason.to_owned())),
            None => Ok(record),
        }
    }

    /// Returns a description of the first invalid field, or `None`. Proportions are already checked
    /// when they are deserialized.
    fn first_invalid(&self) -> Option<&'static str> {
        let TrainingFigures { learning_curve, trend, answers, wrong, near_contradictions, .. } =
            &self.figures;
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        let is_gain = |gain: f64| (-1.0..=1.0).contains(&gain);
        let is_mean = |mean: f64| (1e-3..=1e6).contains(&mean);
        let is_number = |number: f64| number.abs() <= 1e9;
        let are_points = learning_curve.len() <= MAX_POINTS
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
            Some("`data_sha256` is not a SHA-256")
        } else if !(are_points && is_trend && are_numbers) {
            Some("a number is out of range")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A record written by hand, as described in `docs/formats.md`.
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
    fn a_record_with_a_value_out_of_range_is_refused() {
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
