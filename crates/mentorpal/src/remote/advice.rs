//! The HTTP client of a remote: its credentials, and the hints of its errors.

use ureq::http::StatusCode;

use super::credentials::{Login, Origin};
use crate::error::{Error, ErrorKind};
use crate::web::{Advice, Agent, Authorization, Client, Refusal, RequestError, Url, at};

/// A client that sends requests with `login` to the server of `home` through `agent`. Connects to
/// nothing yet. `is_insecure` allows sending credentials to other machines over plain `http`.
pub(super) fn client(agent: Agent, home: Url, login: Login, is_insecure: bool) -> Client {
    let Login { credentials, origin, .. } = login;
    let authorization = Authorization::new(credentials, origin == Origin::Link);
    let advice = RemoteAdvice { origin, host: home.host().to_owned() };
    Client::new(agent, home, authorization, is_insecure, Box::new(advice))
}

/// The hints of a remote's errors.
#[derive(Debug)]
struct RemoteAdvice {
    /// The source of the credentials, or where they are expected.
    origin: Origin,
    /// The remote's host.
    host: String,
}

impl Advice for RemoteAdvice {
    fn unreachable(&self) -> &'static str {
        "check the network and the remote's URL"
    }

    fn explain(&self, error: Error, refusal: &Refusal) -> Error {
        if refusal.status == StatusCode::UNAUTHORIZED {
            return self.unauthorized(refusal);
        }
        match hint(refusal.status) {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl RemoteAdvice {
    /// The error of missing or refused credentials.
    fn unauthorized(&self, refusal: &Refusal) -> Error {
        let mut what = format!("the server responded {}", refusal.status);
        // Requests to a bucket are signed, whatever schemes the server names.
        if self.origin != Origin::Keys {
            what += &format!("; {}", refusal.challenges.schemes());
        }
        at(refusal.url, what).with_kind(ErrorKind::Unauthorized).hint(self.login_hint(refusal))
    }

    /// The hint for missing or refused credentials.
    fn login_hint(&self, refusal: &Refusal) -> String {
        let (challenges, may_see) = (&refusal.challenges, refusal.may_see);
        let host = &self.host;
        match &self.origin {
            Origin::Keys => "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned(),
            Origin::Link => "check the public link: it is invalid or has a password".to_owned(),
            Origin::Token if may_see && challenges.accepts_token() => {
                "check the token in MENTORPAL_REMOTE_TOKEN".to_owned()
            }
            Origin::Token if may_see => {
                "check the token in MENTORPAL_REMOTE_TOKEN, or set a user and a password instead: the \
                 server does not offer tokens (Bearer)"
                    .to_owned()
            }
            Origin::Nowhere(_) | Origin::Settings | Origin::File(_)
                if !challenges.accepts_password() && challenges.accepts_token() =>
            {
                "set MENTORPAL_REMOTE_TOKEN: the server accepts only tokens, not passwords".to_owned()
            }
            Origin::Nowhere(_) | Origin::Settings | Origin::File(_) if !challenges.accepts_password() => {
                "ask the server's administrator to enable Basic, Digest or a token (Bearer): no \
                 password was sent, because the server offers none of these"
                    .to_owned()
            }
            Origin::Nowhere(file) => format!(
                "add a password for the machine `{host}`: put these three lines into {}\n\
                 machine {host}\nlogin USER\npassword PASSWORD",
                file.display()
            ),
            Origin::Token if !may_see => "use https, or pass --insecure if encryption is not needed: the token was \
                not sent, because the connection is not encrypted"
                .to_owned(),
            _ if !may_see => "use https, or pass --insecure if encryption is not needed: the user and \
                password were not sent, because the connection is not encrypted"
                .to_owned(),
            Origin::Settings | Origin::Token => {
                "check the user and the password in the settings".to_owned()
            }
            Origin::File(file) => {
                format!("check the entry for the machine `{host}` in {}", file.display())
            }
        }
    }
}

/// The hint for a permanent error with this status.
fn hint(status: StatusCode) -> Option<&'static str> {
    Some(match status.as_u16() {
        403 => "ask the server's administrator for permission",
        405 | 501 => "check the remote's URL: it is not a writable WebDAV disk",
        413 => "ask the server's administrator to raise its limit for the size of a file",
        507 => {
            "free some space on the remote and run the command again: the disk or your quota is \
             full"
        }
        _ => return None,
    })
}

/// The error of an HTML page that was sent instead of a file.
pub(super) fn login_page(url: &Url) -> RequestError {
    let what = "got an HTML page instead of the file (captive portal or login?)";
    RequestError::Permanent(
        at(url, what)
            .with_kind(ErrorKind::Unreachable)
            .hint("open the URL in a browser: it may be a login page"),
    )
}
