"""Opens a LeRobot v3.0 view with PyPI's lerobot and holds every sample to the original.

    lerobot_v30.py VIEW ORIGINAL BACKEND copied|encoded EVERY

Pictures are compared in every EVERYth chunk of 16 and in the last; numbers and texts everywhere.
Prints what was compared as JSON; ends with 1 and a message where something differs.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
from lerobot.datasets.lerobot_dataset import LeRobotDataset

from original import Original, expect, fail
from pictures import decoded, same_picture

CHUNK = 16
QUANTILES = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}


def as_pixels(tensor):
    """LeRobot's [..., channel, height, width] of bytes as [..., height, width, channel]."""
    return np.moveaxis(tensor.numpy(), -3, -1)


def original_pictures(path, backend):
    """The original's pictures by the same decoder, so that only the bytes can differ."""
    if backend == "pyav":
        return list(decoded(path))
    from torchcodec.decoders import VideoDecoder

    frames = VideoDecoder(str(path), seek_mode="exact")[:]
    return list(np.moveaxis(frames.numpy(), 1, -1))


def check_rows(dataset, original, episode, start):
    """Every number, text and timestamp of an episode, sample by sample as a trainer gets it."""
    rows = original.rows(episode)
    texts = original.texts(episode)
    table = dataset.hf_dataset.with_format("numpy")[start : start + original.lengths[episode]]
    for stream in ("observation.state", "action"):
        wanted = rows[stream]
        got = np.asarray(table[stream])
        expect(np.array_equal(got, wanted.astype(got.dtype)), f"episode {episode}: {stream} differs")
    count = original.lengths[episode]
    i = np.arange(count)
    expect(np.array_equal(table["frame_index"], i), f"episode {episode}: frame_index")
    expect(np.array_equal(table["index"], start + i), f"episode {episode}: index")
    expect(np.all(np.asarray(table["episode_index"]) == episode), f"episode {episode}: episode_index")
    stamps = (i / original.fps).astype(np.float32)
    expect(np.array_equal(np.asarray(table["timestamp"], dtype=np.float32), stamps), f"episode {episode}: timestamp")
    names = dataset.meta.tasks.reset_index().set_index("task_index").iloc[:, 0]
    expect([names[index] for index in np.asarray(table["task_index"])] == texts, f"episode {episode}: tasks")
    return texts


