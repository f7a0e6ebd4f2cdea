//! Certificate authorities that a user trusts in addition to those of the system.

use std::path::Path;

use rustls::RootCertStore;
use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use crate::error::{Error, Location, Result};
use crate::files;

/// The certificates of all trusted certificate authorities.
#[derive(Clone, Debug)]
pub(crate) struct Authorities(Vec<Certificate<'static>>);

impl Authorities {
    /// Returns the authorities in the PEM file at `path` together with those of the system.
    ///
    /// # Errors
    /// If the file cannot be read, contains an invalid certificate, or contains no certificate.
    pub(crate) fn with_system_roots(path: &Path) -> Result<Self> {
        let mut all = read(path)?;
        let found = rustls_native_certs::load_native_certs();
        for error in found.errors {
            tracing::info!(%error, "cannot read a certificate of the system");
        }
        all.extend(found.certs.iter().map(|found| Certificate::from_der(found).to_owned()));
        Ok(Self(all))
    }

    /// The authorities in the form that the HTTP client takes.
    pub(super) fn roots(&self) -> RootCerts {
        RootCerts::new_with_certs(&self.0)
    }
}

/// Reads the certificates of a PEM file.
fn read(path: &Path) -> Result<Vec<Certificate<'static>>> {
    let wrong = |what: String| {
        Error::at(Location::file(path), what).hint(
            "set `ca_file` under [remote] to a PEM file with certificates of authorities, each \
             between `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----`",
        )
    };
    let text = files::read(path)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&text) {
        let item = item.map_err(|e| wrong("not a PEM file".to_owned()).caused_by(e))?;
        let PemItem::Certificate(certificate) = item else { continue };
        let number = certificates.len() + 1;
        RootCertStore::empty().add(certificate.der().into()).map_err(|e| {
            wrong(format!("cannot parse certificate {number} of the file")).caused_by(e)
        })?;
        certificates.push(certificate);
    }
    if certificates.is_empty() {
        return Err(wrong("the file contains no certificate".to_owned()));
    }
    Ok(certificates)
}
