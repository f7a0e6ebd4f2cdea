//! How hidden names are written on a disk that forbids a dot at their beginning.
//!
//! There `-upload-…` stands for `.upload-…`: no checkpoint or vector model can be called so, which
//! is why such a name is in no list, on any version of this program.

use std::borrow::Cow;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use percent_encoding::utf8_percent_encode;
use ureq::http::Method;

use super::dav::{Dav, RESERVED, done};
use super::http::{HttpRequest, RequestBody};
use super::store::Store;
use crate::web::{RequestError, RequestResult, Url, drain_body};

/// Statuses by which servers refuse a name that they forbid.
const FORBIDDEN_NAME: [u16; 7] = [400, 403, 404, 405, 406, 409, 422];

/// How hidden names are written on one disk: with a dot until it is found to forbid that.
#[derive(Debug, Default)]
pub(super) struct HiddenNames {
    is_dotless: AtomicBool,
    is_unsaid: AtomicBool,
}

/// What stands for the dot.
const MARK: &str = "-";

impl HiddenNames {
    /// Whether dots are forbidden.
    pub(super) fn is_dotless(&self) -> bool {
        self.is_dotless.load(Ordering::Relaxed)
    }

    /// From now on no name begins with a dot.
    pub(super) fn forbid_dots(&self) {
        if !self.is_dotless.swap(true, Ordering::Relaxed) {
            self.is_unsaid.store(true, Ordering::Relaxed);
        }
    }

    /// How the disk has the part `name` of a path.
    pub(super) fn on_disk<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match name.strip_prefix('.').filter(|_| self.is_dotless()) {
            Some(rest) => Cow::Owned(format!("{MARK}{rest}")),
            None => Cow::Borrowed(name),
        }
    }

    /// What the name `name` on the disk stands for.
    pub(super) fn of_disk(&self, name: String) -> String {
        match name.strip_prefix(MARK).filter(|_| self.is_dotless()) {
            Some(rest) => format!(".{rest}"),
            None => name,
        }
    }

    /// What people should know, once.
    pub(super) fn notice(&self) -> Option<String> {
        self.is_unsaid.swap(false, Ordering::Relaxed).then(|| {
            format!(
                "the disk takes no names that begin with a dot, so what is under way is called \
                 `{MARK}upload-…` there instead of `.upload-…`"
            )
        })
    }
}

/// Whether the last part of `path` is a hidden name.
pub(super) fn is_hidden(path: &str) -> bool {
    path.trim_end_matches('/').rsplit('/').next().is_some_and(|name| name.starts_with('.'))
}

