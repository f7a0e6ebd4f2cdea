#!/usr/bin/env bash
# Fetches axe-core, the accessibility checker, from npm to target/axe/: once, whole or not at all.
# Without it the tests of pages skip what it checks.
set -u
cd "$(dirname "$0")/.."
folder=target/axe
[ -d "$folder" ] && exit 0
mkdir -p target
draft=$(mktemp -d target/axe.XXXXXX)
trap 'rm -rf "$draft"' EXIT
(cd "$draft" && npm pack --silent axe-core@4.14.1 && tar -xzf axe-core-*.tgz --strip-components=1 package/axe.min.js) >/dev/null 2>&1 &&
    mv "$draft" "$folder" ||
    echo "checks of accessibility are skipped: npm could not fetch axe-core" >&2
