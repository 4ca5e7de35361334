"""Reads a LeRobot v2 folder as it lies, with PyArrow alone: the truth that views are held to."""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq


def fail(message):
    """Ends the program with what is wrong."""
    print(message, file=sys.stderr)
    sys.exit(1)


def expect(truth, message):
    if not truth:
        fail(message)


def read_lines(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines() if line.strip()]


def numbers(column):
    """A column as [row, ...shape]: numbers, lists of them, or lists written as JSON text."""
    rows = column.to_pylist()
    if rows and isinstance(rows[0], str):
        rows = [json.loads(row) for row in rows]
    return np.asarray(rows)


class Original:
    """One dataset of LeRobot v2.0 or v2.1."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.info = json.loads((self.folder / "meta/info.json").read_text())
        lines = read_lines(self.folder / "meta/episodes.jsonl")
        # Some sets keep the list of a larger one: what counts is the episodes that are there, which are its first.
        self.lengths = [line["length"] for line in lines if self._path(self.info["data_path"], line["episode_index"]).exists()]
        self.tasks = {}
        for line in read_lines(self.folder / "meta/tasks.jsonl"):
            text = [value for key, value in line.items() if key != "task_index"]
            self.tasks[line["task_index"]] = text[0]
        # The rate that the rows show; one set declares another.
        self.fps = round(1 / float(np.median(np.diff(self.rows(0)["timestamp"].ravel()))), 3)
        existing = [key for key, feature in self.info["features"].items() if feature["dtype"] == "video"]
        self.cameras = [key for key in existing if self.video(0, key).exists()]

    def __len__(self):
        return len(self.lengths)

    def _path(self, template, episode, **more):
        chunk = episode // self.info["chunks_size"]
        return self.folder / template.format(episode_chunk=chunk, episode_index=episode, **more)

    def video(self, episode, camera):
        return self._path(self.info["video_path"], episode, video_key=camera)

    def rows(self, episode):
        """Its columns as numpy arrays, by name."""
        table = pq.read_table(self._path(self.info["data_path"], episode))
        return {name: numbers(table[name]) for name in table.column_names}

    def texts(self, episode, column="task_index"):
        return [self.tasks[int(index)] for index in self.rows(episode)[column].ravel()]
