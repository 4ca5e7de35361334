import { asTendonError, type TendonError } from "../core/errors.ts";
import { type Augmentation, drawLook } from "./augment/draw.ts";
import { composeInfo, composeNumbers } from "./compose.ts";
import type { DecodeJob, LostRows } from "./decodeJob.ts";
import type { Decoded, DecoderPool } from "./decoders.ts";
import { Draft } from "./draft.ts";
import { changedSince, jobsOf, TARGET, type Wanted, want, wantedOf, withLooks } from "./jobs.ts";
import type { BatchLayout, PictureLane } from "./layout.ts";
import type { SlotAccess } from "./memory.ts";
import type { Look } from "./numberLane.ts";
import type { OpenDataset } from "./open.ts";
import type { Key } from "./order/key.ts";
import type { SeenFiles } from "./seenFiles.ts";
import { type Draws, drawsOf, type Sequence } from "./sequence.ts";
import { Spending } from "./spent.ts";
import type { Skipped } from "./types.ts";

/** A batch that lies whole in its slot. */
export interface ReadyBatch {
  readonly slot: number;
  readonly index: number;
  readonly epoch: number;
  /** What `task_index` counts: distinct instructions, null where a row has none. */
  readonly tasks: readonly (string | null)[];
  readonly skipped: readonly Skipped[];
}

export interface SchedulerGiven {
  readonly layout: BatchLayout;
  readonly datasets: readonly OpenDataset[];
  readonly sequence: Sequence;
  readonly pool: DecoderPool;
  readonly slots: SlotAccess;
  readonly slotCount: number;
  readonly onError: "stop" | "skip";
  /** Over all ranks. */
  readonly batchSize: number;
  /** What looks are drawn by. Absent: samples stay as they are. */
  readonly augment?: Augmentation;
  readonly root: Key;
  /** The first batch, the one behind the last, and from each to the next. */
  readonly from: number;
  readonly to: number;
  readonly step: number;
  /** Looks at each batch before it is given, and throws where something is wrong with it. */
  readonly verify?: (ready: ReadyBatch) => Promise<void>;
}

/** What a job is for, and whether it is known already that it cannot be done. */
interface Decoding {
  readonly lane: PictureLane;
  readonly drafts: ReadonlyMap<number, Draft>;
  readonly refused: TendonError | undefined;
  readonly seen: SeenFiles;
}

/**
 * Pictures that are decoded together: those of one dataset's samples from `begin` to `end` (half-open, counted over
 * all epochs), for whichever batches want them.
 */
interface Unit {
  readonly dataset: number;
  readonly end: number;
  readonly drafts: Set<Draft>;
  /** For each camera of the layout, by the camera that its pictures come from: a flipped sample's are its counterpart's. */
  readonly wanted: readonly Map<string, Wanted>[];
  readonly looks: Look[];
}

/**
 * Makes batches in their order. Batches are drafted as long as slots are free; what a group of the order wants
 * is decoded at once, straight into the slots of all batches that hold it, and a batch is ready when nothing of it
 * is missing any more.
 */
export class Scheduler {
  readonly counts = { decoded: 0, wanted: 0, skipped: 0 };
  readonly spending = new Spending();
  /** How long batches were waited for, and how long none was asked for while one was out, in milliseconds. */
  readonly idle = { waitingMs: 0, elsewhereMs: 0 };
  readonly #given: SchedulerGiven;
  readonly #free: number[];
  readonly #drafts: Draft[] = [];
  readonly #tasks = new Map<Draft, readonly (string | null)[]>();
  readonly #memories = new Map<Draft, ArrayBuffer>();
  readonly #open = new Map<string, Unit>();
  readonly #draws: Draws;
  #next: number;
  #handedAt = 0;
  #wake = Promise.withResolvers<void>();

  constructor(given: SchedulerGiven) {
    this.#given = given;
    this.#next = given.from;
    this.#draws = drawsOf(given.layout.samples);
    this.#free = Array.from({ length: given.slotCount }, (_, slot) => slot);
  }

