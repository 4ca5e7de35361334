import { type OpenedLoader, openLoader, type Started } from "./open.ts";
import type { LoaderOptions } from "./types.ts";
import type { BatchMessage, OpenedMessage } from "./wire.ts";

/** Slots begin where pages do. */
const PAGE = 4096;

/** Batches in slots of files that somebody else maps. A slot is written again when it is released. */
export interface SlotLoader extends AsyncDisposable {
  readonly opened: OpenedMessage;
  /** What a user should know, a sentence each. */
  readonly notes: readonly string[];
  /** The files are large enough now: slot s lies in file s mod F, at (s div F) slots. */
  start(files: readonly number[]): void;
  /** The next batch, when it stands whole in a slot. */
  next(): Promise<BatchMessage | undefined>;
  release(slot: number): void;
}

/** Opens a dataset; `held` slots more than are filled ahead may be in use at any time. */
export async function openSlotLoader(options: LoaderOptions, held: number): Promise<SlotLoader> {
  return new SlotsOfFiles(await openLoader(options), held);
}

class SlotsOfFiles implements SlotLoader {
  readonly opened: OpenedMessage;
  readonly notes: readonly string[];
  readonly #loader: OpenedLoader;
  #started: Started | undefined;

  constructor(loader: OpenedLoader, held: number) {
    this.#loader = loader;
    this.notes = loader.notes;
    const { layout, samples, batchesPerEpoch, state, datasets } = loader;
    const slotBytes = Math.ceil(layout.bytes / PAGE) * PAGE;
    this.opened = {
      slots: loader.slots + held,
      slotBytes,
      fields: layout.fields,
      samples,
      batchesPerEpoch,
      state,
      about: { datasets },
    };
  }

  start(files: readonly number[]): void {
    const { slots, slotBytes } = this.opened;
    this.#started = this.#loader.start({ kind: "files", files, slots, slotBytes });
  }

  async next(): Promise<BatchMessage | undefined> {
    const ready = await this.#started!.batches.next();
    if (!ready) return undefined;
    const { skipped, ...batch } = ready;
    return { ...batch, ...(skipped.length > 0 && { skipped }) };
  }

  release(slot: number): void {
    this.#started?.batches.release(slot);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started?.[Symbol.asyncDispose]();
  }
}
