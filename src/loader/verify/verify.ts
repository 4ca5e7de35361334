import { join } from "node:path";
import type { NumberArray } from "../../core/batch.ts";
import { TendonError } from "../../core/errors.ts";
import { cut } from "../compose.ts";
import { arrayOf, type BatchLayout, type Field, type NumbersLane, type PictureLane } from "../layout.ts";
import type { SlotAccess } from "../memory.ts";
import type { OpenDataset } from "../open.ts";
import { reachOf } from "../openParts.ts";
import type { ReadyBatch } from "../scheduler.ts";
import { drawsOf, type Sequence } from "../sequence.ts";
import type { LoaderOptions } from "../types.ts";
import { SlowNumbers } from "./slowNumbers.ts";
import { digestOf, SlowPictures } from "./slowPictures.ts";

export interface VerifierGiven {
  readonly layout: BatchLayout;
  readonly datasets: readonly OpenDataset[];
  readonly sequence: Sequence;
  readonly slots: SlotAccess;
  readonly options: Pick<LoaderOptions, "edges" | "windows" | "deltaTimestamps" | "normalise">;
}

/** Where a sample stands, worked out anew. */
interface Stand {
  readonly sample: number;
  readonly dataset: number;
  readonly episode: number;
  /** Of the episode. */
  readonly row: number;
  /** The span's first row in the episode, and how many it has. */
  readonly from: number;
  readonly rows: number;
  readonly text: string | undefined;
}

/** Something in the slot that is not what it was when it was read a second time. */
interface Difference {
  readonly name: string;
  readonly step?: number;
  readonly place?: string;
  readonly got: unknown;
  readonly wanted: unknown;
  readonly file?: string;
}

/**
 * Reads every sample of a batch a second time by the slow, obvious path, and compares it with what stands in the slot:
 * numbers by another Parquet reader, pictures by decoding their file from its first packet on, positions by counting,
 * masks and windows by their definition. Only what normalises numbers is the loader's own.
 */
export class Verifier {
  readonly #given: VerifierGiven;
  readonly #numbers: readonly SlowNumbers[];
  readonly #pictures = new SlowPictures();
  /** By file and second: where episodes begin. */
  readonly #firsts = new Map<string, number>();
  /** Lanes that hold a stream as it is stored. */
  readonly #plain: ReadonlySet<string>;

