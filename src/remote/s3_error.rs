//! What a bucket's server says of a request that it refused: a code and a message, in XML.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde::Deserialize;
use ureq::http::{HeaderMap, StatusCode};

use crate::text::shorten;
use crate::web::{RequestError, Url, at};

/// The longest message that is shown, in characters.
const MAX_MESSAGE: usize = 500;

/// `<Error>` of Amazon S3's REST API.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct S3Error {
    code: String,
    message: String,
    /// The bucket's own region, where another was asked.
    region: String,
    /// The address to ask instead.
    endpoint: String,
}

/// Some stores wrap it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ErrorResponse {
    error: S3Error,
}

/// What became of several objects that were to be removed.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteResult {
    #[serde(default)]
    error: Vec<S3Error>,
}

impl S3Error {
    /// The error that an answer's body says; `None` where it is something else.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let text = str::from_utf8(body).ok()?;
        let error = match root_element(text)?.as_str() {
            "Error" => quick_xml::de::from_str::<Self>(text).ok()?,
            "ErrorResponse" => quick_xml::de::from_str::<ErrorResponse>(text).ok()?.error,
            "DeleteResult" => {
                let errors = quick_xml::de::from_str::<DeleteResult>(text).ok()?.error;
                errors.into_iter().find(|error| error.code != "NoSuchKey")?
            }
            _ => return None,
        };
        (!error.code.is_empty()).then_some(error)
    }

    /// Whether it says that there is no such object, or that something is in the way: what that
    /// means depends on what was asked.
    pub(super) fn is_about_object(&self) -> bool {
        const CODES: [&str; 8] = [
            "NoSuchKey",
            "NoSuchUpload",
            "NoSuchVersion",
            "NotFound",
            "InvalidRange",
            "PreconditionFailed",
            "412 Precondition Failed",
            "ConditionalRequestConflict",
        ];
        CODES.contains(&self.code.as_str())
    }

    /// Whether it may go better the next time, whatever the status.
    fn is_passing(&self) -> bool {
        const CODES: [&str; 15] = [
            "BadDigest",
            "BandwidthLimitExceeded",
            "IncompleteBody",
            "InternalError",
            "InternalFailure",
            "OperationAborted",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestTimeout",
            "ServiceUnavailable",
            "SlowDown",
            "Throttling",
            "ThrottlingException",
            "TooManyRequests",
            "XAmzContentSHA256Mismatch",
        ];
        CODES.contains(&self.code.as_str())
    }

    /// The fault that the answer from `url` is, which would be `base` without what the store says.
    pub(super) fn request_error(
        &self,
        url: &Url,
        (status, headers): (StatusCode, &HeaderMap),
        base: Option<RequestError>,
    ) -> RequestError {
        let message = shorten(&self.message, MAX_MESSAGE);
        let colon = if message.is_empty() { "" } else { ": " };
        let error = at(url, format!("the server says {status}: {}{colon}{message}", self.code));
        let code = self.code.as_str();
        let asked = match base {
            Some(RequestError::Transient(_, asked)) => {
                return RequestError::Transient(error, asked);
            }
            _ if self.is_passing() => return RequestError::Transient(error, None),
            _ if code == "NoSuchBucket" => None,
            _ if status == StatusCode::NOT_FOUND || code == "NoSuchKey" => {
                return RequestError::NotFound(error);
            }
            Some(RequestError::AlreadyExists(_)) => return RequestError::AlreadyExists(error),
            _ if self.is_about_object() => return RequestError::AlreadyExists(error),
            Some(RequestError::Permanent(base)) => base.hint_text().map(str::to_owned),
            _ => None,
        };
        match self.hint(headers).or(asked) {
            Some(hint) => RequestError::Permanent(error.hint(hint)),
            None => RequestError::Permanent(error),
        }
    }

    /// What to do about it, where the code is known.
    fn hint(&self, headers: &HeaderMap) -> Option<String> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Some(match self.code.as_str() {
            "RequestTimeTooSkewed" => match header("date") {
                Some(date) => format!("set the clock of this machine; the server's says {date}"),
                None => "set the clock of this machine".to_owned(),
            },
            "InvalidAccessKeyId" => "the store does not know the key: look at AWS_ACCESS_KEY_ID, \
                 and at whether the endpoint is the store that it belongs to"
                .to_owned(),
            "SignatureDoesNotMatch" => "look at AWS_SECRET_ACCESS_KEY: it does not belong to the \
                                        key in AWS_ACCESS_KEY_ID"
                .to_owned(),
            "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException"
            | "InvalidRegion"
            | "PermanentRedirect"
            | "Redirect"
            | "TemporaryRedirect" => self.region_hint(header("x-amz-bucket-region")),
            "ExpiredToken"
            | "ExpiredTokenException"
            | "RequestExpired"
            | "TokenRefreshRequired" => {
                "the session has ended: get new keys, and set AWS_ACCESS_KEY_ID, \
                 AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
                    .to_owned()
            }
            "InvalidToken" | "InvalidSecurity" => "look at AWS_SESSION_TOKEN: it is to be set for \
                 the keys of a session alone, and together with them"
                .to_owned(),
            "NoSuchBucket" | "InvalidBucketName" => {
                "look at the bucket's name in the remote's URL, and at the region and the endpoint"
                    .to_owned()
            }
            "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => {
                "you may not do that there: ask who looks after the bucket for the rights to list, \
                 read, write and delete objects in it"
                    .to_owned()
            }
            "EntityTooLarge" | "MaxSizeExceeded" => {
                "the store takes no object this large: ask who looks after it to raise its limit"
                    .to_owned()
            }
            "QuotaExceeded" | "XMinioStorageFull" | "InsufficientCapacity" => {
                "the store is full, or your share of it: make room there, then run this again"
                    .to_owned()
            }
            _ => return None,
        })
    }

    fn region_hint(&self, header: Option<&str>) -> String {
        let region = Some(self.region.as_str()).filter(|region| !region.is_empty()).or(header);
        match (region, self.endpoint.as_str()) {
            (Some(region), _) => format!(
                "the bucket is in the region `{region}`: set AWS_REGION to it, or `region` under \
                 [remote]"
            ),
            (None, "") => "look at the region in AWS_REGION, or `region` under [remote], and at \
                           the endpoint"
                .to_owned(),
            (None, endpoint) => format!(
                "the bucket is at `{endpoint}`: set AWS_ENDPOINT_URL to that address, or AWS_REGION \
                 to its region"
            ),
        }
    }
}

