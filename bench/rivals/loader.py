"""LeRobot's own DataLoader in one process: loader.py ROOT HEIGHT WIDTH WORKERS (0 0: the video's own size).

Samples of two pictures, a state and 16 actions, batches of 16, shuffled. Says "ready SECONDS", from after the imports to
the first batch. For each line on its input, a number of seconds, it takes batches for so long and prints how many samples.
"""

import contextlib
import sys
import time

import torch
from lerobot.datasets.lerobot_dataset import LeRobotDataset
from torchvision.transforms import v2

root, height, width, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
CAMERA = "observation.images.cam_high"
start = time.perf_counter()
with contextlib.redirect_stdout(sys.stderr):
    rate = 30
    dataset = LeRobotDataset(
        "local/bench",
        root=root,
        delta_timestamps={CAMERA: [-1 / rate, 0.0], "observation.state": [0.0], "action": [step / rate for step in range(16)]},
        image_transforms=v2.Resize((height, width), antialias=True) if height else None,
        video_backend="torchcodec",
    )
    loader = torch.utils.data.DataLoader(dataset, batch_size=16, shuffle=True, num_workers=workers, drop_last=True)


def forever():
    while True:
        yield from loader


batches = forever()
next(batches)
print("ready", time.perf_counter() - start, flush=True)
for line in sys.stdin:
    end = time.perf_counter() + float(line)
    samples = 0
    while time.perf_counter() < end:
        samples += len(next(batches)["action"])
    print(samples, flush=True)
