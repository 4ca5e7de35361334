"""Reads a GR00T view by the rules of NVIDIA's own loaders, N1.5 and N1.7, with numpy, PyArrow and PyAV alone.

    gr00t_rules.py VIEW ORIGINAL n1.5|n1.7 HORIZON copied|encoded

Iterates every step as a trainer would and holds what it gets to the original.
"""

import json
import sys
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq

from original import Original, expect, numbers, read_lines
from pictures import decoded, psnr

FIELDS = ("mean", "std", "min", "max", "q01", "q99")
ROTATIONS = {"axis_angle", "quaternion", "rotation_6d", "matrix"} | {
    f"euler_angles_{order}" for order in ("rpy", "ryp", "pry", "pyr", "yrp", "ypr")
}
PSNR_MIN = 28.0


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


def check_relative(view, horizon):
    """`relative_stats.json`, where there is one, has a row for each step of the horizon."""
    path = view.folder / "meta/relative_stats.json"
    if not path.exists():
        return False
    relative = json.loads(path.read_text())
    for modality, key, _column, start, end in view.vectors():
        if modality != "action" or key not in relative:
            continue
        for name in FIELDS:
            got = np.asarray(relative[key][name])
            expect(got.shape == (horizon, end - start), f"relative_stats.json {key}.{name}: shape {got.shape}")
    return True


def pictures_by_time(path, stamps):
    """N1.5 asks by the `timestamp` column and takes the nearest frame, whose index is told."""
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


def check_pictures(view, original, episode, table, how):
    """Frame i of every camera is the original's frame i, asked for as the version asks."""
    count = table.num_rows
    compared = 0
    for _key, column in view.cameras():
        path = view.path(view.info["video_path"], episode, video_key=column)
        stamps = np.asarray(table["timestamp"].to_pylist(), dtype=np.float64)
        expect(np.array_equal(stamps.astype(np.float32), (np.arange(count) / view.fps).astype(np.float32)), f"episode {episode}: timestamps")
        asked = pictures_by_time(path, stamps) if view.version == "n1.5" else np.arange(count)
        expect(np.array_equal(asked, np.arange(count)), f"{path.name} of {column}: a row's time leads to another frame")
        truth = decoded(original.video(episode, column))
        got = 0
        for index, (mine, theirs) in enumerate(zip(decoded(path), truth)):
            good = np.array_equal(mine, theirs) if how == "copied" else psnr(mine, theirs) >= PSNR_MIN
            expect(good, f"episode {episode} frame {index} of {column}: PSNR {psnr(mine, theirs):.1f} dB")
            got += 1
        expect(got >= count, f"episode {episode}: {column} has {got} frames for {count} rows")
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


def main():
    folder, source, version, horizon, how = sys.argv[1:]
    view, original, horizon = View(folder, version), Original(source), int(horizon)
    expect([line["length"] for line in view.episodes] == original.lengths, "episodes.jsonl: lengths")
    expect([line["episode_index"] for line in view.episodes] == list(range(len(original))), "episodes.jsonl: indices")
    check_modality(view)
    check_statistics(view, original)
    relative = check_relative(view, horizon)
    steps = pictures = 0
    for episode in range(len(original)):
        table, columns = load_episode(view, episode)
        expect(table.num_rows == original.lengths[episode], f"episode {episode}: {table.num_rows} rows")
        pictures += check_pictures(view, original, episode, table, how)
        steps += check_steps(view, original, episode, table, columns, horizon)
    keys = [f"{modality}.{key}" for modality, key, *_ in view.vectors()]
    annotations = [key for key, _ in view.annotations()]
    cameras = [key for key, _ in view.cameras()]
    print(json.dumps({"steps": steps, "pictures": pictures, "relative": relative, "keys": keys, "annotations": annotations, "cameras": cameras}))


main()
