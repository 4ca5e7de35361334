"""What goes wrong, as exceptions in the process that asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .names import snake

_CAMEL_IN_QUOTES = re.compile(r'"([a-z]+(?:[A-Z][a-z]*)+)"')


class TendonError(Exception):
    """Every error of this package.

    ``code`` is one of ``bad-pipeline`` (an argument is wrong), ``bad-data``, ``not-found``, ``missing-tool``,
    ``no-space``, ``plugin-failed``, ``cancelled`` and ``internal``. ``place`` says where, as far as known:
    ``file``, ``offset``, ``episode``, ``stream``, and ``path``, the argument. The text holds all of it.
    """

    def __init__(self, code: str, message: str | None = None, place: Mapping[str, Any] | None = None) -> None:
        # One text alone is the message: torch's DataLoader rebuilds a worker's exception from its text.
        if message is None:
            code, message = "internal", code
        self.code = code
        self.place = dict(place or {})
        self.message = message
        super().__init__(_place_text(self.place) + message)

    def __reduce__(self) -> Any:
        return (type(self), (self.code, self.message, self.place))


class BadArgument(TendonError, ValueError):
    """An argument or a state is wrong: nothing was loaded."""


class NotFound(TendonError, FileNotFoundError):
    """A dataset or a file of it is not there."""


class MissingTool(TendonError, RuntimeError):
    """Node, Tendon itself or a package of it must be installed first."""


_OF_CODE: dict[str, type[TendonError]] = {
    "bad-pipeline": BadArgument,
    "not-found": NotFound,
    "missing-tool": MissingTool,
}


def make_error(code: str, message: str, place: Mapping[str, Any] | None = None) -> TendonError:
    """The exception that fits a code."""
    return _OF_CODE.get(code, TendonError)(code, message, place)


def bad_argument(name: str, message: str) -> BadArgument:
    return BadArgument("bad-pipeline", message, {"path": name})


def error_of_message(error: Mapping[str, Any]) -> TendonError:
    """An error that the loader's process told. It names options as JavaScript does; the caller gave Python's names."""
    code, message = str(error.get("code", "internal")), str(error.get("message", "unknown"))
    place = dict(error.get("place") or {})
    if code == "bad-pipeline":
        message = _CAMEL_IN_QUOTES.sub(lambda found: f'"{snake(found[1])}"', message)
        first, dot, rest = str(place.get("path", "")).partition(".")
        place["path"] = snake(first) + dot + rest
    return make_error(code, message, {key: value for key, value in place.items() if value != ""})


def _place_text(place: Mapping[str, Any]) -> str:
    parts = []
    if "path" in place:
        parts.append(str(place["path"]))
    if "file" in place:
        parts.append(f"{place['file']} at byte {place['offset']}" if "offset" in place else str(place["file"]))
    if "episode" in place:
        parts.append(f"episode {place['episode']}")
    if "stream" in place:
        parts.append(f"stream {place['stream']}")
    return f"{', '.join(parts)}: " if parts else ""
