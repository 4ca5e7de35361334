import type { ChannelCoverage, Coverage, SchemaFacts } from "./model.ts";
import type { RowsOfEpisode } from "./rows.ts";

const FINE_BINS = 512;
const BINS = 48;
/** A bin is not narrower than numbers of its size can tell apart: else it would have to double for ever. */
const WIDTH_LEAST = 2 ** -52;
const SIZE_LEAST = 1e-290;

/** Counts of values whose range is not known beforehand: where a value lies outside, bins double their width. */
export class GrowingHistogram {
  readonly #counts = new Float64Array(FINE_BINS);
  #low = 0;
  #width = 0;
  #sum = 0;
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;

  add(values: Float64Array): void {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      if (value < this.min) this.min = value;
      if (value > this.max) this.max = value;
      this.#sum += value;
      this.count++;
    }
    if (this.count === 0) return;
    if (this.#width === 0) this.#start();
    while (this.min < this.#low) this.#double("left");
    while (this.max >= this.#low + FINE_BINS * this.#width) this.#double("right");
    for (const value of values) {
      if (Number.isFinite(value)) this.#counts[Math.min(FINE_BINS - 1, Math.floor((value - this.#low) / this.#width))]!++;
    }
  }

  /** Over equal bins from the least to the greatest value; a fine bin that lies across a border is shared out. */
  bins(): number[] {
    const bins = Array.from({ length: BINS }, () => 0);
    const width = (this.max - this.min) / BINS;
    for (const [place, count] of this.#counts.entries()) {
      if (count === 0) continue;
      const start = Math.max(0, (this.#low + place * this.#width - this.min) / width);
      const end = Math.min(BINS, (this.#low + (place + 1) * this.#width - this.min) / width);
      if (!(end > start)) {
        bins[width > 0 && start >= BINS ? BINS - 1 : 0]! += count;
        continue;
      }
      for (let bin = Math.floor(start); bin < end; bin++) {
        bins[bin]! += (count * (Math.min(end, bin + 1) - Math.max(start, bin))) / (end - start);
      }
    }
    return bins.map((count) => Math.round(count * 10) / 10);
  }

  get mean(): number {
    return this.#sum / this.count;
  }

  #start(): void {
    const span = this.max - this.min;
    const size = Math.max(Math.abs(this.min), Math.abs(this.max), SIZE_LEAST);
    this.#low = this.min;
    this.#width = Math.max(span > 0 ? span * 1.001 : Math.max(size, 1e-9), size * WIDTH_LEAST * FINE_BINS) / FINE_BINS;
  }

  #double(side: "left" | "right"): void {
    const counts = this.#counts;
    const half = FINE_BINS / 2;
    const merged = Array.from({ length: half }, (_, place) => counts[2 * place]! + counts[2 * place + 1]!);
    counts.fill(0);
    counts.set(merged, side === "left" ? half : 0);
    if (side === "left") this.#low -= FINE_BINS * this.#width;
    this.#width *= 2;
  }
}

/** Gathers coverage over episodes, a set of histograms for each schema. */
export class CoverageSums {
  readonly #sums = new Map<number, { readonly channels: GrowingHistogram[]; episodes: number; rows: number }>();

  add(schema: number, { channels, seconds }: RowsOfEpisode): void {
    const known = this.#sums.get(schema) ?? { channels: channels.map(() => new GrowingHistogram()), episodes: 0, rows: 0 };
    this.#sums.set(schema, known);
    known.episodes++;
    known.rows += seconds.length;
    for (const [place, column] of channels.entries()) known.channels[place]!.add(column);
  }

  /** One a stream of each schema. */
  facts(schemas: readonly SchemaFacts[]): Coverage[] {
    return [...this.#sums].flatMap(([place, { channels, episodes, rows }]) => {
      const { embodiment, streams } = schemas[place]!;
      return streams.map(({ stream, unit, names, first }) => ({
        embodiment,
        stream,
        ...(unit !== undefined && { unit }),
        episodes,
        rows,
        channels: names.map((name, index) => channelOf(name, channels[first + index]!)),
      }));
    });
  }
}

function channelOf(name: string, sums: GrowingHistogram): ChannelCoverage {
  if (sums.count === 0) return { name, min: 0, max: 0, mean: 0, bins: [] };
  return { name, min: short(sums.min), max: short(sums.max), mean: short(sums.mean), bins: sums.bins() };
}

function short(value: number): number {
  return Number(value.toPrecision(6));
}
