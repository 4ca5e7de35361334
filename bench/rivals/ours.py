"""Tendon's loader as Python has it: ours.py OPTIONS (JSON: path, and what tendon.Batches takes).

Says "ready SECONDS", from after the imports to the first batch. For each line on its input, a number of seconds, it takes
batches for so long and prints how many samples. A line "float" makes the last batch's pictures float32, 20 times, and
prints the seconds that one took.
"""

import json
import sys
import time

import tendon

options = json.loads(sys.argv[1])
if options.get("as_") != "numpy":
    import torch  # noqa: F401  Its seconds are not the loader's.
start = time.perf_counter()
batches = iter(tendon.Batches(options.pop("path"), **options))
batch = next(batches)
print("ready", time.perf_counter() - start, flush=True)
for line in sys.stdin:
    if line.strip() == "float":
        pictures = next(value for name, value in batch.items() if getattr(value, "ndim", 0) == 5)
        begin = time.perf_counter()
        for _ in range(20):
            tendon.to_float(pictures)
        print((time.perf_counter() - begin) / 20, flush=True)
        continue
    end = time.perf_counter() + float(line)
    samples = 0
    while time.perf_counter() < end:
        batch = next(batches)
        samples += len(batch["episode_index"])
    print(samples, flush=True)
