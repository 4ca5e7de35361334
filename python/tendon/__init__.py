"""Batches for training, from a LeRobot or GR00T folder or a view of a Tendon dataset.

>>> import tendon
>>> batches = tendon.Batches("out/pick-place/lerobot/g1", batch_size=64, windows={"action": range(16)})
>>> for batch in batches:
...     batch["action"]  # float32 [64, 16, D]
"""

from .about import About, Dataset, Stream
from .batches import Batches
from .errors import BadArgument, MissingTool, NotFound, TendonError
from .pictures import to_float

__version__ = "0.1.0"
__all__ = ["About", "BadArgument", "Batches", "Dataset", "MissingTool", "NotFound", "Stream", "TendonError", "to_float"]
