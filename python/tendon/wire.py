"""Messages to and from the loader's process: lines of JSON over pipes."""

from __future__ import annotations

import json
import os
import select
import threading
from typing import Any

from .errors import TendonError

LINE_BYTES_MAX = 16 << 20
_STDERR_KEPT = 4096
_READ_BYTES = 1 << 16


class Channel:
    """The three pipes of a child: what is sent, what is received, and the end of what it says on stderr."""

    def __init__(self, stdin: int, stdout: int, stderr: int) -> None:
        self._owner = os.getpid()
        self._stdin, self._stdout, self._stderr = stdin, stdout, stderr
        os.set_blocking(stdin, False)
        # Reentrant: a garbage collection in the midst of a send may release slots.
        self._lock = threading.RLock()
        self._closed = False
        self._stderr_ended = False
        self._rest = bytearray()
        self._searched = 0
        self._errors = b""

    def send(self, message: dict[str, Any]) -> None:
        """Sends a message; one for a process that is gone is lost without a word: `receive` tells of it."""
        if os.getpid() != self._owner:
            return
        left = json.dumps(message, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        with self._lock:
            while left and not self._closed:
                try:
                    left = left[os.write(self._stdin, left) :]
                except BlockingIOError:
                    _wait([self._stdin], select.POLLOUT)
                except OSError:
                    return

    def release(self, slot: int) -> None:
        self.send({"release": slot})

    def receive(self) -> dict[str, Any] | None:
        """The next message, waited for; None when the other side is gone."""
        while True:
            end = self._rest.find(b"\n", self._searched)
            if end >= 0:
                line = bytes(self._rest[:end])
                del self._rest[: end + 1]
                self._searched = 0
                return _parse(line)
            self._searched = len(self._rest)
            if self._searched > LINE_BYTES_MAX:
                raise TendonError("internal", f"the loader's process sent a message of more than {LINE_BYTES_MAX >> 20} MiB")
            if self._closed or not self._fill():
                return None

    def last_words(self) -> str:
        """The end of what the process said on stderr, all of it when the process has ended."""
        while not self._closed and not self._stderr_ended and _wait([self._stderr], timeout_ms=200):
            self._hear()
        return self._errors.decode(errors="replace").strip()

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Closes the pipes, which ends the process."""
        with self._lock:
            if self._closed:
                return
            self.abandon()

    def abandon(self) -> None:
        """The same without the lock, which a thread that was not forked along may hold."""
        if not self._closed:
            self._closed = True
            for file in (self._stdin, self._stdout, self._stderr):
                os.close(file)

    def _fill(self) -> bool:
        """Waits for more of either pipe. False: nothing will come."""
        watched = [self._stdout] if self._stderr_ended else [self._stdout, self._stderr]
        ready = _wait(watched)
        if self._stderr in ready:
            self._hear()
        if self._stdout not in ready:
            return True
        read = os.read(self._stdout, _READ_BYTES)
        self._rest += read
        return len(read) > 0

    def _hear(self) -> None:
        read = os.read(self._stderr, _READ_BYTES)
        self._stderr_ended = len(read) == 0
        self._errors = (self._errors + read)[-_STDERR_KEPT:]


def _wait(files: list[int], events: int | None = None, timeout_ms: int | None = None) -> list[int]:
    """Those that are ready, to be read unless said otherwise. Unlike select, for any number of open files."""
    waiter = select.poll()
    for file in files:
        waiter.register(file, select.POLLIN if events is None else events)
    return [file for file, _ in waiter.poll(timeout_ms)]


def _parse(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise TendonError("internal", f"the loader's process sent what is no message: {line[:80]!r}")
    return message
