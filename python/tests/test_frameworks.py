"""StatefulDataLoader, Accelerate and Lightning over the batches."""

from __future__ import annotations

import copy
import tempfile
import unittest
import warnings
from itertools import islice
from typing import Any

import torch
from support import EXPECTED, Case, digest, digests, make
from torch.utils.data import DataLoader
from torchdata.stateful_dataloader import StatefulDataLoader


class Stateful(Case):
    def test_goes_on_in_the_midst_of_an_epoch(self) -> None:
        for workers, count in ((0, 0), (0, 5), (1, 4), (2, 1), (2, 6), (3, 7), (2, len(EXPECTED) - 1)):
            first = self._loader(workers)
            head = digests(islice(first, count))
            state = copy.deepcopy(first.state_dict())
            del first
            second = self._loader(workers)
            second.load_state_dict(state)
            self.assertEqual(head + digests(second), EXPECTED, f"{workers} workers, {count} batches")

    def test_at_an_epochs_end_goes_on_with_the_next(self) -> None:
        for workers in (0, 2):
            first = self._loader(workers)
            digests(first)
            state = copy.deepcopy(first.state_dict())
            del first
            second = self._loader(workers)
            second.load_state_dict(state)
            self.assertEqual(digests(second), digests(make(epochs=2))[len(EXPECTED) :], f"{workers} workers")

    def _loader(self, workers: int) -> StatefulDataLoader:
        batches = make(threads=1)
        return StatefulDataLoader(batches, batch_size=None, num_workers=workers, persistent_workers=workers > 0)


class Accelerated(Case):
    def test_prepares_them(self) -> None:
        from accelerate import Accelerator

        model = torch.nn.Linear(20, 20)
        accelerator = Accelerator(cpu=True)
        model, batches, loader = accelerator.prepare(model, make(), DataLoader(make(), batch_size=None))
        self.assertEqual(digests(batches), EXPECTED)
        seen = []
        for batch in loader:
            seen.append(digest(batch))
            accelerator.backward((model(batch["observation.state"]) - batch["action"][:, :1]).square().mean())
        self.assertEqual(seen, EXPECTED)


class Lightning(Case):
    def test_fits_and_goes_on_from_a_checkpoint(self) -> None:
        import lightning

        class Policy(lightning.LightningModule):
            def __init__(self) -> None:
                super().__init__()
                self.net = torch.nn.Linear(20, 20)
                self.seen: list[str] = []

            def training_step(self, batch: dict[str, Any], _: int) -> Any:
                self.seen.append(digest(batch))
                return (self.net(batch["observation.state"]) - batch["action"][:, :1]).square().mean()

            def configure_optimizers(self) -> Any:
                return torch.optim.SGD(self.parameters(), 0.01)

        def trainer(steps: int) -> Any:
            quiet = dict(logger=False, enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False)
            return lightning.Trainer(max_steps=steps, accelerator="cpu", default_root_dir=folder, **quiet)

        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message="tendon:")
            for wrapped in (
                make(),
                DataLoader(make(), batch_size=None),
                DataLoader(make(threads=1), batch_size=None, num_workers=2),
            ):
                policy = Policy()
                trainer(3).fit(policy, wrapped)
                self.assertEqual(policy.seen, EXPECTED[:3])


if __name__ == "__main__":
    unittest.main()
