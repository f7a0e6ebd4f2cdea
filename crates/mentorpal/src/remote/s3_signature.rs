//! AWS Signature Version 4: signs requests to an S3 bucket in the header `Authorization`.
//!
//! The source of the algorithm is "Authenticating Requests: Using the Authorization Header" in the
//! Amazon S3 API reference.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use ureq::http::{HeaderMap, HeaderValue, Method, header};

use super::settings::Keys;
use crate::sha256;
use crate::web::Url;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "s3";
const CONTENT_SHA256: &str = "x-amz-content-sha256";
const DATE: &str = "x-amz-date";
const SECURITY_TOKEN: &str = "x-amz-security-token";

/// The digest of a body that is not covered by the signature, because it is streamed.
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// Signs requests with the keys of one user, for one region.
#[derive(Clone)]
pub(super) struct Signer {
    keys: Keys,
    region: String,
}

impl Signer {
    /// A signer for buckets in `region`.
    pub(super) fn new(keys: Keys, region: String) -> Self {
        Self { keys, region }
    }

    /// Adds the headers that authenticate the request, which is sent at `now`.
    ///
    /// The signature covers the method, the URL and all of `headers`. Headers that are added later
    /// are not covered.
    pub(super) fn sign(&self, method: &Method, url: &Url, headers: &mut HeaderMap, now: Timestamp) {
        let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let date = &time[..8];
        headers.insert(DATE, header_value(&time));
        headers.entry(CONTENT_SHA256).or_insert(HeaderValue::from_static(UNSIGNED_PAYLOAD));
        if let Some(token) = &self.keys.session_token {
            headers.insert(SECURITY_TOKEN, header_value(token));
        }
        let (request, signed_headers) = canonical_request(method, url, headers);
        let scope = format!("{date}/{}/{SERVICE}/aws4_request", self.region);
        let digest = sha256::digest(request.as_bytes());
        let string_to_sign = format!("{ALGORITHM}\n{time}\n{scope}\n{digest}");
        let signature = sha256::hex(&hmac(&self.signing_key(date), &string_to_sign));
        let id = &self.keys.id;
        let authorization = format!(
            "{ALGORITHM} Credential={id}/{scope}, SignedHeaders={signed_headers}, \
             Signature={signature}"
        );
        let mut authorization = header_value(&authorization);
        authorization.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, authorization);
    }

    /// The key of one day, region and service.
    fn signing_key(&self, date: &str) -> [u8; 32] {
        let secret = format!("AWS4{}", self.keys.secret);
        let key = hmac(secret.as_bytes(), date);
        [&self.region, SERVICE, "aws4_request"].iter().fold(key, |key, part| hmac(&key, part))
    }
}

/// The request in the form that is hashed, and the names of the signed headers.
fn canonical_request(method: &Method, url: &Url, headers: &HeaderMap) -> (String, String) {
    let (path, query) = url.path().split_once('?').unwrap_or((url.path(), ""));
    let mut values = vec![("host".to_owned(), url.authority())];
    for name in headers.keys() {
        let all: Vec<_> = headers.get_all(name).iter().map(trimmed_text).collect();
        values.push((name.as_str().to_owned(), all.join(",")));
    }
    values.sort();
    let names: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let lines: Vec<_> = values.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let lines = lines.concat();
    let digest = headers.get(CONTENT_SHA256).map(trimmed_text).unwrap_or_default();
    let query = canonical_query(query);
    (format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}"), names)
}

/// The query with its parameters sorted, each with a `=`. The parameters are percent-encoded
/// already.
fn canonical_query(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<_> = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
    pairs.sort_unstable();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

fn trimmed_text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).trim().to_owned()
}

/// A header's value. Keys and tokens that no header can hold are left out: the server refuses the
/// request then.
fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

fn hmac(key: &[u8], text: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const WELCOME: &str = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";

    fn signed(method: &Method, url: &str, headers: &[(&'static str, &str)]) -> HeaderMap {
        let keys = Keys {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, header_value(value));
        }
        let url = Url::parse(&format!("https://examplebucket.s3.amazonaws.com{url}")).unwrap();
        let now = "2013-05-24T00:00:00Z".parse().unwrap();
        Signer::new(keys, "us-east-1".to_owned()).sign(method, &url, &mut map, now);
        map
    }

    type Headers<'a> = &'a [(&'static str, &'a str)];

    // The four worked examples of the page named at the top of this file.
    #[test]
    fn the_worked_examples_of_the_s3_reference_have_their_signatures() {
        let put = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            (CONTENT_SHA256, WELCOME),
        ];
        let examples: [(Method, &str, Headers, &str, &str); 4] = [
            (
                Method::GET,
                "/test.txt",
                &[("range", "bytes=0-9"), (CONTENT_SHA256, EMPTY)],
                "host;range;x-amz-content-sha256;x-amz-date",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            (
                Method::PUT,
                "/test%24file.text",
                &put,
                "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
            (
                Method::GET,
                "/?lifecycle",
                &[(CONTENT_SHA256, EMPTY)],
                "host;x-amz-content-sha256;x-amz-date",
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
            (
                Method::GET,
                "/?max-keys=2&prefix=J",
                &[(CONTENT_SHA256, EMPTY)],
                "host;x-amz-content-sha256;x-amz-date",
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
        ];
        for (method, url, headers, names, signature) in examples {
            let headers = signed(&method, url, headers);
            let expected = format!(
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/\
                 aws4_request, SignedHeaders={names}, Signature={signature}"
            );
            assert_eq!(headers[header::AUTHORIZATION], expected, "{method} {url}");
        }
    }

    #[test]
    fn a_streamed_body_is_unsigned_and_the_condition_is_signed() {
        let headers = signed(&Method::PUT, "/x", &[("if-none-match", "*")]);
        assert_eq!(headers[CONTENT_SHA256], UNSIGNED_PAYLOAD);
        assert_eq!(headers[DATE], "20130524T000000Z");
        let authorization = headers[header::AUTHORIZATION].to_str().unwrap();
        let names = "SignedHeaders=host;if-none-match;x-amz-content-sha256;x-amz-date,";
        assert!(authorization.contains(names), "{authorization}");
    }

    #[test]
    fn a_session_token_is_sent_and_signed() {
        let keys = Keys {
            id: "id".to_owned(),
            secret: "secret".to_owned(),
            session_token: Some("token".to_owned()),
        };
        let (mut headers, url) =
            (HeaderMap::new(), Url::parse("https://s3.example:8443/x").unwrap());
        let signer = Signer::new(keys, "region".to_owned());
        signer.sign(&Method::GET, &url, &mut headers, Timestamp::UNIX_EPOCH);
        assert_eq!(headers[SECURITY_TOKEN], "token");
        let authorization = headers[header::AUTHORIZATION].to_str().unwrap();
        assert!(authorization.contains("x-amz-security-token"), "{authorization}");
    }

    #[test]
    fn parameters_are_sorted_and_have_a_value() {
        assert_eq!(canonical_query(""), "");
        assert_eq!(canonical_query("uploads"), "uploads=");
        assert_eq!(canonical_query("prefix=a%2F&delimiter=%2F"), "delimiter=%2F&prefix=a%2F");
    }
}
