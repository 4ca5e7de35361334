"""Pictures of a video file, and how near two are."""

import av
import numpy as np

from original import fail

PSNR_MIN = 30.0


def decoded(path):
    """Yields every picture of a file in presentation order, [height, width, channel] of RGB."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def same_picture(got, wanted, how, where):
    """Copied pictures are the same to the bit, whichever decoder; encoded ones are near."""
    if got.shape != wanted.shape:
        fail(f"{where}: {got.shape} instead of {wanted.shape}")
    if how == "copied" and np.array_equal(got, wanted):
        return
    near = psnr(got, wanted)
    if how == "copied" or near < PSNR_MIN:
        fail(f"{where}: the {how} picture differs (PSNR {near:.1f} dB)")


def psnr(a, b):
    """Decibels; infinite where they are equal."""
    error = np.mean((a.astype(np.float32) - b.astype(np.float32)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))
