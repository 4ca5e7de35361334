"""What a loader did to a robot's numbers, and the way back: for where a policy runs. NumPy alone.

A loader gives its normalisation as plain data; keep it beside the weights as JSON::

    normalisation = Normalisation.from_json(Path("normalisation.json"))
    state = normalisation.apply("state", joints)                  # what the policy sees
    command = normalisation.invert("action", out, state=joints)   # what the robot does
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Mapping, Union

import numpy as np

#: A state as the robot has it: all its numbers, parts one behind another, or each part by its key.
State = Union[np.ndarray, Mapping[str, np.ndarray]]


class Normalisation:
    """How each tensor's numbers came about: parts of the robot one behind another, each scaled in its own way."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        if data.get("tendon") != "normalisation 1":
            raise ValueError(f"this is no normalisation that this version reads (tendon: {data.get('tendon')!r})")
        self.data = data
        self._tensors = {name: tuple(map(_Segment, segments)) for name, segments in data["tensors"].items()}

    @classmethod
    def from_json(cls, source: Mapping[str, Any] | str | bytes | os.PathLike[str]) -> Normalisation:
        """From a path, the JSON text itself, or what it was parsed to."""
        if isinstance(source, os.PathLike):
            source = Path(source).read_text(encoding="utf-8")
        return cls(json.loads(source) if isinstance(source, (str, bytes)) else source)

    def parts(self, name: str) -> dict[str, slice]:
        """Where each part stands among the robot's numbers of a tensor."""
        found, column = {}, 0
        for segment in self._of(name):
            if segment.raw:
                found[segment.key] = slice(column, column + segment.raw)
            column += segment.raw
        return found

    def apply(self, name: str, values: Any, state: State | None = None) -> np.ndarray:
        """The robot's numbers, ``[..., column]``, as a batch has them: float32.

        With statistics of each step, and where numbers are told from a state, ``values`` is ``[..., step, column]``;
        ``state`` is then ``[..., column]``: the last row of the state's window, not normalised.
        """
        segments = self._of(name)
        rows = self._checked(name, values, sum(segment.raw for segment in segments))
        done, column = [], 0
        for segment in segments:
            done.append(segment.apply(rows[..., column : column + segment.raw], state))
            column += segment.raw
        return np.concatenate([part.astype(np.float32) for part in done], axis=-1)

    def invert(self, name: str, values: Any, state: State | None = None) -> np.ndarray:
        """What a batch or a policy gives, ``[..., column]``, as the robot's numbers: float64.

        What was clipped comes back as the bound, and what never changed in the data as it always was.
        """
        segments = self._of(name)
        rows = self._checked(name, values, segments[-1].end if segments else 0)
        return np.concatenate([segment.invert(rows[..., segment.start : segment.end], state) for segment in segments], axis=-1)

    def _of(self, name: str) -> tuple[_Segment, ...]:
        if name not in self._tensors:
            raise KeyError(f"nothing says how {name} was normalised; there are {', '.join(self._tensors)}")
        return self._tensors[name]

    @staticmethod
    def _checked(name: str, values: Any, width: int) -> np.ndarray:
        rows = np.asarray(values, dtype=np.float64)
        if rows.ndim == 0 or rows.shape[-1] != width:
            raise ValueError(f"{name} has {width} numbers in a row (got shape {rows.shape})")
        return rows


