"""What the caller asks for, as the loader's process takes it."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Union

from .errors import BadArgument, bad_argument
from .names import camel

Path = Union[str, "os.PathLike[str]"]
Paths = Union[Path, Sequence[Union[Path, Mapping[str, Any]]]]
Windows = Mapping[str, Iterable[int]]


def loader_options(path: Paths, given: Mapping[str, Any]) -> dict[str, Any]:
    """Options as JSON, without those that are None. Names and values are checked by the loader itself."""
    options: dict[str, Any] = {"path": _plain("path", path)}
    for name, value in given.items():
        if value is not None:
            options[camel(name)] = _CONVERTED[name](name, value) if name in _CONVERTED else _plain(name, value)
    return options


def _whole(name: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise bad_argument(name, f"must be a whole number (got {value!r})") from None


def _windows(name: str, value: Any) -> dict[str, list[int]]:
    if not isinstance(value, Mapping):
        raise bad_argument(name, f"must map streams to offsets in rows, as {{'action': range(16)}} (got {value!r})")
    return {
        str(stream): [_whole(f"{name}.{stream}", row) for row in _each(f"{name}.{stream}", rows)]
        for stream, rows in value.items()
    }


def _seconds(name: str, value: Any) -> dict[str, list[float]]:
    if not isinstance(value, Mapping):
        raise bad_argument(name, f"must map streams to offsets in seconds, as {{'action': [0.0, 0.1]}} (got {value!r})")
    return {str(stream): [float(sec) for sec in _each(f"{name}.{stream}", secs)] for stream, secs in value.items()}


def _each(name: str, value: Any) -> Iterable[Any]:
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise bad_argument(name, f"must be a list of offsets (got {value!r})")
    return value  # type: ignore[no-any-return]


def _size(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return _plain(name, value)
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
        return {"height": _whole(name, value[0]), "width": _whole(name, value[1])}
    raise bad_argument(name, f"must be (height, width) (got {value!r})")


def _order(name: str, value: Any) -> Any:
    return {camel(str(key)): _plain(name, each) for key, each in value.items()} if isinstance(value, Mapping) else value


def _plain(name: str, value: Any) -> Any:
    """A value as JSON has it; NumPy's numbers and paths among them."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(f"{name}.{key}", each) for key, each in value.items()}
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "__iter__"):
        return [_plain(name, each) for each in value]
    if hasattr(value, "item"):
        return value.item()
    raise BadArgument("bad-pipeline", f"cannot be sent to the loader (got {type(value).__name__})", {"path": name})


_CONVERTED = {
    "batch_size": _whole,
    "seed": _whole,
    "rank": _whole,
    "world": _whole,
    "threads": _whole,
    "windows": _windows,
    "native_windows": _windows,
    "delta_timestamps": _seconds,
    "size": _size,
    "order": _order,
}
