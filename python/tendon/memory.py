"""The memory that batches stand in: files without a name, written by the loader's process and mapped here."""

from __future__ import annotations

import errno
import mmap
import os
import tempfile
import warnings
import weakref
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from .errors import make_error

#: The kernel lets one thread at a time write to a file.
FILES = 8

Kind = Literal["shared", "file"]


class NoRoom(Exception):
    """The files cannot be as large as the slots need."""


class Ring:
    """Slots of one whole batch each, striped over the files: slot s lies in file s mod F, at (s div F) slots.

    The files have no name, so nothing of them outlives the processes that have them open. Whoever holds an array of
    a slot holds its file; the ring may be closed long before.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind: Kind = kind
        self.files = [_nameless_file(kind) for _ in range(FILES)]
        self.slot_bytes = 0
        self._maps: list[mmap.mmap] = []
        self._in_use: set[int] = set()
        #: Called when no slot is referred to any more and the memory is about to go.
        self.before_unmap: Callable[[], object] | None = None

    def __del__(self) -> None:
        if self.before_unmap:
            self.before_unmap()

    @property
    def in_use(self) -> int:
        """Slots that somebody refers to."""
        return len(self._in_use)

    def allocate(self, slots: int, slot_bytes: int) -> None:
        """Makes room for all slots, in the memory itself and not by promise, and maps them. Raises NoRoom."""
        self.slot_bytes = slot_bytes
        for place, file in enumerate(self.files):
            size = -(-(slots - place) // FILES) * slot_bytes
            if size <= 0:
                break
            _reserve(file, size)
            self._maps.append(mmap.mmap(file, size))
        self.close_files()

    def close_files(self) -> None:
        """The other process and the maps have their own."""
        while self.files:
            os.close(self.files.pop())

    def take(self, slot: int, release: Callable[[int], object]) -> np.ndarray[Any, Any]:
        """The bytes of a slot. ``release`` is called once nothing refers to them or to a view of them."""
        start = (slot // FILES) * self.slot_bytes
        # Views of this array refer to it, and not past it: NumPy stops at a base that is no array itself.
        base = np.frombuffer(self._maps[slot % FILES], np.uint8, self.slot_bytes, start)
        self._in_use.add(slot)
        weakref.finalize(base, self._dropped, slot, release).atexit = False
        return base

    def pages(self) -> list[tuple[int, int]]:
        """Address and length of each map."""
        return [(np.frombuffer(each, np.uint8).ctypes.data, len(each)) for each in self._maps]

    def _dropped(self, slot: int, release: Callable[[int], object]) -> None:
        self._in_use.discard(slot)
        release(slot)


def _nameless_file(kind: Kind) -> int:
    if kind == "shared" and hasattr(os, "memfd_create"):
        return os.memfd_create("tendon-batches")
    with tempfile.TemporaryFile(prefix="tendon-") as file:
        return os.dup(file.fileno())


def _reserve(file: int, size: int) -> None:
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file, 0, size)
        else:
            os.ftruncate(file, size)
    except OSError as cause:
        if cause.errno in (errno.ENOSPC, errno.ENOMEM, errno.EFBIG, errno.EDQUOT):
            raise NoRoom(cause.strerror) from cause
        if cause.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
            raise
        os.ftruncate(file, size)


def first_kind(asked: str | None) -> Kind:
    """Shared memory unless a file was asked for or the system has none."""
    if os.name != "posix":
        raise make_error("missing-tool", "batches need Linux or macOS: on Windows use WSL")
    if asked == "file":
        return "file"
    if hasattr(os, "memfd_create"):
        return "shared"
    if asked == "shared":
        raise make_error("missing-tool", "this system has no memory without a name (memfd_create): leave `memory` out")
    return "file"


def warn_of_file(megabytes: int, why: str) -> None:
    warnings.warn(
        f"tendon: no room for {megabytes} MB of batches in shared memory ({why}); they go through a file in "
        f"{tempfile.gettempdir()} instead (TMPDIR names another folder). Smaller batches, a smaller `size` or a "
        "smaller `held` need less.",
        RuntimeWarning,
        stacklevel=2,
    )
