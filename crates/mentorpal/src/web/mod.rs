//! HTTP: URLs, encrypted connections, credentials, redirects, the meaning of responses, and retries.
//!
//! | file | contents |
//! |---|---|
//! | `url.rs` | URLs |
//! | `client.rs` | requests to one server: credentials, redirects, and the errors of responses |
//! | `credentials.rs`, `authorization.rs` | credentials, and the schemes by which they are sent |
//! | `answer.rs`, `body.rs` | responses and their bodies |
//! | `retry.rs` | retries |
//! | `authorities.rs`, `no_proxy.rs` | trusted certificates; hosts that are reached without a proxy |

mod answer;
mod authorities;
mod authorization;
mod body;
mod client;
mod credentials;
mod no_proxy;
mod retry;
mod url;

use std::sync::Arc;
use std::time::Duration;

use ureq::AsSendBody;
use ureq::http::request;
use ureq::tls::{RootCerts, TlsConfig};

#[cfg(feature = "s3")]
pub(crate) use self::answer::range_start;
pub(crate) use self::answer::{
    Response, at, begins_a_page, content_range, drain_body, is_page, kind_of, text, truncated,
};
pub(crate) use self::authorities::Authorities;
pub(crate) use self::authorization::Authorization;
use self::body::Stall;
pub(crate) use self::body::{Paced, body, interrupted, short};
pub(crate) use self::client::{Advice, Client, HttpRequest, Refusal, RequestBody, propfind};
pub(crate) use self::credentials::Credentials;
use self::no_proxy::NoProxy;
pub(crate) use self::retry::{Backoff, RequestError, RequestResult, retry_with_backoff};
pub(crate) use self::url::Url;

/// The size of the input buffer in bytes. Few large reads are faster than many small ones.
const INPUT_BUFFER: usize = 1 << 19;

/// The longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// An HTTP client. TLS is done by `rustls` with `ring`, and by default the system's certificates
/// are trusted. [`Client`] follows redirects, because credentials may be sent to one server only.
#[derive(Debug)]
pub(crate) struct Agent {
    connections: ureq::Agent,
    no_proxy: NoProxy,
    stall: Duration,
}

impl Agent {
    /// Creates a client without connecting. If a server sends or accepts
    /// nothing for `stall`, the request fails. Certificates are checked against `authorities`, or against those that the system
    /// trusts.
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
            // Without compression, sizes and ranges are those of the file itself.
            .accept_encoding("identity")
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .input_buffer_size(INPUT_BUFFER)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_per_read(Some(stall))
            .timeout_per_write(Some(stall))
            // Limits the whole time until the body: a server could send one byte now and then
            // forever.
            .timeout_recv_response(Some(stall))
            .build();
        Self { connections: config.into(), no_proxy, stall }
    }

    /// Sends the request to `url` and returns the head of the response, whatever its status. `hint`
    /// is the hint of the error if no response arrives. Requests to this machine never use a proxy,
    /// because passwords are sent to this machine unencrypted.
    pub(crate) fn send(
        &self,
        url: &Url,
        request: request::Builder,
        body: impl AsSendBody,
        hint: &str,
    ) -> RequestResult<Response> {
        let request = request
            .uri(url.full())
            .body(body)
            .map_err(|_| RequestError::Permanent(at(url, "the URL is not valid for a request")))?;
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
