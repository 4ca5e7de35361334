import { writeSync } from "node:fs";
import { numbers } from "../core/batch.ts";
import { type Loader, loader } from "./loader.ts";
import type { LoaderBatch, LoaderOptions } from "./types.ts";
import type { BatchMessage, Field, OpenedMessage } from "./wire.ts";

const ALIGN = 64;
const AHEAD_BYTES = 128 << 20;
const AHEAD = { least: 2, most: 16 };
/** Slots begin where pages do. */
const PAGE = 4096;

/** Batches in slots of files that somebody else maps. A slot is written again when it is released. */
export interface SlotLoader extends AsyncDisposable {
  readonly opened: OpenedMessage;
  /** The files are large enough now: slot s lies in file s mod F, at (s div F) slots. */
  start(files: readonly number[]): void;
  /** The next batch, when a slot is free for it. */
  next(): Promise<BatchMessage | undefined>;
  release(slot: number): void;
}

/** Opens a dataset; `held` slots more than are filled ahead may be in use at any time. */
export async function openSlotLoader(options: LoaderOptions, held: number): Promise<SlotLoader> {
  const batches = await loader(options);
  const state = batches.state();
  const iterator = batches[Symbol.asyncIterator]();
  // The first batch tells what the others are like.
  const first = await iterator.next();
  return new CopyingSlots(batches, { state, iterator, first }, held);
}

interface Begun {
  readonly state: OpenedMessage["state"];
  readonly iterator: AsyncIterator<LoaderBatch>;
  readonly first: IteratorResult<LoaderBatch>;
}

class CopyingSlots implements SlotLoader {
  readonly opened: OpenedMessage;
  readonly #batches: Loader;
  readonly #iterator: AsyncIterator<LoaderBatch>;
  #first: IteratorResult<LoaderBatch> | undefined;
  readonly #free: number[] = [];
  #waiting: ((slot: number) => void) | undefined;
  #files: readonly number[] = [];

  constructor(batches: Loader, { state, iterator, first }: Begun, held: number) {
    this.#batches = batches;
    this.#iterator = iterator;
    this.#first = first;
    const { fields, slotBytes } = first.done ? { fields: [], slotBytes: PAGE } : layoutOf(first.value);
    const ahead = Math.max(AHEAD.least, Math.min(AHEAD.most, Math.floor(AHEAD_BYTES / slotBytes)));
    const slots = held + ahead;
    const { samples, batchesPerEpoch } = batches;
    this.opened = { slots, slotBytes, fields, samples, batchesPerEpoch, state, about: {} };
    for (let slot = 0; slot < slots; slot++) this.#free.push(slot);
  }

  start(files: readonly number[]): void {
    this.#files = files;
  }

  async next(): Promise<BatchMessage | undefined> {
    const slot = this.#free.shift() ?? (await new Promise<number>((free) => (this.#waiting = free)));
    const { done, value } = this.#first ?? (await this.#iterator.next());
    this.#first = undefined;
    if (done) return undefined;
    const tasks = [...new Set(value.tasks)];
    this.#write(slot, value, tasks);
    return { slot, index: value.index, epoch: value.epoch, tasks: tasks.map((task) => task ?? null) };
  }

  release(slot: number): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(slot);
    else this.#free.push(slot);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#batches[Symbol.asyncDispose]();
  }

  #write(slot: number, batch: LoaderBatch, tasks: readonly (string | undefined)[]): void {
    const { fields, slotBytes } = this.opened;
    const file = this.#files[slot % this.#files.length]!;
    const from = Math.floor(slot / this.#files.length) * slotBytes;
    for (const { name, start } of fields) writeWhole(file, columnOf(name, batch, tasks), from + start);
  }
}

function writeWhole(file: number, column: NodeJS.ArrayBufferView, position: number): void {
  const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, position + done);
}

function layoutOf(batch: LoaderBatch): { fields: Field[]; slotBytes: number } {
  const { samples } = batch;
  const fields: Field[] = [];
  let end = 0;
  const add = (name: string, dtype: Field["dtype"], shape: readonly number[]) => {
    fields.push({ name, dtype, shape, start: end });
    const count = shape.reduce((product, each) => product * each, 1);
    end = Math.ceil((end + count * numbers(dtype, 0).BYTES_PER_ELEMENT) / ALIGN) * ALIGN;
  };
  for (const [stream, { dtype, shape }] of batch.tensors) add(stream, dtype, shape);
  for (const [stream, { shape }] of batch.tensors) add(`${stream}_is_pad`, "bool", shape.slice(0, 2));
  for (const name of ["episode_index", "frame_index", "dataset_index"]) add(name, "int64", [samples]);
  add("is_valid", "bool", [samples]);
  add("task_index", "int32", [samples]);
  return { fields, slotBytes: Math.ceil(end / PAGE) * PAGE };
}

function columnOf(name: string, batch: LoaderBatch, tasks: readonly (string | undefined)[]): NodeJS.ArrayBufferView {
  const tensor = batch.tensors.get(name);
  if (tensor) return tensor.data as NodeJS.ArrayBufferView;
  const mask = name.endsWith("_is_pad") ? batch.masks.get(name.slice(0, -"_is_pad".length)) : undefined;
  if (mask) return mask.map((inside) => 1 - inside);
  if (name === "episode_index") return BigInt64Array.from(batch.episode, BigInt);
  if (name === "frame_index") return BigInt64Array.from(batch.row, BigInt);
  if (name === "dataset_index") return new BigInt64Array(batch.samples);
  if (name === "is_valid") return new Uint8Array(batch.samples).fill(1);
  return Int32Array.from(batch.tasks, (task) => tasks.indexOf(task));
}
