"""Batches without torch, on every Python: values, memory, states, errors."""

from __future__ import annotations

import gc
import os
import pickle
import queue
import random
import threading
import unittest
from itertools import islice
from pathlib import Path
from unittest import mock

import numpy as np
from support import CAMERA, EXPECTED, SET, Case, children, digest, digests, make, script

import tendon
from tendon.normalise import Normalisation


class Values(Case):
    def test_are_those_of_the_loader(self) -> None:
        self.assertEqual(digests(make(as_="numpy")), EXPECTED)

    def test_have_names_shapes_and_types(self) -> None:
        with make(as_="numpy") as batches:
            batch = next(iter(batches))
            self.assertEqual(len(batches), len(EXPECTED))
            self.assertEqual(batches.about.samples, len(EXPECTED) * 16 + batches.about.samples % 16)
            told = {name: (stream.dtype, stream.shape) for name, stream in batches.about.streams.items()}
        self.assertEqual(told, {name: (str(array.dtype), array.shape) for name, array in batch.items() if name != "task"})
        self.assertEqual(batch[CAMERA].shape, (16, 2, 48, 64, 3))
        self.assertEqual(batch["action"].shape[:2], (16, 8))
        self.assertEqual(batch["action_is_pad"].dtype, np.bool_)
        self.assertEqual(batch["action_is_pad"].shape, (16, 8))
        self.assertEqual(batch["episode_index"].dtype, np.int64)
        self.assertTrue(batch["is_valid"].all())
        self.assertEqual(len(batch["task"]), 16)
        self.assertIsInstance(batch["task"][0], str)

    def test_seconds_are_rows(self) -> None:
        windows = {CAMERA: [-1 / 30, 0], "observation.state": [0.0], "action": [step / 30 for step in range(8)]}
        seconds = make(as_="numpy", windows=None, delta_timestamps=windows)
        self.assertEqual(digests(seconds), EXPECTED)

    def test_are_scaled_and_back(self) -> None:
        batches = make(as_="numpy", normalise={"action": "min_max"})
        normalisation = Normalisation.from_json(batches.about.datasets[0].normalisation)
        for batch, plain in zip(islice(batches, 2), make(as_="numpy")):
            self.assertLessEqual(np.abs(batch["action"]).max(), 1.0001)
            np.testing.assert_allclose(normalisation.invert("action", batch["action"]), plain["action"], atol=1e-5)
        batches.close()

    def test_of_a_mixture_have_their_shares(self) -> None:
        paths = [{"path": SET, "weight": 3}, {"path": os.path.join(SET, "."), "weight": 1}]
        with make(paths, as_="numpy", epochs=None) as batches:
            drawn = np.concatenate([batch["dataset_index"] for batch in islice(batches, 10)])
            self.assertEqual([dataset.share for dataset in batches.about.datasets], [0.75, 0.25])
        self.assertEqual(np.bincount(drawn).tolist(), [120, 40])

    def test_are_shared_by_ranks(self) -> None:
        whole = list(make(as_="numpy"))
        shares = [list(make(as_="numpy", rank=rank, world=2)) for rank in (0, 1)]
        for batch, *own in zip(whole, *shares):
            names = [set(zip(each["episode_index"].tolist(), each["frame_index"].tolist())) for each in (batch, *own)]
            self.assertEqual(names[0], names[1] | names[2])
            self.assertFalse(names[1] & names[2])

    def test_know_their_rank_from_the_environment(self) -> None:
        said = script(
            "from support import *\nprint(next(iter(make(as_='numpy')))['action'].shape[0], flush=True)", RANK="1", WORLD_SIZE="4"
        )
        self.assertEqual(said.stdout.strip(), "4", said.stderr)

    def test_go_through_a_file_alike(self) -> None:
        self.assertEqual(digests(make(as_="numpy", memory="file")), EXPECTED)

    def test_of_a_stripped_environment_have_no_torch(self) -> None:
        said = script("import sys; sys.modules['torch'] = None\nfrom support import *\nprint(digests(make()) == EXPECTED)")
        self.assertEqual(said.stdout.strip(), "True", said.stderr)
        said = script("import sys; sys.modules['torch'] = None\nfrom support import *\niter(make(as_='torch'))")
        self.assertIn("torch is not installed", said.stderr)


