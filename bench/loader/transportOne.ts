/**
 * Takes batches out of files of shared memory, and says where the decoding threads' time went:
 * `node transportOne.ts PATH SIDE THREADS SECONDS`, a SIDE of 0 for the videos' own size. Started as Python starts its loader.
 */
import { closeSync, existsSync, openSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLoader } from "../../src/loader/open.ts";
import { BATCH, WINDOWS } from "./cell.ts";

const FILES = 8;

const [path, side, threads, seconds] = [process.argv[2]!, ...process.argv.slice(3).map(Number)] as [
  string,
  number,
  number,
  number,
];
const size = side > 0 ? { size: { height: side, width: side } } : {};
const opened = await openLoader({ path, batchSize: BATCH, windows: WINDOWS, threads, ...size });
const slots = opened.slots + 3;
const slotBytes = Math.ceil(opened.layout.bytes / 4096) * 4096;
const files = Array.from({ length: FILES }, () => nameless(Math.ceil(slots / FILES) * slotBytes));
await using started = opened.start({ kind: "files", files, slots, slotBytes });
// The first time, threads find their way to memory that is there.
for (let batch = 0; batch < slots; batch++) started.batches.release((await started.batches.next())!.slot);
started.batches.spending.take();
const end = performance.now() + seconds * 1000;
while (performance.now() < end) started.batches.release((await started.batches.next())!.slot);
console.log(JSON.stringify(started.batches.spending.take()));
for (const file of files) closeSync(file);

/** A file with all its room, as Python makes it. */
function nameless(bytes: number): number {
  const path = join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), `tendon-bench-${process.pid}`);
  const file = openSync(path, "wx+");
  unlinkSync(path);
  const zeros = Buffer.alloc(1 << 20);
  for (let at = 0; at < bytes; at += zeros.length) writeSync(file, zeros, 0, Math.min(zeros.length, bytes - at), at);
  return file;
}
