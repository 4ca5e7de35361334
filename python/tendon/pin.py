"""Memory that a GPU copies from by itself, without waiting for the processor."""

from __future__ import annotations

from typing import Any, Literal, Union

from .errors import bad_argument
from .memory import Ring
from .world import worker

Pin = Union[Literal["auto"], bool]


def pinning(pin: Pin, *, torch: Any) -> bool:
    """Whether batches are to be pinned: where there is CUDA, but not in a DataLoader's workers, which must not touch it."""
    if pin is False or (pin == "auto" and (torch is None or worker() is not None or not torch.cuda.is_available())):
        return False
    if torch is None or not torch.cuda.is_available():
        raise bad_argument("pin", "needs torch with CUDA: leave it out")
    return True


def register(ring: Ring, torch: Any) -> bool:
    """Pins all slots at once; False where CUDA does not take mapped files: then each batch is copied."""
    cuda = torch.cuda.cudart()
    done: list[int] = []
    for address, size in ring.pages():
        if int(cuda.cudaHostRegister(address, size, 0)) != 0:
            for each in done:
                cuda.cudaHostUnregister(each)
            return False
        done.append(address)
    ring.before_unmap = lambda: [cuda.cudaHostUnregister(each) for each in done]
    return True
