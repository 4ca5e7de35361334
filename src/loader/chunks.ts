import { join } from "node:path";
import { TendonError } from "../core/errors.ts";
import type { Anchors } from "./anchors.ts";
import type { LoadedDataset } from "./dataset.ts";
import type { DecoderPool } from "./decoders.ts";
import type { DecodeJob } from "./decodeThread.ts";
import { type BatchLayout, type Lane, tensorOf } from "./layout.ts";
import type { EpisodeNumbers, EpisodeShelf } from "./rows.ts";
import type { Sequence } from "./sequence.ts";
import type { LoaderBatch } from "./types.ts";

/** Memory of batches, used again and again. */
export type Arena = SharedArrayBuffer[];

/** Batches that were decoded together, so that no picture was decoded twice for them. */
export type Chunk = readonly LoaderBatch[];

/** A job is cut after so many groups of pictures, so that threads share an episode: at most one group more is decoded for each cut. */
const JOB_GROUPS = 4;
const JOB_ROWS_MIN = 16;

interface MakerGiven {
  readonly dataset: LoadedDataset;
  readonly layout: BatchLayout;
  readonly anchors: Anchors;
  readonly batches: Sequence;
  readonly shelf: EpisodeShelf;
  readonly pool: DecoderPool;
}

/** A batch in the making: at which row of which episode each sample stands. */
interface Draft {
  readonly index: number;
  readonly memory: SharedArrayBuffer;
  /** Places in the dataset's list of episodes. */
  readonly places: Int32Array;
  readonly rows: Int32Array;
}

/** Makes batches: decodes what they hold straight into their memory, and copies numbers beside it. */
export class ChunkMaker {
  readonly counts = { decoded: 0, wanted: 0 };
  readonly #given: MakerGiven;

  constructor(given: MakerGiven) {
    this.#given = given;
  }

  async make({ from, to }: { readonly from: number; readonly to: number }, arena: Arena): Promise<Chunk> {
    const drafts: Draft[] = [];
    for (let index = from; index < to; index++) drafts.push(this.#draft(index, this.#memory(arena, index - from)));
    const decoding = this.#decode(drafts);
    const numbers = this.#readNumbers(drafts);
    // Both end before either error is told: memory that is still written to must not be used again.
    const [decoded, read] = await Promise.allSettled([decoding, numbers]);
    if (decoded.status === "rejected") throw decoded.reason;
    if (read.status === "rejected") throw read.reason;
    return drafts.map((draft) => this.#finish(draft, read.value));
  }

  #memory(arena: Arena, place: number): SharedArrayBuffer {
    arena[place] ??= new SharedArrayBuffer(this.#given.layout.bytes);
    return arena[place];
  }

  #draft(index: number, memory: SharedArrayBuffer): Draft {
    const { layout, anchors, batches } = this.#given;
    const at = new Float64Array(layout.samples);
    batches.fill(index, at);
    const places = new Int32Array(layout.samples);
    const rows = new Int32Array(layout.samples);
    at.forEach((anchor, sample) => {
      const { episode, row } = anchors.find(anchor);
      places[sample] = episode;
      rows[sample] = row;
    });
    return { index, memory, places, rows };
  }

  async #decode(drafts: readonly Draft[]): Promise<void> {
    const jobs = this.#given.layout.lanes.filter(({ picture }) => picture).flatMap((lane) => this.#jobs(drafts, lane));
    const done = await Promise.allSettled(
      jobs.map(async (job) => {
        this.counts.wanted += job.rows.length;
        const decoded = await this.#given.pool.run(job);
        this.counts.decoded += decoded;
      }),
    );
    for (const each of done) if (each.status === "rejected") throw each.reason;
  }