/// The folder that `path` is in.
pub(super) fn folder_of(path: &str) -> &str {
    path.trim_end_matches('/').rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Dav {
    /// Makes the folder at `url`: whether it was not refused, with the refusal otherwise.
    fn make(&self, url: &Url) -> RequestResult<Result<(), RequestError>> {
        let method = Method::from_bytes(b"MKCOL").expect("a method");
        let response = self.http.send(HttpRequest::new(method, url.clone()), &FORBIDDEN_NAME)?;
        if FORBIDDEN_NAME.contains(&response.status().as_u16()) {
            return Ok(Err(self.http.refused(url, response)));
        }
        done(url, response).map(Ok)
    }

    /// Makes a folder with a hidden name. Where the disk takes none with a dot, it is made, and
    /// all others are from then on, without.
    pub(super) fn make_hidden(&self, path: &str) -> RequestResult<()> {
        let url = self.folder_url(path)?;
        let refused = match (self.make(&url)?, self.propfind(&url, "0")) {
            (_, Ok(_)) | (Ok(()), Err(RequestError::Transient(..))) => return Ok(()),
            // Some disks make it, and never show it.
            (Ok(()), Err(fault)) | (Err(fault), _) => fault,
        };
        if self.hidden.is_dotless() || self.list(folder_of(path)).is_err() {
            return Err(refused);
        }
        // What went wrong once may go better now, or it is there; then it was not the dot.
        let _ = self.make(&url)?;
        if self.propfind(&url, "0").is_ok() {
            return Ok(());
        }
        let url = self.dotless_url(path)?.below("/");
        // An earlier run may have left it.
        if self.make(&url)?.is_err() && self.propfind(&url, "0").is_err() {
            return Err(refused);
        }
        self.hidden.forbid_dots();
        Ok(())
    }

    /// Whether the disk takes a file at the hidden `path` only without the dot: tried with empty
    /// files.
    fn refuses_dot(&self, path: &str) -> RequestResult<bool> {
        let is_taken = |url: &Url| {
            let nothing: &mut dyn Read = &mut io::empty();
            let ask =
                HttpRequest::new(Method::PUT, url.clone()).body(RequestBody::Stream(nothing, 0));
            let response = self.http.send(ask, &FORBIDDEN_NAME)?;
            let is_taken = !FORBIDDEN_NAME.contains(&response.status().as_u16());
            drain_body(response);
            Ok(is_taken)
        };
        if self.hidden.is_dotless() || is_taken(&self.url(path)?)? {
            return Ok(false);
        }
        let other = self.dotless_url(path)?;
        let is_taken = is_taken(&other)?;
        if is_taken {
            self.done(HttpRequest::new(Method::DELETE, other.clone()), &other, &[404])?;
        }
        Ok(is_taken)
    }

    /// Writes the file at the hidden `path`, which is what `ask` does.
    pub(super) fn write_hidden(&self, path: &str, ask: HttpRequest) -> RequestResult<()> {
        let url = ask.url.clone();
        let response = self.http.send(ask, &FORBIDDEN_NAME)?;
        if !FORBIDDEN_NAME.contains(&response.status().as_u16()) {
            return done(&url, response);
        }
        let refused = self.http.refused(&url, response);
        let refuses_dot = self.refuses_dot(path)?;
        // Another thread may have found it out meanwhile.
        if refuses_dot || self.url(path)?.whole() != url.whole() {
            self.hidden.forbid_dots();
            // What is under way has another name now: it begins anew.
            return Err(RequestError::NotFound(refused.into_error()));
        }
        Err(refused)
    }

    /// The address that the hidden `path` has without the dot.
    fn dotless_url(&self, path: &str) -> RequestResult<Url> {
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let name = name.replacen('.', MARK, 1);
        let folder = self.url(folder_of(path))?;
        Ok(folder.below(&format!("/{}", utf8_percent_encode(&name, RESERVED))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Name;

    #[test]
    fn a_name_without_a_dot_is_no_checkpoints() {
        let names = HiddenNames::default();
        assert_eq!(names.on_disk(".upload-x-1"), ".upload-x-1");
        assert_eq!(names.of_disk("-upload-x-1".to_owned()), "-upload-x-1");
        assert_eq!(names.notice(), None);
        names.forbid_dots();
        assert_eq!(names.on_disk(".upload-x-1"), "-upload-x-1");
        assert_eq!(names.of_disk("-upload-x-1".to_owned()), ".upload-x-1");
        assert_eq!(names.on_disk("x.y"), "x.y");
        assert!(Name::new("checkpoint", names.on_disk(".upload-x-1")).is_err());
        // Once.
        names.forbid_dots();
        assert!(names.notice().unwrap().contains("begin with a dot"));
        assert_eq!(names.notice(), None);
    }

    #[test]
    fn the_last_part_of_a_path_is_its_name() {
        for (path, hidden, folder) in [
            ("a/.part-1", true, "a"),
            ("a/.upload/", true, "a"),
            (".upload", true, ""),
            (".upload/x", false, ".upload"),
            ("a", false, ""),
        ] {
            assert_eq!((is_hidden(path), folder_of(path)), (hidden, folder), "{path}");
        }
    }
}
