#!/usr/bin/env bash
# Runs fuzz targets one after another and prints a table of the results.
#
#     fuzz/run.sh SECONDS [TARGET]...
#
# Each target runs for SECONDS or until it crashes; without a TARGET, all targets run. Inputs that
# reach new code are written to fuzz/target/found/TARGET, next to the log of the run; inputs that
# crash to fuzz/artifacts/TARGET.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:?usage: fuzz/run.sh SECONDS [TARGET]...}
shift
if [ $# -eq 0 ]; then
    mapfile -t targets < <(cargo fuzz list)
else
    targets=("$@")
fi

RUSTC_BOOTSTRAP=1 cargo fuzz build
# The folder of the built targets.
built=$(cargo metadata --format-version 1 --no-deps --manifest-path fuzz/Cargo.toml |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/$(rustc -vV | sed -n 's/^host: //p')/release
memory=/dev/shm
[ -d $memory ] || memory=${TMPDIR:-/tmp}
TMPDIR=$(mktemp -d "$memory/mentorpal-fuzz.XXXXXX")
trap 'rm -rf "$TMPDIR"' EXIT
# A single thread is faster, because each input starts and ends its own threads.
export TMPDIR RAYON_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=0

run() {
    local target=$1 found=fuzz/target/found/$1
    local seeds=$TMPDIR/seeds/$target
    local corpus=fuzz/target/corpus/$target
    mkdir -p "$found" "$seeds" "$corpus" "fuzz/artifacts/$target"
    [ ! -f "fuzz/corpus/$target.tar.gz" ] || tar -xzf "fuzz/corpus/$target.tar.gz" -C "$corpus"
    local inputs=("$found" "$corpus" "$seeds")
    case $target in
        pickle | hdf5) inputs+=(tests/fixtures/legacy) ;;
    esac
    local options=(-max_total_time="$seconds" -max_len=20000 -malloc_limit_mb=64 -timeout=10
        -print_final_stats=1 -artifact_prefix="fuzz/artifacts/$target/")
    [ ! -f "fuzz/dictionaries/$target.dict" ] || options+=(-dict="fuzz/dictionaries/$target.dict")
    FUZZ_SEEDS=$seeds "$built/$target" "${options[@]}" "${inputs[@]}" >"$found.log" 2>&1
}

failed=0
printf '| %-14s | %11s | %6s | %8s | %s\n' target executions edges features 'crashed |'
printf '|---|--:|--:|--:|---|\n'
for target in "${targets[@]}"; do
    if run "$target"; then crashed=no; else crashed=yes failed=1; fi
    awk -v target="$target" -v crashed=$crashed '
        / cov: [0-9]+ ft: / { for (i = 1; i < NF; i++) { if ($i == "cov:") edges = $(i + 1)
                                                          if ($i == "ft:") features = $(i + 1) } }
        /^stat::number_of_executed_units/ { executions = $2 }
        END { printf "| %-14s | %11d | %6d | %8d | %-7s |\n", target, executions, edges, features, crashed }
    ' "fuzz/target/found/$target.log"
done
exit $failed
