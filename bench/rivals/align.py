"""polars' join_asof over the columns that bench/align.ts wrote: FOLDER WIDTH TOLERANCE_NS.

Answers "join" with the seconds that it took, and "checksum" with that of the last one.
"""

import sys
import time

import numpy as np
import polars as pl

folder, width, tolerance = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
grid = np.fromfile(f"{folder}/grid.bin", dtype=np.int64)
sample = np.fromfile(f"{folder}/time.bin", dtype=np.int64)
values = np.fromfile(f"{folder}/values.bin", dtype=np.float32)
column = pl.Series(values) if width == 1 else pl.Series(values.reshape(-1, width), dtype=pl.Array(pl.Float32, width))
rows = pl.DataFrame({"time": grid}).set_sorted("time")
samples = pl.DataFrame({"time": sample, "from": sample, "value": column}).set_sorted("time")

for line in sys.stdin:
    if line.strip() == "join":
        start = time.perf_counter()
        joined = rows.join_asof(samples, on="time", strategy="backward", tolerance=tolerance)
        print(time.perf_counter() - start, flush=True)
    else:
        first = sum(int(part.sum()) for part in np.array_split(joined["from"].drop_nulls().to_numpy(), 1000))
        value = joined["value"] if width == 1 else joined["value"].arr.get(0)
        print(f"{first} {int(value.cast(pl.Float64).sum())}", flush=True)
