"""Where the program is that loads."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlparse

from .errors import MissingTool, bad_argument

NODE_MAJOR = 24
_BRING = "run `npm test` or `node tools/setup.mjs install` in {root} once, which brings what is missing"


def find_command(command: str | Sequence[str] | None = None) -> list[str]:
    """The words that start `tendon`.

    In this order: the argument; TENDON_COMMAND; the checkout that this package was installed from; `tendon` on PATH.
    """
    if command is not None:
        words = shlex.split(command) if isinstance(command, str) else [str(word) for word in command]
        if not words:
            raise bad_argument("command", "is empty: give the words that start `tendon`")
        return words
    if given := os.environ.get("TENDON_COMMAND"):
        return shlex.split(given)
    for root in _checkouts():
        if (root / "bin" / "tendon.mjs").is_file():
            return _of_checkout(root)
    if found := shutil.which("tendon"):
        program = Path(found).resolve()
        # A link of npm's: an older Node would hand over to a newer one, and the descriptors of the memory would be lost.
        return _of_checkout(program.parent.parent) if program.name == "tendon.mjs" else [found]
    raise MissingTool(
        "missing-tool",
        "the program `tendon` was not found: install this package from a checkout (`pip install ./python`), put "
        "`tendon` on PATH, or name it with `command=` or TENDON_COMMAND",
    )


def _checkouts() -> Iterator[Path]:
    """The folder above `python/`, as pip noted it (PEP 610), and where this file lies."""
    try:
        noted = json.loads(metadata.distribution("tendon").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError, OSError):
        noted = {}
    url = urlparse(str(noted.get("url", "")))
    if url.scheme == "file":
        yield Path(unquote(url.path)).parent
    yield Path(__file__).resolve().parent.parent.parent


def _of_checkout(root: Path) -> list[str]:
    program = str(root / "bin" / "tendon.mjs")
    for folder in (root, *root.parents):
        own = folder / "node_modules" / "node" / "bin" / "node"
        if own.is_file():
            return [str(own), program]
    if not (root / "node_modules").is_dir() and root.parent.name != "node_modules":
        raise MissingTool("missing-tool", f"{root} has no node_modules: {_BRING.format(root=root)}")
    node = shutil.which("node")
    if node is None:
        raise MissingTool("missing-tool", f"Node {NODE_MAJOR} is needed, and no `node` is on PATH: {_BRING.format(root=root)}")
    version = _version(node)
    if version and int(version.split(".")[0]) < NODE_MAJOR:
        raise MissingTool("missing-tool", f"Node {NODE_MAJOR} is needed, {node} is {version}: {_BRING.format(root=root)}")
    return [node, program]


def _version(node: str) -> str | None:
    """`24.1.0`; None where it does not say."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    text = said.strip().removeprefix("v")
    return text if text.split(".")[0].isdigit() else None
