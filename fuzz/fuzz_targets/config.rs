//! Fuzzes `mentorpal.toml`: any content gives settings with valid names, or an error.

#![no_main]

mod shared;

use libfuzzer_sys::fuzz_target;
use mentorpal::config::{Flags, Settings};
use mentorpal::remote::Remote;

fuzz_target!(init: shared::write_seeds(seeds), |bytes: &[u8]| {
    let workspace = shared::workspace();
    shared::put(&workspace.settings_file(), Some(bytes));
    let flags = Flags { workspace: Some(shared::folder().to_owned()), ..Flags::default() };
    let nothing = |_: &str| None;
    let settings = match Settings::resolve(&flags, nothing, shared::folder()) {
        Ok(settings) => settings,
        Err(error) => return shared::check_error(&error),
    };
    assert_eq!(settings.workspace, workspace);
    let base = shared::folder();
    let arch = Some(settings.arch.as_str());
    let test_set = settings.test_set.as_ref().map(|name| name.as_str());
    let vectors = settings.vectors.as_ref().map(|name| name.as_str());
    for name in [arch, test_set, vectors].into_iter().flatten() {
        assert_eq!(base.join(name).parent(), Some(base));
    }
    if let Ok(checkpoint) = settings.checkpoint() {
        assert!(!checkpoint.name.to_string().split('/').any(|part| part == ".."));
    }
    if let Some(Err(error)) = settings.remote.map(|remote| Remote::open(&remote, false)) {
        shared::check_error(&error);
    }
});

fn seeds() -> Vec<Vec<u8>> {
    let remote = |url: &str| format!("[remote]\nurl = \"{url}\"\nendpoint = 'http://[::1]:9/'\n");
    vec![
        include_bytes!("../../mentorpal.toml").to_vec(),
        b"\xef\xbb\xbfarch = 'lstm_v1'\ncheckpoint = \"fusion_v1/2026\"\ntest_set = \"standard.csv\"\n\
          vectors = 'none'\n"
            .to_vec(),
        remote("https://user:p%40ss@host.example:8443/dav/a%20b/?x#y").into(),
        remote("https://host.example/index.php/s/TOKEN").into(),
        remote("file://localhost/a/%2e%2e/b").into(),
        remote("s3://bucket/pre/fix/").into(),
    ]
}
