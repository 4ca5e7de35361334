import { readSync, writeSync } from "node:fs";
import { TendonError } from "../core/errors.ts";
import { diskError } from "../io/diskError.ts";
import { mapFile } from "../io/mappedFile.ts";

/**
 * Memory of batches: `slots` pieces of `slotBytes`, each for a whole batch. Plain data, so that every thread opens
 * it for itself. Files are for another process, which maps them: slot s lies in file s % files.length, because
 * the kernel lets one write into a file at a time.
 */
export type SlotMemory = { readonly slots: number; readonly slotBytes: number } & (
  | { readonly kind: "shared"; readonly buffers: readonly SharedArrayBuffer[] }
  | { readonly kind: "files"; readonly files: readonly number[] }
);

/** Memory of this process. */
export function sharedMemory(slots: number, slotBytes: number): SlotMemory {
  const buffers = Array.from({ length: slots }, () => new SharedArrayBuffer(slotBytes));
  return { kind: "shared", slots, slotBytes, buffers };
}

/** A place in a slot, in bytes from its beginning. */
export interface SlotPlace {
  readonly slot: number;
  readonly at: number;
}

/** Reads and writes slots. */
export interface SlotAccess {
  write(place: SlotPlace, bytes: Uint8Array): void;
  /** Valid until the slot changes. */
  read(place: SlotPlace, bytes: number): Uint8Array;
  /** The memory itself; absent where it is a file that is not mapped. */
  readonly memory?: {
    at(place: SlotPlace, bytes: number): Uint8Array;
    copy(from: SlotPlace, to: SlotPlace, bytes: number): void;
  };
}

export function openSlots(memory: SlotMemory): SlotAccess {
  if (memory.kind === "shared") return inMemory(memory.buffers.map((buffer) => Buffer.from(buffer as unknown as ArrayBuffer)));
  const { files, slots: count, slotBytes } = memory;
  const slotsOf = (file: number) => Math.max(0, Math.ceil((count - file) / files.length));
  const maps = files.slice(0, count).map((file, at) => mapFile(file, slotsOf(at) * slotBytes));
  const place = (slot: number) => ({ file: files[slot % files.length]!, from: Math.floor(slot / files.length) * slotBytes });
  if (!maps.includes(undefined)) {
    const slot = (at: number) => {
      const { buffer, byteOffset } = maps[at % files.length]!;
      return Buffer.from(buffer, byteOffset + place(at).from, slotBytes);
    };
    return inMemory(Array.from({ length: count }, (_, at) => slot(at)));
  }
  return {
    write({ slot, at }, bytes) {
      const { file, from } = place(slot);
      for (let done = 0; done < bytes.length; ) done += writeSome(file, bytes.subarray(done), from + at + done);
    },
    read({ slot, at }, count) {
      const { file, from } = place(slot);
      const bytes = new Uint8Array(count);
      if (readSync(file, bytes, 0, count, from + at) === count) return bytes;
      throw new TendonError("internal", "the memory of a batch is shorter than the batch");
    },
  };
}

function inMemory(slots: readonly Buffer[]): SlotAccess {
  const part = ({ slot, at }: SlotPlace, bytes: number) => slots[slot]!.subarray(at, at + bytes);
  return {
    write: ({ slot, at }, bytes) => slots[slot]!.set(bytes, at),
    read: part,
    memory: {
      at: part,
      // A part of a Buffer is copied by the system's own function; to shared memory, `set` takes half as long again.
      copy: (from, to, bytes) => void slots[from.slot]!.copy(slots[to.slot]!, to.at, from.at, from.at + bytes),
    },
  };
}

function writeSome(file: number, bytes: Uint8Array, position: number): number {
  try {
    return writeSync(file, bytes, 0, bytes.length, position);
  } catch (cause) {
    throw diskError(cause, "the memory of batches");
  }
}
