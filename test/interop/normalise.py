"""Holds Python's normalisation to what TypeScript gave: a case a line on the standard input, as JSON."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
# By its path: the module needs NumPy alone, and nothing else of the package.
spec = importlib.util.spec_from_file_location("normalise", ROOT / "python/tendon/normalise.py")
normalise = importlib.util.module_from_spec(spec)
spec.loader.exec_module(normalise)

farthest = {"apply": 0.0, "invert": 0.0}
count = 0
for line in sys.stdin:
    case = json.loads(line)
    normalisation = normalise.Normalisation.from_json(case["normalisation"])
    state = np.asarray(case["state"])
    for name, steps, before, after in case["tensors"]:
        values = np.asarray(before).reshape(steps, -1)
        wanted = np.asarray(after["applied"]).reshape(steps, -1)
        got = normalisation.apply(name, values, state=state)
        farthest["apply"] = max(farthest["apply"], float((np.abs(got - wanted) / np.maximum(1, np.abs(wanted))).max()))
        back = normalisation.invert(name, wanted, state=state)
        told = np.asarray(after["inverted"]).reshape(steps, -1)
        farthest["invert"] = max(farthest["invert"], float((np.abs(back - told) / np.maximum(1, np.abs(told))).max()))
    count += 1
print(json.dumps({"cases": count, "farthest": farthest}))
