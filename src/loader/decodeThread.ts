import { parentPort, workerData } from "node:worker_threads";
import type { Size } from "../core/batch.ts";
import type { DecodedPicture, Decoder } from "../core/codecs.ts";
import { digest } from "../core/digest.ts";
import { asTendonError, TendonError } from "../core/errors.ts";
import { openCodecs } from "../formats/video/codecs.ts";
import type { VideoFile } from "../formats/video/demux.ts";
import { END, type Ending, isEnding } from "../io/threadEnd.ts";
import { VideoShelf } from "../layouts/lerobot/read/shelf.ts";
import { segmentOf } from "../layouts/lerobot/read/video.ts";
import { colorMap } from "./augment/color.ts";
import { changePicture } from "./augment/picture.ts";
import type { DecodeDone, DecodeJob, LostRows } from "./decodeJob.ts";
import { decodeRuns, type KeyFrames } from "./decodeRuns.ts";
import { TARGET } from "./jobs.ts";
import { openSlots, type SlotMemory, type SlotPlace } from "./memory.ts";
import type { Look } from "./numberLane.ts";
import { Spending, type Spent } from "./spent.ts";

/** What a thread is started with. */
export interface DecodeThreadData {
  readonly memory: SlotMemory;
  /** Where the tables of long videos are kept from one run to the next. */
  readonly indexFolder: string;
  readonly ending: Ending;
}

const FILES_MAX = 64;
/** One for each camera that is not configured like the others. */
const DECODERS_MAX = 8;

/** A decoder that may go on with the next key frame of a stream that is configured alike. */
interface Held {
  readonly decoder: Decoder;
  /** Changed from run to run: the decoder asks them of every picture. */
  readonly only: Set<bigint>;
  put: (time: bigint, picture: DecodedPicture) => void;
}

/** Decodes the jobs that it is sent, one after another. */
class DecodeThread {
  readonly #shelf: VideoShelf;
  readonly #slots;
  readonly #decoders = new Map<string, Held>();
  /** Digests of what a decoder must know of a file. */
  readonly #configs = new WeakMap<VideoFile, string>();
  readonly #codecs = openCodecs();
  readonly #spending = new Spending();
  readonly #ending: Ending;
  #scratch = new Uint8Array(0);

  constructor({ memory, indexFolder, ending }: DecodeThreadData) {
    this.#ending = ending;
    this.#shelf = new VideoShelf(FILES_MAX, { indexFolder });
    this.#slots = openSlots(memory);
  }

