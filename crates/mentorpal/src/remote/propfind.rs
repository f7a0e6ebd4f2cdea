//! Parses the XML responses of a WebDAV server: the entries of a folder, and the statuses of an
//! operation that was done in part (RFC 4918, sections 9.1 and 13).

use percent_encoding::percent_decode_str;
use quick_xml::events::Event;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::store::Entry;

/// The body of a `PROPFIND` request.
pub(super) const REQUEST_BODY: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
    <propfind xmlns=\"DAV:\"><prop><resourcetype/><getcontentlength/></prop></propfind>";

#[derive(Deserialize)]
struct Multistatus {
    #[serde(default)]
    response: Vec<Described>,
}

#[derive(Deserialize)]
struct Described {
    #[serde(default)]
    href: Vec<String>,
    #[serde(default)]
    propstat: Vec<PropStat>,
    /// The status line, as in `HTTP/1.1 404 Not Found`, of an entry without properties.
    status: Option<String>,
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

/// The server's description of a folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listing {
    /// The decoded path of the folder on the server, if the response lists the folder itself.
    pub(super) own: Option<String>,
    /// The status of the folder itself, if the response gives one.
    pub(super) status: Option<u16>,
    /// The entries of the folder.
    pub(super) entries: Vec<Entry>,
}

/// Parses the response to a `PROPFIND` with depth 0 or 1. `asked` is the path in the URL of the
/// request. Returns `None` for any other response.
pub(super) fn listing(answer: &str, asked: &str) -> Option<Listing> {
    let asked = decoded(asked)?;
    let mut found = Vec::new();
    for mut described in multistatus(answer)?.response {
        let href = described.href.pop()?;
        // This program creates no names that are not UTF-8.
        if let Some(path) = path(&href, &asked) {
            found.push(Resource { path, has_slash: href.trim().ends_with('/'), described });
        }
    }
    let own = own_index(&found, &asked).map(|index| found.remove(index));
    let status = own.as_ref().and_then(|own| own.described.status());
    let above = match &own {
        Some(own) => own.path.clone(),
        None => parent_of_entries(&found, &asked),
    };
    let resources = found.into_iter().filter(|found| {
        found.described.status().is_none_or(is_success) && parent(&found.path) == Some(&above)
    });
    let entries = resources.map(Resource::entry).collect();
    Some(Listing { own: own.map(|own| own.path), status, entries })
}

/// Returns the statuses in a response with the status 207; empty for any other response.
pub(super) fn statuses(answer: &str) -> Vec<u16> {
    let responses = multistatus(answer).map(|multistatus| multistatus.response).unwrap_or_default();
    responses.iter().filter_map(Described::status).collect()
}

/// Whether `path`, as the server writes it, is the path `asked` of a URL.
pub(super) fn is_same_path(path: &str, asked: &str) -> bool {
    decoded(asked).is_some_and(|asked| asked == path)
}

fn multistatus(answer: &str) -> Option<Multistatus> {
    // Checked separately, because the deserializer accepts any root element.
    let mut reader = quick_xml::Reader::from_str(answer);
    loop {
        match reader.read_event().ok()? {
            Event::Start(root) | Event::Empty(root) => {
                if root.local_name().as_ref() != "multistatus" {
                    return None;
                }
                break;
            }
            Event::Eof => return None,
            _ => {}
        }
    }
    quick_xml::de::from_str(answer).ok()
}

impl Described {
    fn status(&self) -> Option<u16> {
        self.status.as_ref()?.split_whitespace().nth(1)?.parse().ok()
    }
}

/// One resource that the response describes.
struct Resource {
    path: String,
    /// Whether its `href` ends with a slash, which is so for folders only.
    has_slash: bool,
    described: Described,
}

impl Resource {
    fn entry(self) -> Entry {
        let name = last(&self.path).to_owned();
        let mut entry = Entry { name, is_folder: self.has_slash, size: None };
        for PropStat { prop } in self.described.propstat {
            entry.is_folder |= prop.resourcetype.is_some_and(|kind| kind.collection.is_some());
            let size = prop.getcontentlength.and_then(|size| size.trim().parse().ok());
            entry.size = entry.size.or(size);
        }
        entry
    }
}

/// The index of the folder `asked` itself. Some servers leave the folder out; behind some proxies
/// the folder has a path other than the requested one.
fn own_index(found: &[Resource], asked: &str) -> Option<usize> {
    if let Some(index) = found.iter().position(|found| found.path == asked) {
        return Some(index);
    }
    if found.iter().any(|found| parent(&found.path) == Some(asked)) {
        return None;
    }
    let shortest = (0..found.len()).min_by_key(|index| found[*index].path.len())?;
    let path = &found[shortest].path;
    let is_above = |other: &Resource| other.path == *path || parent(&other.path) == Some(path);
    let is_asked = found.len() > 1 || last(path) == last(asked) || asked.is_empty();
    (is_asked && found.iter().all(is_above)).then_some(shortest)
}

/// The path of the parent folder of the entries, if the folder itself is not listed.
fn parent_of_entries(found: &[Resource], asked: &str) -> String {
    if found.iter().any(|found| parent(&found.path) == Some(asked)) {
        return asked.to_owned();
    }
    let shortest = found.iter().min_by_key(|found| found.path.len());
    shortest.and_then(|found| parent(&found.path)).unwrap_or(asked).to_owned()
}

/// The parent of a path; `None` for the root.
fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// The decoded path of an `href`, with one slash before each part. A relative `href` is below
/// `asked`.
fn path(href: &str, asked: &str) -> Option<String> {
    let href = href.trim();
    if let Some((_, rest)) = href.split_once("://") {
        return decoded(&rest[rest.find('/').unwrap_or(rest.len())..]);
    }
    if href.starts_with('/') {
        return decoded(href);
    }
    Some(format!("{asked}{}", decoded(href.trim_start_matches("./"))?))
}

