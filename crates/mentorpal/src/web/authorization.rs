//! HTTP authentication by the schemes that a server offers in its challenges (RFC 9110, section 11).
//!
//! The first request of a run to the remote's server is sent without credentials, so that a
//! password is sent unencrypted (Basic) only if the server requires that. Digest (RFC 7616) sends a
//! proof of the password instead; a server's nonce is used for many requests, with an increasing
//! counter. A token (Bearer, RFC 6750) is sent with the first request already, as is the token of a
//! public link.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http_auth::{ChallengeRef, DigestClient, PasswordParams};
use ureq::http::{Method, header};

use super::answer::Response;
use super::credentials::Credentials;
use super::url::Url;

/// The credentials for one server, and the scheme by which they are sent.
#[derive(Debug)]
pub(crate) struct Authorization {
    credentials: Option<Credentials>,
    scheme: Mutex<Scheme>,
}

/// The scheme by which credentials are sent to a server.
#[derive(Debug)]
enum Scheme {
    /// No request was sent yet.
    Unknown,
    /// The server has not required credentials so far.
    NotRequired,
    /// Credentials are sent as they are: a user and a password (Basic), or a token (Bearer).
    Plain,
    /// A proof of the password is sent.
    Digest(Box<DigestClient>),
}

impl Scheme {
    /// The header of a request, or `None` if none is sent.
    fn header(
        &mut self,
        credentials: &Credentials,
        method: &Method,
        url: &Url,
    ) -> Option<AuthorizationHeader> {
        match self {
            Self::Unknown | Self::NotRequired => None,
            Self::Plain => {
                Some(AuthorizationHeader { value: credentials.header(), is_used_nonce: false })
            }
            Self::Digest(digest) => {
                let is_used_nonce = digest.nonce_count() > 0;
                let value = digest_header(digest, credentials, method, url)?;
                Some(AuthorizationHeader { value, is_used_nonce })
            }
        }
    }
}

/// The header by which a request is authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuthorizationHeader {
    /// The value of the header `Authorization`.
    pub(crate) value: String,
    /// For Digest: whether the nonce was used before.
    is_used_nonce: bool,
}

impl Authorization {
    /// Creates the state for `credentials`. With `is_known`, the server is known to require them.
    pub(crate) fn new(credentials: Option<Credentials>, is_known: bool) -> Self {
        let is_plain = is_known || matches!(credentials, Some(Credentials::Token(_)));
        let scheme = if is_plain { Scheme::Plain } else { Scheme::Unknown };
        Self { credentials, scheme: Mutex::new(scheme) }
    }

    /// The header of the next request, or `None` if none is sent.
    pub(crate) fn header(&self, method: &Method, url: &Url) -> Option<AuthorizationHeader> {
        self.scheme().header(self.credentials.as_ref()?, method, url)
    }

    /// Determines the scheme, unless it is known. `ask` sends a request without credentials. Until
    /// the scheme is known, other threads wait.
    ///
    /// # Errors
    /// Those of `ask`.
    pub(crate) fn determine_scheme<E>(
        &self,
        ask: impl FnOnce() -> Result<Response, E>,
    ) -> Result<(), E> {
        let Some(credentials) = &self.credentials else { return Ok(()) };
        let mut scheme = self.scheme();
        if !matches!(*scheme, Scheme::Unknown) {
            return Ok(());
        }
        let response = ask()?;
        *scheme = match response.status().as_u16() {
            207 => Scheme::NotRequired,
            401 => Challenges::of(&response).best(credentials).unwrap_or(Scheme::NotRequired),
            // Perhaps a login page, which the server shows only to requests without credentials.
            _ => Scheme::Plain,
        };
        Ok(())
    }

    /// Handles the response 401 to a request that was sent with `sent`. Returns the header for a
    /// retry of the request, or `None` if a retry cannot succeed.
    pub(crate) fn retry_header(
        &self,
        response: &Response,
        sent: Option<&AuthorizationHeader>,
        (method, url): (&Method, &Url),
    ) -> Option<AuthorizationHeader> {
        let credentials = self.credentials.as_ref()?;
        let challenges = Challenges::of(response);
        let is_stale = challenges.digest.as_ref().is_some_and(DigestClient::stale);
        let mut next = challenges.best(credentials)?;
        let may_succeed = match (&next, sent) {
            (_, None) => true,
            // The nonce may have expired. If a fresh one is refused, the password is wrong.
            (Scheme::Digest(_), Some(sent)) => {
                is_stale || sent.is_used_nonce || !sent.value.starts_with(DIGEST)
            }
            // The retry would be identical.
            (_, Some(_)) => false,
        };
        if !may_succeed {
            return None;
        }
        // The first use of a nonce must be this retry: some servers accept each nonce once.
        let sent = next.header(credentials, method, url);
        *self.scheme() = next;
        sent
    }