class _Segment:
    """One part of a tensor."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.key: str = data["key"]
        self.start: int = data["from"]
        self.end: int = data["to"]
        self.kind: str = data["kind"]
        self.raw = {"padding": 0, "sin_cos": (self.end - self.start) // 2}.get(self.kind, self.end - self.start)
        self.type = np.float32 if data["precision"] == "float32" else np.float64
        self.bound = (lambda rows: np.clip(rows, -1, 1)) if data["clip"] else (lambda rows: rows)
        self.zero = data["constant"] == "zero"
        self.relative = data.get("relativeTo")
        names = ("mean", "std") if self.kind == "mean_std" else ("low", "high")
        self.first, self.second = (np.asarray(data[name], dtype=np.float64) if name in data else None for name in names)
        self.still = np.asarray(data.get("still", 0), dtype=bool)

    def apply(self, rows: np.ndarray, state: State | None) -> np.ndarray:
        rows = rows.astype(self.type)
        if self.relative:
            reference = self._reference(rows, state).astype(self.type).astype(np.float64)
            rows = self._told_from(rows.astype(np.float64), reference)
        if self.kind == "padding":
            return np.zeros((*rows.shape[:-1], self.end - self.start))
        if self.kind == "sin_cos":
            return np.concatenate([np.sin(rows), np.cos(rows)], axis=-1)
        if self.kind == "binary":
            return (rows > 0.5).astype(rows.dtype)
        return rows if self.kind == "none" else self._scaled(rows)

    def _scaled(self, rows: np.ndarray) -> np.ndarray:
        first, second, still = self._statistics(rows)
        kept = np.zeros_like(rows) if self.zero else rows
        # Types follow the rows: float32 values are rounded to float32 after each step that made them.
        if self.kind == "mean_std":
            scaled = ((rows - first) / np.where(still, 1, second)).astype(rows.dtype)
        else:
            scaled = 2 * ((rows - first) / np.where(still, 1, second - first)).astype(rows.dtype) - 1
        return self.bound(np.where(still, kept, scaled))

    def invert(self, rows: np.ndarray, state: State | None) -> np.ndarray:
        rows = self._unscaled(rows)
        if self.relative:
            rows = self._made_absolute(rows, self._reference(rows, state))
        return rows

    def _unscaled(self, rows: np.ndarray) -> np.ndarray:
        if self.kind == "padding":
            return rows[..., :0]
        if self.kind == "sin_cos":
            return np.arctan2(rows[..., : self.raw], rows[..., self.raw :])
        if self.kind == "binary":
            return (rows > 0.5).astype(np.float64)
        if self.kind == "none":
            return rows
        first, second, still = self._statistics(rows)
        if self.kind == "mean_std":
            return np.where(still, first if self.zero else rows, rows * second + first)
        return (self.bound(rows) + 1) / 2 * (second - first) + first

    def _statistics(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A row for all steps, or one for each of the steps that there are."""
        if self.first is None or self.second is None:
            raise ValueError(f"{self.key}: {self.kind} without its statistics")
        if len(self.first) == 1:
            still = self.still if self.still.ndim < 2 else self.still[0]
            return self.first[0], self.second[0], still
        steps = rows.shape[-2] if rows.ndim > 1 else 0
        if not 0 < steps <= len(self.first):
            raise ValueError(f"{self.key} has statistics of {len(self.first)} steps: give [..., step, column] (got {rows.shape})")
        still = self.still if self.still.ndim < 2 else self.still[:steps]
        return self.first[:steps], self.second[:steps], still

    def _reference(self, rows: np.ndarray, state: State | None) -> np.ndarray:
        part, start, end = self.relative["key"], self.relative["from"], self.relative["to"]
        if state is None:
            raise ValueError(f"{self.key} is told from the state part {part}: give the state")
        if isinstance(state, Mapping):
            if part not in state:
                raise KeyError(f"{self.key} is told from the state part {part}; there are {', '.join(state)}")
            reference = np.asarray(state[part], dtype=np.float64)
        else:
            reference = np.asarray(state, dtype=np.float64)[..., start:end]
        if reference.shape[-1:] != (end - start,) or reference.ndim > max(1, rows.ndim - 1):
            raise ValueError(f"the state part {part} is [..., {end - start}], one row for each chunk (got shape {reference.shape})")
        return reference[..., None, :] if rows.ndim > 1 else reference

    def _told_from(self, rows: np.ndarray, reference: np.ndarray) -> np.ndarray:
        if self.relative["format"] == "joints":
            return rows - reference
        read, write = _ROTATIONS[self.relative["format"]]
        frame = read(reference[..., 3:])
        place = np.einsum("...ji,...j->...i", frame, rows[..., :3] - reference[..., :3])
        return np.concatenate([place, write(np.swapaxes(frame, -1, -2) @ read(rows[..., 3:]))], axis=-1)

    def _made_absolute(self, rows: np.ndarray, reference: np.ndarray) -> np.ndarray:
        if self.relative["format"] == "joints":
            return rows + reference
        read, write = _ROTATIONS[self.relative["format"]]
        frame = read(reference[..., 3:])
        place = reference[..., :3] + np.einsum("...ij,...j->...i", frame, rows[..., :3])
        return np.concatenate([place, write(frame @ read(rows[..., 3:]))], axis=-1)


def _from_rows(rows: np.ndarray) -> np.ndarray:
    """Rotations from their first two rows, made upright by Gram and Schmidt."""
    first = rows[..., :3] / np.linalg.norm(rows[..., :3], axis=-1, keepdims=True)
    second = rows[..., 3:] - np.sum(first * rows[..., 3:], axis=-1, keepdims=True) * first
    second = second / np.linalg.norm(second, axis=-1, keepdims=True)
    return np.stack([first, second, np.cross(first, second)], axis=-2)


def _to_rows(matrix: np.ndarray) -> np.ndarray:
    return matrix[..., :2, :].reshape(*matrix.shape[:-2], 6)


def _from_vector(vector: np.ndarray) -> np.ndarray:
    """Rotations from rotation vectors by Rodrigues' formula."""
    angle = np.linalg.norm(vector, axis=-1)[..., None, None]
    small = angle < 1e-6
    safe = np.where(small, 1, angle)
    sine = np.where(small, 1 - angle**2 / 6, np.sin(safe) / safe)
    cosine = np.where(small, 0.5 - angle**2 / 24, (1 - np.cos(safe)) / safe**2)
    zero = np.zeros_like(vector[..., 0])
    x, y, z = (vector[..., axis] for axis in range(3))
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*vector.shape[:-1], 3, 3)
    return np.eye(3) + sine * cross + cosine * (cross @ cross)


def _to_vector(matrix: np.ndarray) -> np.ndarray:
    """Rotation vectors of 0 to pi, by way of the quaternion from its largest number on."""
    m = matrix
    trace = m[..., 0, 0] + m[..., 1, 1] + m[..., 2, 2]
    turn = [m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]]
    sums = [[m[..., i, j] + m[..., j, i] for j in range(3)] for i in range(3)]
    choices = [np.stack([1 + trace, *turn], axis=-1)]
    for axis in range(3):
        rest = [1 + 2 * m[..., axis, axis] - trace if other == axis else sums[axis][other] for other in range(3)]
        choices.append(np.stack([turn[axis], *rest], axis=-1))
    largest = np.argmax(np.stack([trace, *(m[..., axis, axis] for axis in range(3))], axis=-1), axis=-1)
    quaternion = np.take_along_axis(np.stack(choices, axis=-2), largest[..., None, None], axis=-2)[..., 0, :]
    quaternion = np.where(quaternion[..., :1] < 0, -quaternion, quaternion)
    sine = np.linalg.norm(quaternion[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, quaternion[..., :1])
    return quaternion[..., 1:] * angle / np.where(sine == 0, 1, sine)


_ROTATIONS = {"xyz+rot6d": (_from_rows, _to_rows), "xyz+rotvec": (_from_vector, _to_vector)}
