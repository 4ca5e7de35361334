"""One process that loads, with the memory that it fills."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import weakref
from collections.abc import Sequence
from typing import Any

from .errors import TendonError, error_of_message, make_error
from .memory import Kind, Ring
from .wire import Channel

_EXIT_MACHINE = 3
_END_SEC = 1.0
#: What glibc is told, where nobody told it. The first: what is larger is copied past the processor's caches. Nobody looks
#: at a picture again before the whole batch is there, and each is copied in two thirds of the time; it is smaller than the
#: picture that most models take. The second: threads share what one of them freed.
_GLIBC = {"glibc.cpu.x86_non_temporal_threshold": "0x20000", "glibc.malloc.arena_max": "2"}
#: Young objects of Node's main thread take 3 MB: by itself it collects at 48.
_NODE = "--max-semi-space-size=1"

_sessions: weakref.WeakSet[Session] = weakref.WeakSet()


class Died(Exception):
    """The process was ended by a signal: another one may go on."""


class Session:
    """The loader's process. It is open when it has said what it will give; then `start` makes room and lets it begin."""

    def __init__(self, command: Sequence[str], options: dict[str, Any], *, held: int, kind: Kind) -> None:
        self._owner = os.getpid()
        self.ring = Ring(kind)
        try:
            self._process = _spawn(command, self.ring.files)
        except BaseException:
            self.ring.close_files()
            raise
        pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        self.channel = Channel(*(os.dup(pipe.fileno()) for pipe in pipes if pipe))
        for pipe in pipes:
            if pipe:
                pipe.close()
        _sessions.add(self)
        self.channel.send({"open": options, "files": self.ring.files, "parent": self._owner, "held": held})

    def opened(self) -> dict[str, Any]:
        """Waits until the dataset is open: its fields, sizes and state."""
        message = self.receive()
        if "opened" not in message:
            raise TendonError("internal", f"the loader's process began with {sorted(message)}")
        opened: dict[str, Any] = message["opened"]
        return opened

    def start(self, opened: dict[str, Any]) -> None:
        """Makes room for the slots and lets the process fill them. Raises NoRoom."""
        self.ring.allocate(opened["slots"], opened["slotBytes"])
        self.channel.send({"memory": "ready"})

    def receive(self) -> dict[str, Any]:
        """The next message. An error that the process tells is raised; so is its death."""
        message = self.channel.receive()
        if message is None:
            raise self._gone()
        if "error" in message:
            self.close()
            raise error_of_message(message["error"])
        return message

    def close(self) -> None:
        """Ends the process. What was handed over stays."""
        if os.getpid() != self._owner:
            return
        self.channel.close()
        self.ring.close_files()
        _end(self._process)

    def abandon(self) -> None:
        """In a forked child: lets go of the pipes, so that they close when the parent's do."""
        self.channel.abandon()
        self.ring.close_files()
        # The process is no child of this one: there is nothing to wait for.
        self._process.returncode = 0

    def _gone(self) -> Exception:
        if self.channel.closed:
            return make_error("cancelled", "the batches were closed")
        words = self.channel.last_words()
        self.channel.close()
        self.ring.close_files()
        code = _end(self._process)
        if code < 0:
            return Died(_signal_name(-code))
        said = f": {words}" if words else " and said nothing"
        return make_error(
            "missing-tool" if code == _EXIT_MACHINE else "internal", f"the loader's process ended with {code}{said}"
        )


def _spawn(command: Sequence[str], files: Sequence[int]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [*command, "loader", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            pass_fds=files,
            env=_environment(),
        )
    except OSError as cause:
        raise make_error("missing-tool", f"`{command[0]}` could not be started: {cause.strerror}") from cause


def _environment() -> dict[str, str]:
    """This process's own; whoever tuned glibc or Node already knows better. Of two equal options Node takes the last."""
    tuned = os.environ.get("GLIBC_TUNABLES", "")
    known = platform.machine() in ("x86_64", "AMD64")
    own = [f"{name}={value}" for name, value in _GLIBC.items() if name not in tuned and ("x86" not in name or known)]
    return {
        **os.environ,
        "GLIBC_TUNABLES": ":".join([*([tuned] if tuned else []), *own]),
        "NODE_OPTIONS": f"{_NODE} {os.environ.get('NODE_OPTIONS', '')}".strip(),
    }


def _end(process: subprocess.Popen[bytes]) -> int:
    """Waits a little for a process that was told to end, then ends it."""
    try:
        return process.wait(_END_SEC)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _abandon_all() -> None:
    for session in list(_sessions):
        session.abandon()
    _sessions.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)