    fn scheme(&self) -> MutexGuard<'_, Scheme> {
        self.scheme.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The start of a header with the scheme Digest.
const DIGEST: &str = "Digest ";

/// The Digest header of one request; `None` if no response to the challenge can be computed.
fn digest_header(
    digest: &mut DigestClient,
    credentials: &Credentials,
    method: &Method,
    url: &Url,
) -> Option<String> {
    let (username, password) = credentials.as_text()?;
    let params =
        PasswordParams { username, password, uri: url.path(), method: method.as_str(), body: None };
    digest.respond(&params).ok()
}

/// The challenges of a response.
#[derive(Debug, Default)]
pub(crate) struct Challenges {
    /// The schemes that the server offers, without duplicates, in the server's order.
    schemes: Vec<String>,
    /// The strongest Digest challenge that can be answered.
    digest: Option<DigestClient>,
}

impl Challenges {
    /// Parses the challenges of a response.
    pub(crate) fn of(response: &Response) -> Self {
        let values = response.headers().get_all(header::WWW_AUTHENTICATE);
        let mut challenges = Self::default();
        for value in values.iter().filter_map(|value| value.to_str().ok()) {
            match http_auth::parse_challenges(value) {
                Ok(parsed) => parsed.iter().for_each(|challenge| challenges.add(challenge)),
                // A value that is not a valid list of challenges still begins with the name of a
                // scheme.
                Err(_) => challenges.name(value.split_whitespace().next().unwrap_or_default()),
            }
        }
        challenges
    }

    fn add(&mut self, challenge: &ChallengeRef) {
        self.name(challenge.scheme);
        let Ok(digest) = DigestClient::try_from(challenge) else { return };
        let is_stronger =
            self.digest.as_ref().is_none_or(|known| strength(known) < strength(&digest));
        if is_usable(&digest) && is_stronger {
            self.digest = Some(digest);
        }
    }

    fn name(&mut self, scheme: &str) {
        let scheme = scheme.trim_end_matches(',');
        let is_known = self.schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme));
        if !scheme.is_empty() && !is_known {
            self.schemes.push(scheme.to_owned());
        }
    }

    fn has(&self, scheme: &str) -> bool {
        self.schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme))
    }

    /// The best scheme for these credentials, if there is one. If the server names no scheme, the
    /// credentials are sent as they are, as most servers expect.
    fn best(self, credentials: &Credentials) -> Option<Scheme> {
        if matches!(credentials, Credentials::Token(_)) {
            return None;
        }
        let wants_basic = self.schemes.is_empty() || self.has("Basic");
        let digest = self.digest.filter(|_| credentials.as_text().is_some());
        match digest {
            Some(digest) => Some(Scheme::Digest(Box::new(digest))),
            None => wants_basic.then_some(Scheme::Plain),
        }
    }

    /// The schemes, as text for a message.
    pub(crate) fn schemes(&self) -> String {
        match self.schemes.as_slice() {
            [] => "it names no scheme to log in by".to_owned(),
            schemes => format!("it offers {}", schemes.join(", ")),
        }
    }

    /// Whether the server accepts a user and a password. Assumed if it names no scheme.
    pub(crate) fn accepts_password(&self) -> bool {
        self.schemes.is_empty() || self.has("Basic") || self.digest.is_some()
    }

    /// Whether the server accepts a token.
    pub(crate) fn accepts_token(&self) -> bool {
        self.has("Bearer")
    }
}

/// Whether the challenge can be answered without reading the body first.
fn is_usable(digest: &DigestClient) -> bool {
    digest.qop() & http_auth::digest::Qop::Auth
}

