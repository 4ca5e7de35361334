"""Tensors, and the loaders that a script may put around them."""

from __future__ import annotations

import os
import unittest
from itertools import islice

import numpy as np
import torch
from support import CAMERA, EXPECTED, Case, digests, make, script
from torch.utils.data import DataLoader, IterableDataset

import tendon


class Tensors(Case):
    def test_are_views_of_the_shared_memory(self) -> None:
        with make() as batches:
            batch = next(iter(batches))
            with open("/proc/self/maps") as file:
                maps = [line.split()[0].split("-") for line in file if "memfd:tendon-batches" in line]
            for name, tensor in batch.items():
                if name == "task":
                    continue
                self.assertIsInstance(tensor, torch.Tensor)
                self.assertTrue(tensor.is_contiguous())
                self.assertTrue(any(int(a, 16) <= tensor.data_ptr() < int(b, 16) for a, b in maps), name)
        self.assertEqual(batch[CAMERA].dtype, torch.uint8)
        self.assertEqual(batch["action_is_pad"].dtype, torch.bool)
        self.assertEqual(batch["frame_index"].dtype, torch.int64)

    def test_are_those_of_the_loader(self) -> None:
        self.assertEqual(digests(make()), EXPECTED)
        self.assertEqual(digests(list(make())), EXPECTED)

    def test_that_are_kept_keep_their_memory(self) -> None:
        batches = make(held=20)
        views = [batch[CAMERA][3, :, 5:9].flatten()[::3] for batch in batches]
        for view, batch in zip(views, make()):
            torch.testing.assert_close(view, batch[CAMERA][3, :, 5:9].flatten()[::3])

    def test_become_float(self) -> None:
        pictures = torch.randint(0, 256, (2, 3, 4, 5, 3), dtype=torch.uint8)
        floats = tendon.to_float(pictures)
        torch.testing.assert_close(floats, pictures.permute(0, 1, 4, 2, 3).float() / 255, rtol=0, atol=0)
        self.assertTrue(floats.is_contiguous())
        np.testing.assert_array_equal(floats.numpy(), tendon.to_float(pictures.numpy()))


class DataLoaders(Case):
    def test_know_what_it_is(self) -> None:
        self.assertIsInstance(make(), IterableDataset)
        self.assertIsInstance(make(as_="numpy"), IterableDataset)

    def test_without_workers(self) -> None:
        loader = DataLoader(make(), batch_size=None)
        self.assertEqual(digests(loader), EXPECTED)
        self.assertEqual(len(loader), len(EXPECTED))

    def test_with_workers(self) -> None:
        for context in ("fork", "spawn"):
            for workers in (1, 2, 3):
                loader = DataLoader(make(threads=1), batch_size=None, num_workers=workers, multiprocessing_context=context)
                self.assertEqual(digests(loader), EXPECTED, f"{workers} workers by {context}")

    def test_with_workers_beside_an_iterator_of_the_parent(self) -> None:
        batches = make(threads=1)
        iterator = iter(batches)
        head = digests(islice(iterator, 3))
        loader = DataLoader(make(threads=1), batch_size=None, num_workers=2, multiprocessing_context="fork")
        self.assertEqual(digests(loader), EXPECTED)
        self.assertEqual(head + digests(iterator), EXPECTED)

    def test_with_workers_that_stay(self) -> None:
        loader = DataLoader(make(threads=1), batch_size=None, num_workers=2, persistent_workers=True)
        twice = digests(loader) + digests(loader)
        self.assertEqual(twice, digests(make(epochs=2)))

    def test_more_workers_than_batches(self) -> None:
        batches = make(threads=1, batch_size=256)
        self.assertEqual(digests(DataLoader(batches, batch_size=None, num_workers=3)), digests(make(batch_size=256)))

    def test_tell_a_workers_error_in_the_caller(self) -> None:
        loader = DataLoader(make(windows={"actoin": [0]}), batch_size=None, num_workers=1)
        with self.assertRaisesRegex(ValueError, 'did you mean "action"'):
            next(iter(loader))

    def test_go_on_from_a_state(self) -> None:
        first = make()
        list(islice(first, 5))
        second = make(threads=1)
        second.load_state_dict(first.state_dict())
        first.close()
        self.assertEqual(digests(DataLoader(second, batch_size=None, num_workers=2)), EXPECTED[5:])


class Forks(Case):
    def test_leave_the_parents_iterator_alone(self) -> None:
        batches = make()
        iterator = iter(batches)
        head = digests(islice(iterator, 4))
        child = os.fork()
        if child == 0:
            code = 1
            try:
                next(iterator)
            except tendon.TendonError as error:
                code = 0 if "belongs to the process that made it" in str(error) else 2
            try:
                batches.close()
                del iterator
                code = code or (0 if digests(islice(make(), 2)) == EXPECTED[:2] else 3)
            except BaseException:
                code = 4
            os._exit(code)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.assertEqual(head + digests(iterator), EXPECTED)

    def test_at_the_childs_end_nothing_is_torn_down(self) -> None:
        # The child runs the interpreter's whole exit, the parent goes on behind it.
        said = script(
            "import os, sys\nfrom support import *\niterator = iter(make())\nnext(iterator)\nchild = os.fork()\n"
            "if child == 0: sys.exit(0)\nos.waitpid(child, 0)\nprint(digests(iterator) == EXPECTED[1:])"
        )
        self.assertEqual((said.stdout.strip(), said.stderr), ("True", ""))


class Ranks(Case):
    def test_are_those_of_torch_distributed(self) -> None:
        said = script(_DISTRIBUTED)
        self.assertEqual(said.stdout.strip(), "True", said.stderr)


_DISTRIBUTED = """
import tempfile, torch, torch.multiprocessing as mp
from support import *

def rank(own, file, queue):
    torch.distributed.init_process_group("gloo", init_method="file://" + file, rank=own, world_size=2)
    batches = make(threads=1)
    queue.put((own, [list(zip(b["episode_index"].tolist(), b["frame_index"].tolist())) for b in batches]))
    from torch.utils.data import DataLoader
    loader = DataLoader(make(threads=1), batch_size=None, num_workers=1, multiprocessing_context="spawn")
    queue.put((own + 2, [list(zip(b["episode_index"].tolist(), b["frame_index"].tolist())) for b in loader]))
    torch.distributed.barrier()

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        context = mp.get_context("fork")
        queue = context.Queue()
        ranks = [context.Process(target=rank, args=(own, folder + "/meet", queue)) for own in (0, 1)]
        for each in ranks: each.start()
        said = dict(queue.get(timeout=100) for _ in range(4))
        for each in ranks: each.join()
    whole = [set(zip(b["episode_index"].tolist(), b["frame_index"].tolist())) for b in make()]
    joined = [set(a) | set(b) for a, b in zip(said[0], said[1])]
    apart = all(not set(a) & set(b) for a, b in zip(said[0], said[1]))
    print(joined == whole and apart and said[0] == said[2] and said[1] == said[3])
"""

if __name__ == "__main__":
    unittest.main()
