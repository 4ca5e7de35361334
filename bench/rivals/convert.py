"""LeRobot's own converter in one process: convert.py SOURCE SCRATCH.

For each line on its input it converts a fresh copy (it works in place) and prints the seconds that
took; neither copying nor importing is timed.
"""

import contextlib
import shutil
import sys
import time
from pathlib import Path

from lerobot.scripts.convert_dataset_v21_to_v30 import convert_dataset

source, scratch = Path(sys.argv[1]), Path(sys.argv[2])
for run, _line in enumerate(sys.stdin):
    copy = scratch / f"copy{run}"
    shutil.copytree(source, copy)
    with contextlib.redirect_stdout(sys.stderr):
        start = time.perf_counter()
        convert_dataset(repo_id="local/bench", root=str(copy), push_to_hub=False)
        seconds = time.perf_counter() - start
    for left in scratch.glob(f"copy{run}*"):
        shutil.rmtree(left)
    print(seconds, flush=True)
