//! The XML bodies of Amazon S3's REST API, apart from errors (`s3_error.rs`).

use quick_xml::escape::escape;
use serde::Deserialize;

use super::s3_error::root_element;

/// One page of a list of objects.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ListPage {
    is_truncated: Option<bool>,
    next_continuation_token: Option<String>,
    /// The objects.
    pub(super) contents: Vec<Object>,
    /// The folders, where the list has a delimiter.
    pub(super) common_prefixes: Vec<CommonPrefix>,
}

/// An object of a list.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Object {
    pub(super) key: String,
    /// In bytes.
    pub(super) size: u64,
}

/// The common start of the keys of a folder, with a `/` at its end.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CommonPrefix {
    pub(super) prefix: String,
}

impl ListPage {
    /// Parses a page; `None` if it is not one, or does not say where the next one starts.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let page: Self = parse(body, "ListBucketResult")?;
        let is_complete = page.is_truncated != Some(true) || page.next_continuation_token.is_some();
        is_complete.then_some(page)
    }

    /// The token that requests the next page; `None` for the last page.
    pub(super) fn next_token(&self) -> Option<&str> {
        let token = self.next_continuation_token.as_deref();
        token.filter(|token| self.is_truncated.unwrap_or(!token.is_empty()))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InitiateMultipartUploadResult {
    upload_id: String,
}

/// Parses the ID of a multipart upload.
pub(super) fn upload_id(body: &[u8]) -> Option<String> {
    let result: InitiateMultipartUploadResult = parse(body, "InitiateMultipartUploadResult")?;
    Some(result.upload_id)
}

/// The body that completes a multipart upload from parts with these entity tags.
pub(super) fn complete_multipart_upload(tags: &[String]) -> String {
    let part = |(index, tag): (usize, &String)| {
        let (number, tag) = (index + 1, escape(tag.as_str()));
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>")
    };
    let parts: String = tags.iter().enumerate().map(part).collect();
    format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
}

/// The body that deletes the objects with these keys.
pub(super) fn delete_objects(keys: &[String]) -> String {
    let object = |key: &String| format!("<Object><Key>{}</Key></Object>", escape(key.as_str()));
    let objects = keys.iter().map(object).collect::<Vec<_>>().concat();
    format!("<Delete><Quiet>true</Quiet>{objects}</Delete>")
}

fn parse<T: serde::de::DeserializeOwned>(body: &[u8], root: &str) -> Option<T> {
    let text = str::from_utf8(body).ok()?;
    if root_element(text)? != root {
        return None;
    }
    quick_xml::de::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_objects_and_folders() {
        let body = br#"<?xml version="1.0"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <Name>bucket</Name><IsTruncated>true</IsTruncated>
            <NextContinuationToken>1ueG/x=</NextContinuationToken>
            <Contents><Key>a&amp;b.json</Key><ETag>"x"</ETag><Size>12</Size></Contents>
            <CommonPrefixes><Prefix>photos/</Prefix></CommonPrefixes></ListBucketResult>"#;
        let page = ListPage::parse(body).unwrap();
        assert_eq!(page.contents, [Object { key: "a&b.json".to_owned(), size: 12 }]);
        assert_eq!(page.common_prefixes[0].prefix, "photos/");
        assert_eq!(page.next_token(), Some("1ueG/x="));
    }

    #[test]
    fn the_last_page_has_no_next_token() {
        for body in [
            "<ListBucketResult/>",
            "<ListBucketResult><IsTruncated>false</IsTruncated>\
            <NextContinuationToken>x</NextContinuationToken></ListBucketResult>",
        ] {
            assert_eq!(ListPage::parse(body.as_bytes()).unwrap().next_token(), None, "{body}");
        }
    }

    #[test]
    fn other_bodies_are_not_lists() {
        for body in [
            "",
            "<html><body>Log in</body></html>",
            "<ListBucketResult><Contents><Key>a</Key>",
            "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        ] {
            assert_eq!(ListPage::parse(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn bodies_of_requests_are_escaped() {
        assert_eq!(
            delete_objects(&["a<b".to_owned()]),
            "<Delete><Quiet>true</Quiet><Object><Key>a&lt;b</Key></Object></Delete>"
        );
        assert_eq!(
            complete_multipart_upload(&["\"x\"".to_owned()]),
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;x&quot;</ETag>\
             </Part></CompleteMultipartUpload>"
        );
        let started = b"<InitiateMultipartUploadResult><UploadId>1</UploadId>\
            </InitiateMultipartUploadResult>";
        assert_eq!(upload_id(started).as_deref(), Some("1"));
    }
}
