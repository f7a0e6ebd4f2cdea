//! What some tests need besides the repository: programs, downloaded files and permissions.
//!
//! A test whose requirement is missing is skipped, unless `MENTORPAL_REQUIRE` lists the requirement:
//! then the test fails. The value is a comma-separated list of names, or `all`.
//!
//! | name | what it stands for |
//! |---|---|
//! | `make` | GNU make |
//! | `apache`, `lighttpd`, `nginx`, `rclone`, `wsgidav`, `moto` | the server of this name |
//! | `dav_ext`, `mod_webdav` | the WebDAV modules of nginx and lighttpd |
//! | `php`, `sabre` | PHP, and the library sabre/dav |
//! | `openssl` | the command that makes certificates |
//! | `chromedriver` | `ChromeDriver` and Chromium |
//! | `axe` | the accessibility checker in `target/axe` |
//! | `encoder` | the sentence encoder in `target/encoder` |
//! | `shared` | the real mentors in `../shared` |
//! | `unprivileged` | a user who cannot read every file |
//! | `mount` | the right to mount a folder |

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::{env, thread};

/// Every name that `MENTORPAL_REQUIRE` may list.
const REQUIREMENTS: [&str; 18] = [
    "make",
    "apache",
    "lighttpd",
    "nginx",
    "rclone",
    "wsgidav",
    "moto",
    "dav_ext",
    "mod_webdav",
    "php",
    "sabre",
    "openssl",
    "chromedriver",
    "axe",
    "encoder",
    "shared",
    "unprivileged",
    "mount",
];

/// Returns `available`, after reporting a skipped test if it is false.
///
/// # Panics
///
/// If the requirement is missing although `MENTORPAL_REQUIRE` lists it, or if that variable lists an
/// unknown name.
#[track_caller]
pub(crate) fn require(requirement: &str, available: bool) -> bool {
    assert!(is_known(requirement), "unknown requirement `{requirement}`");
    let required = env::var("MENTORPAL_REQUIRE").unwrap_or_default();
    let mut names = required.split(',').map(str::trim).filter(|name| !name.is_empty());
    let unknown = names.clone().find(|name| *name != "all" && !is_known(name));
    assert!(unknown.is_none(), "MENTORPAL_REQUIRE: unknown requirement {unknown:?}");
    if !available {
        let is_required = names.any(|name| name == "all" || name == requirement);
        assert!(!is_required, "`{requirement}` is missing, and MENTORPAL_REQUIRE lists it");
        report_skipped(requirement);
    }
    available
}

/// Returns the path of an installed program, or none if `requirement` is missing.
#[track_caller]
pub(crate) fn require_program(requirement: &str, program: &str) -> Option<PathBuf> {
    let path = find_program(program);
    if require(requirement, path.is_some()) { path } else { None }
}

/// Returns the path of a program on `PATH` or in `/usr/sbin`, where Debian installs servers.
fn find_program(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    folders.map(|folder| folder.join(&file)).find(|path| path.is_file())
}

fn is_known(name: &str) -> bool {
    REQUIREMENTS.contains(&name)
}

/// Writes one line about the skipped test to stderr, and to the file that `MENTORPAL_SKIPPED` names.
fn report_skipped(requirement: &str) {
    let thread = thread::current();
    let test = thread.name().unwrap_or("a test");
    let line = format!("skipped: {test} needs `{requirement}`\n");
    // `eprint!` would be captured, because a skipped test passes.
    io::stderr().write_all(line.as_bytes()).expect("stderr can be written to");
    if let Some(path) = env::var_os("MENTORPAL_SKIPPED") {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
        written.expect("the file that MENTORPAL_SKIPPED names can be written to");
    }
}
