//! Proxies from the environment, and the hosts that are reached without one: `NO_PROXY` as curl
//! reads it.

use std::net::IpAddr;

use ureq::Proxy;

use super::url::Url;
use crate::secrets;

/// The variables that name a proxy. The first one that is set is used.
const PROXY: [&str; 6] =
    ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// The variables that list the hosts to reach without a proxy. As in curl, lower case takes
/// precedence.
const NO_PROXY: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The list of the hosts that are reached without a proxy.
#[derive(Debug, Default)]
pub(super) struct NoProxy(String);

/// Returns the proxy that the environment names, and the hosts that are reached without it.
pub(super) fn from_environment() -> (Option<Proxy>, NoProxy) {
    let variable = |name: &&str| {
        let value = std::env::var_os(name)?.to_string_lossy().into_owned();
        (!value.is_empty()).then_some(value)
    };
    // Not `Proxy::try_from_env`: it reads `NO_PROXY` in a different way.
    let proxy = |name: &&str| {
        let found = Proxy::new(&variable(name)?);
        if found.is_err() {
            tracing::warn!("{name} is not the URL of a proxy and is ignored");
        }
        if let Ok(proxy) = &found {
            proxy.password().iter().for_each(secrets::register);
        }
        found.ok()
    };
    let list = NO_PROXY.iter().find_map(variable).unwrap_or_default();
    (PROXY.iter().find_map(proxy), NoProxy(list))
}

impl NoProxy {
    /// Whether `url` is reached without a proxy. Always true for this machine, because passwords
    /// are sent to it unencrypted.
    pub(super) fn has(&self, url: &Url) -> bool {
        url.is_loopback() || is_listed(&self.0, url.host())
    }
}

/// Whether `list` names `host`. An IPv6 address is given without its brackets.
///
/// The rules are those of curl (`lib/noproxy.c`). Entries are separated by commas or blanks. A list
/// that is just `*` names all hosts. A name matches itself and all subdomains; case, one leading
/// dot and one trailing dot are ignored. An address matches itself or, with `/BITS`, its network.
/// An entry with a port or with a `*` matches nothing.
fn is_listed(list: &str, host: &str) -> bool {
    if list == "*" {
        return true;
    }
    let mut entries = list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
    match host.parse::<IpAddr>() {
        Ok(address) => entries.any(|entry| has_address(entry, address)),
        Err(_) => entries.any(|entry| has_name(entry, host)),
    }
}

/// Whether `entry` is the name `host` or one of its parent domains.
fn has_name(entry: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let entry = entry.strip_suffix('.').unwrap_or(entry);
    let entry = entry.strip_prefix('.').unwrap_or(entry).to_ascii_lowercase();
    !entry.is_empty()
        && host.strip_suffix(&entry).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether the address or network in `entry` contains `address`.
fn has_address(entry: &str, address: IpAddr) -> bool {
    let (network, bits) = entry.split_once('/').unwrap_or((entry, ""));
    // As `atoi` reads it: text without leading digits is 0, and 0 stands for all bits.
    let digits = bits.find(|c: char| !c.is_ascii_digit()).map_or(bits, |end| &bits[..end]);
    let bits = digits.parse::<u32>().unwrap_or(if digits.is_empty() { 0 } else { u32::MAX });
    let (network, address, all) = match (network.parse(), address) {
        (Ok(IpAddr::V4(network)), IpAddr::V4(address)) => {
            (u128::from(network.to_bits()), u128::from(address.to_bits()), 32)
        }
        (Ok(IpAddr::V6(network)), IpAddr::V6(address)) => {
            (network.to_bits(), address.to_bits(), 128)
        }
        _ => return false,
    };
    let bits = if bits == 0 { all } else { bits };
    // `bits` is not 0 here, so the shift is always shorter than the address.
    bits <= all && (network ^ address) >> (all - bits) == 0
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        no_proxy: String,
        host: String,
        direct: bool,
    }

    // The expected values are curl's, recorded by `tests/fixtures/no_proxy/reference.py`.
    #[test]
    fn lists_are_read_as_curl_reads_them() {
        let cases = include_str!("../../../../tests/fixtures/no_proxy/cases.json");
        let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
        assert!(cases.len() > 60);
        for Case { no_proxy, host, direct } in cases {
            let list = NoProxy(no_proxy);
            let url = Url::parse(&format!("http://{host}/")).unwrap();
            assert_eq!(list.has(&url), direct, "{:?} {host}", list.0);
        }
    }

    // Written by hand from curl's documentation, which allows CIDR notation for IPv6, too.
    #[test]
    fn ipv6_networks_in_cidr_notation_are_matched() {
        for (list, host, direct) in [
            ("fd00::/8", "fd12:3456::1", true),
            ("fd00::/8", "fe00::1", false),
            ("fe80::/10", "febf::1", true),
            ("fe80::/10", "fec0::1", false),
            ("fd00::1/128", "fd00::1", true),
            ("fd00::1/128", "fd00::2", false),
            ("fd00::1/129", "fd00::1", false),
            ("fd00::1/99999999999", "fd00::1", false),
            ("10.0.0.0/8", "fd00::1", false),
            ("::/1", "10.1.2.3", false),
        ] {
            assert_eq!(is_listed(list, host), direct, "{list} {host}");
        }
    }

    #[test]
    fn this_machine_is_always_reached_without_a_proxy() {
        for url in ["http://127.0.0.1:8080/", "http://localhost/", "http://[::1]/"] {
            assert!(NoProxy::default().has(&Url::parse(url).unwrap()), "{url}");
        }
    }
}
