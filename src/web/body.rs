//! The body of an answer: never more bytes than are wanted, and none that never ends.

use std::fmt;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use super::answer::{Response, at, truncated};
use super::retry::{RequestError, RequestResult};
use super::url::Url;
use crate::error::{Error, Location};

/// The bytes that a server must send in a second, once it has been waited for as long as for a
/// silent one: a server that sends a byte now and then would never be given up otherwise.
const SLOWEST: u64 = 1000;

/// How much longer than for a silent server is waited for all of a short answer.
const SHORT: u32 = 10;

/// How long a server may be silent: what an agent notes at its answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stall(pub(super) Duration);

/// A body that is read.
pub(crate) type Body = Paced<ureq::BodyReader<'static>>;

/// The body of an answer.
pub(crate) fn body(response: Response) -> Body {
    let stall = response.extensions().get().map_or(Duration::MAX, |Stall(stall)| *stall);
    Paced::new(response.into_body().into_reader(), stall)
}

/// All of the answer from `url`, of at most `most` bytes.
///
/// # Errors
/// When it is longer, comes too slowly, or is cut.
pub(crate) fn short(url: &Url, response: Response, most: u64) -> RequestResult<Vec<u8>> {
    let mut bytes = Vec::new();
    body(response).short().take(most + 1).read_to_end(&mut bytes).map_err(|e| truncated(url, e))?;
    if bytes.len() as u64 > most {
        let what = format!("an answer of more than {most} bytes, which none of its kind has");
        return Err(RequestError::Permanent(at(url, what).hint("look at the address")));
    }
    Ok(bytes)
}

/// A reader that fails where too little comes for too long. Only the time counts that is spent
/// waiting for it.
#[derive(Debug)]
pub(crate) struct Paced<R> {
    reader: R,
    stall: Duration,
    /// The most that is waited for all of it.
    longest: Duration,
    waited: Duration,
    bytes: u64,
}

impl<R> Paced<R> {
    /// What comes from `reader`, which may be silent for `stall`.
    pub(crate) fn new(reader: R, stall: Duration) -> Self {
        Self { reader, stall, longest: Duration::MAX, waited: Duration::ZERO, bytes: 0 }
    }

    /// The same of something short.
    pub(crate) fn short(self) -> Self {
        Self { longest: self.stall.saturating_mul(SHORT), ..self }
    }

    /// How long may be waited for what has come.
    fn allowed(&self) -> Duration {
        let for_bytes = Duration::from_millis(self.bytes.saturating_mul(1000) / SLOWEST);
        self.stall.saturating_add(for_bytes).min(self.longest)
    }
}

impl<R: Read> Read for Paced<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let begun = Instant::now();
        let read = self.reader.read(buffer);
        self.waited += begun.elapsed();
        let length = read?;
        self.bytes += length as u64;
        if length > 0 && self.waited > self.allowed() {
            return Err(io::Error::other(TooSlow { bytes: self.bytes, seconds: self.waited }));
        }
        Ok(length)
    }
}

/// That too little came for too long.
#[derive(Debug)]
struct TooSlow {
    bytes: u64,
    seconds: Duration,
}

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.seconds.as_secs_f64();
        write!(f, "{} bytes came in {seconds:.0} seconds", self.bytes)
    }
}

impl std::error::Error for TooSlow {}

/// The fault of what is at `place` and ended too early, or was given up because it came too slowly.
pub(crate) fn interrupted(place: Location, error: io::Error) -> RequestError {
    match error.downcast::<TooSlow>() {
        // Not tried again at once: it would be as slow, and where it goes on, without an end.
        Ok(slow) => RequestError::Permanent(
            Error::at(place, format!("the answer comes too slowly: {slow}")).hint(format!(
                "at least {SLOWEST} bytes a second are expected; run this again later, or over a \
                 faster network"
            )),
        ),
        Err(error) => RequestError::Transient(
            Error::at(place, "the connection was cut").caused_by(error),
            None,
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;

    /// One byte at a time, each after a wait.
    struct Dripping(Duration);

    impl Read for Dripping {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            sleep(self.0);
            buffer[0] = b'x';
            Ok(1)
        }
    }

    #[test]
    fn an_endless_drip_ends() {
        let stall = Duration::from_millis(20);
        for paced in [
            Paced::new(Dripping(Duration::from_millis(3)), stall),
            Paced::new(Dripping(Duration::from_millis(3)), stall).short(),
        ] {
            let mut paced = paced;
            let error = paced.read_to_end(&mut Vec::new()).unwrap_err();
            let fault = interrupted(Location::file("there"), error);
            let RequestError::Permanent(error) = fault else { panic!("{fault:?}") };
            assert!(error.to_string().starts_with("there: the answer comes too slowly"), "{error}");
        }
    }

    #[test]
    fn what_is_waited_for_grows_with_what_comes_and_has_an_end() {
        let mut paced = Paced::new(io::empty(), Duration::from_secs(60));
        assert_eq!(paced.allowed(), Duration::from_secs(60));
        paced.bytes = 1_000_000_000;
        assert_eq!(paced.allowed(), Duration::from_secs(1_000_060));
        assert_eq!(paced.short().allowed(), Duration::from_secs(600));
    }
}
