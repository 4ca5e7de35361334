"""The windows that GR00T's loaders make of a dataset, by the rules of N1.5 and N1.7, with NumPy and PyArrow alone.

    gr00t_windows.py DATASET CONFIG OURS

CONFIG is a configuration as JSON, keys without what they are keys of. OURS holds our windows of every row, float32:
for each episode the states of all rows, then the actions of all rows. Tells how far off the farthest is.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from original import expect, read_lines

DEFAULTS = {"state": "observation.state", "action": "action"}
MODES_N15 = {"q99": ("q01", "q99"), "min_max": ("min", "max"), "mean_std": ("mean", "std")}


class Dataset:
    """The folder: rows of each part, and its statistics."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.info = self._json("info.json")
        self.modality = self._json("modality.json")
        self.stats = self._json("stats.json")
        relative = self.folder / "meta/relative_stats.json"
        self.relative = json.loads(relative.read_text()) if relative.exists() else {}

    def _json(self, name):
        return json.loads((self.folder / "meta" / name).read_text())

    def episodes(self):
        """The whole columns of each episode that is there, as they are stored."""
        for line in read_lines(self.folder / "meta/episodes.jsonl"):
            episode = line["episode_index"]
            path = self.info["data_path"].format(episode_chunk=episode // self.info["chunks_size"], episode_index=episode)
            if (self.folder / path).exists():
                table = pq.read_table(self.folder / path)
                names = {self.source(side, key)[0] for side in DEFAULTS for key in self.modality[side]}
                yield {name: np.stack(table[name].to_numpy(zero_copy_only=False)) for name in names}

    def source(self, side, key):
        entry = self.modality[side][key]
        return entry.get("original_key") or DEFAULTS[side], slice(entry["start"], entry["end"])

    def statistic(self, side, key, name):
        column, columns = self.source(side, key)
        return np.asarray(self.stats[column][name], dtype=np.float64)[columns]


class N15:
    """Windows are padded into float64; each part is normalised by its mode."""

    def __init__(self, config, data):
        self.config, self.data = config, data

    def window(self, columns, side, key, row):
        name, part = self.data.source(side, key)
        rows = columns[name][:, part]
        wanted = row + np.asarray(self.config[side]["delta"])
        result = np.zeros((len(wanted), rows.shape[1]), dtype=np.float64)
        inside = (wanted >= 0) & (wanted < len(rows))
        result[inside] = rows[wanted[inside]]
        if self.data.modality[side][key].get("absolute", True):
            result[wanted < 0] = rows[0]
            result[wanted >= len(rows)] = rows[-1]
        return result

    def normalised(self, side, key, values):
        name = f"{side}.{key}"
        if name in self.config.get("sin_cos", []):
            return np.concatenate([np.sin(values), np.cos(values)], axis=-1)
        mode = self.config.get("normalise", {}).get(name)
        if mode is None:
            return values
        if mode == "binary":
            return (values > 0.5).astype(values.dtype)
        first, second = (self.data.statistic(side, key, statistic) for statistic in MODES_N15[mode])
        if mode == "mean_std":
            moves = second != 0
            return np.where(moves, (values - first) / np.where(moves, second, 1), values)
        moves = first != second
        scaled = 2 * ((values - first) / np.where(moves, second - first, 1)) - 1
        if mode == "min_max":
            return np.where(moves, scaled, 0)
        return np.clip(np.where(moves, scaled, values), -1, 1)

    def sample(self, columns, row):
        result = {}
        for side in ("state", "action"):
            order = (self.config.get("concat") or {}).get(side) or self.config[side]["keys"]
            parts = [self.normalised(side, key, self.window(columns, side, key, row)) for key in order]
            result[side] = np.concatenate(parts, axis=-1)
        return result


class N17:
    """Rows are float32, statistics float64; relative actions are differences in float64."""

    def __init__(self, config, data):
        self.config, self.data = config, data
        self.percentiles = config.get("use_percentiles", True)
        self.clip = config.get("clip_outliers", True)

    def window(self, columns, side, key, row):
        name, part = self.data.source(side, key)
        # Negative rows would be read from the episode's end; ours hold the first.
        wanted = np.clip(row + np.asarray(self.config[side]["delta"]), 0, len(columns[name]) - 1)
        return columns[name][wanted][:, part].astype(np.float32)

    @staticmethod
    def by_bounds(values, low, high):
        result = np.zeros_like(values)
        moves = ~np.isclose(high, low)
        share = (values - low) / np.where(moves, high - low, 1)
        result[np.broadcast_to(moves, values.shape)] = share[np.broadcast_to(moves, values.shape)]
        # In the type of the values: this is where float32 rounds once more.
        doubled = 2 * result - 1
        return np.where(moves, doubled, result)

    @staticmethod
    def by_deviation(values, mean, std):
        result = values.copy()
        moves = np.broadcast_to(std != 0, values.shape)
        result[moves] = ((values - mean) / np.where(std != 0, std, 1))[moves]
        return result

    def scaled(self, side, key, values, statistics=None):
        known = statistics or {name: self.data.statistic(side, key, name) for name in ("min", "max", "q01", "q99", "mean", "std")}
        if key in (self.config[side].get("mean_std_embedding_keys") or []):
            return self.by_deviation(values, known["mean"], known["std"])
        # Relative statistics take the place of absolute ones under their own names: their min and max.
        low, high = ("q01", "q99") if self.percentiles and statistics is None else ("min", "max")
        result = self.by_bounds(values, known[low], known[high])
        return np.clip(result, -1, 1) if self.clip else result

    def state(self, columns, row):
        parts = []
        for key in self.config["state"]["keys"]:
            values = self.window(columns, "state", key, row)
            if key in (self.config["state"].get("sin_cos_embedding_keys") or []):
                parts.append(np.concatenate([np.sin(values), np.cos(values)], axis=-1))
            else:
                parts.append(self.scaled("state", key, values))
        return np.concatenate(parts, axis=-1)

    def action(self, columns, row):
        parts = []
        configs = self.config["action"].get("action_configs")
        for index, key in enumerate(self.config["action"]["keys"]):
            values = self.window(columns, "action", key, row)
            statistics = None
            if configs and configs[index]["rep"] == "RELATIVE" and self.config.get("use_relative_action", True):
                expect(configs[index]["type"] == "NON_EEF", f"{key}: only joints are computed here")
                reference = self.window(columns, "state", configs[index].get("state_key") or key, row)[-1]
                values = values.astype(np.float64) - reference.astype(np.float64)
                statistics = {name: np.asarray(told, dtype=np.float64) for name, told in self.data.relative[key].items()}
            result = self.scaled("action", key, values, statistics)
            parts.append(np.clip(result, -1, 1) if self.clip else result)
        return np.concatenate(parts, axis=-1)

    def sample(self, columns, row):
        return {"state": self.state(columns, row), "action": self.action(columns, row)}


def main():
    folder, config, ours = sys.argv[1:]
    data, config = Dataset(folder), json.loads(Path(config).read_text())
    rules = {"n1.5": N15, "n1.7": N17}[config["for"]](config, data)
    told = np.fromfile(ours, dtype=np.float32)
    at, rows, farthest, exact = 0, 0, {"state": 0.0, "action": 0.0}, True
    for columns in data.episodes():
        count = len(next(iter(columns.values())))
        samples = [rules.sample(columns, row) for row in range(count)]
        for side in ("state", "action"):
            truth = np.stack([sample[side] for sample in samples])
            expect(at + truth.size <= len(told), f"ours end in the {side} of an episode: {len(told)} numbers")
            mine = told[at : at + truth.size].reshape(truth.shape)
            at += truth.size
            off = np.abs(mine.astype(np.float64) - truth) / np.maximum(1, np.abs(truth))
            farthest[side] = max(farthest[side], float(off.max()))
            exact = exact and np.array_equal(mine, truth.astype(np.float32))
        rows += count
    expect(at == len(told), f"ours have {len(told)} numbers, the rules give {at}")
    print(json.dumps({"rows": rows, "farthest": farthest, "exact": bool(exact)}))


main()
