//! Errors of an S3 server: a code and a message, in XML.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde::Deserialize;
use ureq::http::{HeaderMap, StatusCode};

use crate::error::ErrorKind;
use crate::text::shorten;
use crate::web::{RequestError, Url, at, kind_of};

/// The longest message that is shown, in characters.
const MAX_MESSAGE: usize = 500;

/// `<Error>` of Amazon S3's REST API.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct S3Error {
    code: String,
    message: String,
    /// The bucket's region, if the request was for another one.
    region: String,
    /// The URL to use instead.
    endpoint: String,
}

/// Some stores wrap it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ErrorResponse {
    error: S3Error,
}

/// The result of a request to delete several objects.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteResult {
    #[serde(default)]
    error: Vec<S3Error>,
}

impl S3Error {
    /// Parses the body of a response; `None` if it is not an error.
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

    /// Whether the object does not exist, or a condition of the request was not met. What that means
    /// depends on the request.
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

    /// Whether a retry may succeed, whatever the status.
    fn is_transient(&self) -> bool {
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

    /// The error of the response from `url`; `base` is the error that its status alone would be.
    pub(super) fn request_error(
        &self,
        url: &Url,
        status: StatusCode,
        headers: &HeaderMap,
        base: Option<RequestError>,
    ) -> RequestError {
        let message = shorten(&self.message, MAX_MESSAGE);
        let colon = if message.is_empty() { "" } else { ": " };
        let error =
            at(url, format!("the server responded {status}: {}{colon}{message}", self.code))
                .with_kind(self.kind(status));
        let code = self.code.as_str();
        let asked = match base {
            Some(RequestError::Transient(_, asked)) => {
                return RequestError::Transient(error, asked);
            }
            _ if self.is_transient() => return RequestError::Transient(error, None),
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

    /// The kind of the error.
    fn kind(&self, status: StatusCode) -> ErrorKind {
        match self.code.as_str() {
            "NoSuchBucket" => ErrorKind::NotFound,
            "QuotaExceeded" | "XMinioStorageFull" | "InsufficientCapacity" => ErrorKind::OutOfSpace,
            "EntityTooLarge" | "MaxSizeExceeded" | "NotImplemented" => ErrorKind::Unsupported,
            "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException"
            | "InvalidBucketName"
            | "InvalidRegion"
            | "PermanentRedirect"
            | "Redirect"
            | "TemporaryRedirect" => ErrorKind::InvalidInput,
            "AccessDenied"
            | "AllAccessDisabled"
            | "AccountProblem"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidAccessKeyId"
            | "InvalidSecurity"
            | "InvalidToken"
            | "RequestExpired"
            | "RequestTimeTooSkewed"
            | "SignatureDoesNotMatch"
            | "TokenRefreshRequired" => ErrorKind::Unauthorized,
            _ => kind_of(status),
        }
    }

    /// The hint, if the code is known.
    fn hint(&self, headers: &HeaderMap) -> Option<String> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Some(match self.code.as_str() {
            "RequestTimeTooSkewed" => match header("date") {
                Some(date) => {
                    format!("set the clock of this machine; the server's clock is {date}")
                }
                None => "set the clock of this machine".to_owned(),
            },
            "InvalidAccessKeyId" => {
                "check AWS_ACCESS_KEY_ID and the endpoint: this store does not \
                 have the key"
                    .to_owned()
            }
            "SignatureDoesNotMatch" => "check AWS_SECRET_ACCESS_KEY: it does not belong to the \
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
                "get new keys, as the session has ended, and set AWS_ACCESS_KEY_ID, \
                 AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
                    .to_owned()
            }
            "InvalidToken" | "InvalidSecurity" => "check AWS_SESSION_TOKEN: set it only for \
                 the keys of a session, and together with them"
                .to_owned(),
            "NoSuchBucket" | "InvalidBucketName" => {
                "check the bucket's name in the remote's URL, the region and the endpoint"
                    .to_owned()
            }
            "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => {
                "ask the bucket's owner for the rights to list, \
                 read, write and delete objects in it"
                    .to_owned()
            }
            "EntityTooLarge" | "MaxSizeExceeded" => {
                "ask the store's administrator to raise its limit for the size of an object"
                    .to_owned()
            }
            "QuotaExceeded" | "XMinioStorageFull" | "InsufficientCapacity" => {
                "free some space in the store and run the command again: the store or your quota \
                 is full"
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
            (None, "") => "check the region in AWS_REGION, or `region` under [remote], and \
                           the endpoint"
                .to_owned(),
            (None, endpoint) => format!(
                "the bucket is at `{endpoint}`: set AWS_ENDPOINT_URL to that address, or AWS_REGION \
                 to its region"
            ),
        }
    }
}

/// The name of the root element, without its namespace prefix.
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

    // From the REST API's documentation ("REST error responses").
    #[test]
    fn the_error_of_the_documentation_is_parsed() {
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
    fn errors_with_a_namespace_or_a_wrapper_are_parsed() {
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
    fn other_bodies_are_not_errors() {
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
        fn any_body_can_be_parsed(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = S3Error::parse(&body);
        }
    }
}
