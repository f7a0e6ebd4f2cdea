#!/usr/bin/env bash
# Runs all tests and lists the skipped ones. `make test` calls this script.
#
# `CARGO` is the cargo command. Tests run in parallel processes if cargo-nextest is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

# shellcheck disable=SC2086  # The command may have arguments.
cargo() { command ${CARGO:-cargo} "$@"; }

bash tests/fetch.sh encoder axe
export MENTORPAL_SKIPPED=$PWD/target/skipped.txt
rm -f "$MENTORPAL_SKIPPED"

status=0
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --no-fail-fast || status=$?
    cargo test --locked --doc || status=$?
else
    cargo test --locked --no-fail-fast || status=$?
fi

if [ -s "$MENTORPAL_SKIPPED" ]; then
    skipped=$(sort -u "$MENTORPAL_SKIPPED")
    printf '\n%s\n' "$skipped"
    printf '%s tests were skipped\n' "$(cut -d ' ' -f 2 <<<"$skipped" | sort -u | wc -l)"
fi
exit $status
