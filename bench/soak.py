"""Runs train, test, upload, download, verify and clean in a loop under faults: with a server that fails at
random, on a disk that is nearly full, and with processes killed at any moment.

    python3 bench/soak.py [MINUTES]      default: 60; needs root (to mount the small disk) and rclone

The run fails unless:
- a checkpoint that a command reported as published, uploaded or downloaded stays present and valid, locally
  (until `clean` removes it) and on the remote;
- every listed checkpoint verifies, and a full disk is reported as full, with exit code 2;
- the files that killed runs left are removed by the next `train`;
- the memory and the open files of a process that answers questions meanwhile do not grow.
"""
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
METADATA = ["cargo", "metadata", "--format-version", "1", "--no-deps"]


def built():
    """The release binary."""
    return Path(json.loads(subprocess.check_output(METADATA, cwd=ROOT))["target_directory"]) / "release/mentorpal"


BINARY = Path(os.environ.get("MENTORPAL_BIN") or built())
SHARED = "classifiers/fusion_v1"
CHECKPOINTS = "checkpoint/" + SHARED
DISK_MB = 24
# Percentage of connections that fail, and of commands that are killed.
FAULTS, KILLS = 12, 25
WARM_UP = 300

# The caller's settings are removed; otherwise everything would be uploaded to the caller's remote.
OTHERS = ("MENTORPAL", "AWS_", "ARCH", "CHECKPOINT", "MENTOR", "TEST_SET", "NETRC")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)}
ENVIRONMENT |= {"MENTORPAL_REMOTE_WAIT": "20", "MENTORPAL_REMOTE_TIMEOUT": "5"}


