//! Ctrl-C and the like: what this process was making is removed before it ends.

use std::thread;

use crate::publish;

/// What a shell adds to the number of a signal that ended a program.
const BY_SIGNAL: i32 = 128;

/// From now on SIGINT, SIGTERM and SIGHUP remove what this process was making, then end it with
/// exit code 130, 143 or 129; a second one ends it at once. What the caller had set to be ignored
/// still is.
#[cfg(unix)]
pub fn handle_signals() {
    use signal_hook::iterator::Signals;

    let signals = not_ignored();
    let installed = unix::count(&signals).and_then(|()| Signals::new(&signals));
    let mut signals = match installed {
        Ok(signals) => signals,
        // Then a signal ends this process as it would any, and the next run sweeps up.
        Err(error) => return tracing::debug!(%error, "signals are not handled"),
    };
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _held = publish::remove_scratch();
            std::process::exit(BY_SIGNAL + signal);
        }
    });
}

/// Where a signal is ending this process, waits for that end: what fails because of it is not told,
/// and no other exit code is given.
#[cfg(unix)]
pub fn wait_for_signal() {
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

    /// Notes the first signal; a second one ends the process as it would any.
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

/// The signals that this process was not started to ignore, as `nohup` does it. Only Linux tells.
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

/// The ignored signals, one bit each, as a process's `status` has them.
#[cfg(unix)]
fn ignored(status: &str) -> Option<u64> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

/// Nothing: this system has no such signals.
#[cfg(not(unix))]
pub fn handle_signals() {}

/// Nothing: this system has no such signals.
#[cfg(not(unix))]
pub fn wait_for_signal() {}

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
