"""Whoever dies, nothing is left, and the survivor goes on or says so."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import warnings
from itertools import islice
from pathlib import Path

from support import EXPECTED, Case, children, digest, digests, make, running, script, until

import tendon
from tendon.find import NODE_MAJOR, _version, find_command


def _node_is_old() -> bool:
    node = shutil.which("node")
    version = _version(node) if node else None
    return version is not None and int(version.split(".")[0]) < NODE_MAJOR


class OfTheLoader(Case):
    def test_another_goes_on_exactly(self) -> None:
        batches = make(as_="numpy", epochs=None)
        iterator = iter(batches)
        kept = list(islice(iterator, 3))
        for _ in range(2):
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                (pid,) = children()
                os.kill(pid, signal.SIGKILL)
                # What was sent before is still given; then another process goes on.
                while not told:
                    kept.append(next(iterator))
            self.assertRegex(str(told[0].message), r"ended by SIGKILL; another one goes on with batch \d+")
            self.assertEqual(told[0].filename, __file__)
        kept += islice(iterator, 3)
        self.assertGreater(len(kept), 7)
        batches.close()
        self.assertEqual(digests(kept)[: len(EXPECTED)], EXPECTED[: len(kept)])

    def test_again_and_again_is_an_error(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            program = _program(folder, "kill -9 $$")
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                with self.assertRaisesRegex(tendon.TendonError, "ended by SIGKILL 4 times without a batch"):
                    next(iter(make(as_="numpy", command=program)))
            self.assertEqual(len(told), 3)

    def test_is_told_with_its_last_words(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            program = _program(folder, "echo 'no luck today' >&2; exit 1")
            with self.assertRaisesRegex(tendon.TendonError, "ended with 1: no luck today"):
                next(iter(make(as_="numpy", command=program)))
            with self.assertRaisesRegex(tendon.TendonError, "what is no message: b'hello'"):
                next(iter(make(as_="numpy", command=_program(folder, "echo hello; sleep 5"))))
            with self.assertRaisesRegex(tendon.MissingTool, "`no-such-program` could not be started"):
                iter(make(as_="numpy", command="no-such-program"))

    def test_by_ctrl_c_of_the_terminal_does_not_happen(self) -> None:
        batches = make(as_="numpy")
        iterator = iter(batches)
        first = digest(next(iterator))
        os.kill(children()[0], signal.SIGINT)
        self.assertEqual([first, *digests(iterator)], EXPECTED)


class OfPython(Case):
    def test_leaves_nothing(self) -> None:
        for how in (signal.SIGKILL, signal.SIGTERM):
            python = self._started(
                "iterator = iter(make(as_='numpy', epochs=None)); next(iterator); print(1, flush=True); time.sleep(60)"
            )
            loaders = children(python.pid)
            self.assertEqual(len(loaders), 1)
            python.send_signal(how)
            python.wait()
            self.assertTrue(until(lambda: not any(map(running, loaders)), 3), "the loader outlived Python")

    def test_whose_children_hold_the_pipe_leaves_nothing(self) -> None:
        python = self._started(
            "iterator = iter(make(as_='numpy', epochs=None)); next(iterator)\n"
            "for file in (iterator._session.channel._stdin, iterator._session.channel._stdout): os.set_inheritable(file, True)\n"
            "other = subprocess.Popen(['sleep', '8'], close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
            "print(1, flush=True); time.sleep(60)"
        )
        loaders = children(python.pid)
        python.kill()
        python.wait()
        self.assertTrue(until(lambda: not any(map(running, loaders)), 3), "the loader outlived Python")

    def test_while_nothing_is_read_leaves_nothing(self) -> None:
        python = self._started("iterator = iter(make(as_='numpy', epochs=None)); print(1, flush=True); time.sleep(60)")
        time.sleep(1)
        loaders = children(python.pid)
        python.kill()
        python.wait()
        # It may still be starting, and hears of nothing until it has.
        self.assertTrue(until(lambda: not any(map(running, loaders)), 20), "the loader outlived Python")

    def test_at_its_end_is_silent(self) -> None:
        for text in (
            "iterator = iter(make(as_='numpy')); next(iterator)",
            "iterator = iter(make(as_='numpy'))",
            "batches = make(as_='numpy'); kept = list(batches)",
            "import sys; sys.keep = iter(make(as_='numpy')); sys.batch = next(sys.keep)",
            "make(as_='numpy').about",
        ):
            said = script(f"from support import *\n{text}")
            self.assertEqual((said.returncode, said.stderr), (0, ""), text)

    def test_by_ctrl_c_ends_cleanly(self) -> None:
        python = self._started(
            "iterator = iter(make(as_='numpy', epochs=None)); next(iterator); print(1, flush=True)\n"
            "try:\n  for _ in iterator: pass\nexcept KeyboardInterrupt: next(iterator); print('goes on', flush=True)"
        )
        loaders = children(python.pid)
        python.send_signal(signal.SIGINT)
        said, errors = python.communicate(timeout=20)
        self.assertEqual((python.returncode, said.strip(), errors), (0, "goes on", ""))
        self.assertTrue(until(lambda: not any(map(running, loaders)), 3))

    def _started(self, text: str) -> subprocess.Popen[str]:
        path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        python = subprocess.Popen(
            [sys.executable, "-c", f"from support import *\n{text}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert python.stdout and python.stderr
        self.addCleanup(python.stdout.close)
        self.addCleanup(python.stderr.close)
        self.addCleanup(python.kill)
        self.assertEqual(python.stdout.readline().strip(), "1")
        return python


class Sleepers(Case):
    def test_cost_nothing(self) -> None:
        batches = make(as_="numpy", epochs=None)
        iterator = iter(batches)
        next(iterator)
        (loader,) = children()
        # Until the slots are full there is work.
        self.assertTrue(until(lambda: _idle(loader), 20), "it never rests")
        before = (_ticks(loader), _resident(loader), _ticks(os.getpid()))
        time.sleep(4)
        after = (_ticks(loader), _resident(loader), _ticks(os.getpid()))
        self.assertLessEqual(after[0] - before[0], 8, "processor")
        self.assertLess(after[1] - before[1], 8 << 20, "memory")
        self.assertLessEqual(after[2] - before[2], 2, "Python's processor")
        self.assertEqual(digests(islice(iterator, 4)), EXPECTED[1:5])
        batches.close()


class NoRoom(Case):
    def test_in_memory_means_a_file(self) -> None:
        import tendon.memory as memory

        reserve = memory._reserve
        calls = []

        def full_once(file: int, size: int) -> None:
            calls.append(size)
            if "memfd" in os.readlink(f"/proc/self/fd/{file}"):
                raise memory.NoRoom("No space left on device")
            reserve(file, size)

        memory._reserve = full_once
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                self.assertEqual(digests(make(as_="numpy")), EXPECTED)
        finally:
            memory._reserve = reserve
        self.assertEqual(len(told), 1)
        self.assertRegex(str(told[0].message), r"no room for \d+ MB of batches in shared memory \(No space left on device\)")

    def test_anywhere_is_an_error(self) -> None:
        said = script(
            "import resource\nfrom support import *\nresource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))\n"
            "try: next(iter(make(as_='numpy')))\nexcept tendon.TendonError as error: print(error.code, error)"
        )
        self.assertRegex(said.stdout, r"^no-space no room for \d+ MB of batches in the temporary folder", said.stderr)


class Programs(Case):
    def test_that_are_too_old_are_told(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            _program(folder, "echo v18.20.1", name="node")
            with self._environment(folder, checkout=True):
                with self.assertRaisesRegex(tendon.MissingTool, r"Node 24 is needed, .*node is 18\.20\.1: run `npm test`"):
                    iter(make(as_="numpy"))

    def test_of_an_older_node_say_what_to_do(self) -> None:
        words = "tendon: runs on Node 24, this is 20.11.0. In a checkout run `npm test` or `node tools/setup.mjs install` once"
        with tempfile.TemporaryDirectory() as folder:
            program = _program(folder, f"echo '{words}' >&2; exit 3")
            with self.assertRaisesRegex(tendon.MissingTool, "runs on Node 24, this is 20.11.0"):
                next(iter(make(as_="numpy", command=program)))

    @unittest.skipUnless(_node_is_old(), "the node on PATH is new enough")
    def test_of_an_older_node_that_hands_over_get_no_memory(self) -> None:
        command = ["node", find_command()[-1]]
        with self.assertRaisesRegex(tendon.MissingTool, "the memory that Python made did not arrive: an older Node"):
            next(iter(make(as_="numpy", command=command)))

    def test_that_are_not_there_are_told(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with self._environment(folder, checkout=False):
                with self.assertRaisesRegex(tendon.MissingTool, "the program `tendon` was not found: install this package"):
                    iter(make(as_="numpy"))
            with self._environment(folder, checkout=True):
                with self.assertRaisesRegex(tendon.MissingTool, "no `node` is on PATH"):
                    iter(make(as_="numpy"))
                Path(folder, "checkout", "node_modules").rmdir()
                with self.assertRaisesRegex(tendon.MissingTool, "has no node_modules: run `npm test`"):
                    iter(make(as_="numpy"))

    def test_are_named_by_the_environment(self) -> None:
        os.environ["TENDON_COMMAND"] = "no-such-program of mine"
        self.addCleanup(os.environ.pop, "TENDON_COMMAND")
        with self.assertRaisesRegex(tendon.MissingTool, "`no-such-program` could not be started"):
            iter(make(as_="numpy"))

    def _environment(self, folder: str, *, checkout: bool) -> _Elsewhere:
        return _Elsewhere(folder, checkout)


class _Elsewhere:
    """Only a folder's programs are on PATH, and the package lies in no checkout, or in one without Node."""

    def __init__(self, folder: str, checkout: bool) -> None:
        self._folder, self._checkout = folder, checkout

    def __enter__(self) -> None:
        import tendon.find as find

        self._path, self._roots = os.environ["PATH"], find._checkouts
        os.environ["PATH"] = self._folder
        root = Path(self._folder, "checkout")
        if self._checkout:
            (root / "bin").mkdir(parents=True, exist_ok=True)
            (root / "node_modules").mkdir(exist_ok=True)
            (root / "bin" / "tendon.mjs").touch()
        find._checkouts = lambda: iter([root] if self._checkout else [])

    def __exit__(self, *_: object) -> None:
        import tendon.find as find

        os.environ["PATH"] = self._path
        find._checkouts = self._roots


def _program(folder: str, text: str, name: str = "tendon") -> str:
    program = Path(folder, name)
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def _idle(pid: int) -> bool:
    before = _ticks(pid)
    time.sleep(0.5)
    return _ticks(pid) - before <= 1


if __name__ == "__main__":
    unittest.main()
