import { closeSync, existsSync, openSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLoader } from "../../src/loader/open.ts";
import { sayTable } from "../support/say.ts";
import { BATCH, WINDOWS } from "./cell.ts";
import type { Given } from "./given.ts";

const FILES = 8;

/** Where the time of decoding threads goes when batches stand in files of shared memory, as for Python. */
export async function measureTransport({ set, threads, seconds }: Pick<Given, "set" | "threads" | "seconds">): Promise<void> {
  const table = [["into shared memory, local", "storage", "decode", "transform", "transport", "wanted"]];
  for (const name of ["av1-2", "h264-30"]) {
    for (const side of [224, 0]) {
      const size = side > 0 ? { size: { height: side, width: side } } : {};
      const opened = await openLoader({ path: await set(name), batchSize: BATCH, windows: WINDOWS, threads, ...size });
      const slots = opened.slots + 3;
      const slotBytes = Math.ceil(opened.layout.bytes / 4096) * 4096;
      const files = Array.from({ length: FILES }, () => nameless(Math.ceil(slots / FILES) * slotBytes));
      await using started = opened.start({ kind: "files", files, slots, slotBytes });
      // The first time, threads find their way to memory that is there.
      for (let batch = 0; batch < slots; batch++) started.batches.release((await started.batches.next())!.slot);
      started.batches.spending.take();
      const end = performance.now() + 2 * seconds * 1000;
      while (performance.now() < end) started.batches.release((await started.batches.next())!.slot);
      const { storageMs, decodeMs, transformMs, transportMs } = started.batches.spending;
      const all = storageMs + decodeMs + transformMs + transportMs;
      const shares = [storageMs, decodeMs, transformMs, transportMs].map((each) => `${((100 * each) / all).toFixed(1)} %`);
      table.push([`${name} ${side > 0 ? `${side}²` : "640×480"}`, ...shares, side > 0 ? "≤ 5 %" : ""]);
      await started[Symbol.asyncDispose]();
      for (const file of files) closeSync(file);
    }
  }
  console.log("");
  sayTable(table);
}

/** A file with all its room, as Python makes it. */
function nameless(bytes: number): number {
  const path = join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), `tendon-bench-${process.pid}`);
  const file = openSync(path, "wx+");
  unlinkSync(path);
  const zeros = Buffer.alloc(1 << 20);
  for (let at = 0; at < bytes; at += zeros.length) writeSync(file, zeros, 0, Math.min(zeros.length, bytes - at), at);
  return file;
}
