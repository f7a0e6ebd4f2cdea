//! The web: addresses, and connections that are encrypted as they should be.

mod url;

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

pub(crate) use self::url::Url;

/// How much of an answer is taken from the system at once, in bytes: fewer, larger pieces cost
/// less time.
const INPUT_BUFFER: usize = 1 << 19;

/// How long is waited for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Makes connections over TLS by `rustls` with `ring` and the system's certificates. Redirects are
/// for the caller to follow, as credentials go to one server alone; a server that says nothing
/// more, or takes nothing more, for `stall` is given up.
pub(crate) fn agent(stall: Duration) -> Agent {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(provider)
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
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
        .build();
    config.into()
}
