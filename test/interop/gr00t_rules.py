"""Reads a GR00T view by the rules of NVIDIA's own loaders, N1.5 and N1.7, with numpy, PyArrow and PyAV alone.

    gr00t_rules.py VIEW ORIGINAL HORIZON copied|encoded

Iterates every step as a trainer of each version would and holds what it gets to the original.
"""

import json
import sys
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq

from original import Original, expect, numbers, read_lines
from pictures import decoded, same_picture

FIELDS = ("mean", "std", "min", "max", "q01", "q99")
ROTATIONS = {"axis_angle", "quaternion", "rotation_6d", "matrix"} | {
    f"euler_angles_{order}" for order in ("rpy", "ryp", "pry", "pyr", "yrp", "ypr")
}


class View:
    """The folder, opened with what a loader insists on and nothing more."""

    def __init__(self, folder, version):
        self.folder = Path(folder)
        self.version = version
        self.info = self._json("info.json")
        for key in ("data_path", "chunks_size", "features"):
            expect(key in self.info, f"info.json has no {key}")
        self.fps = self.info.get("fps", 30)
        self.modality = self._json("modality.json")
        self.stats = self._json("stats.json")
        self.episodes = read_lines(self.folder / "meta/episodes.jsonl")
        self.tasks = {line["task_index"]: line["task"] for line in read_lines(self.folder / "meta/tasks.jsonl")}

    def _json(self, name):
        path = self.folder / "meta" / name
        expect(path.exists(), f"meta/{name} is missing")
        return json.loads(path.read_text())

    def path(self, template, episode, **more):
        return self.folder / template.format(episode_chunk=episode // self.info["chunks_size"], episode_index=episode, **more)

    def vectors(self):
        """Every (modality, key, column, start, end) of state and action."""
        for modality, column in (("state", "observation.state"), ("action", "action")):
            for key, entry in self.modality[modality].items():
                yield modality, key, entry.get("original_key", column), entry["start"], entry["end"]

    def cameras(self):
        """Every (key, column); the versions differ in what a missing `original_key` means."""
        for key, entry in self.modality["video"].items():
            absent = key if self.version == "n1.5" else f"observation.images.{key}"
            column = entry.get("original_key", absent)
            expect(column in self.info["features"], f"modality.json video.{key}: {column} is not in info.json")
            yield key, column

    def annotations(self):
        """Every (key, column of task indices)."""
        for key, entry in self.modality.get("annotation", {}).items():
            yield key, entry.get("original_key", f"annotation.{key}")


def check_modality(view):
    for modality, key, column, start, end in view.vectors():
        where = f"modality.json {modality}.{key}"
        expect(isinstance(start, int) and isinstance(end, int) and 0 <= start < end, f"{where}: {start}..{end}")
        shape = view.info["features"][column]["shape"]
        expect(end <= shape[0], f"{where}: ends at {end}, {column} has {shape}")
        rotation = view.modality[modality][key].get("rotation_type")
        expect(rotation is None or rotation in ROTATIONS, f"{where}: rotation_type {rotation}")
    for key, column in view.cameras():
        feature = view.info["features"][column]
        names = feature["names"]
        expect({"height", "width"} <= set(names), f"{column}: names {names}")
        video = feature.get("video_info") or feature.get("info")
        expect(video is not None and video["video.fps"] == view.fps, f"{column}: video.fps")
        expect("channel" in names or "channels" in names or "video.channels" in video, f"{column}: no channels")


def check_statistics(view, original):
    """Six fields a column, exact quantiles of all rows in float32, shapes as the slices need them."""
    for column, feature in view.info["features"].items():
        if "float" not in feature["dtype"]:
            continue
        expect(column in view.stats, f"stats.json has no {column}")
        rows = []
        for episode in range(len(view.episodes)):
            rows.append(numbers(pq.read_table(view.path(view.info["data_path"], episode))[column]))
        values = np.concatenate(rows).astype(np.float32)
        values = values.reshape(len(values), -1)
        truth = {"mean": values.mean(axis=0, dtype=np.float64), "std": values.std(axis=0, dtype=np.float64)}
        truth |= {"min": values.min(axis=0), "max": values.max(axis=0)}
        truth |= {name: np.quantile(values, q, axis=0) for name, q in (("q01", 0.01), ("q99", 0.99))}
        for name in FIELDS:
            expect(name in view.stats[column], f"stats.json {column} has no {name}")
            got = np.asarray(view.stats[column][name], dtype=np.float64)
            expect(got.shape == (values.shape[1],), f"stats.json {column}.{name}: shape {got.shape}")
            spread = np.maximum(values.max(axis=0) - values.min(axis=0), np.abs(truth[name]))
            expect(np.all(np.abs(got - truth[name]) <= 1e-5 * spread + 1e-7), f"stats.json {column}.{name}: {got} instead of {truth[name]}")


def check_relative(view, original, horizon):
    """`relative_stats.json`: each action part less the state part of its name at the chunk's first row."""
    path = view.folder / "meta/relative_stats.json"
    if not path.exists():
        return []
    relative = json.loads(path.read_text())
    parts = {f"{modality}.{key}": (column, slice(start, end)) for modality, key, column, start, end in view.vectors()}
    for key, told in relative.items():
        (action, columns), (state, of) = parts[f"action.{key}"], parts[f"state.{key}"]
        chunks = []
        for episode in range(len(view.episodes)):
            rows = original.rows(episode)
            for step in range(len(rows[action]) - horizon + 1):
                chunks.append((rows[action][step : step + horizon, columns] - rows[state][step, of]).astype(np.float32))
        chunks = np.stack(chunks).astype(np.float64)
        truth = {"mean": chunks.mean(axis=0), "std": chunks.std(axis=0), "min": chunks.min(axis=0), "max": chunks.max(axis=0)}
        truth |= {name: np.quantile(chunks, q, axis=0) for name, q in (("q01", 0.01), ("q99", 0.99))}
        spread = chunks.max(axis=0) - chunks.min(axis=0)
        for name in FIELDS:
            got = np.asarray(told[name])
            expect(got.shape == (horizon, chunks.shape[2]), f"relative_stats.json {key}.{name}: shape {got.shape}")
            expect(np.all(np.abs(got - truth[name]) <= 1e-5 * spread + 1e-6), f"relative_stats.json {key}.{name} is off by up to {np.abs(got - truth[name]).max()}")
    return sorted(relative)


def check_fingerprints(view):
    """N1.7 writes a digest for each column under a reserved key, and computes anew what has none."""
    told = view.stats.get("__fingerprints__", {})
    for column, digest in told.items():
        expect(column in view.stats and len(digest) == 71 and digest.startswith("sha256:"), f"fingerprint of {column}: {digest}")
    return len(told)


def nearest_frames(path, stamps):
    """The indices of the frames that N1.5 takes for these times."""
    times = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        for packet in container.demux(stream):
            if packet.pts is not None:
                times.append(float(packet.pts * stream.time_base))
    times = np.sort(np.asarray(times))
    return np.abs(times[:, None] - stamps[None, :]).argmin(axis=0)


def load_episode(view, episode):
    """One episode as the loader holds it: slices by name, texts, and the pictures' paths."""
    table = pq.read_table(view.path(view.info["data_path"], episode))
    columns = {}
    for modality, key, column, start, end in view.vectors():
        stacked = np.vstack([np.asarray(row) for row in table[column].to_pylist()])
        columns[f"{modality}.{key}"] = stacked[:, start:end]
    for key, column in view.annotations():
        expect(column in table.column_names, f"episode {episode}: no column {column}")
        columns[f"annotation.{key}"] = [view.tasks[int(index)] for index in table[column].to_pylist()]
    return table, columns


def check_lookup(view, episode, table):
    """Frame i is what each version takes for row i: N1.7 asks by index, N1.5 for the nearest to `timestamp`."""
    count = table.num_rows
    stamps = np.asarray(table["timestamp"].to_pylist(), dtype=np.float64)
    regular = (np.arange(count) / view.fps).astype(np.float32)
    expect(np.array_equal(stamps.astype(np.float32), regular), f"episode {episode}: timestamps")
    for _key, column in view.cameras():
        path = view.path(view.info["video_path"], episode, video_key=column)
        found = nearest_frames(path, stamps)
        expect(np.array_equal(found, np.arange(count)), f"{path.name} of {column}: a row's time leads to another frame")


def check_pictures(view, original, episode, how):
    """Every frame of every camera is the original's."""
    compared = 0
    for _key, column in view.cameras():
        path = view.path(view.info["video_path"], episode, video_key=column)
        count = original.lengths[episode]
        got = 0
        for index, (mine, theirs) in enumerate(zip(decoded(path), decoded(original.video(episode, column)))):
            same_picture(mine, theirs, how, f"episode {episode} frame {index} of {column}")
            got += 1
        expect(got == count, f"episode {episode}: {column} has {got} frames for {count} rows")
        compared += got
    return compared


def normalised(view, column, start, end, values):
    """To [-1, 1] by percentiles, clipped, as N1.7 does; a constant channel stays as it is."""
    low = np.asarray(view.stats[column]["q01"])[start:end]
    high = np.asarray(view.stats[column]["q99"])[start:end]
    moving = high != low
    scaled = np.where(moving, 2 * (values - low) / np.where(moving, high - low, 1) - 1, values)
    return np.clip(scaled, -1, 1)


def check_steps(view, original, episode, table, columns, horizon):
    """Every step: one state, a chunk of actions, no padding unless the version pads with the last row."""
    rows = original.rows(episode)
    count = table.num_rows
    last = count if view.version == "n1.5" else count - horizon + 1
    for step in range(last):
        ahead = np.minimum(np.arange(step, step + horizon), count - 1)
        for modality, key, column, start, end in view.vectors():
            held = columns[f"{modality}.{key}"]
            chosen = held[ahead] if modality == "action" else held[step : step + 1]
            wanted = rows[column][ahead if modality == "action" else [step]][:, start:end]
            expect(np.array_equal(chosen, wanted.astype(chosen.dtype)), f"episode {episode} step {step}: {modality}.{key}")
            scaled = normalised(view, column, start, end, chosen)
            expect(np.isfinite(scaled).all(), f"episode {episode} step {step}: {modality}.{key} is not finite")
    for key, column in view.annotations():
        source = column if column in rows else "task_index"
        expect(columns[f"annotation.{key}"] == original.texts(episode, source), f"episode {episode}: annotation.{key}")
    return max(0, last)


def walk(view, original, horizon):
    """Opens the view as one version does and takes every step of every episode."""
    check_modality(view)
    steps = 0
    for episode in range(len(original)):
        table, columns = load_episode(view, episode)
        expect(table.num_rows == original.lengths[episode], f"episode {episode}: {table.num_rows} rows")
        check_lookup(view, episode, table)
        steps += check_steps(view, original, episode, table, columns, horizon)
    return steps


def main():
    folder, source, horizon, how = sys.argv[1:]
    original, horizon = Original(source), int(horizon)
    steps = {version: walk(View(folder, version), original, horizon) for version in ("n1.5", "n1.7")}
    view = View(folder, "n1.7")
    expect([line["length"] for line in view.episodes] == original.lengths, "episodes.jsonl: lengths")
    expect([line["episode_index"] for line in view.episodes] == list(range(len(original))), "episodes.jsonl: indices")
    check_statistics(view, original)
    told = {
        "steps": steps,
        "pictures": sum(check_pictures(view, original, episode, how) for episode in range(len(original))),
        "relative": check_relative(view, original, horizon),
        "fingerprints": check_fingerprints(view),
        "keys": [f"{modality}.{key}" for modality, key, *_ in view.vectors()],
        "annotations": [key for key, _ in view.annotations()],
        "cameras": [key for key, _ in view.cameras()],
    }
    print(json.dumps(told))


main()
