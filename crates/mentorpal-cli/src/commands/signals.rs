//! Signals: on Ctrl-C and similar, this process removes its unfinished files before it exits.

#![cfg_attr(not(unix), allow(dead_code, unused_imports))]

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::console;
use mentorpal::error::{Error, ErrorKind};
use mentorpal::publish;

/// The exit code of a process that a signal ended is this plus the signal's number, as in shells.
const BY_SIGNAL: i32 = 128;

/// The longest wait for a blocked stderr before the process exits.
const LONGEST_REPORT: Duration = Duration::from_millis(500);

/// Installs handlers for SIGINT, SIGTERM and SIGHUP. The first signal removes the unfinished files
/// of this process, prints an error of kind `interrupted` if `is_json`, and exits with code 130, 143
/// or 129. A second signal ends the process at once. Signals that the parent process ignores stay
/// ignored.
#[cfg(unix)]
pub(crate) fn handle_signals(is_json: bool) {
    use signal_hook::iterator::Signals;

    let signals = not_ignored();
    let installed = unix::count(&signals).and_then(|()| Signals::new(&signals));
    let mut signals = match installed {
        Ok(signals) => signals,
        // The default action ends the process, and the next run removes its unfinished files.
        Err(error) => return tracing::debug!(%error, "signals are not handled"),
    };
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _held = publish::remove_scratch();
            if is_json {
                report_interruption(signal);
            }
            std::process::exit(BY_SIGNAL + signal);
        }
    });
}

/// Prints that `signal` stopped the command, unless stderr is blocked.
#[cfg(unix)]
fn report_interruption(signal: i32) {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let error = Error::new(format!("stopped by signal {signal}"));
        console::error_json(&error.with_kind(ErrorKind::Interrupted));
        let _ = sender.send(());
    });
    let _ = receiver.recv_timeout(LONGEST_REPORT);
}

/// If a signal is ending this process, blocks until it has ended, so that errors caused by the
/// signal are not printed and the exit code is the signal's.
#[cfg(unix)]
pub(crate) fn wait_for_signal() {
    while unix::is_ending() {
        thread::park();
    }
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, LazyLock};

    use signal_hook::flag;

    static IS_ENDING: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

    /// Records the first signal; a second one has its default action, which ends the process.
    pub(super) fn count(signals: &[i32]) -> io::Result<()> {
        for &signal in signals {
            flag::register_conditional_default(signal, Arc::clone(&IS_ENDING))?;
            flag::register(signal, Arc::clone(&IS_ENDING))?;
        }
        Ok(())
    }

    pub(super) fn is_ending() -> bool {
        IS_ENDING.load(Ordering::SeqCst)
    }
}

/// The signals that the parent process does not ignore (`nohup` ignores SIGHUP). Known on Linux only.
#[cfg(unix)]
fn not_ignored() -> Vec<i32> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    let ignored = ignored(&std::fs::read_to_string("/proc/self/status").unwrap_or_default());
    let mut signals = match ignored {
        Some(_) => vec![SIGINT, SIGTERM, SIGHUP],
        None => vec![SIGINT, SIGTERM],
    };
    signals.retain(|signal| ignored.unwrap_or_default() >> (signal - 1) & 1 == 0);
    signals
}

/// The bit mask of ignored signals in the text of `/proc/self/status`.
#[cfg(unix)]
fn ignored(status: &str) -> Option<u64> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

/// Does nothing: this platform does not have these signals.
#[cfg(not(unix))]
pub(crate) fn handle_signals(_is_json: bool) {}

/// Does nothing: this platform does not have these signals.
#[cfg(not(unix))]
pub(crate) fn wait_for_signal() {}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    // `nohup grep SigIgn /proc/self/status`: SIGHUP is signal 1.
    #[test]
    fn ignored_signals_are_read_from_the_status() {
        assert_eq!(ignored("Name:\tgrep\nSigIgn:\t0000000000000001\n"), Some(1));
        assert_eq!(ignored("Name:\tgrep\n"), None);
    }
}
