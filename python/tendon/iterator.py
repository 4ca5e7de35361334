"""One pass over the batches: what `iter(batches)` gives."""

from __future__ import annotations

import math
import os
import warnings
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import pin
from .errors import TendonError, make_error
from .find import find_command
from .memory import Kind, NoRoom, Ring, first_kind, warn_of_file
from .position import Position
from .process import Died, Session
from .world import Worker

if TYPE_CHECKING:
    from .batches import Batches

_RESTARTS_MAX = 3


class BatchIterator(Iterator["dict[str, Any]"]):
    """Batches from the position on. The decoding process is its own: it starts with it and ends with it."""

    def __init__(self, batches: Batches, position: Position, worker: Worker | None, *, starts: bool) -> None:
        self._owner = os.getpid()
        self._batches = batches
        self._position = position
        self._worker = worker
        self._over = not starts
        self._next = position.first(worker)
        self._restarts = 0
        self._kind: Kind = first_kind(batches.choices.memory)
        self._torch = _torch() if batches.choices.as_ == "torch" else None
        self._pin = pin.pinning(batches.choices.pin, torch=self._torch)
        self._command = find_command(batches.choices.command)
        self._fields: list[tuple[str, str, tuple[int, ...], int, int]] | None = None
        if starts:
            self._spawn()

    def __iter__(self) -> BatchIterator:
        return self

    def __next__(self) -> dict[str, Any]:
        if os.getpid() != self._owner:
            raise TendonError("internal", "this iterator belongs to the process that made it: make another with iter(batches)")
        while not self._over:
            message = self._receive()
            if message is None:
                continue
            if "batch" in message:
                return self._give(message["batch"])
            elif "note" in message:
                warnings.warn(f"tendon: {message['note']}", RuntimeWarning, stacklevel=2)
            elif "end" in message:
                self._position.finish(self._worker)
                self.close()
        raise StopIteration

    def close(self) -> None:
        """Ends the process. Batches that were given stay."""
        self._over = True
        if hasattr(self, "_end"):
            self._end()

    def _spawn(self) -> None:
        options = self._batches.request(self._position, self._next, self._worker)
        session = Session(self._command, options, held=self._batches.choices.held + 1, kind=self._kind)
        self._epochs = options.get("epochs")
        self._session = session
        self._fields = None
        # Also when this is collected, and when the interpreter ends.
        self._end = weakref.finalize(self, session.close)

    def _receive(self) -> dict[str, Any] | None:
        """The next message; None when there is to be another try."""
        try:
            if self._fields is None:
                self._begin()
            return self._session.receive()
        except Died as death:
            self._restart(death)
            return None
        except NoRoom as why:
            self._use_file(why)
            return None
        except TendonError:
            self.close()
            raise

    def _begin(self) -> None:
        try:
            opened = self._session.opened()
            self._batches.learn(opened)
            if self._epochs is not None:
                self._position.end = math.floor(self._epochs * opened["batchesPerEpoch"])
            self._needs = opened["slots"] * opened["slotBytes"]
            self._session.start(opened)
            self._pinned = self._pin and pin.register(self._session.ring, self._torch)
        except (Died, NoRoom):
            raise
        except BaseException:
            # Half a start cannot go on, not even behind a Ctrl-C.
            self.close()
            raise
        self._fields = [_place(field) for field in opened["fields"]]

    def _give(self, message: dict[str, Any]) -> dict[str, Any]:
        index = message["index"]
        if index != self._next:
            self.close()
            raise TendonError("internal", f"the loader's process gave batch {index} where {self._next} was due")
        self._restarts = 0
        batch = self._tensors(self._bytes(message["slot"]), message["tasks"])
        self._position.gave(index, self._worker)
        self._next = self._position.batch
        for skipped in message.get("skipped", ()):
            text = f"tendon: sample {skipped['sample']} of batch {index} was left out: {skipped['reason']}"
            warnings.warn(text, RuntimeWarning, stacklevel=3)
        return batch

    def _bytes(self, slot: int) -> np.ndarray[Any, Any]:
        """A slot's own memory, or a copy where the user holds so much that none would be left to fill."""
        ring: Ring = self._session.ring
        taken = ring.take(slot, self._session.channel.release)
        return taken if ring.in_use <= self._batches.choices.held + 1 else taken.copy()

    def _tensors(self, base: np.ndarray[Any, Any], tasks: list[str | None]) -> dict[str, Any]:
        batch: dict[str, Any] = {}
        assert self._fields is not None
        for name, dtype, shape, start, end in self._fields:
            array = base[start:end].view(dtype).reshape(shape)
            if name == "task_index":
                batch["task"] = [tasks[place] for place in array.tolist()]
            else:
                batch[name] = self._tensor(array)
        return batch

    def _tensor(self, array: np.ndarray[Any, Any]) -> Any:
        if self._torch is None:
            return array
        tensor = self._torch.from_numpy(array)
        return tensor.pin_memory() if self._pin and not self._pinned else tensor

    def _restart(self, death: Died) -> None:
        self.close()
        self._restarts += 1
        if self._restarts > _RESTARTS_MAX:
            raise make_error("plugin-failed", f"the loader's process was ended by {death} {self._restarts} times without a batch")
        text = f"tendon: the loader's process was ended by {death}; another one goes on with batch {self._next}"
        warnings.warn(text, RuntimeWarning, stacklevel=4)
        self._over = False
        self._spawn()

    def _use_file(self, why: NoRoom) -> None:
        self.close()
        megabytes = self._needs // 1_000_000
        if self._kind == "file":
            raise make_error("no-space", f"no room for {megabytes} MB of batches in the temporary folder ({why})")
        warn_of_file(megabytes, str(why))
        self._kind = "file"
        self._over = False
        self._spawn()


def _place(field: dict[str, Any]) -> tuple[str, str, tuple[int, ...], int, int]:
    shape = tuple(field["shape"])
    return (
        field["name"],
        field["dtype"],
        shape,
        field["start"],
        field["start"] + math.prod(shape) * np.dtype(field["dtype"]).itemsize,
    )


def _torch() -> Any:
    try:
        import torch
    except ImportError as cause:
        raise make_error("missing-tool", 'torch is not installed: install it, or ask for as_="numpy"') from cause
    return torch
