"""Which share of the batches is this process's own."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from .errors import bad_argument


@dataclass(frozen=True)
class Worker:
    """One of a DataLoader's workers: it gives every ``count``-th batch from ``index`` on."""

    index: int
    count: int


def rank_and_world(rank: int | None, world: int | None) -> tuple[int, int]:
    """As given; else as torch.distributed says once it is initialised; else RANK and WORLD_SIZE; else 0 of 1."""
    if rank is not None or world is not None:
        if rank is None or world is None:
            raise bad_argument("world" if world is None else "rank", "is missing: give `rank` and `world` together")
        return rank, world
    torch = sys.modules.get("torch")
    distributed = getattr(torch, "distributed", None)
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return _whole("RANK", 0), _whole("WORLD_SIZE", 1)


def worker() -> Worker | None:
    """The DataLoader's worker that this process is."""
    data = getattr(getattr(sys.modules.get("torch"), "utils", None), "data", None)
    info = data.get_worker_info() if data is not None else None
    return None if info is None else Worker(info.id, info.num_workers)


def default_threads() -> int:
    """This process's share of the cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    own = worker()
    return max(1, cores // (_whole("LOCAL_WORLD_SIZE", 1) * (own.count if own else 1)))


def _whole(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isdigit() and int(text) >= (1 if default else 0) else default
