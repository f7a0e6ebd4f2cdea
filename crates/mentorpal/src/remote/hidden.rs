//! Names of hidden files and folders on servers that forbid names with a dot at the start.
//!
//! On such a server `-upload-…` stands for `.upload-…`. No checkpoint or vector model can have such
//! a name, so no version of this program lists it.

use std::borrow::Cow;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use percent_encoding::utf8_percent_encode;
use ureq::http::Method;

use super::dav::{Dav, RESERVED, done};
use super::store::Store;
use crate::web::{HttpRequest, RequestBody, RequestError, RequestResult, Url, drain_body};

/// The statuses of servers that forbid a name.
const FORBIDDEN_NAME: [u16; 7] = [400, 403, 404, 405, 406, 409, 422];

/// The form of hidden names on one server: with a dot, until the server is found to forbid it.
#[derive(Debug, Default)]
pub(super) struct HiddenNames {
    is_dotless: AtomicBool,
    is_notice_pending: AtomicBool,
}

/// The character that replaces the dot.
const DOT_REPLACEMENT: &str = "-";

impl HiddenNames {
    /// Whether the server forbids dots.
    pub(super) fn is_dotless(&self) -> bool {
        self.is_dotless.load(Ordering::Relaxed)
    }

    /// Uses names without a dot from now on.
    pub(super) fn forbid_dots(&self) {
        if !self.is_dotless.swap(true, Ordering::Relaxed) {
            self.is_notice_pending.store(true, Ordering::Relaxed);
        }
    }

    /// The name that the server has for `name`, which is one part of a path.
    pub(super) fn name_on_disk<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match name.strip_prefix('.').filter(|_| self.is_dotless()) {
            Some(rest) => Cow::Owned(format!("{DOT_REPLACEMENT}{rest}")),
            None => Cow::Borrowed(name),
        }
    }

    /// The name that `name` on the server stands for: the inverse of [`name_on_disk`](Self::name_on_disk).
    pub(super) fn name_from_disk(&self, name: String) -> String {
        match name.strip_prefix(DOT_REPLACEMENT).filter(|_| self.is_dotless()) {
            Some(rest) => format!(".{rest}"),
            None => name,
        }
    }

    /// The notice for the user; returned once.
    pub(super) fn notice(&self) -> Option<String> {
        self.is_notice_pending.swap(false, Ordering::Relaxed).then(|| {
            format!(
                "the server does not accept names that begin with a dot, so unfinished uploads \
                 have the name `{DOT_REPLACEMENT}upload-…` there instead of `.upload-…`"
            )
        })
    }
}

/// Whether the last part of `path` is a hidden name.
pub(super) fn is_hidden(path: &str) -> bool {
    path.trim_end_matches('/').rsplit('/').next().is_some_and(|name| name.starts_with('.'))
}

/// The parent folder of `path`.
pub(super) fn folder_of(path: &str) -> &str {
    path.trim_end_matches('/').rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Dav {
    /// Creates the folder at `url`. The inner error is a refusal that can be due to the name.
    fn try_create_folder(&self, url: &Url) -> RequestResult<Result<(), RequestError>> {
        let method = Method::from_bytes(b"MKCOL").expect("a method");
        let response = self.http.send(HttpRequest::new(method, url.clone()), &FORBIDDEN_NAME)?;
        if FORBIDDEN_NAME.contains(&response.status().as_u16()) {
            return Ok(Err(self.http.refused(url, response)));
        }
        done(url, response).map(Ok)
    }

    /// Creates a folder with a hidden name. If the server forbids the dot, this folder
    /// and all later hidden folders are created with a dash instead.
    pub(super) fn make_hidden(&self, path: &str) -> RequestResult<()> {
        let url = self.folder_url(path)?;
        let refused = match (self.try_create_folder(&url)?, self.propfind(&url, "0")) {
            (_, Ok(_)) | (Ok(()), Err(RequestError::Transient(..))) => return Ok(()),
            // Some servers create the folder, but never list it.
            (Ok(()), Err(fault)) | (Err(fault), _) => fault,
        };
        if self.hidden.is_dotless() || self.list(folder_of(path)).is_err() {
            return Err(refused);
        }
        // Rules out other causes: a temporary error, or a folder that exists already.
        let _ = self.try_create_folder(&url)?;
        if self.propfind(&url, "0").is_ok() {
            return Ok(());
        }
        let url = self.dotless_url(path)?.below("/");
        // The folder may exist already from an earlier run.
        if self.try_create_folder(&url)?.is_err() && self.propfind(&url, "0").is_err() {
            return Err(refused);
        }
        self.hidden.forbid_dots();
        Ok(())
    }

    /// Whether the server accepts a file at the hidden `path` only without the dot. Tries both
    /// names with empty files.
    fn refuses_dot(&self, path: &str) -> RequestResult<bool> {
        let is_taken = |url: &Url| {
            let nothing: &mut dyn Read = &mut io::empty();
            let request =
                HttpRequest::new(Method::PUT, url.clone()).body(RequestBody::Stream(nothing, 0));
            let response = self.http.send(request, &FORBIDDEN_NAME)?;
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

    /// Sends `request`, which writes the file at the hidden `path`.
    pub(super) fn write_hidden(&self, path: &str, request: HttpRequest) -> RequestResult<()> {
        let url = request.url.clone();
        let response = self.http.send(request, &FORBIDDEN_NAME)?;
        if !FORBIDDEN_NAME.contains(&response.status().as_u16()) {
            return done(&url, response);
        }
        let refused = self.http.refused(&url, response);
        let refuses_dot = self.refuses_dot(path)?;
        // Another thread may have determined it meanwhile.
        if refuses_dot || self.url(path)?.full() != url.full() {
            self.hidden.forbid_dots();
            // The folder of this upload has a different name now, so the upload starts again.
            return Err(RequestError::NotFound(refused.into_error()));
        }
        Err(refused)
    }

    /// The URL of the hidden `path` without the dot.
    fn dotless_url(&self, path: &str) -> RequestResult<Url> {
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let name = name.replacen('.', DOT_REPLACEMENT, 1);
        let folder = self.url(folder_of(path))?;
        Ok(folder.below(&format!("/{}", utf8_percent_encode(&name, RESERVED))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::CheckpointName;

    #[test]
    fn a_replaced_dot_gives_a_name_that_no_checkpoint_can_have() {
        let names = HiddenNames::default();
        assert_eq!(names.name_on_disk(".upload-x-1"), ".upload-x-1");
        assert_eq!(names.name_from_disk("-upload-x-1".to_owned()), "-upload-x-1");
        assert_eq!(names.notice(), None);
        names.forbid_dots();
        assert_eq!(names.name_on_disk(".upload-x-1"), "-upload-x-1");
        assert_eq!(names.name_from_disk("-upload-x-1".to_owned()), ".upload-x-1");
        assert_eq!(names.name_on_disk("x.y"), "x.y");
        assert!(CheckpointName::new(names.name_on_disk(".upload-x-1")).is_err());
        // Once.
        names.forbid_dots();
        assert!(names.notice().unwrap().contains("begin with a dot"));
        assert_eq!(names.notice(), None);
    }

    #[test]
    fn a_hidden_path_has_a_hidden_last_part() {
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
