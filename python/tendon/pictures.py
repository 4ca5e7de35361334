"""Pictures as models want them."""

from __future__ import annotations

from typing import Any

import numpy as np


def to_float(pictures: Any) -> Any:
    """Pictures as float32 in [0, 1], channels first.

    ``pictures``: uint8 ``[..., height, width, 3]``, a torch tensor on any device or a NumPy array. Returns a new
    contiguous float32 ``[..., 3, height, width]`` of the same kind. This is where float is paid for, four times the
    memory: move uint8 to the GPU first, then call it there.
    """
    if getattr(pictures, "ndim", 0) < 3 or pictures.shape[-1] != 3 or not str(pictures.dtype).endswith("uint8"):
        got = f"{getattr(pictures, 'dtype', type(pictures).__name__)} {list(getattr(pictures, 'shape', []))}"
        raise TypeError(f"to_float takes pictures, uint8 [..., height, width, 3] (got {got})")
    if isinstance(pictures, np.ndarray):
        moved = np.moveaxis(pictures, -1, -3)
        return np.divide(moved, np.float32(255), out=np.empty(moved.shape, np.float32), dtype=np.float32)
    import torch

    if pictures.device.type == "cpu":
        # One pass over the pictures; torch on a processor takes two or three.
        return torch.from_numpy(to_float(pictures.numpy()))
    moved = pictures.movedim(-1, -3)
    return torch.div(moved, 255, out=torch.empty(moved.shape, dtype=torch.float32, device=pictures.device))
