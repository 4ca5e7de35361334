import { type OpenedLoader, openLoader } from "../../loader/open.ts";
import type { LoaderOptions, OrderOption } from "../../loader/types.ts";
import type { Taken } from "../loaderBench.ts";
import { picturesPerSample } from "./decoded.ts";

/** What it would take to feed so many samples a second: worked out from what was measured here, not measured itself. */
export interface Estimate {
  readonly samplesPerSec: number;
  readonly cores: number;
  readonly diskMbPerSec: number;
  /** The same number of samples in other ways: cores where a picture costs what it did here, whatever the spacing. */
  readonly otherwise: readonly Otherwise[];
}

export interface Otherwise {
  readonly order: OrderOption;
  /** Pictures from one key frame to the next; absent where there are no pictures. */
  readonly keySpacing: number;
  readonly decodedPerSample: number;
  readonly cores: number;
}

const SPACINGS = [2, 8, 30];

interface Given {
  readonly taken: Taken;
  readonly given: LoaderOptions;
  readonly opened: OpenedLoader;
}

export async function estimate(samplesPerSec: number, { taken, given, opened }: Given): Promise<Estimate> {
  const { samples, seconds, cpuSeconds, decoded, times, bytes } = taken;
  // Threads' time goes by the clock: where others work too, their processor time is less, in the same parts.
  const spentMs = times.storageMs + times.decodeMs + times.transformMs + times.transportMs;
  const decodingSec = spentMs > 0 ? (cpuSeconds * times.decodeMs) / spentMs : 0;
  const decodeSec = decoded > 0 ? decodingSec / decoded : 0;
  const otherSec = (cpuSeconds - decodingSec) / samples;
  const otherwise: Otherwise[] = [];
  const orders: OrderOption[] = [given.order ?? "local", "uniform"];
  for (const order of new Set(orders)) {
    const other = order === given.order ? opened : await openLoader({ ...given, order });
    for (const keySpacing of opened.layout.pictures.length > 0 ? SPACINGS : []) {
      const decodedPerSample = decodedOf(other, keySpacing);
      const cores = samplesPerSec * (decodedPerSample * decodeSec + otherSec);
      otherwise.push({ order, keySpacing, decodedPerSample, cores });
    }
  }
  return {
    samplesPerSec,
    cores: (samplesPerSec * cpuSeconds) / samples,
    diskMbPerSec: ((bytes.memory + bytes.disk) * seconds * samplesPerSec) / samples / 1e6,
    otherwise,
  };
}

/** Of all cameras, over the mixture. */
function decodedOf({ open, layout }: OpenedLoader, spacing: number): number {
  let decoded = 0;
  open.forEach((dataset, index) => {
    for (const { sources } of layout.pictures) {
      const offsets = sources[index]?.offsets;
      if (offsets) decoded += dataset.share * picturesPerSample(dataset, { offsets, spacing }).decoded;
    }
  });
  return decoded;
}