class Memory(Case):
    def test_is_mapped_and_not_copied(self) -> None:
        with make(as_="numpy") as batches:
            batch = next(iter(batches))
            maps = _maps("memfd:tendon-batches")
            for name, array in batch.items():
                if name == "task":
                    continue
                self.assertTrue(array.flags.c_contiguous and array.flags.writeable and array.flags.aligned, name)
                self.assertTrue(any(start <= array.ctypes.data < end for start, end in maps), name)
        del batch, array
        self.assertEqual(_maps("memfd:tendon-batches"), [])

    def test_that_is_kept_is_never_overwritten(self) -> None:
        self.assertEqual(digests(list(make(as_="numpy"))), EXPECTED)
        self.assertEqual(digests(list(make(as_="numpy", held=0))), EXPECTED)

    def test_that_is_held_for_any_time_is_what_it_was(self) -> None:
        order = random.Random(0)
        held: list[tuple[int, dict[str, object]]] = []
        passes = digests(make(as_="numpy", epochs=3))
        for index, batch in enumerate(make(as_="numpy", epochs=3, held=4)):
            held.append((index, batch))
            while len(held) > order.randrange(1, 9):
                index, batch = held.pop(order.randrange(len(held)))
                self.assertEqual(digest(batch), passes[index])
            del batch
        for index, batch in held:
            self.assertEqual(digest(batch), passes[index])

    def test_may_be_let_go_by_another_thread(self) -> None:
        waiting: queue.Queue[dict[str, object] | None] = queue.Queue(2)
        seen: list[str] = []

        def use() -> None:
            while (batch := waiting.get()) is not None:
                seen.append(digest(batch))

        user = threading.Thread(target=use, daemon=True)
        user.start()
        for batch in make(as_="numpy"):
            waiting.put(batch, timeout=60)
            del batch
        waiting.put(None, timeout=60)
        user.join()
        self.assertEqual(seen, EXPECTED)

    def test_that_a_view_refers_to_is_kept(self) -> None:
        batches = make(as_="numpy", held=20)
        views = [batch[CAMERA][3, 1, 5:9].reshape(-1)[::2] for batch in batches]
        whole = [batch[CAMERA] for batch in make(as_="numpy")]
        for view, pictures in zip(views, whole):
            np.testing.assert_array_equal(view, pictures[3, 1, 5:9].reshape(-1)[::2])

    def test_goes_back_when_nothing_refers_to_it(self) -> None:
        with make(as_="numpy", epochs=None) as batches:
            iterator = iter(batches)
            for _ in range(200):
                batch = next(iterator)
                self.assertLessEqual(iterator._session.ring.in_use, 2)  # type: ignore[attr-defined]
            first = batch["action"]
            cycle: list[object] = [batch]
            cycle.append(cycle)
            del batch, cycle
            gc.collect()
            self.assertEqual(iterator._session.ring.in_use, 1)  # type: ignore[attr-defined]
            del first

    def test_stays_when_all_is_closed(self) -> None:
        batches = make(as_="numpy")
        kept = list(islice(batches, 2))
        batches.close()
        del batches
        self.assertEqual(digests(kept), EXPECTED[:2])


class Process(Case):
    def test_is_told_what_its_user_told_and_that_counts(self) -> None:
        told = {"NODE_OPTIONS": "--max-semi-space-size=8", "GLIBC_TUNABLES": "glibc.malloc.arena_max=7"}
        with mock.patch.dict(os.environ, told):
            batches = iter(make(as_="numpy"))
            next(batches)
            environment = dict(line.split("=", 1) for line in _environment(*children()) if "=" in line)
        self.assertEqual(environment["NODE_OPTIONS"].split()[-1], told["NODE_OPTIONS"])
        tunables = environment["GLIBC_TUNABLES"].split(":")
        self.assertEqual([each for each in tunables if "arena_max" in each], [told["GLIBC_TUNABLES"]])


class States(Case):
    def test_go_on_exactly(self) -> None:
        for count in (0, 1, 7, len(EXPECTED)):
            first = make(as_="numpy", epochs=2)
            head = digests(islice(first, count))
            state = pickle.loads(pickle.dumps(first.state_dict()))
            first.close()
            self.assertLess(len(str(state)), 200)
            second = make(as_="numpy", epochs=2)
            second.load_state_dict(state)
            self.assertEqual(second.state_dict(), state)
            self.assertEqual((head + digests(second))[: len(EXPECTED)], EXPECTED)

    def test_go_on_with_other_ranks(self) -> None:
        first = make(as_="numpy")
        iterator = iter(first)
        next(iterator)
        state = first.state_dict()
        first.close()
        shares = []
        for rank in (0, 1):
            own = make(as_="numpy", rank=rank, world=2, threads=1)
            own.load_state_dict(state)
            shares.append(next(iter(own))["frame_index"])
            own.close()
        whole = list(make(as_="numpy"))[1]["frame_index"]
        self.assertEqual(sorted(np.concatenate(shares)), sorted(whole))

    def test_of_something_else_are_refused(self) -> None:
        state = make(as_="numpy").state_dict()
        for changes, told in (
            (dict(seed=4), "state: was taken with seed 3, this loader has 4"),
            (dict(batch_size=8), "state: was taken of another dataset, or with other windows"),
        ):
            other = make(as_="numpy", **changes)
            with self.assertRaisesRegex(ValueError, told):
                other.load_state_dict(state)
                next(iter(other))
        with self.assertRaisesRegex(tendon.BadArgument, "state: is no state of a loader"):
            make(as_="numpy").load_state_dict({"epoch": 3})

    def test_each_pass_is_another_epoch(self) -> None:
        batches = make(as_="numpy")
        first, second = digests(batches), digests(batches)
        self.assertEqual(first, EXPECTED)
        self.assertNotEqual(second, EXPECTED)
        self.assertEqual(second, digests(make(as_="numpy", epochs=2))[len(EXPECTED) :])
        # Left in its midst, a pass is over all the same.
        next(iter(batches))
        self.assertEqual(digests(batches), digests(make(as_="numpy", epochs=4))[3 * len(EXPECTED) :])

    def test_without_end_it_goes_on_where_it_was_left(self) -> None:
        batches = make(as_="numpy", epochs=None)
        halves = [digests(islice(batches, 5)) for _ in range(2)]
        batches.close()
        self.assertEqual(halves, [EXPECTED[:5], EXPECTED[5:10]])
        with self.assertRaises(TypeError):
            len(batches)
        self.assertTrue(batches)


