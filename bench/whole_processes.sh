#!/usr/bin/env bash
# Measures complete processes on synthetic mentors: time by hyperfine, peak memory by GNU time.
# Prints the rows of the tables in docs/benchmarks.md. Needs hyperfine and /usr/bin/time.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked --quiet --bin mentorpal --example synthetic_mentor
# The folder where cargo puts the binaries.
bin=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset MENTORPAL ARCH CHECKPOINT MENTOR TEST_SET

# Median seconds of a command over $1 runs, after one to warm up if it is short.
median() {
    local runs=$1
    shift
    hyperfine -N --warmup "$((runs > 1))" --runs "$runs" --export-json "$work/time.json" "$*" >/dev/null 2>&1
    python3 -c "import json; print(json.load(open('$work/time.json'))['results'][0]['median'])"
}

# Peak memory of a command, in MB.
memory() {
    /usr/bin/time -f %M -o "$work/memory" "$@" >/dev/null 2>&1
    echo $(($(tail -n 1 "$work/memory") / 1000))
}

row() {
    local answers=$1 questions=$2 runs=$3
    local dir=$work/$questions
    "$bin/examples/synthetic_mentor" "$dir" "$answers" "$questions" 300
    local mentorpal="$bin/mentorpal --workspace $dir"
    local train="$mentorpal train --checkpoint bench --overwrite"
    local question="ask --no-canned ri_ta_sukone_baver"
    # shellcheck disable=SC2086 # commands are split into words
    printf '| %s | %s | %.2f s | %s MB | %.2f s | %.0f ms | %s MB | %s MB |\n' \
        "$answers" "$questions" \
        "$(median "$runs" $train)" "$(memory $train)" \
        "$(median 5 $mentorpal test --no-canned)" \
        "$(python3 -c "print(1000 * $(median 10 $mentorpal $question))")" \
        "$(memory $mentorpal $question)" \
        "$(du -sm "$dir/checkpoint/classifiers" | cut -f1)"
}

echo '| answers | questions | train | peak memory | test of 300 questions | cold `ask` | its peak memory | checkpoint |'
echo '|---|---|---|---|---|---|---|---|'
row 380 2600 5
row 760 5200 3
row 1462 10000 1
