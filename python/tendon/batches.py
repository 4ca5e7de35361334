"""`Batches`: what a training script holds."""

from __future__ import annotations

import importlib.util
import math
import sys
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Union

from .about import About, about_of
from .errors import bad_argument
from .find import find_command
from .iterator import BatchIterator
from .memory import first_kind
from .options import Paths, Windows, loader_options
from .pin import Pin
from .position import FORMAT, Position, epochs_until_end, position_of
from .process import Session
from .world import Worker, default_threads, rank_and_world, worker

if TYPE_CHECKING:
    from torch.utils.data import IterableDataset

    _Dataset = IterableDataset[dict[str, Any]]
else:
    # torch is loaded only where tensors are asked for; see _join_torch.
    _Dataset = object


@dataclass(frozen=True)
class Choices:
    """How batches are handed over."""

    as_: str
    held: int
    memory: str | None
    pin: Pin
    command: str | Sequence[str] | None


Order = Union[Literal["sequential", "local", "uniform"], float, Mapping[str, int]]


class Batches(_Dataset):
    """Batches of a dataset, one dict after another, as often as it is iterated over.

    Each batch is a dict. Of every stream that ``windows`` names, with B samples (this rank's share) and S steps:

    - ``"<stream>"``: pictures as uint8 ``[B, S, height, width, 3]``, numbers as ``[B, S, ...]`` in the type they are
      stored in (float32 mostly);
    - ``"<stream>_is_pad"``: bool ``[B, S]``, True where the row lies beyond the episode's ends and its first or last
      row stands in.

    And of every sample: ``"task"``, a list of B texts (or None); ``"episode_index"``, ``"frame_index"`` and
    ``"dataset_index"``, int64 ``[B]``: where it came from; ``"is_valid"``, bool ``[B]``: False for one that only fills up
    the batch.

    Tensors are contiguous and lie in memory shared with the process that decodes; nothing is copied. A batch is yours
    as long as you keep it, and may be changed in place.

    Arguments, beside the loader's own (docs/loader.md), which are given by their names in snake_case (``gr00t``,
    ``normalise``, ``augment``, ``native_windows``, ``segments``, ``on_error``, ``tiers``, ``temperature``, ``verify``):

    - ``path``: a LeRobot (v2.x, v3.0) or GR00T folder, a view or the home of a Tendon dataset, a mixture.json; or a list
      of any of them, those with a share of their own as ``{"path": ..., "weight": 2}``.
    - ``batch_size``: over all ranks together.
    - ``windows``: rows of each stream, as offsets from the sample's row; or ``delta_timestamps``: in seconds.
    - ``size``: (height, width) of pictures. None: the video's own.
    - ``rank``, ``world``: as torch.distributed or RANK and WORLD_SIZE say, unless given.
    - ``epochs``: how long one pass over this object is. None: without end. Iterating again goes on with the next
      pass, in another order.
    - ``threads``: that decode. None: the cores, shared with the other ranks of this machine.
    - ``as_``: ``"torch"`` or ``"numpy"``. None: torch where it is installed.
    - ``held``: how many earlier batches you may hold while you get the next without that one being copied. What you
      hold is never overwritten.
    - ``memory``: ``"shared"`` or ``"file"``. None: shared memory, or a file without a name in TMPDIR where that has no room.
    - ``pin``: page-lock the memory for copies to a GPU. ``"auto"``: where there is CUDA.
    - ``command``: the words that start ``tendon``, where they are not found by themselves.

    It is an ``IterableDataset`` to torch (``DataLoader(batches, batch_size=None)``), and has ``state_dict`` and
    ``load_state_dict``. Errors are ``tendon.TendonError``: ``BadArgument`` (a ValueError), ``NotFound`` (a
    FileNotFoundError), ``MissingTool``, or the class itself; they come from iterating and from ``about``.
    """

    def __init__(
        self,
        path: Paths,
        *,
        batch_size: int,
        windows: Windows | None = None,
        delta_timestamps: Mapping[str, Iterable[float]] | None = None,
        seed: int = 0,
        size: Sequence[int] | Mapping[str, int] | None = None,
        order: Order = "local",
        edges: Literal["hold", "drop"] = "hold",
        tail: Literal["drop", "wrap", "pad"] = "drop",
        rank: int | None = None,
        world: int | None = None,
        epochs: float | None = None,
        threads: int | None = None,
        as_: Literal["torch", "numpy"] | None = None,
        held: int = 2,
        memory: Literal["shared", "file"] | None = None,
        pin: Pin = "auto",
        command: str | Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        if windows is None and delta_timestamps is None and not {"gr00t", "native_windows"} & options.keys():
            raise bad_argument("windows", "is missing: name the streams, as windows={'action': range(16)}")
        if as_ not in (None, "torch", "numpy"):
            raise bad_argument("as_", f'must be "torch" or "numpy" (got {as_!r})')
        if memory not in (None, "shared", "file"):
            raise bad_argument("memory", f'must be "shared" or "file" (got {memory!r})')
        if isinstance(held, bool) or not isinstance(held, int) or held < 0:
            raise bad_argument("held", f"must be a whole number from 0 (got {held!r})")
        if epochs is not None and not epochs > 0:
            raise bad_argument("epochs", f"must be above 0 (got {epochs!r})")
        named = dict(batch_size=batch_size, windows=windows, delta_timestamps=delta_timestamps, seed=seed, size=size)
        rest = dict(order=order, edges=edges, tail=tail, threads=threads, **options)
        self._options = loader_options(path, {**named, **rest})
        self._rank, self._world = rank, world
        self._epochs = epochs
        form = as_ or ("torch" if importlib.util.find_spec("torch") else "numpy")
        self.choices = Choices(form, held, memory, pin, command)
        self._position = Position()
        #: Of a state that was loaded, as long as nobody knows better.
        self._order: str | None = None
        self._about: About | None = None
        self._iterator: weakref.ref[BatchIterator] | None = None
        self._join_torch()

    @property
    def about(self) -> About:
        """Samples, batches of an epoch, the order's digest, and every tensor's type and shape. Opens the dataset."""
        if self._about is None:
            command = find_command(self.choices.command)
            session = Session(command, self._asked(), held=0, kind=first_kind(self.choices.memory))
            try:
                self.learn(session.opened())
            finally:
                session.close()
        assert self._about is not None
        return self._about

    def state_dict(self) -> dict[str, Any]:
        """Where the loader stands, as JSON of under 200 bytes: behind the last batch that was given."""
        return {**self._identity(), **self._position.json()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on where a state was taken, with the next `iter`; with any number of ranks. One of another dataset, of
        other options or of another seed is refused with a BadArgument: here, or where the first batch is asked for."""
        position = position_of(state)
        if state.get("seed") != self._options["seed"]:
            raise bad_argument("state", f"was taken with seed {state.get('seed')}, this loader has {self._options['seed']}")
        if self._about is not None:
            _check_order(state.get("order"), self._about)
        self.close()
        self._order = state.get("order")
        self._position = position

    def __iter__(self) -> Iterator[dict[str, Any]]:
        # Whoever still iterates keeps the old position.
        position = replace(self._position)
        if position.ended and not position.begun:
            position.end = math.floor((self._epochs_until_end(position) or 0) * self.about.batches_per_epoch)
        starts = position.start_pass()
        self._position = position
        iterator = BatchIterator(self, position, worker(), starts=starts)
        self._iterator = weakref.ref(iterator)
        return iterator

    def __len__(self) -> int:
        """Batches of one pass. Without `epochs` there is no end: a TypeError."""
        if self._epochs is None:
            raise TypeError("batches without `epochs` have no end, and so no length")
        return math.floor(self._epochs * self.about.batches_per_epoch)

    def __bool__(self) -> bool:
        return True

    def close(self) -> None:
        """Ends the process that decodes. Batches that you hold stay; iterating again starts another."""
        iterator = self._iterator() if self._iterator else None
        if iterator is not None:
            iterator.close()
        self._iterator = None

    def __enter__(self) -> Batches:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Batches({self._options['path']!r}, batch_size={self._options['batchSize']})"

    def __getstate__(self) -> dict[str, Any]:
        # A spawned worker knows neither torch.distributed nor the iterator.
        rank, world = rank_and_world(self._rank, self._world)
        return {**self.__dict__, "_rank": rank, "_world": world, "_iterator": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._join_torch()

    def request(self, position: Position, first: int, own: Worker | None) -> dict[str, Any]:
        """What the loader's process is asked for: batches from `first` on, a worker's own of them, to the end of the pass."""
        asked = self._asked()
        epochs = self._epochs_until_end(position)
        if epochs is not None:
            asked["epochs"] = epochs
        if own is not None:
            asked["stride"] = {"index": first % own.count, "count": own.count}
        if first > 0 or self._order is not None:
            asked["state"] = {**self._identity(), "batch": first}
        return asked

    def learn(self, opened: Mapping[str, Any]) -> None:
        """What a process said when it had opened the dataset."""
        about = about_of(opened)
        if self._order is not None:
            _check_order(self._order, about)
        self._about = about

    def _asked(self) -> dict[str, Any]:
        rank, world = rank_and_world(self._rank, self._world)
        return {"threads": default_threads(), **self._options, "rank": rank, "world": world}

    def _identity(self) -> dict[str, Any]:
        order = self._about.order if self._about else self._order
        return {"tendon": FORMAT, "order": order or self.about.order, "seed": self._options["seed"]}

    def _epochs_until_end(self, position: Position) -> float | None:
        if self._epochs is None:
            return None
        inside = position.inside
        return (
            self._epochs if inside == 0 else epochs_until_end(inside, epochs=self._epochs, per_epoch=self.about.batches_per_epoch)
        )

    def _join_torch(self) -> None:
        """torch asks `isinstance(dataset, IterableDataset)`: yes, without torch being a base that must be imported."""
        if self.choices.as_ == "torch" or "torch" in sys.modules:
            try:
                from torch.utils.data import IterableDataset
            except ImportError:
                return
            IterableDataset.register(Batches)


def _check_order(order: object, about: About) -> None:
    if order != about.order:
        raise bad_argument(
            "state",
            "was taken of another dataset, or with other windows, order, edges, tail, weights or batch size: give the same",
        )