class Errors(Case):
    def _refused(self, kind: type[BaseException], told: str, **changes: object) -> tendon.TendonError:
        with self.assertRaisesRegex(kind, told) as caught:
            next(iter(make(**{"as_": "numpy", **changes})))
        self.assertIsInstance(caught.exception, tendon.TendonError)
        copied = pickle.loads(pickle.dumps(caught.exception))
        self.assertEqual((str(copied), copied.place), (str(caught.exception), caught.exception.place))
        return caught.exception  # type: ignore[return-value]

    def test_name_the_stream_that_was_meant(self) -> None:
        error = self._refused(ValueError, 'did you mean "action"', windows={"actoin": [0]})
        self.assertEqual(error.code, "bad-pipeline")
        self.assertTrue(str(error.place["path"]).startswith("windows"), error.place)

    def test_name_the_option_that_was_meant(self) -> None:
        self._refused(ValueError, 'bacth_size: there is no such option; did you mean "batch_size"', bacth_size=3)
        self._refused(ValueError, "batch_size: must be a whole number", batch_size=1.5)
        self._refused(ValueError, "batch_size: must be a whole number from 1", batch_size=0)
        self._refused(ValueError, "windows.action: must be a whole number", windows={"action": [0.5]})
        self._refused(ValueError, "windows.action: must be a list of offsets", windows={"action": 3})
        self._refused(ValueError, "windows: is missing", windows=None)
        self._refused(ValueError, "world: is missing", rank=1)
        self._refused(ValueError, r"size: must be \(height, width\)", size=224)
        self._refused(ValueError, 'as_: must be "torch" or "numpy"', as_="jax")
        self._refused(ValueError, "order", order="locl")
        self._refused(ValueError, "pin: needs torch", pin=True)

    def test_name_the_folder_that_is_not_there(self) -> None:
        error = self._refused(FileNotFoundError, "no-such-folder", path="no-such-folder")
        self.assertEqual(error.code, "not-found")

    def test_have_a_video_that_is_cut_short_as_their_place(self) -> None:
        said = script(_CUT_SHORT)
        self.assertIn("bad-data", said.stdout, said.stderr)
        self.assertIn(".mp4", said.stdout)


class Pictures(Case):
    def test_become_float(self) -> None:
        pictures = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 5, 3), np.uint8)
        floats = tendon.to_float(pictures)
        np.testing.assert_array_equal(floats, np.moveaxis(pictures, -1, -3).astype(np.float32) / np.float32(255))
        self.assertTrue(floats.flags.c_contiguous)
        with self.assertRaisesRegex(TypeError, r"got float32 \[2, 3, 3, 4, 5\]"):
            tendon.to_float(floats)


_CUT_SHORT = """
import shutil, tempfile, pathlib
from support import *
with tempfile.TemporaryDirectory() as folder:
    copy = pathlib.Path(shutil.copytree(SET, folder + "/copy"))
    video = max(copy.glob(f"videos/{CAMERA}/**/*.mp4"))
    video.chmod(0o644)
    with video.open("r+b") as file:
        file.truncate(video.stat().st_size // 2)
    try:
        list(make(copy, as_="numpy"))
    except tendon.TendonError as error:
        print(error.code, error)
"""


def _environment(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/environ").read_text().split("\0")


def _maps(name: str) -> list[tuple[int, int]]:
    with open("/proc/self/maps") as file:
        lines = [line for line in file if name in line]
    return [(int(line.split("-")[0], 16), int(line.split("-")[1].split()[0], 16)) for line in lines]


if __name__ == "__main__":
    unittest.main()