/// The name of the first element, without its prefix.
pub(super) fn root_element(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) | Event::Empty(element) => {
                return Some(element.local_name().as_ref().to_owned());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // As the REST API's documentation shows it ("REST error responses").
    #[test]
    fn an_error_of_the_documentation() {
        let body = r#"<?xml version="1.0" encoding="UTF-8"?>
<Error>
  <Code>NoSuchKey</Code>
  <Message>The resource you requested does not exist</Message>
  <Resource>/mybucket/myfoto.jpg</Resource>
  <RequestId>4442587FB7D0A2F9</RequestId>
</Error>"#;
        let error = S3Error::parse(body.as_bytes()).unwrap();
        assert_eq!(error.code, "NoSuchKey");
        assert_eq!(error.message, "The resource you requested does not exist");
        assert!(error.is_about_object());
    }

    #[test]
    fn errors_with_a_namespace_or_wrapped_are_found() {
        for body in [
            "<Error xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Code>X</Code></Error>",
            "<!-- x --><s:Error xmlns:s='y'><Code>X</Code><More><Code>Z</Code></More></s:Error>",
            "<ErrorResponse xmlns='y'><Error><Code>X</Code></Error></ErrorResponse>",
            "<DeleteResult><Deleted><Key>k</Key></Deleted><Error><Key>l</Key><Code>X</Code></Error>\
             </DeleteResult>",
        ] {
            assert_eq!(
                S3Error::parse(body.as_bytes()).map(|error| error.code).as_deref(),
                Some("X")
            );
        }
    }

    #[test]
    fn what_is_no_error_is_none() {
        for body in [
            "",
            "busy",
            "<html><body>Not found</body></html>",
            "<CopyObjectResult><ETag>x</ETag></CopyObjectResult>",
            "<DeleteResult><Deleted><Key>x</Key></Deleted></DeleteResult>",
            "<DeleteResult><Error><Key>x</Key><Code>NoSuchKey</Code></Error></DeleteResult>",
            "<Error></Error>",
            "<Error><Code>X</Code>",
        ] {
            assert_eq!(S3Error::parse(body.as_bytes()), None, "{body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_body_can_be_read(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = S3Error::parse(&body);
        }
    }
}