  /** Frees what is native, so that nothing is under way when the thread ends. */
  async close(): Promise<void> {
    for (const held of this.#decoders.values()) await this.#drop(held);
    await this.#shelf[Symbol.asyncDispose]();
  }

  async run(job: DecodeJob): Promise<{ decoded: number; lost: LostRows[]; spent: Spent }> {
    const start = performance.now();
    this.#spending.take();
    const done = await this.#run(job);
    const spent = this.#spending.take();
    const rest = performance.now() - start - spent.storageMs - spent.transformMs - spent.transportMs;
    return { ...done, spent: { ...spent, decodeMs: rest } };
  }

  async #run(job: DecodeJob): Promise<{ decoded: number; lost: LostRows[] }> {
    const all = Array.from(job.rows.keys());
    try {
      return { decoded: await this.#decodeRows(job, all), lost: [] };
    } catch (thrown) {
      if (job.onError === "stop" || isEnding(this.#ending)) throw thrown;
    }
    // One at a time, so that what is lost depends on the recording alone, and not on what is decoded together.
    let decoded = 0;
    const lost: LostRows[] = [];
    for (const row of all) {
      try {
        decoded += await this.#decodeRows(job, [row]);
      } catch (thrown) {
        lost.push({ rows: [row], reason: `${job.file}: ${asTendonError(thrown, "bad-data").message}` });
      }
    }
    return { decoded, lost };
  }

  /** `wanted` are places in the job's list of rows, ascending. */
  async #decodeRows(job: DecodeJob, wanted: readonly number[]): Promise<number> {
    const place = { file: job.file };
    try {
      const start = performance.now();
      const video = await this.#shelf.take(job.file);
      this.#spending.storageMs += performance.now() - start;
      try {
        return await this.#decode(video, job, wanted);
      } finally {
        await this.#shelf.release(job.file);
      }
    } catch (thrown) {
      throw asTendonError(thrown, "bad-data", place);
    }
  }

  async #decode(video: VideoFile, job: DecodeJob, wanted: readonly number[]): Promise<number> {
    const { fromSec, toSec, rows } = job;
    const segment = segmentOf(video, { ...(fromSec !== undefined && { fromSec }), ...(toSec !== undefined && { toSec }) });
    const last = rows[wanted.at(-1)!]!;
    if (last >= segment.frames) {
      const message = `has ${segment.frames} pictures of this episode, row ${last} needs one more: run \`tendon inspect\` on the dataset`;
      throw new TendonError("bad-data", message, { place: { file: job.file } });
    }
    const keys: KeyFrames = { key: video.times().key, first: segment.first };
    let decoded = 0;
    for (const run of decodeRuns(
      wanted.map((row) => rows[row]!),
      keys,
    )) {
      const own = wanted.slice(run.from, run.to);
      decoded += await this.#decodeRun(video, job, { key: run.key, first: segment.first, own });
    }
    return decoded;
  }

  /** Decodes from a key frame until all wanted pictures came; gives how many packets that took. */
  async #decodeRun(
    video: VideoFile,
    job: DecodeJob,
    run: { key: number; first: number; own: readonly number[] },
  ): Promise<number> {
    const held = await this.#decoder(video, {
      height: job.size.height + job.crop.height,
      width: job.size.width + job.crop.width,
    });
    const { time } = video.times();
    const wanted = new Map(run.own.map((row) => [time[run.first + job.rows[row]!]!, row]));
    held.only.clear();
    for (const at of wanted.keys()) held.only.add(at);
    held.put = (at, picture) => {
      const row = wanted.get(at);
      if (row === undefined) return;
      wanted.delete(at);
      this.#put(job, row, picture);
    };
    const last = run.first + job.rows[run.own.at(-1)!]!;
    const inOrder = !video.times().bFrames;
    let left = inOrder ? last - run.key + 1 : Number.POSITIVE_INFINITY;
    let sent = 0;
    const convertedMs = held.decoder.convertMs ?? 0;
    try {
      let start = performance.now();
      for await (const packets of video.packets({ fromFrame: run.key, batchPackets: Math.min(64, left) })) {
        if (isEnding(this.#ending)) throw new TendonError("cancelled", "the loader was closed");
        this.#spending.storageMs += performance.now() - start;
        this.#spending.bytes += packets.bytes.length;
        const count = Math.min(left, packets.time.length);
        await held.decoder.push(count === packets.time.length ? packets : cut(packets, count), nothing);
        sent += count;
        left -= count;
        if (left <= 0 || wanted.size === 0) break;
        start = performance.now();
      }
      if (wanted.size > 0 || held.decoder.skipped > 0) {
        await held.decoder.flush(nothing);
        await this.#drop(held);
      }
    } catch (thrown) {
      // What it still holds is of this run.
      await this.#drop(held);
      throw thrown;
    }
    this.#spending.transformMs += (held.decoder.convertMs ?? 0) - convertedMs;
    if (wanted.size === 0) return sent;
    const message = `picture ${run.key + 1} or one behind it cannot be decoded (${wanted.size} of ${run.own.length} are missing)`;
    throw new TendonError("bad-data", message, { place: { file: job.file } });
  }

  #put(job: DecodeJob, row: number, picture: DecodedPicture): void {
    const { memory } = this.#slots;
    const bytes = job.size.height * job.size.width * 3;
    let first: SlotPlace | undefined;
    for (let target = job.starts[row]!; target < job.starts[row + 1]!; target++) {
      const [slot, at, look] = job.targets.subarray(TARGET * target) as unknown as [number, number, number];
      if (memory && look < 0 && !first) {
        // Straight to its first place, and from there to the others: one copy less.
        first = { slot, at };
        picture.write(memory.at(first, bytes));
        continue;
      }
      const own = look < 0 ? undefined : this.#changed(picture.bytes(), job, job.looks[look]!);
      const start = performance.now();
      if (first && !own) memory!.copy(first, { slot, at }, bytes);
      else this.#slots.write({ slot, at }, own ?? picture.bytes());
      this.#spending.transportMs += performance.now() - start;
    }
  }

  /** The picture as augmentation has it, in memory that the next one takes. */
  #changed(picture: Uint8Array, { size, crop }: DecodeJob, { flip, crop: { y, x }, color }: Look): Uint8Array {
    const bytes = size.height * size.width * 3;
    const start = performance.now();
    if (this.#scratch.length !== bytes) this.#scratch = new Uint8Array(bytes);
    const from = { height: size.height + crop.height, width: size.width + crop.width };
    changePicture(picture, { from, to: size, y, x, flip, color: color && colorMap(color) }, this.#scratch, 0);
    this.#spending.transformMs += performance.now() - start;
    return this.#scratch;
  }

  async #decoder(video: VideoFile, size: Size): Promise<Held> {
    const key = `${this.#configOf(video)} ${size.height} ${size.width}`;
    const found = this.#decoders.get(key);
    if (found) return found;
    for (const [, oldest] of [...this.#decoders].slice(DECODERS_MAX - 1)) await this.#drop(oldest);
    const only = new Set<bigint>();
    const each = (time: bigint, picture: DecodedPicture) => held.put(time, picture);
    const decoder = await (await this.#codecs).decoder(video.config, [{ format: "rgb24", only, size, each }]);
    const held: Held = { decoder, only, put: () => undefined };
    this.#decoders.set(key, held);
    return held;
  }

  #configOf(video: VideoFile): string {
    let known = this.#configs.get(video);
    if (known === undefined) {
      const { description, ...rest } = video.config;
      known = digest([rest, description ? Buffer.from(description).toString("base64") : ""]);
      this.#configs.set(video, known);
    }
    return known;
  }

  async #drop(held: Held): Promise<void> {
    for (const [key, each] of this.#decoders) if (each === held) this.#decoders.delete(key);
    await held.decoder[Symbol.asyncDispose]();
  }
}

/** Pictures come one by one. */
async function nothing(): Promise<void> {}

function cut<P extends { time: BigInt64Array; decodeTime: BigInt64Array; key: Uint8Array; offsets: BigInt64Array }>(
  packets: P,
  count: number,
): P {
  return {
    ...packets,
    time: packets.time.subarray(0, count),
    decodeTime: packets.decodeTime.subarray(0, count),
    key: packets.key.subarray(0, count),
    offsets: packets.offsets.subarray(0, count + 1),
  };
}

if (parentPort) {
  const port = parentPort;
  const thread = new DecodeThread(workerData as DecodeThreadData);
  let queue: Promise<void> = Promise.resolve();
  const work = async (job: DecodeJob) => {
    try {
      port.postMessage({ id: job.id, ...(await thread.run(job)) } satisfies DecodeDone);
    } catch (thrown) {
      const { code, message, place } = asTendonError(thrown, "internal");
      port.postMessage({ id: job.id, failed: { code, message, place } } satisfies DecodeDone);
    }
  };
  port.on("message", (message: readonly DecodeJob[] | typeof END) => {
    if (message !== END) for (const job of message) queue = queue.then(() => work(job));
    else
      queue = queue
        .then(() => thread.close())
        .catch(() => undefined)
        .then(() => port.close());
  });
}
