//! Response bodies, with limits on their size and on how slowly they arrive.

use std::fmt;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use super::answer::{Response, at, truncated};
use super::retry::{RequestError, RequestResult};
use super::url::Url;
use crate::error::{Error, ErrorKind, Location};

/// The lowest accepted speed in bytes per second, after a server has used up the time that it may
/// be silent. Without this limit, a server that sends one byte now and then would be read forever.
const MIN_SPEED: u64 = 1000;

/// The longest time for a complete short response, as a multiple of the time that a server may be
/// silent.
const SHORT_BODY_FACTOR: u32 = 10;

/// The longest time for which a server may send nothing. The agent attaches it to each response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stall(pub(super) Duration);

/// The reader of a response body.
pub(crate) type Body = Paced<ureq::BodyReader<'static>>;

/// Returns the reader of a response's body.
pub(crate) fn body(response: Response) -> Body {
    let stall = response.extensions().get().map_or(Duration::MAX, |Stall(stall)| *stall);
    Paced::new(response.into_body().into_reader(), stall)
}

/// Reads the complete response from `url`, which may have at most `most` bytes.
///
/// # Errors
/// If the response is longer, arrives too slowly, or is cut.
pub(crate) fn short(url: &Url, response: Response, most: u64) -> RequestResult<Vec<u8>> {
    let mut bytes = Vec::new();
    body(response).short().take(most + 1).read_to_end(&mut bytes).map_err(|e| truncated(url, e))?;
    if bytes.len() as u64 > most {
        let what = format!("the response has more than {most} bytes, the maximum for this request");
        let error = at(url, what).with_kind(ErrorKind::Unsupported);
        return Err(RequestError::Permanent(error.hint("check the URL")));
    }
    Ok(bytes)
}

/// A reader that fails if data arrives too slowly. Only the time spent waiting for data counts.
#[derive(Debug)]
pub(crate) struct Paced<R> {
    reader: R,
    stall: Duration,
    /// The longest total wait.
    longest: Duration,
    waited: Duration,
    bytes: u64,
}

impl<R> Paced<R> {
    /// Wraps `reader`, which may be silent for `stall`.
    pub(crate) fn new(reader: R, stall: Duration) -> Self {
        Self { reader, stall, longest: Duration::MAX, waited: Duration::ZERO, bytes: 0 }
    }

    /// Limits the total wait too, for a short body.
    pub(crate) fn short(self) -> Self {
        Self { longest: self.stall.saturating_mul(SHORT_BODY_FACTOR), ..self }
    }

    /// The longest total wait for the bytes received so far.
    fn allowed(&self) -> Duration {
        let for_bytes = Duration::from_millis(self.bytes.saturating_mul(1000) / MIN_SPEED);
        self.stall.saturating_add(for_bytes).min(self.longest)
    }
}

impl<R: Read> Read for Paced<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let start = Instant::now();
        let read = self.reader.read(buffer);
        self.waited += start.elapsed();
        let length = read?;
        self.bytes += length as u64;
        if length > 0 && self.waited > self.allowed() {
            return Err(io::Error::other(TooSlow { bytes: self.bytes, seconds: self.waited }));
        }
        Ok(length)
    }
}

/// The error of data that arrives too slowly.
#[derive(Debug)]
struct TooSlow {
    bytes: u64,
    seconds: Duration,
}

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.seconds.as_secs_f64();
        write!(f, "{} bytes in {seconds:.0} seconds", self.bytes)
    }
}

impl std::error::Error for TooSlow {}

/// The error of a body from `place` that ended too early or arrived too slowly.
pub(crate) fn interrupted(place: Location, error: io::Error) -> RequestError {
    match error.downcast::<TooSlow>() {
        // Not retried at once: a retry would be as slow, and a resumed download would never give
        // up.
        Ok(slow) => RequestError::Permanent(
            Error::at(place, format!("the response arrives too slowly: {slow}"))
                .with_kind(ErrorKind::Unreachable)
                .transient()
                .hint(format!(
                    "run the command again later, or over a faster network: at least {MIN_SPEED} \
                     bytes per second are expected"
                )),
        ),
        Err(error) => RequestError::Transient(
            Error::at(place, "the connection was closed too early").caused_by(error),
            None,
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;

    /// A reader that returns one byte at a time, each after a wait.
    struct SlowReader(Duration);

    impl Read for SlowReader {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            sleep(self.0);
            buffer[0] = b'x';
            Ok(1)
        }
    }

    #[test]
    fn data_that_arrives_too_slowly_is_an_error() {
        let stall = Duration::from_millis(20);
        for paced in [
            Paced::new(SlowReader(Duration::from_millis(3)), stall),
            Paced::new(SlowReader(Duration::from_millis(3)), stall).short(),
        ] {
            let mut paced = paced;
            let error = paced.read_to_end(&mut Vec::new()).unwrap_err();
            let error = interrupted(Location::file("there"), error);
            let RequestError::Permanent(error) = error else { panic!("{error:?}") };
            assert!(
                error.to_string().starts_with("there: the response arrives too slowly"),
                "{error}"
            );
        }
    }

    #[test]
    fn the_longest_wait_grows_with_the_bytes_received_up_to_a_limit() {
        let mut paced = Paced::new(io::empty(), Duration::from_secs(60));
        assert_eq!(paced.allowed(), Duration::from_secs(60));
        paced.bytes = 1_000_000_000;
        assert_eq!(paced.allowed(), Duration::from_secs(1_000_060));
        assert_eq!(paced.short().allowed(), Duration::from_secs(600));
    }
}
