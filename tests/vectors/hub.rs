//! `mentorpal vectors download NAME` with a test server as the Hub.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use mentorpal::error::ErrorKind::{
    self, AlreadyExists, Corrupt, InvalidInput, NotFound, Unauthorized, Unreachable,
};
use serde_json::{Value, json};

use super::hub_server::{COMMIT, Faults, Hub, LARGE, Mirror, git_hash, sent_of_large};
use super::tiny::{self, Files};
use super::{MODELS, names};
use crate::support::{Failure, KillOnDrop, Run, Sandbox, at_once, failure, until};

const CACHE: &str = "huggingface/hub/models--acme--tiny";
const DOWNLOAD: [&str; 4] = ["vectors", "download", "acme/tiny", "--json"];
const TOKEN: &str = "hf_s3cret";
const README: &str = "---\nlicense: apache-2.0\n---\n# Tiny\n";

/// A Hub, and a workspace that uses it.
struct Scene {
    hub: Hub,
    sandbox: Sandbox,
}

impl Scene {
    fn new() -> Self {
        let mut files = tiny::files();
        files.insert("README.md".to_owned(), README.into());
        files.insert("pytorch_model.bin".to_owned(), b"not needed".to_vec());
        Self::with(files)
    }

    fn with(files: Files) -> Self {
        Self { hub: Hub::serve(files), sandbox: Sandbox::empty() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(arguments);
        command.env("HF_ENDPOINT", &self.hub.endpoint);
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.sandbox.finish(&mut self.command(arguments))
    }

    fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
        self.sandbox.finish(self.command(arguments).envs(variables.iter().copied()))
    }

    fn added(&self) -> bool {
        !names(&self.sandbox).is_empty()
    }

    /// Returns the path of the large file's content in the cache.
    fn blob(&self) -> PathBuf {
        let hash = mentorpal::sha256::digest(&tiny::files()[LARGE]);
        self.sandbox.path().join(CACHE).join("blobs").join(hash)
    }

    /// Returns the URL of the first request: the files of the newest revision.
    fn revision(&self) -> String {
        format!("{}/api/models/acme/tiny/revision/main", self.hub.endpoint)
    }

