//! The forms of the header `Destination`, which gives the new URL in a `MOVE` request.
//!
//! RFC 4918 (section 10.3) requires a full URL in `Destination`, and servers compare it with the
//! URL that they believe to have. A server behind a proxy that ends TLS believes that its scheme is
//! `http`, often with a different host or port, and responds 502 or 400. Most servers accept one of
//! the other forms.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ureq::http::{Method, StatusCode};

use super::dav::{Dav, done};
use super::propfind::is_same_path;
use crate::error::ErrorKind;
use crate::web::{HttpRequest, RequestError, RequestResult, Response, Url, at};

/// The statuses of servers that take `Destination` for another server's URL.
const OTHER_SERVER: [u16; 2] = [400, 502];

/// The statuses that can be caused by `Destination`. If the folder in it does not exist, servers
/// respond 409, 403, 404 or 500.
const DESTINATION_STATUSES: [u16; 7] = [400, 403, 404, 409, 412, 500, 502];

/// A form of the header `Destination`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `https://HOST:PORT/PATH`, as in the remote's URL.
    Whole,
    /// `http://HOST:PORT/PATH`.
    HttpWithPort,
    /// `http://HOST/PATH`.
    Http,
    /// `/PATH`.
    Path,
}

impl Form {
    /// All forms, in the order in which they are tried.
    pub(super) const ALL: [Self; 4] = [Self::Whole, Self::HttpWithPort, Self::Http, Self::Path];

    /// The URL `to` in this form.
    pub(super) fn of(self, to: &Url) -> String {
        match self {
            Self::Whole => to.full(),
            Self::HttpWithPort => to.over_http(true),
            Self::Http => to.over_http(false),
            Self::Path => to.path().to_owned(),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Whole => "the complete URL",
            Self::HttpWithPort => "`http://HOST:PORT/PATH`",
            Self::Http => "`http://HOST/PATH`",
            Self::Path => "the path only",
        })
    }
}

/// The form that the server accepts, found by the first `MOVE` of a run.
#[derive(Debug, Default)]
pub(super) struct KnownForm(Mutex<Option<Form>>);

impl KnownForm {
    /// Locks the form. The thread that determines the form holds the lock, so that no other thread
    /// determines it at the same time.
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<Form>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dav {
    /// Sends `MOVE` with this value of the header `Overwrite`, in the first form that the server
    /// accepts.
    pub(super) fn move_to(&self, from: &Url, to: &Url, overwrite: &str) -> RequestResult<()> {
        let mut known = self.form.lock();
        if let Some(form) = *known {
            drop(known);
            let response = self.move_as(form, from, to, overwrite, &[])?;
            return done(to, response);
        }
        let mut refused = None;
        let mut tried = Vec::new();
        for form in Form::ALL {
            let destination = form.of(to);
            if tried.contains(&destination) {
                continue;
            }
            tried.push(destination);
            let response = self.move_as(form, from, to, overwrite, &DESTINATION_STATUSES)?;
            let status = response.status();
            if OTHER_SERVER.contains(&status.as_u16()) {
                refused = refused.or(Some(self.http.refused(from, response)));
                continue;
            }
            if !status.is_success() && status != StatusCode::PRECONDITION_FAILED {
                let error = self.http.refused(from, response);
                return Err(self.other_path(to).unwrap_or(error));
            }
            tracing::info!(%form, "the server accepts this form of `Destination`");
            *known = Some(form);
            if !status.is_success() {
                return Err(self.http.refused(from, response));
            }
            return done(to, response);
        }
        let refused = refused
            .unwrap_or_else(|| RequestError::Permanent(at(from, "the destination is missing")));
        // A proxy with a temporary problem can send the same statuses.
        match self.parent_of(to).map(|parent| self.propfind(&parent, "0")) {
            Some(Ok(_)) => Err(self.other_path(to).unwrap_or_else(|| no_form(from, refused))),
            _ => Err(refused),
        }
    }

    /// Sends `MOVE` with the destination in this form.
    fn move_as(
        &self,
        form: Form,
        from: &Url,
        to: &Url,
        overwrite: &str,
        accepted: &[u16],
    ) -> RequestResult<Response> {
        let method = Method::from_bytes(b"MOVE").expect("a method");
        let request = HttpRequest::new(method, from.clone())
            .header("Destination", &form.of(to))
            .header("Overwrite", overwrite);
        self.http.send(request, accepted)
    }

    /// The error if the server has the folder of `to` under a path other than the requested one;
    /// `None` otherwise.
    fn other_path(&self, to: &Url) -> Option<RequestError> {
        let parent = self.parent_of(to)?;
        let own = self.propfind(&parent, "0").ok()?.own?;
        if is_same_path(&own, parent.path()) {
            return None;
        }
        let asked = parent.path();
        let what = format!(
            "the path of this folder is `{own}/` on the server, but `{asked}` in the request: a \
             reverse proxy rewrites paths, but not the header `Destination`, so nothing can be \
             renamed"
        );
        Some(RequestError::Permanent(at(&parent, what).with_kind(ErrorKind::Unsupported).hint(
            "ask the administrator of the proxy to keep the path unchanged (the same path on proxy \
             and server), or to rewrite the path in `Destination` as well",
        )))
    }

    /// The URL of the parent folder, if it is within the remote.
    fn parent_of(&self, url: &Url) -> Option<Url> {
        let root = self.root().ok()?;
        url.above().filter(|above| above.path().len() > root.path().trim_end_matches('/').len())
    }
}

/// The error of a server that accepts no form of `Destination`.
fn no_form(from: &Url, refused: RequestError) -> RequestError {
    let what = "the server refuses to rename it: it treats the new name as a URL of another \
                server, in every form (`https://…`, `http://…`, the path only)";
    RequestError::Permanent(
        at(from, what).with_kind(ErrorKind::Unsupported).caused_by(refused.into_error()).hint(
            "ask the administrator of the reverse proxy, which probably changes the requested \
             address, to forward the header `Host` or to rewrite `Destination`",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_four_forms() {
        let forms = |url: &str| Form::ALL.map(|form| form.of(&Url::parse(url).unwrap()));
        assert_eq!(
            forms("https://disk.example:8443/dav/a%20b/"),
            [
                "https://disk.example:8443/dav/a%20b/",
                "http://disk.example:8443/dav/a%20b/",
                "http://disk.example/dav/a%20b/",
                "/dav/a%20b/",
            ]
        );
        assert_eq!(
            forms("https://[::1]/x"),
            ["https://[::1]/x", "http://[::1]:443/x", "http://[::1]/x", "/x"]
        );
    }
}
