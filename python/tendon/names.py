"""Python's names of options, and the loader's."""

from __future__ import annotations

import re


def camel(name: str) -> str:
    """``batch_size`` as ``batchSize``."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def snake(name: str) -> str:
    """``batchSize`` as ``batch_size``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1].lower()}", name)
