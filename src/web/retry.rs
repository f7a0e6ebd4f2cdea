//! Why a request brought nothing, and when to try again: the one place that says how often and
//! how long is waited.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::thread;
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// How often in a row something is tried that may go better the next time.
const ATTEMPTS: u32 = 6;

/// The longest wait of our own.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The longest wait that a server may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(300);

/// Why a request brought nothing.
#[derive(Debug)]
pub(crate) enum RequestError {
    /// It may go better after some time, which the server may have said.
    Transient(Error, Option<Duration>),
    /// There is nothing at the place, or no folder above it.
    NotFound(Error),
    /// Something is at the place already.
    AlreadyExists(Error),
    /// It will not go better.
    Permanent(Error),
}

/// What a request brought.
pub(crate) type RequestResult<T> = Result<T, RequestError>;

impl RequestError {
    /// The error that the caller of the command sees, with its kind.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Transient(error, _) => error.with_kind(ErrorKind::Unreachable).transient(),
            Self::NotFound(error) => error.with_kind(ErrorKind::NotFound),
            Self::AlreadyExists(error) => error.with_kind(ErrorKind::AlreadyExists),
            Self::Permanent(error) => error,
        }
    }
}

/// Backoff until it goes well, or will not; waits between.
///
/// # Errors
/// The last attempt's.
pub(crate) fn retry_with_backoff<T>(
    first_wait: Duration,
    mut attempt: impl FnMut() -> RequestResult<T>,
) -> RequestResult<T> {
    let mut tries = Backoff::new(first_wait);
    loop {
        match attempt() {
            Err(RequestError::Transient(error, asked)) => tries.failed(error, asked)?,
            done => return done,
        }
    }
}

/// Failures in a row.
#[derive(Debug)]
pub(crate) struct Backoff {
    first_wait: Duration,
    failures: u32,
}

impl Backoff {
    /// None yet. After the first is waited about as long as `first_wait`, after each further one
    /// twice as long.
    pub(crate) fn new(first_wait: Duration) -> Self {
        Self { first_wait, failures: 0 }
    }

    /// Some of it went well: failures count from here.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Waits after a failure, as long as the server `asked` where it did.
    ///
    /// # Errors
    /// When there were enough of them, or the wait is too long.
    pub(crate) fn failed(&mut self, error: Error, asked: Option<Duration>) -> RequestResult<()> {
        self.failures += 1;
        if self.failures >= ATTEMPTS {
            let hint = format!(
                "tried {ATTEMPTS} times; run this again later: it goes on where it stopped"
            );
            let hint = match error.hint_text() {
                Some(first) => format!("{first}; {hint}"),
                None => hint,
            };
            let error = error.with_kind(ErrorKind::Unreachable).transient();
            return Err(RequestError::Permanent(error.hint(hint)));
        }
        if let Some(asked) = asked.filter(|asked| *asked > LONGEST_ASKED) {
            let hint = format!("the server asks to come again in {} seconds", asked.as_secs());
            let error = error.with_kind(ErrorKind::Unreachable).transient();
            return Err(RequestError::Permanent(error.hint(hint)));
        }
        let wait = asked.unwrap_or_else(|| self.own_wait());
        tracing::info!(%error, seconds = wait.as_secs_f32(), "trying again");
        thread::sleep(wait);
        Ok(())
    }

    /// Twice as long after each failure, less a random part of up to a half, so that those who
    /// failed together do not come again together.
    fn own_wait(&self) -> Duration {
        let most = self.first_wait.saturating_mul(1 << (self.failures - 1)).min(LONGEST_WAIT);
        let part = random() as f64 / u64::MAX as f64;
        most.mul_f64(1.0 - part / 2.0)
    }
}

/// A random number, for names and waits; not for secrets.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_WAIT: Duration = Duration::ZERO;

    #[test]
    fn passing_faults_are_tried_again_and_others_are_not() {
        let mut tried = 0;
        let answer = retry_with_backoff(NO_WAIT, || {
            tried += 1;
            if tried < 3 {
                Err(RequestError::Transient(Error::new("busy"), None))
            } else {
                Ok(tried)
            }
        });
        assert_eq!(answer.unwrap(), 3);
        let mut tried = 0;
        let answer: RequestResult<()> = retry_with_backoff(NO_WAIT, || {
            tried += 1;
            Err(RequestError::NotFound(Error::new("gone")))
        });
        assert!(matches!(answer, Err(RequestError::NotFound(_))));
        assert_eq!(tried, 1);
    }

    #[test]
    fn there_is_an_end_to_patience() {
        let mut tried = 0;
        let answer: RequestResult<()> = retry_with_backoff(NO_WAIT, || {
            tried += 1;
            Err(RequestError::Transient(Error::new("busy"), None))
        });
        assert_eq!(tried, 6);
        let error = answer.unwrap_err().into_error();
        assert!(error.hint_text().unwrap().contains("tried 6 times"), "{error:?}");
        let asked = Some(Duration::from_secs(301));
        let error =
            Backoff::new(NO_WAIT).failed(Error::new("busy"), asked).unwrap_err().into_error();
        assert!(error.hint_text().unwrap().contains("301 seconds"), "{error:?}");
    }

    #[test]
    fn waits_double_and_differ_by_up_to_a_half() {
        let first_wait = Duration::from_secs(1);
        for (failures, most) in [(1, 1.0), (2, 2.0), (4, 8.0), (6, 30.0)] {
            let waits: Vec<f64> = (0..100)
                .map(|_| Backoff { first_wait, failures }.own_wait().as_secs_f64())
                .collect();
            assert!(waits.iter().all(|wait| (most / 2.0..=most).contains(wait)), "{waits:?}");
            assert!(waits.iter().any(|wait| (wait - waits[0]).abs() > most / 100.0));
        }
    }
}
