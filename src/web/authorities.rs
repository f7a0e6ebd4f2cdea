//! Whom certificates may be of, besides those that the system trusts.

use std::path::Path;

use rustls::RootCertStore;
use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use crate::error::{Error, Location, Result};
use crate::files;

/// The authorities that certificates may be of.
#[derive(Clone, Debug)]
pub(crate) struct Authorities(Vec<Certificate<'static>>);

impl Authorities {
    /// Those of the file at `path` (PEM), and the system's.
    ///
    /// # Errors
    /// When the file cannot be read, or one of its certificates cannot; when it has none.
    pub(crate) fn besides_the_systems(path: &Path) -> Result<Self> {
        let mut all = read(path)?;
        let found = rustls_native_certs::load_native_certs();
        for error in found.errors {
            tracing::info!(%error, "a certificate of the system cannot be read");
        }
        all.extend(found.certs.iter().map(|found| Certificate::from_der(found).to_owned()));
        Ok(Self(all))
    }

    /// As connections want them.
    pub(super) fn roots(&self) -> RootCerts {
        RootCerts::new_with_certs(&self.0)
    }
}

/// The certificates of a file.
fn read(path: &Path) -> Result<Vec<Certificate<'static>>> {
    let wrong = |what: String| {
        Error::at(Location::file(path), what).hint(
            "`ca_file` under [remote] is a PEM file: the certificates of authorities, each between \
             `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----`",
        )
    };
    let text = files::read(path)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&text) {
        let item = item.map_err(|e| wrong("not a PEM file".to_owned()).caused_by(e))?;
        let PemItem::Certificate(certificate) = item else { continue };
        let number = certificates.len() + 1;
        RootCertStore::empty().add(certificate.der().into()).map_err(|e| {
            wrong(format!("certificate {number} of it cannot be read")).caused_by(e)
        })?;
        certificates.push(certificate);
    }
    if certificates.is_empty() {
        return Err(wrong("no certificate in it".to_owned()));
    }
    Ok(certificates)
}
