"""What was normalised comes back. That Python and TypeScript agree is tested by test/interop/normalise.test.ts."""

import json

import numpy as np
import pytest

from tendon.normalise import Normalisation

BASE = {"precision": "float64", "clip": False, "constant": "zero"}
JSON = {
    "tendon": "normalisation 1",
    "tensors": {
        "state": [
            {**BASE, "key": "arm", "from": 0, "to": 4, "kind": "sin_cos"},
            {**BASE, "key": "hand", "from": 4, "to": 5, "kind": "q01_q99", "low": [[0]], "high": [[10]], "clip": True},
            {**BASE, "key": "", "from": 5, "to": 8, "kind": "padding"},
        ],
        "action": [
            {
                **BASE,
                "key": "arm",
                "from": 0,
                "to": 2,
                "kind": "min_max",
                "low": [[-1, -1], [-2, -2]],
                "high": [[1, 1], [2, 2]],
                "relativeTo": {"key": "arm", "from": 0, "to": 2, "format": "joints"},
            },
            {**BASE, "key": "hand", "from": 2, "to": 3, "kind": "mean_std", "mean": [[5]], "std": [[0]], "still": [[1]]},
        ],
    },
}


def test_a_state_and_its_padding():
    normalisation = Normalisation.from_json(json.dumps(JSON))
    state = np.array([[0.5, -0.25, 2.5], [0, 1, 20]])
    batch = normalisation.apply("state", state)
    assert batch.dtype == np.float32 and batch.shape == (2, 8)
    np.testing.assert_allclose(batch[0], [np.sin(0.5), np.sin(-0.25), np.cos(0.5), np.cos(-0.25), -0.5, 0, 0, 0], atol=1e-7)
    np.testing.assert_allclose(normalisation.invert("state", batch), [[0.5, -0.25, 2.5], [0, 1, 10]], atol=1e-6)
    assert normalisation.parts("state") == {"arm": slice(0, 2), "hand": slice(2, 3)}


def test_chunks_told_from_a_state():
    normalisation = Normalisation.from_json(JSON)
    state = np.array([[2.0, 3.0, 0.0], [5.0, 5.0, 0.0]])
    chunk = np.array([[[2.5, 3, 5], [4, 1, 5]], [[5, 5, 5], [5, 6, 5]]], dtype=float)
    batch = normalisation.apply("action", chunk, state=state)
    np.testing.assert_allclose(batch, [[[0.5, 0, 0], [1, -1, 0]], [[0, 0, 0], [0, 0.5, 0]]])
    for given in (state, {"arm": state[:, :2]}):
        np.testing.assert_allclose(normalisation.invert("action", batch, state=given), chunk)
    np.testing.assert_allclose(normalisation.invert("action", batch[0], state=state[0]), chunk[0])


def test_errors_say_what_to_give():
    normalisation = Normalisation.from_json(JSON)
    with pytest.raises(ValueError, match="arm is told from the state part arm: give the state"):
        normalisation.invert("action", np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"action has 3 numbers in a row \(got shape \(2, 4\)\)"):
        normalisation.invert("action", np.zeros((2, 4)))
    with pytest.raises(ValueError, match="arm has statistics of 2 steps"):
        normalisation.apply("action", np.zeros((3, 3)), state=np.zeros(3))
    with pytest.raises(KeyError, match="there are state, action"):
        normalisation.apply("actions", np.zeros(3))
    with pytest.raises(ValueError, match="no normalisation that this version reads"):
        Normalisation.from_json({"tendon": "normalisation 2"})
