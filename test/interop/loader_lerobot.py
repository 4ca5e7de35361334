"""Holds `tendon.Batches` to LeRobotDataset, sample by sample at the same episode and frame.

    loader_lerobot.py VIEW BACKEND EVERY CASES

CASES is JSON: a list of `delta_timestamps`. Numbers and padding masks are compared at every sample, pictures at every
EVERYth of those that have some. Prints what was compared as JSON; ends with 1 and a message where something differs.
"""

import json
import sys
from pathlib import Path

import torch
from lerobot.datasets.lerobot_dataset import LeRobotDataset

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "python"))

import tendon  # noqa: E402
from original import expect, fail  # noqa: E402

BATCH = 48


def starts_of(dataset):
    """The first row of each episode."""
    starts = {}
    for row, episode in enumerate(dataset.hf_dataset.with_format("numpy")["episode_index"]):
        starts.setdefault(int(episode), row)
    return starts


def without_pictures(dataset):
    """Numbers alone: decoding is what takes time."""
    reader = getattr(dataset, "reader", None) or dataset
    expect(hasattr(reader, "_query_videos"), "LeRobot decodes elsewhere than in _query_videos")
    reader._query_videos = lambda query, episode: {}
    return dataset


def open_reference(view, backend, deltas):
    return LeRobotDataset("local/view", root=view, video_backend=backend, delta_timestamps=deltas)


def same_numbers(ours, theirs, names, where):
    for name in names:
        got, wanted = ours[name], theirs[name]
        # What LeRobot holds of a width of one is a number, not a list of one.
        wanted = wanted.reshape(got.shape) if wanted.numel() == got.numel() else wanted
        # LeRobot makes float32 of numbers that are stored as float64; the loader gives what is stored.
        expect(got.dtype in (wanted.dtype, torch.float64), f"{where}: {name} is {got.dtype}, LeRobot has {wanted.dtype}")
        got = got.to(wanted.dtype)
        expect(torch.equal(got, wanted), f"{where}: {name} is {got.tolist()}, LeRobot has {wanted.tolist()}")


class Pictures:
    """How near pictures are, counted over all that are compared."""

    def __init__(self):
        self.compared = self.values = self.equal = self.worst = 0

    def add(self, ours, theirs, where):
        # Of one step LeRobot gives a picture, not a list of one.
        theirs = theirs.reshape(-1, *theirs.shape[-3:])
        wanted = torch.round(theirs * 255).to(torch.int16).movedim(-3, -1)
        expect(ours.shape == wanted.shape, f"{where}: {tuple(ours.shape)}, LeRobot has {tuple(wanted.shape)}")
        apart = (ours.to(torch.int16) - wanted).abs()
        self.compared += len(ours)
        self.values += apart.numel()
        self.equal += int((apart == 0).sum())
        self.worst = max(self.worst, int(apart.max()))


def compare(view, backend, every, deltas, pictures):
    cameras = [name for name in deltas if name.startswith("observation.images.")]
    numbers = [name for name in deltas if name not in cameras]
    full, plain = open_reference(view, backend, deltas), without_pictures(open_reference(view, backend, deltas))
    starts = starts_of(plain)
    batches = tendon.Batches(view, batch_size=BATCH, delta_timestamps=deltas, as_="torch", tail="pad", epochs=1, seed=5, pin=False)
    seen = 0
    with batches:
        for batch in batches:
            for at in range(BATCH):
                if not batch["is_valid"][at]:
                    continue
                episode, frame = int(batch["episode_index"][at]), int(batch["frame_index"][at])
                where = f"episode {episode} frame {frame}"
                looks = bool(cameras) and seen % every == 0
                sample = (full if looks else plain)[starts[episode] + frame]
                expect(int(sample["frame_index"]) == frame, f"{where}: LeRobot's row is frame {int(sample['frame_index'])}")
                ours = {name: batch[name][at] for name in (*deltas, *(f"{name}_is_pad" for name in deltas))}
                same_numbers(ours, sample, [*numbers, *(f"{name}_is_pad" for name in deltas)], where)
                expect(batch["task"][at] == sample["task"], f"{where}: task {batch['task'][at]!r}, LeRobot has {sample['task']!r}")
                for camera in cameras if looks else ():
                    pictures.add(ours[camera], sample[camera], f"{where} of {camera}")
                seen += 1
    if seen != len(full):
        fail(f"{seen} samples, LeRobot has {len(full)}")
    return seen


def main():
    view, backend, every, cases = sys.argv[1:]
    torch.set_num_threads(1)
    pictures = Pictures()
    samples = [compare(view, backend, int(every), deltas, pictures) for deltas in json.loads(cases)]
    share = pictures.equal / max(1, pictures.values)
    print(json.dumps({"samples": samples, "pictures": pictures.compared, "equal": share, "worst": pictures.worst}))


main()
