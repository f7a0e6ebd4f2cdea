//! How a server is shown who asks: as the challenges in its answers want it (RFC 9110, section 11).
//!
//! The first request of a run to the remote's own server shows nothing, so that a password is sent
//! in clear (Basic) only where the server wants that. Digest (RFC 7616) sends a proof of the
//! password instead; a server's nonce is used for many requests, each with the next count. A token
//! (Bearer, RFC 6750) is shown without being asked for, as is the token of a public link.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http_auth::{ChallengeRef, DigestClient, PasswordParams};
use ureq::http::{Method, header};

use super::credentials::Credentials;
use crate::web::{Response, Url};

/// Who asks one server, and how it wants to be shown that.
#[derive(Debug)]
pub(super) struct Authorization {
    credentials: Option<Credentials>,
    how: Mutex<How>,
}

/// How a server wants to be shown who asks.
#[derive(Debug)]
enum How {
    /// It was not asked yet.
    Unknown,
    /// It has not asked for anything so far.
    Open,
    /// By the user and the password themselves, or by the token.
    Plain,
    /// By a proof of the password.
    Digest(Box<DigestClient>),
}

impl How {
    /// What a request shows.
    fn show(&mut self, credentials: &Credentials, method: &Method, url: &Url) -> Option<Shown> {
        match self {
            Self::Unknown | Self::Open => None,
            Self::Plain => Some(Shown { header: credentials.header(), is_used_nonce: false }),
            Self::Digest(digest) => {
                let is_used_nonce = digest.nonce_count() > 0;
                let header = proof(digest, credentials, method, url)?;
                Some(Shown { header, is_used_nonce })
            }
        }
    }
}

/// What a request shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The header `Authorization`.
    pub(super) header: String,
    /// Of Digest, whether the nonce was used before.
    is_used_nonce: bool,
}

impl Authorization {
    /// Shows `credentials`; `is_known` says that the server will ask for them.
    pub(super) fn new(credentials: Option<Credentials>, is_known: bool) -> Self {
        let is_plain = is_known || matches!(credentials, Some(Credentials::Token(_)));
        let how = if is_plain { How::Plain } else { How::Unknown };
        Self { credentials, how: Mutex::new(how) }
    }

    /// What this request shows.
    pub(super) fn show(&self, method: &Method, url: &Url) -> Option<Shown> {
        self.how().show(self.credentials.as_ref()?, method, url)
    }

    /// Finds out how the server wants to be shown who asks, if that is not known; `ask` asks it
    /// something without showing anything. Other threads wait meanwhile.
    ///
    /// # Errors
    /// Those of `ask`.
    pub(super) fn find_out<E>(&self, ask: impl FnOnce() -> Result<Response, E>) -> Result<(), E> {
        let Some(credentials) = &self.credentials else { return Ok(()) };
        let mut how = self.how();
        if !matches!(*how, How::Unknown) {
            return Ok(());
        }
        let response = ask()?;
        *how = match response.status().as_u16() {
            207 => How::Open,
            401 => Offer::of(&response).best(credentials).unwrap_or(How::Open),
            // Something else is in the way, which those with a password may not see.
            _ => How::Plain,
        };
        Ok(())
    }

    /// Learns from the answer 401 to a request that has shown `shown`: what the same request
    /// shows that may go better now.
    pub(super) fn learn(
        &self,
        response: &Response,
        shown: Option<&Shown>,
        (method, url): (&Method, &Url),
    ) -> Option<Shown> {
        let credentials = self.credentials.as_ref()?;
        let offer = Offer::of(response);
        let is_stale = offer.digest.as_ref().is_some_and(DigestClient::stale);
        let mut next = offer.best(credentials)?;
        let may_go_better = match (&next, shown) {
            (_, None) => true,
            // A nonce that is used up; a fresh one was refused for the password's sake.
            (How::Digest(_), Some(shown)) => {
                is_stale || shown.is_used_nonce || !shown.header.starts_with(DIGEST)
            }
            // The same again.
            (_, Some(_)) => false,
        };
        if !may_go_better {
            return None;
        }
        // The first use of a nonce is for whoever got it: some servers take each once.
        let shown = next.show(credentials, method, url);
        *self.how() = next;
        shown
    }

