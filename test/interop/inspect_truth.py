"""Holds what `tendon inspect --json` says (on standard input) to ffprobe, PyArrow and Python's mcap.

    inspect_truth.py dataset|mcap PATH
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from mcap.reader import make_reader

from original import Original, expect

IMAGES = re.compile(r"image|video", re.IGNORECASE)


def probe(path):
    """What ffprobe says of the one video stream of a file."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-of", "json", "-show_streams", "-show_entries", "packet=pts_time,flags"]
    told = json.loads(subprocess.run([*command, str(path)], check=True, capture_output=True, text=True).stdout)
    stream, packets = told["streams"][0], told["packets"]
    return {
        "codec": stream["codec_name"],
        "width": stream["width"],
        "height": stream["height"],
        "frames": len(packets),
        "keys": sum("K" in packet["flags"] for packet in packets),
    }


def near(got, wanted, part, where):
    expect(got is not None and abs(got - wanted) <= part * abs(wanted), f"{where}: {got} instead of about {wanted}")


def check_camera(stream, files):
    where = stream["name"]
    for key in ("codec", "width", "height"):
        wanted = {file[key] for file in files}
        expect({stream[key]} == wanted, f"{where}.{key}: {stream[key]} instead of {wanted}")
    frames, keys = sum(file["frames"] for file in files), sum(file["keys"] for file in files)
    near(stream["keyFrameEvery"], frames / keys, 0.02, f"{where}.keyFrameEvery")
    return frames


def check_dataset(report, folder):
    """LeRobot folders: rows by PyArrow, pictures by ffprobe."""
    original = Original(folder)
    wanted = "gr00t" if (Path(folder) / "meta/modality.json").exists() else "lerobot"
    expect(report["kind"] == wanted, f"kind: {report['kind']} instead of {wanted}")
    version = original.info["codebase_version"]
    expect(report["version"] == version, f"version: {report['version']} instead of {version}")
    expect(report["episodes"] == len(original), f"episodes: {report['episodes']} instead of {len(original)}")
    tables = [original.rows(episode) for episode in range(len(original))]
    rows = sum(len(table["timestamp"]) for table in tables)
    streams = {stream["name"]: stream for stream in report["streams"]}
    cameras = {name for name, stream in streams.items() if stream["dtype"] == "video"}
    expect(cameras == set(original.cameras), f"cameras: {cameras} instead of {original.cameras}")
    for name in ("observation.state", "action"):
        expect(streams[name]["samples"] == rows, f"{name}.samples: {streams[name]['samples']} instead of {rows}")
        shape = list(tables[0][name].shape[1:])
        expect(streams[name]["shape"] == shape, f"{name}.shape: {streams[name]['shape']} instead of {shape}")
    step = float(np.median(np.diff(tables[0]["timestamp"].ravel())))
    expect(abs(report["durationSec"] - rows * step) < 0.01, f"durationSec: {report['durationSec']}, {rows} rows of {step} s")
    for name, stream in streams.items():
        near(stream["rateHz"], 1 / step, 0.001, f"{name}.rateHz")
    for camera in original.cameras:
        files = [probe(original.video(episode, camera)) for episode in range(len(original))]
        frames = check_camera(streams[camera], files)
        expect(streams[camera]["samples"] in (rows, frames), f"{camera}.samples: {streams[camera]['samples']}, {rows} rows, {frames} frames")
        if frames != rows:
            told = [finding for finding in report["findings"] if finding.get("stream") == camera]
            expect(any("frame" in finding["message"] for finding in told), f"{camera}: {frames} frames for {rows} rows, and no finding")
    return {"rows": rows, "cameras": len(cameras)}


def path_of(topic):
    return ".".join(re.sub(r"[^A-Za-z0-9_-]", "_", part) for part in topic.split("/") if part not in ("", "~"))


def check_mcap(report, path):
    """Logs: what each topic holds by Python's mcap."""
    counts, schemas, times = {}, {}, {}
    with open(path, "rb") as file:
        for schema, channel, message in make_reader(file).iter_messages():
            counts[channel.topic] = counts.get(channel.topic, 0) + 1
            schemas[channel.topic] = schema.name if schema else ""
            times.setdefault(channel.topic, []).append(message.log_time)
    expect(report["kind"] == "mcap", f"kind: {report['kind']}")
    if report["episodes"] == 0:
        expect(report["failures"], "nothing was read, and nothing is said of it")
        return {"messages": sum(counts.values()), "topics": 0}
    seen = set()
    for stream in report["streams"]:
        name = stream["name"].removeprefix("action.")
        if stream["dtype"] == "video":
            topics = [topic for topic, schema in schemas.items() if IMAGES.search(schema)]
        else:
            topics = [topic for topic in counts if name == path_of(topic) or name.startswith(path_of(topic) + ".")]
        expect(topics, f"{stream['name']}: no topic of {sorted(counts)} is called so")
        fitting = [topic for topic in topics if counts[topic] == stream["samples"]]
        expect(fitting, f"{stream['name']}.samples: {stream['samples']}, the topics hold {[counts[topic] for topic in topics]}")
        seconds = (max(times[fitting[0]]) - min(times[fitting[0]])) / 1e9
        if seconds > 1:
            near(stream["rateHz"], (stream["samples"] - 1) / seconds, 0.02, f"{stream['name']}.rateHz")
        seen.update(fitting)
    expect(seen == set(counts), f"inspect says nothing of {sorted(set(counts) - seen)}")
    every = [time for each in times.values() for time in each]
    seconds = (max(every) - min(every)) / 1e9
    expect(abs(report["durationSec"] - seconds) < 0.01, f"durationSec: {report['durationSec']} instead of {seconds}")
    return {"messages": sum(counts.values()), "topics": len(seen)}


def main():
    kind, path = sys.argv[1:]
    report = json.load(sys.stdin)
    print(json.dumps(check_dataset(report, path) if kind == "dataset" else check_mcap(report, path)))


main()
