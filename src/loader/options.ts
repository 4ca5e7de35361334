import { TendonError } from "../core/errors.ts";
import type { LoaderOptions } from "./types.ts";

const THREADS_MAX = 1024;
const SIZE_MAX = 8192;
const STRIDE_MAX = 4096;

/** Refuses numbers that mean nothing. */
export function checkNumbers({ seed = 0, threads = 1, epochs, size, stride }: LoaderOptions): void {
  const wrong = (path: string, message: string) => new TendonError("bad-pipeline", message, { place: { path } });
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw wrong("seed", `must be a whole number from 0 (got ${seed})`);
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= THREADS_MAX))
    throw wrong("threads", `must be a whole number from 1 to ${THREADS_MAX} (got ${threads})`);
  if (epochs !== undefined && !(epochs > 0)) throw wrong("epochs", `must be above 0 (got ${epochs})`);
  for (const side of size ? [size.height, size.width] : [])
    if (!(Number.isInteger(side) && side >= 1 && side <= SIZE_MAX))
      throw wrong("size", `must be whole numbers of pixels from 1 to ${SIZE_MAX} (got ${side})`);
  if (stride && !(Number.isInteger(stride.count) && stride.count >= 1 && stride.count <= STRIDE_MAX))
    throw wrong("stride.count", `must be a whole number from 1 to ${STRIDE_MAX} (got ${stride.count})`);
  if (stride && !(Number.isInteger(stride.index) && stride.index >= 0 && stride.index < stride.count))
    throw wrong("stride.index", `must be from 0 to ${stride.count - 1} (got ${stride.index})`);
}