    fn how(&self) -> MutexGuard<'_, How> {
        self.how.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The scheme of a proof.
const DIGEST: &str = "Digest ";

/// The proof for one request; none where the server's challenge has none.
fn proof(
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

/// What a server offers in an answer.
#[derive(Debug, Default)]
pub(super) struct Offer {
    /// The schemes that it names, each once, in its order.
    schemes: Vec<String>,
    /// The strongest challenge that a proof can be made for.
    digest: Option<DigestClient>,
}

impl Offer {
    /// Reads the challenges of an answer.
    pub(super) fn of(response: &Response) -> Self {
        let values = response.headers().get_all(header::WWW_AUTHENTICATE);
        let mut offer = Self::default();
        for value in values.iter().filter_map(|value| value.to_str().ok()) {
            match http_auth::parse_challenges(value) {
                Ok(challenges) => challenges.iter().for_each(|challenge| offer.add(challenge)),
                // Something that is no list of challenges begins with a scheme's name.
                Err(_) => offer.name(value.split_whitespace().next().unwrap_or_default()),
            }
        }
        offer
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

    /// The best way to show these credentials, if there is one. A server that says nothing of
    /// schemes is shown them in clear, as most want it.
    fn best(self, credentials: &Credentials) -> Option<How> {
        if matches!(credentials, Credentials::Token(_)) {
            return None;
        }
        let wants_basic = self.schemes.is_empty() || self.has("Basic");
        let digest = self.digest.filter(|_| credentials.as_text().is_some());
        match digest {
            Some(digest) => Some(How::Digest(Box::new(digest))),
            None => wants_basic.then_some(How::Plain),
        }
    }

    /// The schemes, for people.
    pub(super) fn schemes(&self) -> String {
        match self.schemes.as_slice() {
            [] => "it names no scheme to log in by".to_owned(),
            schemes => format!("it offers {}", schemes.join(", ")),
        }
    }

    /// Whether a user and a password can be shown; where it says nothing, most likely.
    pub(super) fn takes_password(&self) -> bool {
        self.schemes.is_empty() || self.has("Basic") || self.digest.is_some()
    }

    /// Whether a token can be shown.
    pub(super) fn takes_token(&self) -> bool {
        self.has("Bearer")
    }
}

/// Whether a proof can be made without the body.
fn is_usable(digest: &DigestClient) -> bool {
    digest.qop() & http_auth::digest::Qop::Auth
}

/// How strong a challenge's hash is.
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

    /// An answer with these challenges.
    fn answer(status: u16, challenges: &[&str]) -> Response {
        let mut response = http::Response::builder().status(status);
        for challenge in challenges {
            response = response.header("WWW-Authenticate", *challenge);
        }
        response.body(Body::builder().data("")).unwrap()
    }

    fn user() -> Credentials {
        Credentials::new(b"ada", b"s3cret").unwrap()
    }

    fn show(authorization: &Authorization) -> Option<Shown> {
        authorization.show(&Method::GET, &Url::parse("http://127.0.0.1/dav/").unwrap())
    }

    fn found_out(response: Response) -> Authorization {
        let authorization = Authorization::new(Some(user()), false);
        authorization.find_out(|| Ok::<_, ()>(response)).unwrap();
        authorization
    }

    #[test]
    fn nothing_is_shown_before_the_server_was_asked() {
        assert_eq!(show(&Authorization::new(Some(user()), false)), None);
        assert_eq!(show(&Authorization::new(None, true)), None);
        let link = Authorization::new(Some(user()), true);
        assert_eq!(show(&link).unwrap().header, user().header());
        let token = Credentials::token("t0ken").unwrap();
        let header = show(&Authorization::new(Some(token), false)).unwrap().header;
        assert_eq!(header, "Bearer t0ken");
    }

    #[test]
    fn the_strongest_scheme_that_is_offered_is_taken() {
        const MD5: &str = "Digest realm=\"d\", nonce=\"n\", algorithm=MD5, qop=\"auth\"";
        const SHA: &str = "Digest realm=\"d\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"";
        let basic = "Basic realm=\"d\"";
        for (challenges, expected) in [
            (&[basic][..], "Basic "),
            (&["basic realm=\"d\", charset=\"UTF-8\""], "Basic "),
            (&[basic, MD5], "algorithm=MD5"),
            (&[MD5, SHA], "algorithm=SHA-256"),
            (&[&format!("{SHA}, {MD5}, {basic}")], "algorithm=SHA-256"),
            // The whole body would have to be read for it.
            (&[&MD5.replace("\"auth\"", "\"auth-int\""), basic], "Basic "),
            (&[&MD5.replace("MD5", "SHA-3"), basic], "Basic "),
            (&[], "Basic "),
        ] {
            let shown = show(&found_out(answer(401, challenges))).unwrap();
            assert!(shown.header.contains(expected), "{challenges:?}: {shown:?}");
        }
        for challenges in [&["Negotiate"][..], &["NTLM", "Negotiate"], &["Bearer realm=\"d\""]] {
            assert_eq!(show(&found_out(answer(401, challenges))), None, "{challenges:?}");
        }
        assert_eq!(show(&found_out(answer(207, &[]))), None);
        // A login page may be all that others see.
        assert!(show(&found_out(answer(200, &[]))).unwrap().header.starts_with("Basic "));
    }

    fn learn(of: &Authorization, challenge: &str, shown: Option<&Shown>) -> Option<Shown> {
        let url = Url::parse("http://127.0.0.1/dav/").unwrap();
        of.learn(&answer(401, &[challenge]), shown, (&Method::GET, &url))
    }

    #[test]
    fn a_nonce_is_used_again_until_it_is_stale() {
        let challenge = |more: &str| format!("Digest realm=\"d\", nonce=\"n\", qop=\"auth\"{more}");
        let first = challenge("");
        let authorization = found_out(answer(401, &[&first]));
        let shown = show(&authorization).unwrap();
        assert!(shown.header.contains("nc=00000001"), "{shown:?}");
        // The password is wrong: nothing goes better.
        assert_eq!(learn(&authorization, &first, Some(&shown)), None);
        let shown = show(&authorization).unwrap();
        assert!(shown.header.contains("nc=00000002"), "{shown:?}");
        let shown = learn(&authorization, &challenge(", stale=true"), Some(&shown)).unwrap();
        assert!(shown.header.contains("nc=00000001"), "{shown:?}");
        let shown = show(&authorization).unwrap();
        assert!(shown.header.contains("nc=00000002"), "{shown:?}");
        // Some do not say that it is the nonce.
        assert!(learn(&authorization, &first, Some(&shown)).is_some());
    }

    #[test]
    fn a_password_that_was_refused_is_not_shown_again() {
        let basic = "Basic realm=\"d\"";
        let authorization = found_out(answer(401, &[basic]));
        let shown = show(&authorization);
        assert_eq!(learn(&authorization, basic, shown.as_ref()), None);
        let open = found_out(answer(207, &[]));
        let shown = learn(&open, basic, None).unwrap();
        assert_eq!(shown.header, user().header());
        assert_eq!(show(&open), Some(shown));
    }

    #[test]
    fn schemes_are_named_for_people() {
        let schemes = |challenges: &[&str]| Offer::of(&answer(401, challenges)).schemes();
        assert_eq!(schemes(&[]), "it names no scheme to log in by");
        let several = ["Negotiate", "NTLM", "Digest realm=\"d\", nonce=\"n\", Basic realm=\"d\""];
        assert_eq!(schemes(&several), "it offers Negotiate, NTLM, Digest, Basic");
        assert_eq!(schemes(&["Negotiate YII="]), "it offers Negotiate");
    }
}
