"""Many commands at once on one workspace: train (new, --overwrite, --update), test, ask, verify, show,
upload, download, vectors add --overwrite, and clean, all in parallel, some of them killed or interrupted.

    python3 bench/parallel_soak.py [MINUTES]      60 by default; needs only the binary

The workspace is on the local disk, and the remote is a folder next to it. The run ends with an error
if one of these conditions is violated:
- nothing is reported as corrupt, missing from a manifest or different from it, because no file is corrupt;
- a command that fails reports (`--json`) that another command was first, or that the item does not exist;
- a checkpoint that `train` published or `download` fetched, and a vector model that was added, exists
  until `clean` or an overwrite reports that it removed or replaced it; the remote has every item that
  `clean` removed, byte for byte as its manifest says;
- uploaded checkpoints stay on the remote without changes;
- an interrupted command (Ctrl-C) leaves no draft of its own, and exits with 130; after the end, one
  `train` removes the files that killed commands left.
"""
import fcntl
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("MENTORPAL_BIN", ROOT / "target/release/mentorpal"))
FUSION = "classifiers/fusion_v1"
MENTORS = ["one", "two", "three"]
# Number of concurrent commands of each kind.
WORKERS = {"trains": 2, "reads": 4, "shares": 2, "cleans": 1, "adds": 1}
# Percentage of writing commands that are killed, and that are interrupted.
KILLS, INTERRUPTS = 6, 6
LIMIT = 300
# Number of checkpoint names; every checkpoint that had one stays on the remote.
MOST = 300

# The caller's settings are removed; otherwise everything would be uploaded to the caller's remote.
OTHERS = ("MENTORPAL", "AWS_", "ARCH", "CHECKPOINT", "MENTOR", "TEST_SET", "NETRC")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)}

# Texts that no command may print on stderr, because no file is corrupt. Standard output quotes the mentor.
FALSE_ALARMS = ["damaged", "corrupt", "the manifest lists", "the manifest says", "match the manifest", "from the manifest", "in the manifest", "cannot be read", "panicked"]
# Accepted kinds of errors: another command was first, or the item does not exist.
ACCEPTED = ["conflict", "already_exists", "not_found"]


class Failed(Exception):
    """A violated condition."""


