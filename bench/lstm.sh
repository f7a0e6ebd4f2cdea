#!/usr/bin/env bash
# Trains `lstm_v1`, and the same classifier in Keras 2 and scikit-learn, on one synthetic mentor, one
# after the other. Then asks each a question. Prints the tables of docs/benchmarks.md. Needs GNU time
# and Python 3.9 to 3.11; pip installs Keras into target/keras.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked --quiet --bin mentorpal --example matrix_rate
# The folder where cargo puts the binaries.
bin=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release
python=$PWD/target/keras/bin/python
if ! "$python" -c "import joblib, nltk, sklearn, tensorflow" 2>/dev/null; then
    python3 -m venv target/keras
    "$python" -m pip install --quiet tensorflow-cpu==2.15.1 scikit-learn joblib nltk
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset MENTORPAL ARCH CHECKPOINT MENTOR TEST_SET
export TF_CPP_MIN_LOG_LEVEL=3

# Runs a command; leaves its seconds and peak MB in $seconds and $memory, its output in $work/out.
measure() {
    /usr/bin/time -f "%e %M" -o "$work/time" "$@" >"$work/out" 2>"$work/err"
    read -r seconds memory < <(tail -n 1 "$work/time")
    memory=$((memory / 1000))
}

rate=$("$bin/examples/matrix_rate")
echo "matrix products: $rate billion operations a second"
echo
echo '| words a question | | three epochs | all of training | peak memory | cold `ask` | its peak memory |'
echo '|---|---|---|---|---|---|---|'
for words in "25 25" "5 10"; do
    data=$work/${words% *}
    # shellcheck disable=SC2086 # two arguments
    "$python" bench/keras_lstm.py data "$data" $words
    question=$(sed -n '3p' "$data/mentor/synthetic/data/classifier_data.csv")
    mentorpal="$bin/mentorpal --workspace $data"
    $mentorpal vectors add "$data/vectors.bin" >/dev/null
    # shellcheck disable=SC2086 # commands are split into words
    {
        measure $mentorpal --verbose train --arch lstm_v1 --vectors vectors
        epochs=$(grep -o 'seconds=[0-9.]*' "$work/err" | tail -n 1 | cut -d= -f2)
        ours="$epochs $seconds $memory"
        measure $mentorpal ask --arch lstm_v1 --no-canned "$question"
        ours="$ours $seconds $memory"
        measure "$python" bench/keras_lstm.py train "$data" "$data/vectors.bin" "$work/keras"
        theirs="$(python3 -c "import json; print(json.load(open('$work/out'))['fit'])") $seconds $memory"
        measure "$python" bench/keras_lstm.py ask "$data/vectors.bin" "$work/keras" <<<"$question"
        theirs="$theirs $seconds $memory"
    }
    python3 - "$words" "$rate" $ours $theirs <<'END'
import sys

words, rate, *numbers = sys.argv[1:]
rate, numbers = float(rate), [float(number) for number in numbers]
ours, theirs = numbers[:5], numbers[5:]
for name, row in (("`lstm_v1`", ours), ("Keras", theirs)):
    epochs, whole, memory, ask, ask_memory = row
    print(f"| {words.replace(' ', '–')} | {name} | {epochs:.2f} s | {whole:.2f} s | {memory:.0f} MB "
          f"| {1000 * ask:.0f} ms | {ask_memory:.0f} MB |")
ratios = [b / a for a, b in zip(ours, theirs)]
print(f"| | times | {ratios[0]:.1f} | {ratios[1]:.1f} | {ratios[2]:.1f} | {ratios[3]:.0f} | {ratios[4]:.1f} |")
# Five products a step and word: words and state forth, both kernels' slopes, the state's back.
least, most = map(int, words.split())
seen, product = 2360 - 236, 2 * 300 * 1200
operations = 3 * seen * product * (3 * 24 + 2 * (least + most) / 2) / 1e9
share = operations / ours[0] / rate
print(f"\n{operations:.0f} billion operations in {ours[0]:.2f} s: {share:.0%} of the rate of products alone\n")
END
done
