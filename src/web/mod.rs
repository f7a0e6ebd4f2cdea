//! The web: addresses, connections that are encrypted as they should be, what an answer means and
//! when to try again. Who sees credentials and which redirects are followed is for those who ask.

mod answer;
mod authorities;
mod body;
mod no_proxy;
mod retry;
mod url;

use std::sync::Arc;
use std::time::Duration;

use ureq::AsSendBody;
use ureq::http::request;
use ureq::tls::{RootCerts, TlsConfig};

pub(crate) use self::answer::{
    MAX_REDIRECTS, Response, at, begins_a_page, content_range, drain_body, is_page, kind_of,
    range_start, redirect, refusal, text, too_many_redirects, truncated,
};
pub(crate) use self::authorities::Authorities;
use self::body::Stall;
pub(crate) use self::body::{Paced, body, interrupted, short};
use self::no_proxy::NoProxy;
pub(crate) use self::retry::{Backoff, RequestError, RequestResult, retry_with_backoff};
pub(crate) use self::url::Url;

/// How much of an answer is taken from the system at once, in bytes: fewer, larger pieces cost
/// less time.
const INPUT_BUFFER: usize = 1 << 19;

/// How long is waited for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Makes connections over TLS by `rustls` with `ring` and the system's certificates. Redirects are
/// for the caller to follow, as credentials go to one server alone.
#[derive(Debug)]
pub(crate) struct Agent {
    connections: ureq::Agent,
    no_proxy: NoProxy,
    stall: Duration,
}

impl Agent {
    /// Connects to nothing yet. A server that says nothing more, or takes nothing more, for `stall`
    /// is given up. Certificates are of `authorities`, or of those that the system trusts.
    pub(crate) fn new(stall: Duration, authorities: Option<&Authorities>) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(authorities.map_or(RootCerts::PlatformVerifier, Authorities::roots))
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let (proxy, no_proxy) = no_proxy::from_environment();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .proxy(proxy)
            .user_agent(concat!("mentorpal/", env!("CARGO_PKG_VERSION")))
            // Sizes and ranges are those of the file itself.
            .accept_encoding("identity")
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .input_buffer_size(INPUT_BUFFER)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_per_read(Some(stall))
            .timeout_per_write(Some(stall))
            // Of all that comes before the body: a byte now and then would never be given up.
            .timeout_recv_response(Some(stall))
            .build();
        Self { connections: config.into(), no_proxy, stall }
    }

    /// Sends the request, whose address is `url`, and waits for the head of the answer, whatever
    /// its status; `hint` says what to look at where none comes. What is within this machine is
    /// asked directly, whatever proxies the environment names: a password is sent there in clear.
    pub(crate) fn ask(
        &self,
        url: &Url,
        request: request::Builder,
        body: impl AsSendBody,
        hint: &str,
    ) -> RequestResult<Response> {
        let request = request
            .uri(url.whole())
            .body(body)
            .map_err(|_| RequestError::Permanent(at(url, "an address that cannot be asked")))?;
        tracing::info!(method = %request.method(), %url, "asking");
        let request = if self.no_proxy.has(url) {
            self.connections.configure_request(request).proxy(None).build()
        } else {
            request
        };
        let mut response =
            self.connections.run(request).map_err(|error| answer::unsent(url, error, hint))?;
        response.extensions_mut().insert(Stall(self.stall));
        tracing::info!(status = %response.status(), %url, "answered");
        Ok(response)
    }
}