  constructor(given: VerifierGiven) {
    const { windows = {}, deltaTimestamps = {}, normalise = {} } = given.options;
    this.#given = given;
    this.#plain = new Set(Object.keys({ ...windows, ...deltaTimestamps }).filter((name) => !(name in normalise)));
    this.#numbers = given.datasets.map(({ loaded, windows: { numbers, task } }) => {
      return new SlowNumbers(loaded, { streams: numbers.flatMap((lane) => lane.streams), task });
    });
  }

  /** Throws where a sample is not what it should be. Samples that are not valid are left out. */
  async check(ready: ReadyBatch): Promise<void> {
    const { layout, sequence, slots } = this.#given;
    const memory = slots.read({ slot: ready.slot, at: 0 }, layout.numbersBytes).slice().buffer;
    const draws = drawsOf(layout.samples);
    sequence.fill(ready.index, draws);
    const skipped = new Set(ready.skipped.map(({ sample }) => sample));
    const view = (field: Field) => arrayOf(field, memory);
    for (let sample = 0; sample < layout.samples; sample++) {
      const stand = this.#standOf(sample, draws.dataset[sample]!, draws.anchor[sample]!);
      this.#checkInfo(stand, view, skipped.has(sample) ? 0 : draws.valid[sample]!);
      // What fills up a tail may be what could not be read.
      if (skipped.has(sample) || draws.valid[sample] === 0) continue;
      await this.#checkNumbers(stand, view, ready.tasks);
      for (const lane of layout.pictures) await this.#checkPictures(stand, view, { lane, slot: ready.slot });
    }
  }

  /** Counts the rows at which windows may stand, span after span. */
  #standOf(sample: number, dataset: number, anchor: number): Stand {
    const { spans, windows } = this.#given.datasets[dataset]!;
    const { least, most, inside } = reachOf(windows, this.#given.options.edges);
    const [before, behind] = inside ? [Math.max(0, -least), Math.max(0, most)] : [0, 0];
    let left = anchor;
    for (const [span, rows] of spans.length.entries()) {
      const own = Math.max(0, rows - before - behind);
      const from = spans.from[span]!;
      if (left < own)
        return {
          sample,
          dataset,
          episode: spans.episode[span]!,
          row: from + before + left,
          from,
          rows,
          text: spans.text?.[span],
        };
      left -= own;
    }
    throw new TendonError("internal", `the order gives row ${anchor} of all, there are fewer`);
  }

  #checkInfo(stand: Stand, view: (field: Field) => NumberArray, valid: number): void {
    const { info } = this.#given.layout;
    const { index } = this.#given.datasets[stand.dataset]!.loaded.episodes[stand.episode]!;
    const wanted = [
      [info.dataset, stand.dataset],
      [info.episode, index],
      [info.row, stand.row],
      [info.valid, valid],
    ] as const;
    for (const [field, value] of wanted) {
      const got = Number(view(field)[stand.sample]);
      if (got !== value) throw this.#differs(stand, { name: field.name, got, wanted: value });
    }
  }

  async #checkNumbers(stand: Stand, view: (field: Field) => NumberArray, tasks: ReadyBatch["tasks"]): Promise<void> {
    const { layout } = this.#given;
    const whole = await this.#numbers[stand.dataset]!.read(stand.episode);
    const told = stand.text ?? whole.tasks[stand.row];
    const task = tasks[Number(view(layout.info.task)[stand.sample])] ?? undefined;
    if (task !== told) throw this.#differs(stand, { name: "task", got: task, wanted: told, file: whole.file });
    const span = cut(whole, stand.from, stand.rows);
    for (const lane of layout.numbers) {
      const again = this.#again(stand, lane, span);
      const compare = (field: Field, wanted: NumberArray, across: number) => {
        const from = stand.sample * wanted.length;
        const got = view(field).subarray(from, from + wanted.length);
        const at = wanted.findIndex((each: number | bigint, place: number) => !Object.is(got[place], each));
        if (at < 0) return;
        const [step, item] = [Math.floor(at / across), at % across];
        const where = { name: field.name, step, place: `number ${item}`, file: whole.file };
        throw this.#differs(stand, { ...where, got: got[at], wanted: wanted[at] });
      };
      compare(lane.isPad, again.isPad, 1);
      compare(lane.field, again.values, lane.across);
      if (lane.dimIsPad) compare(lane.dimIsPad, again.dimIsPad, lane.across);
    }
  }

  /** What a sample's window holds, by definition. */
  #again(
    { dataset, row, from, rows }: Stand,
    { field, steps, across, sources, dims }: NumbersLane,
    span: ReturnType<typeof cut>,
  ) {
    const lane = sources[dataset];
    const Values = arrayOf({ ...field, start: 0, shape: [0] }, new ArrayBuffer(0)).constructor as new (
      count: number,
    ) => NumberArray;
    const values = new Values(steps * across);
    const own = lane?.shape.reduce((product, each) => product * each, 1) ?? 0;
    const isPad = new Uint8Array(steps);
    const dimIsPad = Uint8Array.from({ length: across }, (_, item) =>
      dims[dataset] ? 1 - dims[dataset][item]! : item < own ? 0 : 1,
    );
    const held = new Values(steps * own);
    if (lane && !this.#plain.has(lane.name)) lane.fill(span, row - from, held, 0);
    for (let step = 0; step < steps; step++) {
      const at = row - from + (lane?.offsets[step] ?? 0);
      isPad[step] = lane && at >= 0 && at < rows ? 0 : 1;
      const there = Math.min(rows - 1, Math.max(0, at));
      const column = lane && this.#plain.has(lane.name) ? span.columns.get(lane.streams[0]!)! : undefined;
      for (let item = 0; item < own; item++)
        values[step * across + item] = (column ? column[there * own + item]! : held[step * own + item]!) as never;
    }
    return { values, isPad, dimIsPad };
  }

  async #checkPictures(
    stand: Stand,
    view: (field: Field) => NumberArray,
    { lane, slot }: { lane: PictureLane; slot: number },
  ): Promise<void> {
    const { sample, dataset, row, from, rows, episode } = stand;
    const { loaded } = this.#given.datasets[dataset]!;
    const source = lane.sources[dataset];
    for (let step = 0; step < lane.steps; step++) {
      const at = row + (source?.offsets[step] ?? 0);
      const wanted = source && at >= from && at < from + rows ? 0 : 1;
      const isPad = Number(view(lane.isPad)[sample * lane.steps + step]);
      if (isPad !== wanted) throw this.#differs(stand, { name: lane.isPad.name, step, got: isPad, wanted });
      const got = this.#given.slots.read({ slot, at: lane.field.start + (sample * lane.steps + step) * lane.bytes }, lane.bytes);
      if (!source) {
        const odd = got.findIndex((byte) => byte !== 0);
        if (odd >= 0) throw this.#differs(stand, { name: lane.field.name, step, place: `byte ${odd}`, got: got[odd], wanted: 0 });
        continue;
      }
      const video = loaded.episodes[episode]!.videos.get(source.stream);
      const file = join(loaded.root, video?.file ?? "");
      const { pictures, times, broken } = await this.#pictures.digests(file, lane.size);
      const first = this.#firstOf(`${file} ${video?.fromSec}`, times, video?.fromSec, loaded.described.rateHz);
      const frame = first + Math.min(from + rows - 1, Math.max(from, at));
      const digest = pictures.get(frame);
      if (digest === digestOf(got)) continue;
      const again = await this.#pictures.picture(file, frame, lane.size);
      throw this.#differs(stand, { name: lane.field.name, step, file, ...firstByte(got, again, lane, broken) });
    }
  }

  /** The episode's first picture in its file: seconds were written as doubles, so half a frame is spared. */
  #firstOf(key: string, times: BigInt64Array, fromSec: number | undefined, rateHz: number): number {
    if (fromSec === undefined) return 0;
    const known = this.#firsts.get(key);
    if (known !== undefined) return known;
    const first = times.filter((time) => Number(time) / 1e9 < fromSec - 0.5 / rateHz).length;
    this.#firsts.set(key, first);
    return first;
  }

  #differs({ dataset, episode, row, sample }: Stand, { name, step, place, got, wanted, file }: Difference): TendonError {
    const { loaded } = this.#given.datasets[dataset]!;
    const { index } = loaded.episodes[episode]!;
    const where = [`${loaded.root}, episode ${index}, row ${row} (sample ${sample} of the batch)`];
    if (step !== undefined) where.push(`step ${step}`);
    if (place !== undefined) where.push(place);
    const message = `verify: ${where.join(", ")}: the loader gave ${String(got)}, read a second time it is ${String(wanted)}`;
    return new TendonError("internal", message, { place: { stream: name, ...(file !== undefined && { file }) } });
  }
}

function firstByte(got: Uint8Array, again: Uint8Array | undefined, { size }: PictureLane, broken: string | undefined) {
  if (!again) return { got: "a picture", wanted: `not there${broken === undefined ? "" : ` (${broken})`}` };
  const at = got.findIndex((byte, place) => byte !== again[place]);
  const [pixel, channel] = [Math.floor(at / 3), at % 3];
  const place = `line ${Math.floor(pixel / size.width)}, column ${pixel % size.width}, ${["red", "green", "blue"][channel]}`;
  return { place, got: got[at], wanted: again[at] };
}

/** Refuses what a second reading knows nothing of. */
export function checkVerify({ verify, augment, nativeWindows }: LoaderOptions): void {
  if (verify !== true) return;
  const wrong = (with_: string) =>
    new TendonError("bad-pipeline", `compares samples as they are stored: leave \`${with_}\` out to verify the rest`, {
      place: { path: "verify" },
    });
  if (augment !== undefined) throw wrong("augment");
  if (nativeWindows !== undefined) throw wrong("nativeWindows");
}
