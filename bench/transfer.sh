#!/usr/bin/env bash
# Compares a transfer of 300 MB with curl, alternating, over the same local WebDAV server. Prints the
# median of $1 rounds (default: 25) and the peak memory, as the table in docs/benchmarks.md.
# Needs rclone, apache2, curl, python3 and /usr/bin/time.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-25}
if [ -z "${MENTORPAL_BIN:-}" ]; then
    cargo build --release --locked --quiet --bin mentorpal
    # The folder where cargo puts the binaries.
    target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
fi
bin=${MENTORPAL_BIN:-$target/release/mentorpal}
work=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$work"' EXIT
unset MENTORPAL ARCH CHECKPOINT MENTOR TEST_SET NETRC

# A vector model of 300 MB, as far as a transfer looks.
model=$work/here/checkpoint/vector_models/large
mkdir -p "$model" "$work/there" "$work/data"
head -c 300000000 /dev/urandom > "$model/model.fifu"
python3 - "$model" <<'PYTHON'
import hashlib, json, sys
data = open(sys.argv[1] + "/model.fifu", "rb").read()
record = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
source = {"file": "large", "format": "GloVe text", "sha256": "0"}
manifest = {"format": 1, "kind": "words", "dims": 300, "words": 1, "source": source,
            "licence": None, "version": "0.1.0", "files": {"model.fifu": record}}
json.dump(manifest, open(sys.argv[1] + "/manifest.json", "w"))
PYTHON

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
export MENTORPAL_REMOTE=$url

serve_rclone() {
    rclone serve webdav "$work/data" --addr "127.0.0.1:$port" --dir-cache-time 0 2>/dev/null &
    server=$!
}

serve_apache() {
    local modules=/usr/lib/apache2/modules user=
    chmod -R a+rwX "$work"
    [ "$(id -u)" != 0 ] || user=$'User www-data\nGroup www-data'
    {
        printf 'ServerRoot %s\nServerName localhost\nListen 127.0.0.1:%s\nPidFile %s/pid\n' "$work" "$port" "$work"
        printf 'ErrorLog %s/log\nMutex file:%s\n%s\n' "$work" "$work" "$user"
        for module in mpm_event authz_core dav dav_fs; do
            printf 'LoadModule %s_module %s/mod_%s.so\n' "$module" "$modules" "$module"
        done
        printf 'DavLockDB %s/locks\nDocumentRoot %s/data\n' "$work" "$work"
        printf '<Directory %s/data>\nDav On\nRequire all granted\n</Directory>\n' "$work"
    } > "$work/conf"
    /usr/sbin/apache2 -DFOREGROUND -f "$work/conf" &
    server=$!
}

# Seconds and peak memory (kB) of a command, one more line of the file $1; $2 is what the same command made
# the round before. What another one left for the disk to write is none of its business, and each begins
# with as much memory just freed: a virtual machine's host takes back what is free for longer, and giving
# it again takes longer than the transfer.
timed() {
    local to=$1 made=$2
    shift 2
    sync
    rm -rf "$made"
    /usr/bin/time -f '%e %M' -a -o "$to" "$@" > /dev/null
}

row() {
    local name=$1
    "serve_$name"
    until curl --silent --output /dev/null "$url"; do sleep 0.1; done
    rm -rf "$work"/*.times "$work"/data/* "$work/there/checkpoint" "$work/curl"
    for _ in $(seq "$rounds"); do
        timed "$work/curl_up.times" "$work/data/by-curl" \
            curl --silent --fail -T "$model/model.fifu" "$url/by-curl"
        timed "$work/curl_back.times" "" curl --silent --fail -o /dev/null "$url/by-curl"
        timed "$work/up.times" "$work/data/vector_models" \
            "$bin" --workspace "$work/here" vectors upload large
        timed "$work/curl_down.times" "$work/curl" curl --silent --fail -o "$work/curl" "$url/by-curl"
        timed "$work/down.times" "$work/there/checkpoint" \
            "$bin" --workspace "$work/there" vectors download large
        cmp "$model/model.fifu" "$work/there/checkpoint/vector_models/large/model.fifu"
    done
    kill "$server"
    wait "$server" 2>/dev/null || true
    python3 - "$work" "$name" <<'PYTHON'
import statistics, sys
work, name = sys.argv[1:]
rows = {}
for key in ["up", "curl_up", "curl_back", "down", "curl_down"]:
    rows[key] = [tuple(map(float, line.split())) for line in open(f"{work}/{key}.times")]
time = {key: statistics.median(row[0] for row in found) for key, found in rows.items()}
memory = max(row[1] for key in ["up", "down"] for row in rows[key]) / 1000
both = time["curl_up"] + time["curl_back"]
print(f"| {name} | {time['up']:.2f} s | {time['curl_up']:.2f} + {time['curl_back']:.2f} s "
      f"| {both / time['up']:.2f} | {time['down']:.2f} s | {time['curl_down']:.2f} s "
      f"| {time['curl_down'] / time['down']:.2f} | {memory:.0f} MB |")
PYTHON
}

echo '| server | upload | curl: up + back | its rate | download | curl | its rate | peak memory |'
echo '|---|---|---|---|---|---|---|---|'
row rclone
row apache