    /// Writes `bytes` as the partial large file of an interrupted run.
    fn leaves(&self, bytes: &[u8]) {
        let path = self.blob().with_extension("incomplete");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// An error about the large file.
fn of_large(kind: ErrorKind) -> Failure {
    failure(kind).at(&format!("acme/tiny/resolve/{COMMIT}/{LARGE}"))
}

/// The error for a large file with another digest.
fn corrupt() -> Failure {
    of_large(Corrupt).with("SHA-256")
}

#[test]
fn a_downloaded_model_is_available_offline() {
    let Scene { hub, sandbox } = Scene::new();
    let run = sandbox.run_with(&[("HF_ENDPOINT", &hub.endpoint)], &DOWNLOAD).code(0);
    let added = run.line();
    assert_eq!((&added["name"], &added["dims"]), (&json!("tiny"), &json!(8)));
    let files = sandbox.files(&format!("{MODELS}/tiny"));
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["source"]["file"], format!("acme/tiny@{COMMIT}"));
    assert_eq!(manifest["licence"], "apache-2.0");
    for (path, bytes) in tiny::files() {
        assert_eq!(files[&path], bytes, "{path}");
    }
    assert_eq!(files.len(), tiny::files().len() + 1);
    // Only required files are requested.
    let asked = hub.asked();
    assert!(asked.iter().all(|asked| !asked.what.contains("pytorch")), "{asked:?}");

    let offline = [("HF_ENDPOINT", hub.endpoint.as_str()), ("HF_HUB_OFFLINE", "1")];
    let again = [&DOWNLOAD[..], &["--name", "again", "--licence", "MIT"]].concat();
    let downloaded = sandbox.run_with(&offline, &again).code(0).json();
    assert_eq!(hub.asked(), []);
    // The model equals the one from a folder.
    for (path, bytes) in tiny::files() {
        sandbox.write(&format!("folder/{path}"), bytes);
    }
    let added = sandbox.run(&["vectors", "add", "folder", "--json"]).code(0).json();
    assert_eq!(downloaded[0]["sha256"], added[0]["sha256"]);
    assert_eq!(manifest["source"]["sha256"], added[0]["sha256"]);
    let shown = sandbox.run(&["vectors", "show", "again"]).code(0).prints("MIT");
    shown.prints(&format!("acme/tiny@{COMMIT}"));
    sandbox.run(&["vectors", "verify"]).code(0);
}

#[test]
fn the_cache_has_the_layout_of_other_tools() {
    let scene = Scene::new();
    scene.run(&DOWNLOAD).code(0);
    let files = scene.sandbox.files(CACHE);
    assert_eq!(files["refs/main"], COMMIT.as_bytes());
    let folder = scene.sandbox.path().join(CACHE);
    for (path, bytes) in tiny::files() {
        let hash = if path == LARGE { mentorpal::sha256::digest(&bytes) } else { git_hash(&bytes) };
        assert_eq!(files[&format!("blobs/{hash}")], bytes);
        let link = folder.join("snapshots").join(COMMIT).join(&path);
        let up = if path.contains('/') { "../../../" } else { "../../" };
        let target = fs::read_link(&link).unwrap();
        assert_eq!(target.to_str().unwrap(), format!("{up}blobs/{hash}"));
        assert_eq!(fs::read(link).unwrap(), bytes);
    }
    assert!(!files.keys().any(|file| file.ends_with(".incomplete")), "{:?}", files.keys());
    // A cached file is not downloaded again, for any name of the revision.
    scene.hub.asked();
    for (revision, name) in [("main", "a"), (COMMIT, "b"), ("refs/pr/1", "c")] {
        let model = format!("acme/tiny@{revision}");
        scene.run(&["vectors", "download", &model, "--name", name]).code(0);
        let asked = scene.hub.asked();
        assert!(matches!(&asked[..], [one] if one.what.contains("/revision/")), "{asked:?}");
    }
    assert_eq!(fs::read_to_string(folder.join("refs/refs/pr/1")).unwrap(), COMMIT);
}

#[test]
fn missing_files_of_a_model_are_recorded_in_the_cache() {
    let mut files = tiny::files();
    files.remove("modules.json");
    files.remove("1_Pooling/config.json");
    files.remove("sentence_bert_config.json");
    let scene = Scene::with(files.clone());
    scene.run(&DOWNLOAD).code(0);
    let offline = [("HF_HUB_OFFLINE", "yes")];
    let again = [&DOWNLOAD[..], &["--name", "again"]].concat();
    scene.run_with(&offline, &again).code(0);
    // Without this marker, it is unknown whether the model has the file.
    fs::remove_dir_all(scene.sandbox.path().join(CACHE).join(".no_exist")).unwrap();
    let run = scene.run_with(&offline, &[&again[..], &["--overwrite"]].concat());
    let modules = format!("acme/tiny/resolve/{COMMIT}/modules.json");
    run.fails(failure(NotFound).at(&modules).with("HF_HUB_OFFLINE"));

    files.remove("tokenizer.json");
    let scene = Scene::with(files);
    let tokenizer = format!("{}/acme/tiny/resolve/{COMMIT}/tokenizer.json", scene.hub.endpoint);
    scene.run(&DOWNLOAD).fails(failure(InvalidInput).at(&tokenizer));
    assert!(!scene.added());
}

#[test]
fn a_cut_download_resumes() {
    let scene = Scene::new();
    let size = tiny::files()[LARGE].len();
    scene.hub.has(Faults { cuts: (3000, 2), ..Faults::default() });
    scene.run(&DOWNLOAD).code(0);
    let asked = scene.hub.asked();
    let ranges: Vec<_> =
        asked.iter().filter(|asked| !asked.of_hub).map(|asked| asked.range.as_deref()).collect();
    assert_eq!(ranges, [None, Some("bytes=3000-"), Some("bytes=6000-")]);
    assert_eq!(sent_of_large(&asked), size);
    scene.sandbox.run(&["vectors", "verify"]).code(0);
}

#[test]
fn a_killed_download_resumes_in_the_next_run() {
    let scene = Scene::new();
    scene.hub.has(Faults { stalls_after: Some(5000), ..Faults::default() });
    let mut command = scene.command(&DOWNLOAD);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut child = KillOnDrop(child);
    let incomplete = scene.blob().with_extension("incomplete");
    until("the first 5000 bytes", || {
        assert!(child.0.try_wait().unwrap().is_none(), "it ended");
        fs::metadata(&incomplete).map_or(0, |found| found.len()) >= 5000
    });
    drop(child);
    let listed = scene.sandbox.run(&["vectors", "list", "--json"]).code(0).json();
    assert_eq!(listed.len(), 1, "only the embedded one: {listed:?}");
    scene.hub.asked();
    scene.hub.has(Faults::default());
    scene.run(&DOWNLOAD).code(0);
    assert_eq!(sent_of_large(&scene.hub.asked()), tiny::files()[LARGE].len() - 5000);
    assert_eq!(names(&scene.sandbox), ["tiny"]);
    scene.sandbox.run(&["vectors", "verify"]).code(0);
}

#[test]
fn two_concurrent_downloads_fetch_a_file_once() {
    let scene = Scene::new();
    let named = |name| scene.command(&[&DOWNLOAD[..], &["--name", name]].concat());
    for run in at_once(["a", "b"].map(named)) {
        run.code(0);
    }
    assert_eq!(sent_of_large(&scene.hub.asked()), tiny::files()[LARGE].len());
    assert_eq!(names(&scene.sandbox), ["a", "b"]);
    scene.sandbox.run(&["vectors", "verify"]).code(0);
}

#[test]
fn a_server_without_range_requests_sends_the_file_again() {
    let scene = Scene::new();
    let bytes = &tiny::files()[LARGE];
    scene.leaves(&bytes[..4000]);
    scene.hub.has(Faults { ignores_ranges: true, ..Faults::default() });
    scene.run(&DOWNLOAD).code(0);
    assert_eq!(sent_of_large(&scene.hub.asked()), bytes.len());
    scene.sandbox.run(&["vectors", "verify"]).code(0);
}

#[test]
fn partial_files_of_earlier_runs_are_verified() {
    let bytes = &tiny::files()[LARGE];
    let longer = [bytes.as_slice(), b"more"].concat();
    // A complete file; a file that is too long.
    for (left, sent) in [(bytes, 0), (&longer, bytes.len())] {
        let scene = Scene::new();
        scene.leaves(left);
        scene.run(&DOWNLOAD).code(0);
        assert_eq!(sent_of_large(&scene.hub.asked()), sent);
    }
    let scene = Scene::new();
    scene.leaves(b"something else");
    scene.run(&DOWNLOAD).fails(corrupt());
    assert!(!scene.added());
    scene.run(&DOWNLOAD).code(0);
    // A damaged file in the cache is downloaded again, and never used.
    fs::write(scene.blob(), b"damaged").unwrap();
    let again = [&DOWNLOAD[..], &["--overwrite"]].concat();
    let offline = [("HF_HUB_OFFLINE", "TRUE")];
    scene.run_with(&offline, &again).fails(of_large(NotFound).with("HF_HUB_OFFLINE"));
    scene.run(&again).code(0);
    scene.sandbox.run(&["vectors", "verify"]).code(0);
    assert_eq!(&fs::read(scene.blob()).unwrap(), bytes);
}

#[test]
fn a_file_with_another_hash_is_refused() {
    let scene = Scene::new();
    scene.hub.has(Faults { sends_wrong: true, ..Faults::default() });
    let digest = mentorpal::sha256::digest(&tiny::files()[LARGE]);
    scene.run(&DOWNLOAD).fails(corrupt().with(&digest));
    assert!(!scene.added());
    let large = scene.sandbox.files(&format!("{CACHE}/blobs"));
    assert!(!large.keys().any(|file| file.starts_with(&digest)), "{:?}", large.keys());
    scene.hub.has(Faults::default());
    scene.run(&DOWNLOAD).code(0);
}

#[test]
fn a_hash_that_is_a_path_is_refused() {
    for etag in ["../../../../../escaped", "", "d41d8cd98f00b204e9800998ecf8427e"] {
        let scene = Scene::new();
        scene.hub.has(Faults { etag: Some(etag.to_owned()), ..Faults::default() });
        scene.run(&DOWNLOAD).fails(of_large(Unreachable));
        assert!(!scene.added() && !scene.sandbox.path().join("escaped").exists());
    }
}

#[test]
fn the_token_is_sent_only_to_the_hub_and_never_printed() {
    let scene = Scene::new();
    scene.hub.has(Faults { token: Some(TOKEN), ..Faults::default() });
    let refused = || failure(Unauthorized).at(&scene.revision()).with("401");
    scene.run(&DOWNLOAD).fails(refused().with("HF_TOKEN"));
    let wrong = [("HF_TOKEN", "hf_wr0ng")];
    let run = scene.run_with(&wrong, &[&DOWNLOAD[..], &["-v"]].concat());
    run.fails(refused().with("HF_TOKEN").with("HF_HOME")).does_not_say("wr0ng");
    assert!(!scene.added());
    scene.hub.asked();
    scene.run_with(&[("HF_TOKEN", TOKEN)], &[&DOWNLOAD[..], &["-v"]].concat()).code(0);
    let bearer = format!("Bearer {TOKEN}");
    let asked = scene.hub.asked();
    assert!(asked.iter().any(|asked| !asked.of_hub));
    for asked in asked {
        assert_eq!(asked.token.as_ref(), asked.of_hub.then_some(&bearer), "{asked:?}");
    }
    // The token that `hf auth login` stores.
    fs::remove_dir_all(scene.sandbox.path().join(CACHE)).unwrap();
    scene.sandbox.write("huggingface/token", format!("{TOKEN}\n"));
    scene.run(&[&DOWNLOAD[..], &["--overwrite"]].concat()).code(0);
    // The file is not stored.
    let kept =
        scene.sandbox.files(MODELS).into_values().chain(scene.sandbox.files(CACHE).into_values());
    for bytes in kept {
        assert!(!String::from_utf8_lossy(&bytes).contains("s3cret"));
    }
}

#[test]
fn an_unsent_token_is_not_reported_as_wrong() {
    let scene = Scene::new();
    scene.hub.has(Faults { token: Some(TOKEN), ..Faults::default() });
    // The host name is unknown, but the request goes through a proxy on this machine.
    let variables = [
        ("HF_ENDPOINT", "http://hub.invalid"),
        ("HTTP_PROXY", &scene.hub.endpoint),
        ("HF_TOKEN", TOKEN),
    ];
    let url = "http://hub.invalid/api/models/acme/tiny/revision/main";
    let error = failure(Unauthorized).at(url).with("401").with("HF_TOKEN").with("HF_ENDPOINT");
    scene.run_with(&variables, &DOWNLOAD).fails(error).does_not_say("s3cret");
    assert!(scene.hub.asked().iter().all(|asked| asked.token.is_none()));
}

#[test]
fn refusals_are_explained_without_secrets() {
    let scene = Scene::new();
    scene.hub.has(Faults { refuses_large: true, ..Faults::default() });
    // The other server issues a new address, with a name that is not known here.
    let error = scene.run_with(&[("HF_TOKEN", TOKEN)], &DOWNLOAD).code(2).error();
    assert_eq!(error["kind"], "unauthorized");
    assert!(
        error.to_string().contains("403") && !error.to_string().contains("HF_TOKEN"),
        "{error}"
    );
    scene.hub.has(Faults { first: vec![(403, "")], ..Faults::default() });
    scene
        .run_with(&[("HF_TOKEN", TOKEN)], &DOWNLOAD)
        .fails(failure(Unauthorized).at(&scene.revision()).with("403").with("HF_TOKEN"));
    for wrong in [
        ("HF_ENDPOINT", "http://user:s3cret@127.0.0.1:1"),
        ("HF_ENDPOINT", "http://127.0.0.1:1/?s3cret"),
        ("HF_TOKEN", "s3\tcret"),
    ] {
        let error = failure(InvalidInput).with(wrong.0);
        scene.run_with(&[wrong], &DOWNLOAD).fails(error).does_not_say("cret");
    }
    assert!(!scene.added());
}

#[test]
fn requests_to_a_busy_server_are_retried() {
    let scene = Scene::new();
    // A date in the past, from RFC 9110.
    let past = "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n";
    let first = vec![(503, ""), (429, "Retry-After: 0\r\n"), (408, past), (425, past), (521, past)];
    scene.hub.has(Faults { first, ..Faults::default() });
    scene.run(&DOWNLOAD).code(0);
    let asked = scene.hub.asked();
    let revision = asked.iter().filter(|asked| asked.what.contains("/revision/"));
    assert_eq!(revision.count(), 6);

    let scene = Scene::new();
    scene.hub.has(Faults { first: vec![(429, "Retry-After: 86400\r\n")], ..Faults::default() });
    let busy = |status: &str| failure(Unreachable).at(&scene.revision()).with(status);
    scene.run(&DOWNLOAD).fails(busy("429").with("86400 s"));
    assert_eq!(scene.hub.asked().len(), 1);
    let always = vec![(502, "Retry-After: 0\r\n"); 50];
    scene.hub.has(Faults { first: always, ..Faults::default() });
    scene.run(&DOWNLOAD).fails(busy("502").with("6"));
    assert_eq!(scene.hub.asked().len(), 6);
    assert!(!scene.added());
}

#[test]
fn a_login_page_is_not_taken_for_a_model() {
    let scene = Scene::new();
    scene.hub.has(Faults { page: Some(200), ..Faults::default() });
    scene.run(&DOWNLOAD).fails(failure(Unreachable).at(&scene.revision()).with("HF_ENDPOINT"));
    assert!(!scene.added());
}

#[test]
fn a_mirror_without_hub_headers_is_verified_by_its_file_list() {
    let scene = Scene::new();
    let mirror = Some(Mirror::Listed);
    scene.hub.has(Faults { mirror, sends_wrong: true, ..Faults::default() });
    scene.run(&DOWNLOAD).fails(corrupt());
    assert!(!scene.added());
    scene.hub.has(Faults { mirror, ..Faults::default() });
    scene.hub.asked();
    assert_eq!(scene.run(&DOWNLOAD).code(0).line()["unverified"], Value::Null);
    let lists = scene.hub.asked().iter().filter(|it| it.what.ends_with("?blobs=true")).count();
    assert_eq!(lists, 1);
    let files = scene.sandbox.files(&format!("{MODELS}/tiny"));
    for (path, bytes) in tiny::files() {
        assert_eq!(files[&path], bytes, "{path}");
    }
    // As from the Hub itself.
    assert_eq!(fs::read(scene.blob()).unwrap(), tiny::files()[LARGE]);
}

#[test]
fn redirects_of_a_mirror_to_another_hub_are_followed_without_the_token() {
    let scene = Scene::new();
    scene.hub.has(Faults { mirror: Some(Mirror::Elsewhere), ..Faults::default() });
    let run = scene.run_with(&[("HF_TOKEN", TOKEN)], &DOWNLOAD).code(0);
    assert_eq!(run.line()["unverified"], Value::Null, "{run}");
    run.does_not_say(TOKEN);
    let asked = scene.hub.asked();
    let elsewhere: Vec<_> = asked.iter().filter(|asked| !asked.of_hub).collect();
    assert!(elsewhere.len() > 5 && elsewhere.iter().all(|asked| asked.token.is_none()));
    let files = scene.sandbox.files(&format!("{MODELS}/tiny"));
    assert_eq!(files[LARGE], tiny::files()[LARGE]);
}

#[test]
fn files_without_a_hash_are_downloaded_and_reported_as_unverified() {
    let scene = Scene::new();
    scene.hub.has(Faults { mirror: Some(Mirror::Bare), cuts: (100, 2), ..Faults::default() });
    let run = scene.run(&DOWNLOAD).code(0).says(LARGE).says("manifest.json");
    let unverified = run.json()[0]["unverified"].as_array().unwrap().clone();
    assert_eq!(unverified.len(), tiny::files().len() + 1, "and the README: {unverified:?}");
    let files = scene.sandbox.files(&format!("{MODELS}/tiny"));
    for (path, bytes) in tiny::files() {
        assert_eq!(files[&path], bytes, "{path}");
    }
    let cached = scene.sandbox.files(CACHE);
    assert!(!cached.keys().any(|file| file.ends_with(".incomplete")), "{:?}", cached.keys());
    assert_eq!(fs::read(scene.blob()).unwrap(), tiny::files()[LARGE]);
}

#[test]
fn offline_only_cached_models_are_available() {
    let scene = Scene::new();
    let error = failure(NotFound).at("huggingface/hub").with("`acme/tiny`");
    let error = error.with("`main`").with("HF_HUB_OFFLINE");
    scene.run_with(&[("HF_HUB_OFFLINE", "1")], &DOWNLOAD).fails(error);
    assert_eq!(scene.hub.asked(), []);
    // The sandbox configures a Hub address without a server.
    let url = "http://127.0.0.1:1/api/models/acme/tiny/revision/main";
    let error = failure(Unreachable).at(url).with("HF_HUB_OFFLINE=1").with("6");
    scene.sandbox.run(&DOWNLOAD).fails(error);
    assert!(!scene.added());
}

#[test]
fn invalid_and_missing_model_names_are_reported() {
    let scene = Scene::new();
    for name in
        ["", "a/b/c", "../tiny", "acme/..", "acme/tiny@", "acme/tiny@../x", "acme/t?y", "a b"]
    {
        scene
            .run(&["vectors", "download", name, "--json"])
            .fails(failure(InvalidInput).with("OWNER/NAME"));
    }
    scene
        .run(&[&DOWNLOAD[..], &["--name", "../x"]].concat())
        .fails(failure(InvalidInput).with("`../x`"));
    assert_eq!(scene.hub.asked(), []);
    let url = "api/models/sentence-transformers/tiny/revision/main";
    let error = failure(NotFound).at(url).with("404").with("`sentence-transformers/tiny`");
    scene.run(&["vectors", "download", "tiny", "--json"]).fails(error);
    scene
        .run(&["vectors", "download", "acme/tiny@v2", "--json"])
        .fails(failure(NotFound).at("api/models/acme/tiny/revision/v2").with("`v2`"));
    scene
        .run(&["vectors", "download", "--name", "x", "--json"])
        .fails(failure(InvalidInput).with("<MODEL>"));
    assert!(!scene.added());
}

#[test]
fn an_existing_name_is_refused_before_any_request() {
    let scene = Scene::new();
    scene.run(&DOWNLOAD).code(0);
    scene.hub.asked();
    scene.run(&DOWNLOAD).fails(failure(AlreadyExists).at("vector_models/tiny"));
    assert_eq!(scene.hub.asked(), []);
    let before = scene.sandbox.files(MODELS);
    scene.run(&[&DOWNLOAD[..], &["--overwrite"]].concat()).code(0);
    assert_eq!(scene.sandbox.files(MODELS), before);
}