/// Decodes a path and puts one slash before each part.
fn decoded(path: &str) -> Option<String> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    let mut decoded = String::new();
    for part in parts {
        decoded.push('/');
        decoded.push_str(&percent_decode_str(part).decode_utf8().ok()?);
    }
    Some(decoded)
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, is_folder: bool, size: Option<u64>) -> Entry {
        Entry { name: name.to_owned(), is_folder, size }
    }

    fn entries(answer: &str, asked: &str) -> Option<Vec<Entry>> {
        listing(answer, asked).map(|listing| listing.entries)
    }

    /// A response with these `href`s. Those that end with a slash are folders.
    fn answer(hrefs: &[&str]) -> String {
        let one = |href: &&str| format!("<D:response><D:href>{href}</D:href></D:response>");
        let all: String = hrefs.iter().map(one).collect();
        format!("<D:multistatus xmlns:D='DAV:'>{all}</D:multistatus>")
    }

    // Recorded from Apache 2.4 with mod_dav, shortened.
    #[test]
    fn a_response_of_apache_is_parsed() {
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
        let listing = listing(answer, "/dav/a%20b/").unwrap();
        let expected = [entry("Zoë&.json", false, Some(12)), entry("sub", true, None)];
        assert_eq!(listing.entries, expected);
        assert_eq!(listing.own.as_deref(), Some("/dav/a b"));
    }

    // From RFC 4918: full URLs, and a default namespace.
    #[test]
    fn full_urls_and_entities_are_parsed() {
        let answer = r#"<multistatus xmlns="DAV:"><response><href>http://x.example/c/</href></response>
            <response><href>http://x.example/c/a&amp;b</href><propstat><prop>
            <getcontentlength> 3 </getcontentlength></prop></propstat></response></multistatus>"#;
        assert_eq!(entries(answer, "/c/").unwrap(), [entry("a&b", false, Some(3))]);
    }

    // The folder has the same two entries, however the paths are written.
    #[test]
    fn the_folder_itself_may_be_listed_or_not_and_under_another_path() {
        let expected = [entry("a b", true, None), entry("f", false, None)];
        for hrefs in [
            &["/dav/x/", "/dav/x/a%20b/", "/dav/x/f"][..],
            &["/dav/x/a%20b/", "/dav/x/f"],
            &["/dav/x/a b/", "/dav/%78/f", "/dav/x"],
            &["https://h/dav/x/a%20b/", "https://h/dav/x/f"],
            &["//dav//x/", "//dav//x/a%20b/", "/dav/x//f"],
            &["a%20b/", "./f"],
            // The path is /dav/x for the proxy, and /x or the root for the server.
            &["/x/", "/x/a%20b/", "/x/f"],
            &["/", "/a%20b/", "/f"],
        ] {
            assert_eq!(entries(&answer(hrefs), "/dav/x/").unwrap(), expected, "{hrefs:?}");
        }
    }

    #[test]
    fn a_single_entry_is_the_folder_or_its_only_content() {
        for (href, asked, expected) in [
            ("/dav/x/", "/dav/x/", &[][..]),
            ("/dav/x/x/", "/dav/x/", &["x"]),
            ("/x/", "/dav/x/", &[]),
            ("/dav/x/f", "/dav/x/", &["f"]),
            ("/f", "/", &["f"]),
            ("/", "/", &[]),
        ] {
            let found = entries(&answer(&[href]), asked).unwrap();
            let names: Vec<&str> = found.iter().map(|entry| &*entry.name).collect();
            assert_eq!(names, expected, "{href} of {asked}");
        }
        assert_eq!(entries(&answer(&[]), "/dav/x/"), Some(Vec::new()));
    }

    #[test]
    fn names_that_are_not_utf_8_are_left_out() {
        let answer = answer(&["/x/", "/x/Zo%EB", "/x/f"]);
        assert_eq!(entries(&answer, "/x/").unwrap(), [entry("f", false, None)]);
    }

    // Recorded from lighttpd 1.4.69 (a `MOVE` with `Overwrite: F`), shortened.
    #[test]
    fn statuses_of_failed_parts_are_returned() {
        let answer = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:multistatus \
            xmlns:D=\"DAV:\">\n<D:response>\n<D:href>/a/x/</D:href>\n<D:status>HTTP/1.1 412 \
            Precondition Failed</D:status>\n</D:response>\n</D:multistatus>\n";
        assert_eq!(statuses(answer), [412]);
        let listing = listing(answer, "/a/x/").unwrap();
        assert_eq!((listing.status, listing.entries.len()), (Some(412), 0));
    }

    #[test]
    fn other_text_is_not_a_listing() {
        for answer in ["", "<html><body>Log in</body></html>", "<multistatus xmlns='DAV:'", "{}"] {
            assert_eq!(entries(answer, "/"), None, "{answer}");
        }
    }

    proptest::proptest! {
        // Every name is parsed unchanged, whatever characters it has.
        #[test]
        fn every_name_is_parsed_unchanged(name in "[^/\\x00-\\x1f]{1,12}", is_listed: bool) {
            let encoded = percent_encoding::utf8_percent_encode(
                &name, percent_encoding::NON_ALPHANUMERIC).to_string();
            let child = format!("/dav/a%2Db/{encoded}");
            let hrefs = [&*child, "/dav/a-b/"];
            let found = entries(&answer(&hrefs[..=usize::from(is_listed)]), "/dav/a-b/").unwrap();
            proptest::prop_assert_eq!(found, [entry(&name, false, None)]);
        }
    }
}