class Flaky(threading.Thread):
    """A proxy that refuses some connections, drops some, and answers some with 503."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.to, self.calm, self.counts = port, False, Counter()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        fault = random.choice(["refused", "busy", "cut"]) if not self.calm and random.randrange(100) < FAULTS else "none"
        self.counts[fault] += 1
        with client:
            if fault == "refused":
                return
            if fault == "busy":
                client.recv(65536)
                client.sendall(b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            left = random.randrange(1, 200_000) if fault == "cut" else 1 << 60
            with socket.create_connection(("127.0.0.1", self.to)) as server:
                back = threading.Thread(target=self.pump, args=(server, client, left), daemon=True)
                back.start()
                self.pump(client, server, left)
                back.join(60)

    @staticmethod
    def pump(source, target, left):
        """Forwards at most this many bytes, then closes both directions."""
        try:
            while left > 0 and (data := source.recv(min(65536, left))):
                target.sendall(data)
                left -= len(data)
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Soak:
    def __init__(self, work):
        self.work, self.disk, self.remote = work, work / "disk", work / "remote"
        self.counts, self.seen = Counter(), Counter()
        self.here, self.there, self.number = set(), {}, 0
        self.colleague = work / "colleague"
        self.server = self.answering = None
        for folder in (self.disk, self.remote, self.colleague):
            folder.mkdir()

    def start(self):
        """Mounts the disk, and starts the server and the proxy."""
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "soak", self.disk], check=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.server = subprocess.Popen(
            ["rclone", "serve", "webdav", self.remote, "--addr", f"127.0.0.1:{port}", "--dir-cache-time", "0"],
            stderr=subprocess.DEVNULL,
        )
        self.proxy = Flaky(port)
        self.proxy.start()
        until(lambda: not socket.socket().connect_ex(("127.0.0.1", port)), "the server answers")
        for workspace in (self.disk, self.colleague):
            shutil.copytree(ROOT / "mentor", workspace / "mentor")
            shutil.copytree(ROOT / "checkpoint/tests", workspace / "checkpoint/tests")
            (workspace / "mentorpal.toml").write_text(f'[remote]\nurl = "http://127.0.0.1:{self.proxy.port}"\n')

    def close(self):
        for process in (self.answering, self.server):
            if process:
                process.kill()
                process.wait()
        if self.disk.is_mount():
            subprocess.run(["umount", self.disk], check=False)

    def run(self, workspace, *arguments, may_be_killed=True):
        """Runs a command. Returns its exit code (negative if it was killed) and its standard error."""
        command = [BINARY, "--workspace", workspace, *arguments]
        earlier = drafts(workspace)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, text=True)
        if may_be_killed and random.randrange(100) < KILLS:
            time.sleep(random.random() ** 2)
            process.send_signal(signal.SIGKILL)
        try:
            _, complaints = process.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            process.kill()
            fail(f"{arguments} hangs")
        code = process.returncode
        self.counts[arguments[0], "killed" if code < 0 else f"exit {code}"] += 1
        if code not in (0, 1, 2, -signal.SIGKILL):
            fail(f"{arguments}: exit {code}\n{complaints}")
        if "panicked" in complaints:
            fail(complaints)
        if code < 0:
            self.seen["leftover drafts"] += len(drafts(workspace) - earlier)
        return code, complaints

    def train(self):
        self.number += 1
        name = f"run{self.number:05}"
        code, complaints = self.run(self.disk, "train", "--checkpoint", name, "--vectors", "none")
        if code == 0:
            self.here.add(name)
            if left := drafts(self.disk):
                fail(f"the next `train` did not remove leftover drafts: {left}")
        elif code == 2:
            if "No space left" not in complaints:
                fail(complaints)
            self.seen["full disk"] += 1
            if (self.disk / CHECKPOINTS / name).exists():
                fail(f"{name} is there though the disk was full")

    def test(self):
        if self.here:
            name = random.choice(sorted(self.here))
            code, complaints = self.run(self.disk, "test", "--checkpoint", name)
            if code > 0:
                fail(complaints)

    def upload(self):
        if self.here:
            name = random.choice(sorted(self.here))
            code, _ = self.run(self.disk, "upload", name)
            if code == 0:
                self.there[name] = digests(self.disk / CHECKPOINTS / name)

    def download(self):
        if self.there:
            name = random.choice(sorted(self.there))
            folder = self.colleague / CHECKPOINTS / name
            code, _ = self.run(self.colleague, "download", name)
            if code == 0 and digests(folder) != self.there[name]:
                fail(f"{name} was downloaded otherwise than uploaded")
            if code != 0 and folder.exists() and digests(folder) != self.there[name]:
                fail(f"{name} is half there")

    def clean(self):
        """Frees space: removes local items that the remote has a copy of, and nothing else."""
        unshared = self.here - set(self.there)
        code, _ = self.run(self.disk, "clean")
        left = {folder.name for folder in (self.disk / CHECKPOINTS).glob("run*")}
        if not unshared <= left:
            fail(f"clean removed what only this disk had: {unshared - left}")
        if code == 0:
            self.here = set()
        self.here &= left
        shutil.rmtree(self.colleague / "checkpoint/classifiers", ignore_errors=True)

    def read_only(self):
        """Checks that a full or read-only disk is reported."""
        subprocess.run(["mount", "-o", "remount,ro", self.disk], check=True)
        code, complaints = self.run(self.disk, "train", "--vectors", "none", may_be_killed=False)
        if code != 2 or "Read-only" not in complaints:
            fail(f"a read-only disk: exit {code}, {complaints}")
        subprocess.run(["mount", "-o", "remount,rw", self.disk], check=True)
        self.seen["read-only disks"] += 1

    def make_room(self):
        """Uploads the remaining checkpoints, then cleans, as a user would on a full disk."""
        self.proxy.calm = True
        for name in sorted(self.here - set(self.there)):
            code, complaints = self.run(self.disk, "upload", name, may_be_killed=False)
            if code:
                fail(complaints)
            self.there[name] = digests(self.disk / CHECKPOINTS / name)
        code, complaints = self.run(self.disk, "clean", may_be_killed=False)
        if code:
            fail(complaints)
        self.here = set()
        self.proxy.calm = False

    def check(self):
        """Checks all conditions, without faults of the server."""
        self.proxy.calm = True
        for workspace in (self.disk, self.colleague):
            code, complaints = self.run(workspace, "checkpoints", "verify", may_be_killed=False)
            if code:
                fail(complaints)
        for name in self.here:
            if not (self.disk / CHECKPOINTS / name / "manifest.json").exists():
                fail(f"{name} was published, and is gone")
        for name, expected in self.there.items():
            found = digests(self.remote / SHARED / name)
            if found != expected:
                fail(f"{name} was uploaded, and the remote has it otherwise: {sorted(found)}, expected {sorted(expected)}")
        self.proxy.calm = False

    def old_runs(self):
        """Removes old checkpoints from the remote, because thousands would slow the checks down."""
        for name in sorted(self.there)[:-20]:
            shutil.rmtree(self.remote / SHARED / name)
            del self.there[name]

    def ask(self):
        """Returns the memory in kB and the number of open files of the answering process."""
        if not self.answering:
            keep = self.work / "keep"
            shutil.copytree(ROOT / "mentor", keep / "mentor")
            (keep / "mentorpal.toml").touch()
            self.run(keep, "train", "--checkpoint", "kept", may_be_killed=False)
            command = [BINARY, "--workspace", keep, "ask", "--json", "--batch", "-"]
            pipe = subprocess.PIPE
            self.answering = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=ENVIRONMENT, text=True, bufsize=1)
        for _ in range(200):
            self.answering.stdin.write(f"how do i train {random.randrange(10**9)}\n")
            self.answering.stdin.flush()
            json.loads(self.answering.stdout.readline())
        process = Path("/proc") / str(self.answering.pid)
        resident = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS"))
        return int(resident.split()[1]), len(list((process / "fd").iterdir()))


def drafts(workspace):
    """Returns the unpublished checkpoints. Only killed commands leave any."""
    return set((workspace / "checkpoint").rglob(".draft-*"))


def digests(folder):
    """Returns the files of a checkpoint, without hidden ones."""
    files = (path for path in folder.rglob("*") if path.is_file())
    seen = {path.relative_to(folder): path for path in files}
    plain = {name: path for name, path in seen.items() if not any(part.startswith(".") for part in name.parts)}
    return {str(name): hashlib.sha256(path.read_bytes()).hexdigest() for name, path in plain.items()}


def until(holds, what):
    for _ in range(100):
        if holds():
            return
        time.sleep(0.1)
    fail(f"never: {what}")


def fail(what):
    raise AssertionError(what)


def main(minutes):
    seed = random.randrange(10**6)
    random.seed(seed)
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory() as work:
        soak = Soak(Path(work))
        try:
            soak.start()
            start, rounds, first, last = time.monotonic(), 0, None, None
            while time.monotonic() - start < 60 * minutes:
                rounds += 1
                verbs = [soak.train] * 3 + [soak.test, soak.upload, soak.upload, soak.download, soak.clean]
                for _ in range(8):
                    random.choice(verbs)()
                if rounds % 10 == 0:
                    soak.read_only()
                if soak.seen["full disk"]:
                    soak.seen["space freed"] += 1
                    soak.seen["full disks"] += soak.seen.pop("full disk", 0)
                    soak.make_room()
                soak.check()
                soak.old_runs()
                last = soak.ask()
                if first is None and time.monotonic() - start > min(WARM_UP, 15 * minutes):
                    first = last
            print(f"{minutes} minutes, {rounds} rounds")
            print("connections:", dict(soak.proxy.counts))
            print("conditions:", dict(soak.seen))
            for (verb, end), count in sorted(soak.counts.items()):
                print(f"  {verb:<12}{end:<8}{count:>6}")
            print(f"answering process: {first[0]} kB and {first[1]} files after the warm-up, {last[0]} kB and {last[1]} at the end")
            if last[0] > 1.1 * first[0] or last[1] > first[1]:
                fail("the answering process grows")
        finally:
            soak.close()


main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