  /** One job an episode, or more for many rows: those that any window wants, each with all its places. */
  #jobs(drafts: readonly Draft[], lane: Lane): Omit<DecodeJob, "id">[] {
    const { lengths, keySpacings } = this.#given.dataset;
    const rowsMax = Math.max(JOB_ROWS_MIN, Math.ceil(JOB_GROUPS * (keySpacings.get(lane.stream) ?? 1)));
    const wanted = new Map<number, Map<number, number[]>>();
    drafts.forEach((draft, memory) => {
      draft.rows.forEach((anchor, sample) => {
        const episode = draft.places[sample]!;
        const ofEpisode = wanted.get(episode) ?? new Map<number, number[]>();
        wanted.set(episode, ofEpisode);
        lane.offsets.forEach((offset, step) => {
          const row = clamp(anchor + offset, lengths[episode]!);
          const targets = ofEpisode.get(row) ?? [];
          ofEpisode.set(row, targets);
          targets.push(memory, lane.start + (sample * lane.offsets.length + step) * lane.bytes);
        });
      });
    });
    const memories = drafts.map(({ memory }) => memory);
    return [...wanted].flatMap(([episode, rows]) => {
      const place = this.#place(episode, lane);
      return targetsOf(rows, rowsMax).map((targets) => ({ ...place, ...targets, memories, pictureBytes: lane.bytes }));
    });
  }

  #place(episode: number, { stream }: Lane): Pick<DecodeJob, "file" | "fromSec" | "toSec"> {
    const { root, episodes } = this.#given.dataset;
    const video = episodes[episode]!.videos.get(stream);
    if (!video) {
      const message = `episode ${episodes[episode]!.index} has no video of it: pictures in tables are not loaded; convert them with \`tendon convert\``;
      throw new TendonError("bad-data", message, { place: { file: root, stream } });
    }
    const { fromSec, toSec } = video;
    return { file: join(root, video.file), ...(fromSec !== undefined && { fromSec }), ...(toSec !== undefined && { toSec }) };
  }

  async #readNumbers(drafts: readonly Draft[]): Promise<ReadonlyMap<number, EpisodeNumbers>> {
    const episodes = new Set(drafts.flatMap(({ places }) => [...places]));
    const read = await Promise.all(
      [...episodes].map(async (episode) => [episode, await this.#given.shelf.read(episode)] as const),
    );
    return new Map(read);
  }

  #finish({ index, memory, places, rows }: Draft, numbers: ReadonlyMap<number, EpisodeNumbers>): LoaderBatch {
    const { layout, dataset, batches } = this.#given;
    const tensors = new Map(layout.lanes.map((lane) => [lane.stream, tensorOf(lane, memory, layout.samples)] as const));
    const masks = new Map(layout.lanes.map((lane) => [lane.stream, maskOf(lane, { places, rows }, dataset.lengths)] as const));
    for (const lane of layout.lanes) {
      if (!lane.picture) copyNumbers(lane, tensors.get(lane.stream)!.data, { places, rows, numbers });
    }
    return {
      index,
      epoch: batches.epochOf(index),
      samples: layout.samples,
      tensors,
      masks,
      tasks: Array.from(rows, (row, sample) => numbers.get(places[sample]!)!.tasks[row]),
      episode: places.map((place) => dataset.episodes[place]!.index),
      row: rows,
    };
  }
}

/** Rows with their targets, ascending, at most `rowsMax` together. */
function targetsOf(
  targets: ReadonlyMap<number, readonly number[]>,
  rowsMax: number,
): Pick<DecodeJob, "rows" | "starts" | "targets">[] {
  const sorted = [...targets.keys()].sort((a, b) => a - b);
  const count = Math.ceil(sorted.length / rowsMax);
  return Array.from({ length: count }, (_, part) => {
    const rows = sorted.slice(Math.floor((part * sorted.length) / count), Math.floor(((part + 1) * sorted.length) / count));
    const starts = new Int32Array(rows.length + 1);
    rows.forEach((row, index) => {
      starts[index + 1] = starts[index]! + targets.get(row)!.length / 2;
    });
    return { rows: Int32Array.from(rows), starts, targets: Float64Array.from(rows.flatMap((row) => targets.get(row)!)) };
  });
}

type Standing = Pick<Draft, "places" | "rows">;

function maskOf({ offsets }: Lane, { places, rows }: Standing, lengths: Int32Array): Uint8Array {
  const mask = new Uint8Array(rows.length * offsets.length);
  for (let sample = 0; sample < rows.length; sample++) {
    const length = lengths[places[sample]!]!;
    for (let step = 0; step < offsets.length; step++) {
      const row = rows[sample]! + offsets[step]!;
      mask[sample * offsets.length + step] = row >= 0 && row < length ? 1 : 0;
    }
  }
  return mask;
}

function copyNumbers(
  { stream, offsets, shape }: Lane,
  into: object,
  { places, rows, numbers }: Standing & { readonly numbers: ReadonlyMap<number, EpisodeNumbers> },
): void {
  const across = shape.reduce((product, each) => product * each, 1);
  const target = into as Float64Array;
  for (let sample = 0; sample < rows.length; sample++) {
    const episode = numbers.get(places[sample]!)!;
    const column = episode.columns.get(stream) as Float64Array;
    for (let step = 0; step < offsets.length; step++) {
      const row = clamp(rows[sample]! + offsets[step]!, episode.rows);
      const to = (sample * offsets.length + step) * across;
      for (let item = 0; item < across; item++) target[to + item] = column[row * across + item]!;
    }
  }
}

/** What stands in for a row beyond the ends is the first or the last. */
function clamp(row: number, rows: number): number {
  return row < 0 ? 0 : row >= rows ? rows - 1 : row;
}
