"""LeRobot's own converter in one process: convert.py SOURCE SCRATCH RUNS. Prints the seconds of each run as JSON.

Each run converts a fresh copy (it works in place); copying is not timed, importing neither.
"""

import contextlib
import json
import shutil
import sys
import time
from pathlib import Path

from lerobot.scripts.convert_dataset_v21_to_v30 import convert_dataset

source, scratch, runs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
seconds = []
for run in range(runs):
    copy = scratch / f"copy{run}"
    shutil.copytree(source, copy)
    with contextlib.redirect_stdout(sys.stderr):
        start = time.perf_counter()
        convert_dataset(repo_id="local/bench", root=str(copy), push_to_hub=False)
        seconds.append(time.perf_counter() - start)
    for left in scratch.glob(f"copy{run}*"):
        shutil.rmtree(left)
print(json.dumps(seconds))