class Soak:
    def __init__(self, work, deadline):
        self.space, self.remote, self.deadline = work / "space", work / "remote", deadline
        self.lock, self.counts, self.kinds = threading.Lock(), Counter(), Counter()
        self.uploaded, self.published, self.failure, self.number = {}, Counter(), None, 0
        self.trash, self.calm, self.removed = work / "trash", False, 0
        self.remote.mkdir()
        self.trash.mkdir()
        for mentor in MENTORS:
            shutil.copytree(ROOT / "mentor/guide", self.space / "mentor" / mentor)
            shutil.copytree(ROOT / "checkpoint/tests/guide", self.space / "checkpoint/tests" / mentor)
        (self.space / "mentorpal.toml").write_text(f'[remote]\nurl = "file://{self.remote}"\n')
        rows = "\n".join(f"word{i} {i % 7} {i % 11} {1 + i % 5}" for i in range(20_000))
        (self.space / "words.txt").write_text(rows + "\n")
        # Names that several runs use at the same time.
        self.names = ["alpha", "beta", "gamma"]

    def run(self, *arguments, may_be_stopped=False):
        """Runs a command. Returns its exit code (negative if it was killed), standard output and standard error."""
        json_flag = [] if "--json" in arguments else ["--json"]
        command = [BINARY, "--workspace", self.space, *arguments, *json_flag]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, text=True)
        stopped = None
        if may_be_stopped and (chance := random.randrange(100)) < KILLS + INTERRUPTS:
            stopped = signal.SIGKILL if chance < KILLS else signal.SIGINT
            time.sleep(random.random() ** 2)
            process.send_signal(stopped)
        try:
            printed, said = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failed(f"{arguments} hangs") from None
        code = process.returncode
        shown = f"{' '.join(map(str, arguments))}: exit {code}\n{printed}\n{said}"
        with self.lock:
            self.counts[" ".join(arguments[:2]) if arguments[0] in ("checkpoints", "vectors") else arguments[0], code] += 1
        if alarm := next((alarm for alarm in FALSE_ALARMS if alarm in said), None):
            raise Failed(f"“{alarm}”, but nothing is: {shown}")
        if stopped == signal.SIGINT and code not in (0, 2, 130, -signal.SIGINT):
            raise Failed(f"interrupted: {shown}")
        if stopped == signal.SIGINT and code == 130:
            if left := [path for path in drafts(self.space, process.pid) if is_unused(path)]:
                raise Failed(f"interrupted, and left {left}: {shown}")
        if stopped is None and code not in (0, 2):
            raise Failed(shown)
        if code == 2:
            kind = json.loads(said.splitlines()[-1])["kind"]
            if kind not in ACCEPTED:
                raise Failed(f"fails for a reason that is not accepted: {shown}")
            with self.lock:
                self.kinds[kind] += 1
        return code, printed, said

    def folder(self, name):
        return self.space / "checkpoint" / FUSION / name

    def new_name(self):
        with self.lock:
            self.number += 1
            return f"run{self.number:05}"

    # The workers.

    def trains(self):
        """Trains a new checkpoint, replaces one, or updates one mentor of one."""
        while self.calm and time.monotonic() < self.deadline:
            time.sleep(0.05)
        kind = random.randrange(3)
        if kind == 0 and self.number < MOST:
            name = self.new_name()
            code, _, _ = self.run("train", "--checkpoint", name, "--mentor", random.choice(MENTORS), "--vectors", "none", may_be_stopped=True)
            if code == 0:
                with self.lock:
                    self.published[name] += 1
        elif kind == 1:
            name, mentors = random.choice(self.names), random.sample(MENTORS, 2)
            flags = [flag for mentor in mentors for flag in ("--mentor", mentor)]
            vectors = random.choice(["none", "embedded"])
            self.run("train", "--checkpoint", name, "--overwrite", "--seed", str(random.randrange(5)), *flags, "--vectors", vectors, may_be_stopped=True)
        else:
            self.run("train", "--checkpoint", random.choice(self.names), "--update", "--mentor", random.choice(MENTORS), may_be_stopped=True)

    def reads(self):
        """Runs a reading command, which must always find a complete checkpoint."""
        time.sleep(random.random() * 0.2)
        name = random.choice(self.names)
        mentor = random.choice(MENTORS)
        # An older checkpoint may be chosen as long as it exists.
        random.choice(
            [
                lambda: self.run("test", "--checkpoint", name, "--mentor", mentor),
                lambda: self.run("ask", "--checkpoint", name, "--mentor", mentor, "how do i train"),
                lambda: self.run("checkpoints", "verify"),
                lambda: self.run("checkpoints", "verify", name),
                lambda: self.run("checkpoints", "show", name),
                lambda: self.run("checkpoints", "--json"),
                lambda: self.run("compare", name, random.choice(self.names), "--mentor", mentor),
                lambda: self.run("vectors", "verify"),
                lambda: self.run("vectors", "show", "words", "--like", "word1"),
            ]
        )()

    def shares(self):
        """Uploads and downloads checkpoints that are not changed any more."""
        time.sleep(random.random() * 0.2)
        if random.randrange(3) == 0 and (there := [path.name for path in (self.remote / FUSION).glob("run*")]):
            self.run("download", random.choice(there), may_be_stopped=True)
            return
        if here := [path.name for path in (self.space / "checkpoint" / FUSION).glob("run*")]:
            self.upload(random.choice(here), may_be_stopped=True)

    def upload(self, name, may_be_stopped=False):
        code, _, _ = self.run("upload", name, may_be_stopped=may_be_stopped)
        if code == 0:
            with self.lock:
                found = digests(self.remote / FUSION / name)
                if self.uploaded.setdefault(name, found) != found:
                    raise Failed(f"{name} changed on the remote")

    def cleans(self):
        """Cleans; only items with a copy on the remote may be removed. Running trainings continue, but none starts."""
        time.sleep(random.random() * 10)
        self.calm = True
        try:
            for _ in range(5):
                for name in self.names:
                    self.forget(name)
                for path in (self.space / "checkpoint" / FUSION).glob("[a-z]*"):
                    self.upload(path.name)
                self.run("vectors", "upload", "words")
                if self.clean() == 0:
                    for name in self.names:
                        self.run("train", "--checkpoint", name, "--vectors", "none", "--overwrite")
                    return
        finally:
            self.calm = False

    def forget(self, name):
        """Removes a local version that differs from that of the remote."""
        with self.lock:
            self.uploaded.pop(name, None)
        if (self.remote / FUSION / name).exists():
            (self.remote / FUSION / name).rename(self.trash / f"{name}-{random.randrange(10**12)}")

    def clean(self):
        code, printed, said = self.run("clean", "--json", may_be_stopped=True)
        for line in printed.splitlines():
            removed = [name.split("/")[1] for name in json.loads(line)["checkpoints"]]
            for name in removed:
                if not is_whole(self.remote / FUSION / name):
                    raise Failed(f"clean removed {name}, which the remote does not have: exit {code}\n{printed}\n{said}")
            with self.lock:
                self.removed += len(removed)
        return code

    def adds(self):
        time.sleep(random.random())
        self.run("vectors", "add", self.space / "words.txt", "--overwrite", may_be_stopped=True)

    # The run, and the final checks.

    def work(self, act):
        while time.monotonic() < self.deadline and not self.failure:
            try:
                act()
            except Exception as error:  # noqa: BLE001: any exception ends the run
                self.failure = self.failure or error

    def start(self):
        for name in self.names:
            self.run("train", "--checkpoint", name, "--vectors", "none")
        workers = [threading.Thread(target=self.work, args=(getattr(self, kind),)) for kind, number in WORKERS.items() for _ in range(number)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if self.failure:
            raise self.failure
        self.check()

    def check(self):
        """Checks, after all commands ended, that nothing is lost and nothing unpublished remains."""
        self.run("checkpoints", "verify")
        for name in self.published:
            if not is_whole(self.folder(name)) and not is_whole(self.remote / FUSION / name):
                raise Failed(f"{name} was published, and is neither here nor on the remote")
        for name, expected in self.uploaded.items():
            if digests(self.remote / FUSION / name) != expected:
                raise Failed(f"{name} was uploaded, and the remote has it otherwise")
        code, _, said = self.run("train", "--checkpoint", "last", "--vectors", "none")
        if code:
            raise Failed(said)
        if left := drafts(self.space):
            raise Failed(f"left in the end: {left}")


def drafts(space, process="*"):
    """Returns the unpublished or replaced folders of a process, or of all processes."""
    parents = [space / "checkpoint/vector_models", *(space / "checkpoint/classifiers").glob("*")]
    names = [f".draft-{process}-*"] + ([".replaced-*"] if process == "*" else [])
    return sorted(path for parent in parents for name in names for path in parent.glob(name))


def is_unused(folder):
    """Whether no reader holds a replaced folder, so that it should have been removed."""
    try:
        file = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return folder.exists()
    except BlockingIOError:
        return False
    finally:
        os.close(file)


def digests(folder):
    """Returns the files of a published folder, without hidden ones. A file may be removed meanwhile."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            found[str(name)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def is_whole(folder):
    """Whether every file matches the manifest."""
    try:
        files = json.loads((folder / "manifest.json").read_text())["files"]
        return all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == record["sha256"] for name, record in files.items())
    except OSError:
        return False


def main(minutes):
    seed = random.randrange(10**6)
    random.seed(seed)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as work:
        soak = Soak(Path(work), time.monotonic() + 60 * minutes)
        try:
            soak.start()
        except Failed as failed:
            print(f"FAILED\n{failed}")
            sys.exit(1)
        finally:
            print(f"{minutes} minutes, {sum(soak.counts.values())} commands, {len(soak.uploaded)} uploaded")
            for (verb, code), count in sorted(soak.counts.items()):
                print(f"  {verb:<20}{f'exit {code}':<10}{count:>7}")
            print(f"checkpoints removed by clean: {soak.removed}")
            print("kinds of errors:", dict(soak.kinds))


main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
