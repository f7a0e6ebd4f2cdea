//! Errors of requests, and retries with exponential back-off.

use std::thread;
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// The most attempts in a row.
const ATTEMPTS: u32 = 6;

/// The longest wait that is not requested by the server.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The longest wait that a server may request.
const LONGEST_REQUESTED_WAIT: Duration = Duration::from_secs(300);

/// The reason for the failure of a request.
#[derive(Debug)]
pub(crate) enum RequestError {
    /// A retry may succeed, after the wait that the server requested, if it did.
    Transient(Error, Option<Duration>),
    /// The file or folder, or the folder that it should be in, does not exist.
    NotFound(Error),
    /// Something with this name already exists.
    AlreadyExists(Error),
    /// A retry would fail, too.
    Permanent(Error),
}

/// The result of a request.
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

/// Calls `attempt` until it succeeds or fails permanently, with waits in between.
///
/// # Errors
/// The error of the last attempt.
pub(crate) fn retry_with_backoff<T>(
    first_wait: Duration,
    mut attempt: impl FnMut() -> RequestResult<T>,
) -> RequestResult<T> {
    let mut backoff = Backoff::new(first_wait);
    loop {
        match attempt() {
            Err(RequestError::Transient(error, requested)) => backoff.failed(error, requested)?,
            done => return done,
        }
    }
}

/// Counts failures in a row, and waits after each.
#[derive(Debug)]
pub(crate) struct Backoff {
    first_wait: Duration,
    failures: u32,
}

impl Backoff {
    /// No failures yet. The wait after the first one is about `first_wait`; it doubles with each
    /// further one.
    pub(crate) fn new(first_wait: Duration) -> Self {
        Self { first_wait, failures: 0 }
    }

    /// Starts counting from zero, after some progress.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Waits after a failure, for the time that the server `requested`, if it did.
    ///
    /// # Errors
    /// If the last attempt has failed, or the requested wait is too long.
    pub(crate) fn failed(
        &mut self,
        error: Error,
        requested: Option<Duration>,
    ) -> RequestResult<()> {
        self.failures += 1;
        if self.failures >= ATTEMPTS {
            let hint = format!("run the command again later to resume; {ATTEMPTS} attempts failed");
            let hint = match error.hint_text() {
                Some(first) => format!("{first}; {hint}"),
                None => hint,
            };
            return Err(given_up(error, hint));
        }
        if let Some(requested) = requested.filter(|requested| *requested > LONGEST_REQUESTED_WAIT) {
            let hint = format!(
                "the server requested a retry after {} s (`Retry-After`)",
                requested.as_secs()
            );
            return Err(given_up(error, hint));
        }
        let wait = requested.unwrap_or_else(|| self.own_wait());
        tracing::info!(%error, seconds = wait.as_secs_f32(), "retrying");
        thread::sleep(wait);
        Ok(())
    }

    /// A wait that doubles after each failure, less a random part of up to a half, so that runs that
    /// failed together do not retry together.
    fn own_wait(&self) -> Duration {
        let most = self.first_wait.saturating_mul(1 << (self.failures - 1)).min(LONGEST_WAIT);
        most.mul_f64(rand::random_range(0.5..=1.0))
    }
}

/// A failure that is not retried in this run. A later run may succeed.
fn given_up(error: Error, hint: String) -> RequestError {
    RequestError::Permanent(error.with_kind(ErrorKind::Unreachable).transient().hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_WAIT: Duration = Duration::ZERO;

    #[test]
    fn only_transient_errors_are_retried() {
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
    fn gives_up_after_six_attempts_or_a_long_requested_wait() {
        let mut tried = 0;
        let answer: RequestResult<()> = retry_with_backoff(NO_WAIT, || {
            tried += 1;
            Err(RequestError::Transient(Error::new("busy"), None))
        });
        assert_eq!(tried, 6);
        let error = answer.unwrap_err().into_error();
        assert!(error.hint_text().unwrap().contains("6 attempts failed"), "{error:?}");
        let requested = Some(Duration::from_secs(301));
        let error =
            Backoff::new(NO_WAIT).failed(Error::new("busy"), requested).unwrap_err().into_error();
        assert!(error.hint_text().unwrap().contains("after 301 s"), "{error:?}");
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
