"""Opens a GR00T view with lerobot 0.3.3, the last that reads v2.1, and holds every sample to the original.

    lerobot_v21.py VIEW ORIGINAL BACKEND copied|encoded EVERY

Pictures are compared in every EVERYth chunk of 16 and in the last; numbers and texts everywhere.
"""

import json
import sys
from types import SimpleNamespace

import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset

from original import Original, expect, fail
from pictures import decoded, same_picture

CHUNK = 16


def as_pixels(tensor):
    return np.moveaxis(np.rint(tensor.numpy() * 255).astype(np.uint8), -3, -1)


def original_pictures(path, backend):
    if backend == "pyav":
        return list(decoded(path))
    from torchcodec.decoders import VideoDecoder

    return list(np.moveaxis(VideoDecoder(str(path), seek_mode="exact")[:].numpy(), 1, -1))


def check_rows(dataset, original, episode, start):
    rows = original.rows(episode)
    count = original.lengths[episode]
    table = dataset.hf_dataset.with_format("numpy")[start : start + count]
    for stream in ("observation.state", "action"):
        got = np.asarray(table[stream])
        expect(np.array_equal(got, rows[stream].astype(got.dtype)), f"episode {episode}: {stream} differs")
    stamps = (np.arange(count) / original.fps).astype(np.float32)
    expect(np.array_equal(np.asarray(table["timestamp"], dtype=np.float32), stamps), f"episode {episode}: timestamp")
    expect(np.array_equal(table["frame_index"], np.arange(count)), f"episode {episode}: frame_index")
    expect(np.array_equal(table["index"], start + np.arange(count)), f"episode {episode}: index")
    texts = [dataset.meta.tasks[index] for index in np.asarray(table["task_index"])]
    expect(texts == original.texts(episode), f"episode {episode}: tasks")


def check_episode(dataset, original, episode, start, options):
    check_rows(dataset, original, episode, start)
    texts = original.texts(episode)
    compared = 0
    wanted = {camera: original_pictures(original.video(episode, camera), options.backend) for camera in original.cameras}
    for at in range(0, original.lengths[episode], CHUNK):
        if (at // CHUNK) % options.every != 0 and at + CHUNK < original.lengths[episode]:
            continue
        item = dataset[start + at]
        expect(item["task"] == texts[at], f"episode {episode} frame {at}: task is {item['task']!r}, not {texts[at]!r}")
        for camera in original.cameras:
            pixels = as_pixels(item[camera])
            for offset in range(min(CHUNK, original.lengths[episode] - at)):
                where = f"episode {episode} frame {at + offset} of {camera}"
                same_picture(pixels[offset], wanted[camera][at + offset], options.how, where)
                compared += 1
    return compared


def main():
    view, folder, backend, how, every = sys.argv[1:]
    options = SimpleNamespace(backend=backend, how=how, every=int(every))
    original = Original(folder)
    deltas = {camera: [offset / original.fps for offset in range(CHUNK)] for camera in original.cameras}
    dataset = LeRobotDataset("local/view", root=view, video_backend=backend, delta_timestamps=deltas)
    if len(dataset) != sum(original.lengths) or dataset.num_episodes != len(original):
        fail(f"{len(dataset)} frames in {dataset.num_episodes} episodes instead of {sum(original.lengths)} in {len(original)}")
    stats = dataset.meta.stats
    for stream in ("observation.state", "action"):
        values = np.concatenate([original.rows(episode)[stream] for episode in range(len(original))])
        for name, truth in (("min", values.min(axis=0)), ("max", values.max(axis=0)), ("mean", values.mean(axis=0))):
            expect(np.allclose(stats[stream][name], truth, rtol=1e-5, atol=1e-6), f"{stream}.{name}: {stats[stream][name]} instead of {truth}")
    start = pictures = 0
    for episode in range(len(original)):
        pictures += check_episode(dataset, original, episode, start, options)
        start += original.lengths[episode]
    print(json.dumps({"frames": start, "episodes": len(original), "pictures": pictures, "cameras": original.cameras}))


main()