/// The strength of a challenge's hash function, for comparison.
fn strength(digest: &DigestClient) -> u8 {
    match digest.algorithm() {
        http_auth::digest::Algorithm::Md5 => 0,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use ureq::Body;
    use ureq::http;

    use super::*;

    /// A response with these challenges.
    fn response(status: u16, challenges: &[&str]) -> Response {
        let mut response = http::Response::builder().status(status);
        for challenge in challenges {
            response = response.header("WWW-Authenticate", *challenge);
        }
        response.body(Body::builder().data("")).unwrap()
    }

    fn user() -> Credentials {
        Credentials::new(b"ada", b"s3cret").unwrap()
    }

    fn header(authorization: &Authorization) -> Option<AuthorizationHeader> {
        authorization.header(&Method::GET, &Url::parse("http://127.0.0.1/dav/").unwrap())
    }

    fn after_probe(response: Response) -> Authorization {
        let authorization = Authorization::new(Some(user()), false);
        authorization.determine_scheme(|| Ok::<_, ()>(response)).unwrap();
        authorization
    }

    #[test]
    fn no_credentials_are_sent_before_the_probe() {
        assert_eq!(header(&Authorization::new(Some(user()), false)), None);
        assert_eq!(header(&Authorization::new(None, true)), None);
        let link = Authorization::new(Some(user()), true);
        assert_eq!(header(&link).unwrap().value, user().header());
        let token = Credentials::token("t0ken").unwrap();
        let sent = header(&Authorization::new(Some(token), false)).unwrap();
        assert_eq!(sent.value, "Bearer t0ken");
    }

    #[test]
    fn the_strongest_offered_scheme_is_used() {
        const MD5: &str = "Digest realm=\"d\", nonce=\"n\", algorithm=MD5, qop=\"auth\"";
        const SHA: &str = "Digest realm=\"d\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"";
        let basic = "Basic realm=\"d\"";
        for (challenges, expected) in [
            (&[basic][..], "Basic "),
            (&["basic realm=\"d\", charset=\"UTF-8\""], "Basic "),
            (&[basic, MD5], "algorithm=MD5"),
            (&[MD5, SHA], "algorithm=SHA-256"),
            (&[&format!("{SHA}, {MD5}, {basic}")], "algorithm=SHA-256"),
            // `auth-int` would require reading the whole body first.
            (&[&MD5.replace("\"auth\"", "\"auth-int\""), basic], "Basic "),
            (&[&MD5.replace("MD5", "SHA-3"), basic], "Basic "),
            (&[], "Basic "),
        ] {
            let sent = header(&after_probe(response(401, challenges))).unwrap();
            assert!(sent.value.contains(expected), "{challenges:?}: {sent:?}");
        }
        for challenges in [&["Negotiate"][..], &["NTLM", "Negotiate"], &["Bearer realm=\"d\""]] {
            assert_eq!(header(&after_probe(response(401, challenges))), None, "{challenges:?}");
        }
        assert_eq!(header(&after_probe(response(207, &[]))), None);
        // A server may send a login page to requests without credentials.
        assert!(header(&after_probe(response(200, &[]))).unwrap().value.starts_with("Basic "));
    }

    fn retry_header(
        of: &Authorization,
        challenge: &str,
        sent: Option<&AuthorizationHeader>,
    ) -> Option<AuthorizationHeader> {
        let url = Url::parse("http://127.0.0.1/dav/").unwrap();
        of.retry_header(&response(401, &[challenge]), sent, (&Method::GET, &url))
    }

    #[test]
    fn a_nonce_is_used_again_until_it_is_stale() {
        let challenge = |more: &str| format!("Digest realm=\"d\", nonce=\"n\", qop=\"auth\"{more}");
        let first = challenge("");
        let authorization = after_probe(response(401, &[&first]));
        let sent = header(&authorization).unwrap();
        assert!(sent.value.contains("nc=00000001"), "{sent:?}");
        // The password is wrong: a retry cannot succeed.
        assert_eq!(retry_header(&authorization, &first, Some(&sent)), None);
        let sent = header(&authorization).unwrap();
        assert!(sent.value.contains("nc=00000002"), "{sent:?}");
        let sent = retry_header(&authorization, &challenge(", stale=true"), Some(&sent)).unwrap();
        assert!(sent.value.contains("nc=00000001"), "{sent:?}");
        let sent = header(&authorization).unwrap();
        assert!(sent.value.contains("nc=00000002"), "{sent:?}");
        // Some servers do not report that the nonce has expired.
        assert!(retry_header(&authorization, &first, Some(&sent)).is_some());
    }

    #[test]
    fn a_refused_password_is_not_sent_again() {
        let basic = "Basic realm=\"d\"";
        let authorization = after_probe(response(401, &[basic]));
        let sent = header(&authorization);
        assert_eq!(retry_header(&authorization, basic, sent.as_ref()), None);
        let open = after_probe(response(207, &[]));
        let sent = retry_header(&open, basic, None).unwrap();
        assert_eq!(sent.value, user().header());
        assert_eq!(header(&open), Some(sent));
    }

    #[test]
    fn messages_list_the_offered_schemes() {
        let schemes = |challenges: &[&str]| Challenges::of(&response(401, challenges)).schemes();
        assert_eq!(schemes(&[]), "it names no scheme to log in by");
        let several = ["Negotiate", "NTLM", "Digest realm=\"d\", nonce=\"n\", Basic realm=\"d\""];
        assert_eq!(schemes(&several), "it offers Negotiate, NTLM, Digest, Basic");
        assert_eq!(schemes(&["Negotiate YII="]), "it offers Negotiate");
    }
}
