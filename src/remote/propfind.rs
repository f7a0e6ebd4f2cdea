//! What a WebDAV server says is in a folder (RFC 4918, section 9.1).

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::store::Entry;

/// What is asked for.
pub(super) const QUESTION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
    <propfind xmlns=\"DAV:\"><prop><resourcetype/><getcontentlength/></prop></propfind>";

#[derive(Deserialize)]
struct Multistatus {
    #[serde(default)]
    response: Vec<Described>,
}

#[derive(Deserialize)]
struct Described {
    href: String,
    #[serde(default)]
    propstat: Vec<PropStat>,
}

#[derive(Deserialize)]
struct PropStat {
    prop: Properties,
}

#[derive(Deserialize)]
struct Properties {
    resourcetype: Option<ResourceType>,
    getcontentlength: Option<String>,
}

#[derive(Deserialize)]
struct ResourceType {
    collection: Option<IgnoredAny>,
}

/// The entries of a folder, from the answer about it with depth 1; `None` where it is no such
/// answer.
pub(super) fn entries(answer: &str) -> Option<Vec<Entry>> {
    let answer: Multistatus = quick_xml::de::from_str(answer).ok()?;
    let mut paths: Vec<(String, Described)> = Vec::new();
    for described in answer.response {
        paths.push((path(&described.href)?, described));
    }
    // The folder itself is among them: it has the shortest path, whatever the server puts before.
    let own = paths.iter().map(|(path, _)| path.len()).min()?;
    let entry = |(path, described): (String, Described)| {
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut entry = Entry { name, is_folder: false, size: None };
        for PropStat { prop } in described.propstat {
            entry.is_folder |= prop.resourcetype.is_some_and(|kind| kind.collection.is_some());
            let size = prop.getcontentlength.and_then(|size| size.trim().parse().ok());
            entry.size = entry.size.or(size);
        }
        entry
    };
    Some(paths.into_iter().filter(|(path, _)| path.len() > own).map(entry).collect())
}

/// The path of a reference, decoded, without slashes at its end.
fn path(href: &str) -> Option<String> {
    let href = href.trim();
    let path = match href.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/').unwrap_or(rest.len())..],
        None => href,
    };
    let path = percent_decode_str(path.trim_end_matches('/')).decode_utf8().ok()?;
    Some(path.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, is_folder: bool, size: Option<u64>) -> Entry {
        Entry { name: name.to_owned(), is_folder, size }
    }

    // As Apache 2.4 with mod_dav answered, shortened.
    #[test]
    fn an_answer_of_apache() {
        let answer = r#"<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:ns0="DAV:">
<D:response xmlns:lp1="DAV:" xmlns:lp2="http://apache.org/dav/props/">
<D:href>/dav/a%20b/</D:href><D:propstat><D:prop>
<lp1:resourcetype><D:collection/></lp1:resourcetype></D:prop>
<D:status>HTTP/1.1 200 OK</D:status></D:propstat>
<D:propstat><D:prop><D:getcontentlength/></D:prop>
<D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>
<D:response xmlns:lp1="DAV:"><D:href>/dav/a%20b/Zo%c3%ab%26.json</D:href><D:propstat><D:prop>
<lp1:resourcetype/><lp1:getcontentlength>12</lp1:getcontentlength></D:prop>
<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
<D:response xmlns:lp1="DAV:"><D:href>/dav/a%20b/sub/</D:href><D:propstat><D:prop>
<lp1:resourcetype><D:collection/></lp1:resourcetype></D:prop>
<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
</D:multistatus>"#;
        let expected = [entry("Zoë&.json", false, Some(12)), entry("sub", true, None)];
        assert_eq!(entries(answer).unwrap(), expected);
    }

    // As RFC 4918 writes them: whole addresses, and a default namespace.
    #[test]
    fn whole_addresses_and_entities() {
        let answer = r#"<multistatus xmlns="DAV:"><response><href>http://x.example/c/</href></response>
            <response><href>http://x.example/c/a&amp;b</href><propstat><prop>
            <getcontentlength> 3 </getcontentlength></prop></propstat></response></multistatus>"#;
        assert_eq!(entries(answer).unwrap(), [entry("a&b", false, Some(3))]);
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for answer in ["", "<html><body>Log in</body></html>", "<multistatus xmlns='DAV:'", "{}"] {
            assert_eq!(entries(answer), None, "{answer}");
        }
    }
}