  /** The oldest batch that was not taken yet, once it is ready; undefined behind the last. */
  async next(): Promise<ReadyBatch | undefined> {
    const asked = performance.now();
    if (this.#handedAt > 0) this.idle.elsewhereMs += asked - this.#handedAt;
    const ready = await this.#oldest();
    this.#handedAt = performance.now();
    this.idle.waitingMs += this.#handedAt - asked;
    return ready;
  }

  async #oldest(): Promise<ReadyBatch | undefined> {
    this.#advance();
    while (this.#drafts.length === 0) {
      if (this.#next >= this.#given.to) return undefined;
      // All slots are with whoever took batches.
      await this.#wake.promise;
    }
    const draft = this.#drafts[0]!;
    await draft.ready;
    this.#drafts.shift();
    const ready = this.#finish(draft);
    await this.#given.verify?.(ready);
    return ready;
  }

  /** Gives a slot back: its batch is not looked at any more. */
  release(slot: number): void {
    this.#free.push(slot);
    this.#advance();
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #finish(draft: Draft): ReadyBatch {
    const { layout, datasets, slots, sequence } = this.#given;
    const memory = this.#memories.get(draft)!;
    const tasks = this.#tasks.get(draft)!;
    this.#memories.delete(draft);
    this.#tasks.delete(draft);
    composeInfo(draft, layout, datasets, memory);
    slots.write({ slot: draft.slot, at: 0 }, new Uint8Array(memory));
    const skipped = draft.skipped();
    this.counts.skipped += skipped.length;
    return { slot: draft.slot, index: draft.index, epoch: sequence.epochOf(draft.index), tasks, skipped };
  }

  #advance(): void {
    const { to, step, sequence } = this.#given;
    while (this.#free.length > 0 && this.#next < to) {
      const index = this.#next;
      this.#next = index + step;
      this.#begin(new Draft(index, this.#free.shift()!, this.#given.layout.samples));
      // Batches that are another's are over too.
      const reached = sequence.reached(Math.min(this.#next, to) - 1);
      for (const [key, unit] of this.#open) if (this.#next >= to || reached[unit.dataset]! >= unit.end) this.#dispatch(key, unit);
    }
    // Slots may be few, or with whoever took them: what was gathered is decoded as it is, so that somebody can go on.
    if (this.#free.length === 0 && this.#drafts.length > 0)
      for (const [key, unit] of this.#open) if (unit.drafts.has(this.#drafts[0]!)) this.#dispatch(key, unit);
  }

  #begin(draft: Draft): void {
    const { sequence, datasets, layout, batchSize, root, augment } = this.#given;
    this.#drafts.push(draft);
    sequence.fill(draft.index, this.#draws);
    const { dataset: drawn, anchor, count, valid, place } = this.#draws;
    draft.valid.set(valid);
    draft.datasets.set(drawn);
    for (let sample = 0; sample < draft.samples; sample++) {
      const dataset = datasets[drawn[sample]!]!;
      const { span, row } = dataset.anchors.find(anchor[sample]!);
      draft.spans[sample] = span;
      draft.episodes[sample] = dataset.spans.episode[span]!;
      draft.rows[sample] = dataset.spans.from[span]! + row;
      if (augment) draft.looks.push(drawLook(root, { epoch: 0, position: draft.index * batchSize + place[sample]! }, augment));
      if (layout.pictures.length > 0) this.#wantPictures(draft, sample, this.#unitOf(drawn[sample]!, count[sample]!));
    }
    draft.expect();
    this.#compose(draft).catch((thrown: unknown) => draft.fail(asTendonError(thrown, "internal")));
  }

  async #compose(draft: Draft): Promise<void> {
    for (const { loaded } of this.#given.datasets) loaded.seen.checkAlways();
    const { memory, tasks } = await composeNumbers(draft, this.#given);
    this.#memories.set(draft, memory);
    this.#tasks.set(draft, tasks);
    draft.done();
  }

  #unitOf(dataset: number, count: number): Unit {
    const { unit, order } = this.#given.datasets[dataset]!;
    const epoch = Math.floor(count / order.anchors);
    const inside = Math.floor((count - epoch * order.anchors) / unit);
    const key = `${dataset} ${epoch} ${inside}`;
    let found = this.#open.get(key);
    if (!found) {
      const end = epoch * order.anchors + Math.min(order.anchors, (inside + 1) * unit);
      found = { dataset, end, drafts: new Set(), wanted: this.#given.layout.pictures.map(() => new Map()), looks: [] };
      this.#open.set(key, found);
    }
    return found;
  }

  #wantPictures(draft: Draft, sample: number, unit: Unit): void {
    const { layout, datasets } = this.#given;
    const episode = draft.episodes[sample]!;
    const look = draft.looks[sample];
    const place = look ? unit.looks.push(look) - 1 : -1;
    const { cameras } = datasets[unit.dataset]!.mirrors;
    const { from, length } = datasets[unit.dataset]!.spans;
    const span = draft.spans[sample]!;
    const [first, last] = [from[span]!, from[span]! + length[span]! - 1];
    if (!unit.drafts.has(draft)) {
      unit.drafts.add(draft);
      draft.expect();
    }
    layout.pictures.forEach(({ field, steps, bytes, sources }, camera) => {
      const source = sources[unit.dataset];
      const stream = look?.flip ? cameras.get(source?.stream ?? "") : source?.stream;
      // A robot without this camera: nothing of an older batch may show.
      if (!source)
        this.#given.slots.write({ slot: draft.slot, at: field.start + sample * steps * bytes }, new Uint8Array(steps * bytes));
      source?.offsets.forEach((offset, step) => {
        const row = Math.max(first, Math.min(last, draft.rows[sample]! + offset));
        const at = field.start + (sample * steps + step) * bytes;
        want(wantedOf(unit.wanted[camera]!, stream!), { episode, row }, { slot: draft.slot, at, look: place });
      });
    });
  }

  #dispatch(key: string, unit: Unit): void {
    const { layout, datasets } = this.#given;
    this.#open.delete(key);
    const drafts = new Map([...unit.drafts].map((draft) => [draft.slot, draft]));
    try {
      layout.pictures.forEach((lane, camera) => {
        const { size } = lane;
        for (const [stream, wanted] of unit.wanted[camera]!) {
          for (const { job, refused } of jobsOf(datasets[unit.dataset]!.loaded, stream, wanted)) {
            const whole = { ...withLooks(job, unit.looks), size, crop: layout.crop, onError: this.#given.onError };
            const { seen } = datasets[unit.dataset]!.loaded;
            this.#decode(whole, { lane, drafts, refused, seen });
          }
        }
      });
      for (const draft of unit.drafts) draft.done();
    } catch (thrown) {
      for (const draft of unit.drafts) draft.fail(asTendonError(thrown, "bad-data"));
    }
  }

  #decode(job: Omit<DecodeJob, "id">, { lane, drafts, refused, seen }: Decoding): void {
    const slots = new Set<number>();
    for (let target = 0; target < job.targets.length; target += TARGET) slots.add(job.targets[target]!);
    const own = [...slots].map((slot) => drafts.get(slot)!);
    for (const draft of own) draft.expect();
    this.counts.wanted += job.rows.length;
    const decoding = refused ? refuse(job, refused) : this.#given.pool.run(job);
    decoding
      .then(({ decoded, lost, spent }) => {
        this.counts.decoded += decoded;
        this.spending.add(spent);
        for (const each of lost) this.#lose(each, job, { lane, drafts });
        for (const draft of own) draft.done();
      })
      .catch((thrown: unknown) => {
        // What changed while it was decoded is the better reason.
        const { refused: changed } = changedSince(seen, job.file);
        for (const draft of own) draft.fail(changed ?? asTendonError(thrown, "internal"));
      });
  }

  /** Samples whose pictures are not there are marked, and what stands in their memory from before is wiped. */
  #lose(
    { rows, reason }: LostRows,
    { starts, targets }: Pick<DecodeJob, "starts" | "targets">,
    { lane, drafts }: { lane: PictureLane; drafts: ReadonlyMap<number, Draft> },
  ): void {
    const nothing = new Uint8Array(lane.bytes);
    for (const row of rows) {
      for (let target = starts[row]!; target < starts[row + 1]!; target++) {
        const [slot, at] = [targets[TARGET * target]!, targets[TARGET * target + 1]!];
        this.#given.slots.write({ slot, at }, nothing);
        drafts.get(slot)!.skip(Math.floor((at - lane.field.start) / (lane.steps * lane.bytes)), reason);
      }
    }
  }
}

/** What comes of a job that cannot even be begun. */
async function refuse({ rows, onError }: Omit<DecodeJob, "id">, error: TendonError): Promise<Decoded> {
  if (onError === "stop") throw error;
  const { file } = error.place;
  const lost = [{ rows: [...rows.keys()], reason: `${file}: ${error.message}` }];
  return { decoded: 0, lost, spent: new Spending().take() };
}
