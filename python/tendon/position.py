"""Where a loader stands, and where it goes on: plain arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import bad_argument
from .world import Worker

FORMAT = "loader 1"


@dataclass
class Position:
    """The batch that comes next, counted over all epochs."""

    batch: int = 0
    #: Where the pass under way ends; None: never, or not known yet.
    end: int | None = None
    #: A batch of this pass was given to the user.
    begun: bool = False
    #: The worker whose own next batch `batch` is; None: it is everybody's.
    worker: Worker | None = None
    #: This worker has given all that it has of the pass, while others may not.
    ended: bool = False

    @property
    def inside(self) -> int:
        """A batch of the pass under way: what a worker gave last, or what comes next."""
        return self.batch - self.worker.count if self.worker else self.batch

    def start_pass(self) -> bool:
        """Moves to where the next iterator begins. False: it gives nothing, since its worker had ended."""
        if self.ended and not self.begun:
            self._move_to_end()
            return False
        if self.begun and self.end is not None:
            self._move_to_end()
        self.begun = False
        return True

    def first(self, worker: Worker | None) -> int:
        """The first batch that this process gives."""
        if worker is None:
            if self.worker is not None:
                raise bad_argument("state", f"was taken in one of {self.worker.count} workers: resume with as many")
            return self.batch
        if self.worker is None:
            return self.batch + worker.index
        if self.worker != worker:
            raise bad_argument(
                "state",
                f"was taken in worker {self.worker.index} of {self.worker.count}, "
                f"this is worker {worker.index} of {worker.count}: resume with as many",
            )
        return self.batch

    def gave(self, index: int, worker: Worker | None) -> None:
        self.batch = index + (worker.count if worker else 1)
        self.worker = worker
        self.begun = True

    def finish(self, worker: Worker | None) -> None:
        """The pass is over for this process."""
        self.begun = True
        if worker is None:
            self._move_to_end()
        else:
            self.worker, self.ended = worker, True

    def json(self) -> dict[str, Any]:
        own = {"worker": [self.worker.index, self.worker.count]} if self.worker else {}
        return {"batch": self.batch, **own, **({"ended": True} if self.ended else {})}

    def _move_to_end(self) -> None:
        if self.end is not None:
            self.batch = self.end
        self.end, self.begun, self.worker, self.ended = None, False, None, False


def position_of(state: Mapping[str, Any]) -> Position:
    batch = state.get("batch")
    if state.get("tendon") != FORMAT or not isinstance(batch, int) or isinstance(batch, bool) or batch < 0:
        raise bad_argument("state", f"is no state of a loader (got {str(dict(state))[:80]})")
    worker = state.get("worker")
    return Position(batch, worker=Worker(*worker) if worker else None, ended=bool(state.get("ended")))


def epochs_until_end(batch: int, *, epochs: float, per_epoch: float) -> float:
    """Epochs at whose end the pass of a batch is over: a pass is `epochs` long, and the next begins where it ends."""
    passes = max(1, int(batch // (epochs * per_epoch)))
    while math.floor(passes * epochs * per_epoch) <= batch:
        passes += 1
    return passes * epochs
