"""What is known of a dataset before the first batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stream:
    """One tensor of every batch."""

    dtype: str
    #: ``(sample, step, ...)``; pictures are ``(sample, step, height, width, 3)``.
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Dataset:
    """One dataset of a mixture, or the only one."""

    path: str
    #: The robot, as a policy knows it.
    tag: str
    #: Of all samples that are drawn; those of all datasets sum up to 1.
    share: float
    #: Of one epoch of the dataset.
    samples: int
    #: How its numbers were normalised, as plain data: `tendon.normalise.Normalisation` turns them back.
    normalisation: Mapping[str, Any]


@dataclass(frozen=True)
class About:
    """What a loader gives."""

    #: Samples of one epoch, over all ranks.
    samples: int
    #: Not a whole number with ``tail="wrap"``: there the last batch reaches into the next epoch.
    batches_per_epoch: float
    #: The beginning of the digest of all that decides the order. Equal digests and seeds give equal batches.
    order: str
    #: Every tensor of a batch by its key, those that tell where samples come from among them.
    streams: Mapping[str, Stream]
    #: In the order of ``"dataset_index"``.
    datasets: Sequence[Dataset]


_TOLD = ("path", "tag", "share", "samples", "normalisation")


def about_of(opened: Mapping[str, Any]) -> About:
    streams = {field["name"]: Stream(field["dtype"], tuple(field["shape"])) for field in opened["fields"]}
    streams.pop("task_index", None)
    return About(
        samples=opened["samples"],
        batches_per_epoch=opened["batchesPerEpoch"],
        order=opened["state"]["order"],
        streams=streams,
        datasets=[Dataset(**{key: each[key] for key in _TOLD}) for each in opened["about"]["datasets"]],
    )