def check_episode(dataset, original, episode, start, options):
    """Walks an episode through the public interface, a chunk of pictures at a time."""
    texts = check_rows(dataset, original, episode, start)
    count = original.lengths[episode]
    wanted = {camera: original_pictures(original.video(episode, camera), options.backend) for camera in original.cameras}
    actions = original.rows(episode)["action"]
    compared = 0
    for at in range(0, count, CHUNK):
        if (at // CHUNK) % options.every != 0 and at + CHUNK < count:
            continue
        item = dataset[start + at]
        inside = min(CHUNK, count - at)
        expect(item["task"] == texts[at], f"episode {episode} frame {at}: task is {item['task']!r}, not {texts[at]!r}")
        got = item["action"].numpy()
        expect(np.array_equal(got[:inside], actions[at : at + inside].astype(got.dtype)), f"episode {episode}: action chunk at {at}")
        expect(item["action_is_pad"].numpy().tolist() == [False] * inside + [True] * (CHUNK - inside), f"episode {episode}: padding at {at}")
        for camera in original.cameras:
            pixels = as_pixels(item[camera])
            for offset in range(inside):
                where = f"episode {episode} frame {at + offset} of {camera}"
                same_picture(pixels[offset], wanted[camera][at + offset], options.how, where)
                compared += 1
    return compared


def near(got, wanted, spread, where):
    got, wanted = np.asarray(got, dtype=np.float64), np.asarray(wanted, dtype=np.float64)
    expect(got.shape == wanted.shape, f"{where}: shape {got.shape} instead of {wanted.shape}")
    slack = 1e-5 * np.maximum(np.abs(wanted), spread) + 1e-9
    expect(np.all(np.abs(got - wanted) <= slack), f"{where}: {got} instead of {wanted}")


def check_statistics(stats, values, where):
    """Ten statistics of a numeric column, against numpy over the same rows."""
    values = values.reshape(len(values), -1).astype(np.float64)
    spread = values.max(axis=0) - values.min(axis=0)
    truth = {"min": values.min(axis=0), "max": values.max(axis=0), "mean": values.mean(axis=0), "std": values.std(axis=0)}
    for name, quantile in QUANTILES.items():
        truth[name] = np.quantile(values, quantile, axis=0)
    expect(set(stats) == {*truth, "count"}, f"{where}: has {sorted(stats)}")
    expect(int(np.ravel(stats["count"])[0]) == len(values), f"{where}.count: {stats['count']} instead of {len(values)}")
    for name, wanted in truth.items():
        near(np.ravel(stats[name]), wanted, spread, f"{where}.{name}")


def check_picture_statistics(stats, where):
    for name in ("min", "max", "mean", "std"):
        got = np.asarray(stats[name], dtype=np.float64)
        expect(got.shape == (3, 1, 1), f"{where}.{name}: shape {got.shape}")
        expect(np.all((got >= 0) & (got <= 1)), f"{where}.{name}: {got.ravel()} is not in 0..1")
    expect(int(np.ravel(stats["count"])[0]) > 0, f"{where}.count")


def check_metadata(view, original):
    """Counts and statistics of the whole and of each episode."""
    total = sum(original.lengths)
    info = json.loads((view / "meta/info.json").read_text())
    counts = {"total_episodes": len(original), "total_frames": total, "fps": int(original.fps), "codebase_version": "v3.0"}
    for key, wanted in counts.items():
        expect(info[key] == wanted, f"info.json {key}: {info[key]!r} instead of {wanted!r}")
    expect(info["total_tasks"] == len({t for e in range(len(original)) for t in original.texts(e)}), "info.json total_tasks")
    whole = {"observation.state": [], "action": []}
    files = sorted((view / "meta/episodes").rglob("*.parquet"))
    episodes = [line for path in files for line in pq.read_table(path).to_pylist()]
    expect([line["episode_index"] for line in episodes] == list(range(len(original))), "the order of episodes")
    for episode, line in enumerate(episodes):
        expect(int(line["length"]) == original.lengths[episode], f"episode {episode}: length {line['length']}")
        expect(int(line["dataset_to_index"]) - int(line["dataset_from_index"]) == original.lengths[episode], f"episode {episode}: rows")
        for stream, parts in whole.items():
            values = original.rows(episode)[stream]
            parts.append(values)
            prefix = f"stats/{stream}/"
            stats = {key[len(prefix) :]: value for key, value in line.items() if key.startswith(prefix)}
            check_statistics(stats, values, f"episode {episode} {stream}")
    stats = json.loads((view / "meta/stats.json").read_text())
    for stream, parts in whole.items():
        check_statistics(stats[stream], np.concatenate(parts), stream)
    for camera in original.cameras:
        check_picture_statistics(stats[camera], camera)


def main():
    view, folder, backend, how, every = sys.argv[1:]
    options = SimpleNamespace(backend=backend, how=how, every=int(every))
    original = Original(folder)
    step = [offset / original.fps for offset in range(CHUNK)]
    deltas = {camera: step for camera in original.cameras} | {"action": step}
    dataset = LeRobotDataset("local/view", root=view, video_backend=backend, delta_timestamps=deltas, return_uint8=True)
    if len(dataset) != sum(original.lengths) or dataset.num_episodes != len(original):
        fail(f"{len(dataset)} frames in {dataset.num_episodes} episodes instead of {sum(original.lengths)} in {len(original)}")
    check_metadata(Path(view), original)
    start = pictures = 0
    for episode in range(len(original)):
        pictures += check_episode(dataset, original, episode, start, options)
        start += original.lengths[episode]
    print(json.dumps({"frames": start, "episodes": len(original), "pictures": pictures, "cameras": original.cameras}))


main()
