import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mapFile } from "../io/mappedFile.ts";
import { openSlots, type SlotMemory, sharedMemory } from "./memory.ts";

const SLOTS = 7;
const SLOT_BYTES = 8192;
const FILES = 3;

let folder = "";
const opened: number[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tendon-memory-"));
});
afterAll(() => {
  for (const file of opened) closeSync(file);
  rmSync(folder, { recursive: true });
});

function filesOf(made: "with its room" | "sparse"): SlotMemory {
  const files = Array.from({ length: FILES }, (_, place) => {
    const file = openSync(join(folder, `${opened.length}`), "wx+");
    opened.push(file);
    const bytes = Math.ceil((SLOTS - place) / FILES) * SLOT_BYTES;
    if (made === "sparse") ftruncateSync(file, bytes);
    else writeSync(file, new Uint8Array(bytes));
    return file;
  });
  return { kind: "files", files, slots: SLOTS, slotBytes: SLOT_BYTES };
}

const KINDS = {
  "memory of this process": () => sharedMemory(SLOTS, SLOT_BYTES),
  "files with their room": () => filesOf("with its room"),
  "sparse files": () => filesOf("sparse"),
};

describe.each(Object.entries(KINDS))("slots in %s", (_, make) => {
  const writes = fc.array(
    fc.record({ slot: fc.nat(SLOTS - 1), at: fc.nat(SLOT_BYTES - 64), bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }) }),
  );
  it("hold what was written to them, and nothing of each other", () => {
    fc.assert(
      fc.property(writes, (all) => {
        const slots = openSlots(make());
        const expected = Array.from({ length: SLOTS }, () => new Uint8Array(SLOT_BYTES));
        for (const { slot, at, bytes } of all) {
          slots.write({ slot, at }, bytes);
          expected[slot]!.set(bytes, at);
        }
        for (const [slot, whole] of expected.entries())
          expect(Buffer.compare(slots.read({ slot, at: 0 }, SLOT_BYTES), whole)).toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  it("are the same for everyone who opened them", () => {
    const memory = make();
    const [mine, yours] = [openSlots(memory), openSlots(memory)];
    mine.write({ slot: SLOTS - 1, at: 4000 }, Uint8Array.of(1, 2, 3));
    expect([...yours.read({ slot: SLOTS - 1, at: 3999 }, 5)]).toEqual([0, 1, 2, 3, 0]);
  });
});

it.each(Object.entries(KINDS))("%s can be copied from slot to slot, where it is memory at all", (name, make) => {
  const slots = openSlots(make());
  const mapped = name !== "sparse files" && (name === "memory of this process" || process.platform === "linux");
  expect(slots.memory !== undefined).toBe(mapped);
  slots.memory?.at({ slot: 1, at: 100 }, 3).set([1, 2, 3]);
  // The last bytes of a slot as well.
  for (const at of [0, SLOT_BYTES - 3]) slots.memory?.copy({ slot: 1, at: 100 }, { slot: 4, at }, 3);
  slots.memory?.copy({ slot: 4, at: SLOT_BYTES - 3 }, { slot: 2, at: 7 }, 3);
  const filled = slots.memory ? [1, 2, 3] : [0, 0, 0];
  expect([...slots.read({ slot: 4, at: 0 }, 4)]).toEqual([...filled, 0]);
  expect([...slots.read({ slot: 4, at: SLOT_BYTES - 4 }, 4)]).toEqual([0, ...filled]);
  expect([...slots.read({ slot: 2, at: 6 }, 5)]).toEqual([0, ...filled, 0]);
});

it("in files lie where the other process looks for them", () => {
  const memory = filesOf("with its room");
  if (memory.kind !== "files") throw new TypeError("expected files");
  openSlots(memory).write({ slot: 5, at: 10 }, Uint8Array.of(42));
  const bytes = Buffer.alloc(SLOT_BYTES);
  readSync(memory.files[5 % FILES]!, bytes, 0, SLOT_BYTES, Math.floor(5 / FILES) * SLOT_BYTES);
  expect(bytes.indexOf(42)).toBe(10);
});

it("a file without its room, or shorter than is asked for, is not mapped: a full disk would end the process", () => {
  const sparse = filesOf("sparse");
  const whole = filesOf("with its room");
  if (sparse.kind !== "files" || whole.kind !== "files") throw new TypeError("expected files");
  expect(mapFile(sparse.files[0]!, SLOT_BYTES)).toBeUndefined();
  expect(mapFile(whole.files[0]!, 1 << 20)).toBeUndefined();
  if (process.platform === "linux") expect(mapFile(whole.files[0]!, SLOT_BYTES)).toHaveLength(SLOT_BYTES);
});
