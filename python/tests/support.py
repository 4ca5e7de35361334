"""What the tests share: the dataset that the caller made, and digests of batches."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

import tendon

SET = os.environ["TENDON_TEST_SET"]
#: Digests of the same batches, as the TypeScript loader gives them.
EXPECTED: list[str] = json.loads(Path(os.environ["TENDON_TEST_EXPECTED"]).read_text())
#: A temporary folder of our own: nothing may be left in it.
SCRATCH = os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="tests-")
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)
CAMERA = "observation.images.head"
BASE: dict[str, Any] = dict(
    batch_size=16,
    seed=3,
    size=(48, 64),
    windows={CAMERA: [-1, 0], "observation.state": [0], "action": range(8)},
    epochs=1,
    threads=2,
)


def make(path: Any = SET, **changes: Any) -> tendon.Batches:
    return tendon.Batches(path, **{**BASE, **changes})


def digest(batch: dict[str, Any]) -> str:
    whole = hashlib.sha256()
    for key in sorted(batch):
        whole.update(key.encode())
        whole.update(json.dumps(batch[key]).encode() if key == "task" else np.ascontiguousarray(batch[key]).data)
    return whole.hexdigest()


def digests(batches: Iterable[dict[str, Any]]) -> list[str]:
    return [digest(batch) for batch in batches]


def children(parent: int | None = None) -> list[int]:
    """The processes that load, of this process or of another."""
    said = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in said.splitlines()[1:]]
    return [int(pid) for pid, above, args in rows if int(above) == (parent or os.getpid()) and args.endswith("loader serve")]


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def until(what: Any, sec: float) -> bool:
    """Whether it became true in time."""
    ends = time.monotonic() + sec
    while time.monotonic() < ends:
        if what():
            return True
        time.sleep(0.05)
    return bool(what())


def script(text: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs a program of its own, with this one's packages."""
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": path, **env}
    )


class Case(unittest.TestCase):
    """Nothing may be left: no process and no file. A warning that no test asked for is an error."""

    def setUp(self) -> None:
        self._files = self._scratch_files()
        caught = warnings.catch_warnings()
        caught.__enter__()
        self.addCleanup(caught.__exit__, None, None, None)
        warnings.filterwarnings("error", message="tendon:")

    def tearDown(self) -> None:
        self.assertTrue(until(lambda: children() == [], 3), "a loader's process was left")
        self.assertEqual(self._scratch_files(), self._files)

    @staticmethod
    def _scratch_files() -> set[str]:
        places = [Path("/dev/shm"), Path(SCRATCH)]
        return {str(each) for place in places if place.is_dir() for each in place.iterdir() if "tendon-" in each.name}
