import { parentPort, workerData } from "node:worker_threads";
import type { Size } from "../core/batch.ts";
import type { Decoder } from "../core/codecs.ts";
import { digest } from "../core/digest.ts";
import { asTendonError, type ErrorCode, type ErrorPlace, TendonError } from "../core/errors.ts";
import { openCodecs } from "../formats/video/codecs.ts";
import type { VideoFile } from "../formats/video/demux.ts";
import { VideoShelf } from "../layouts/lerobot/read/shelf.ts";
import { segmentOf } from "../layouts/lerobot/read/video.ts";
import { decodeRuns } from "./decodeRuns.ts";

/** What a thread is started with. */
export interface DecodeThreadData {
  readonly size?: Size;
}

/** Pictures of one episode and camera, and where each goes. */
export interface DecodeJob {
  readonly id: number;
  readonly file: string;
  /** v3.0: where the episode lies in the file, in seconds. */
  readonly fromSec?: number;
  readonly toSec?: number;
  /** Rows of the episode, ascending. */
  readonly rows: Int32Array;
  /** Where row i goes: `targets[starts[i] .. starts[i + 1])` are pairs of a memory and a place in it, in bytes. */
  readonly starts: Int32Array;
  readonly targets: Float64Array;
  readonly memories: readonly SharedArrayBuffer[];
  /** Bytes of one picture at its target. */
  readonly pictureBytes: number;
}

/** What a thread says when a job is done. */
export type DecodeDone =
  | { readonly id: number; readonly decoded: number }
  | { readonly id: number; readonly failed: { readonly code: ErrorCode; readonly message: string; readonly place: ErrorPlace } };

const FILES_MAX = 64;

/** A decoder that may go on with the next key frame of a stream that is configured alike. */
interface Held {
  readonly decoder: Decoder;
  /** Changed from job to job: the decoder asks it of every picture. */
  readonly only: Set<bigint>;
}

/** Decodes the jobs that it is sent, one after another. */
class DecodeThread {
  readonly #shelf = new VideoShelf(FILES_MAX);
  readonly #size: Size | undefined;
  readonly #decoders = new Map<string, Held>();
  readonly #codecs = openCodecs();

  constructor({ size }: DecodeThreadData) {
    this.#size = size;
  }

  async run(job: DecodeJob): Promise<number> {
    const video = await this.#shelf.take(job.file);
    try {
      return await this.#decode(video, job);
    } catch (thrown) {
      throw asTendonError(thrown, "bad-data", { file: job.file });
    } finally {
      await this.#shelf.release(job.file);
    }
  }

  async #decode(video: VideoFile, job: DecodeJob): Promise<number> {
    const { fromSec, toSec, rows, pictureBytes } = job;
    const segment = segmentOf(video, { ...(fromSec !== undefined && { fromSec }), ...(toSec !== undefined && { toSec }) });
    const last = rows.at(-1)!;
    if (last >= segment.frames) {
      const message = `has ${segment.frames} pictures of this episode, row ${last} needs one more: run \`tendon inspect\` on the dataset`;
      throw new TendonError("bad-data", message, { place: { file: job.file } });
    }
    const { time, key } = video.times();
    const memories = job.memories.map((memory) => new Uint8Array(memory));
    let decoded = 0;
    for (const run of decodeRuns(rows, { key, first: segment.first })) {
      const held = await this.#decoder(video);
      const wanted = new Map<bigint, number>();
      for (let index = run.from; index < run.to; index++) wanted.set(time[segment.first + rows[index]!]!, index);
      held.only.clear();
      for (const at of wanted.keys()) held.only.add(at);
      const put = (at: bigint, picture: Uint8Array) => {
        const index = wanted.get(at);
        if (index === undefined) return;
        wanted.delete(at);
        if (picture.length !== pictureBytes) {
          const message = `has pictures of ${picture.length} bytes where the dataset says ${pictureBytes}`;
          throw new TendonError("bad-data", message, { place: { file: job.file } });
        }
        for (let target = job.starts[index]!; target < job.starts[index + 1]!; target++)
          memories[job.targets[2 * target]!]!.set(picture, job.targets[2 * target + 1]!);
      };
      decoded += await this.#decodeRun(video, held, { key: run.key, last: segment.first + rows[run.to - 1]!, wanted, put });
      if (wanted.size > 0) {
        const message = `picture ${run.key + 1} or one behind it cannot be decoded (${wanted.size} of ${run.to - run.from} are missing)`;
        throw new TendonError("bad-data", message, { place: { file: job.file } });
      }
    }
    return decoded;
  }

  /** Decodes from a key frame until all wanted pictures came; gives how many packets that took. */
  async #decodeRun(
    video: VideoFile,
    held: Held,
    run: { key: number; last: number; wanted: ReadonlyMap<bigint, number>; put: (at: bigint, picture: Uint8Array) => void },
  ): Promise<number> {
    const deliver = async (_want: number, batch: { time: BigInt64Array; frames: SharedArrayBuffer; stride: number }) => {
      for (const [index, at] of batch.time.entries())
        run.put(at, new Uint8Array(batch.frames, index * batch.stride, batch.stride));
    };
    const inOrder = !video.times().bFrames;
    let left = inOrder ? run.last - run.key + 1 : Number.POSITIVE_INFINITY;
    let sent = 0;
    for await (const packets of video.packets({ fromFrame: run.key, batchPackets: Math.min(64, left) })) {
      const count = Math.min(left, packets.time.length);
      const part = count === packets.time.length ? packets : cut(packets, count);
      await held.decoder.push(part, deliver);
      sent += count;
      left -= count;
      if (left <= 0 || run.wanted.size === 0) break;
    }
    if (run.wanted.size > 0 || held.decoder.skipped > 0) {
      await held.decoder.flush(deliver);
      await this.#drop(held);
    }
    return sent;
  }

  async #decoder({ config }: VideoFile): Promise<Held> {
    const { description, ...rest } = config;
    const key = digest([rest, description ? Buffer.from(description).toString("base64") : ""]);
    const held = this.#decoders.get(key);
    if (held) return held;
    for (const other of this.#decoders.values()) await this.#drop(other);
    const only = new Set<bigint>();
    const want = { format: "rgb24" as const, only, ...(this.#size && { size: this.#size }) };
    const made = { decoder: await (await this.#codecs).decoder(config, [want]), only };
    this.#decoders.set(key, made);
    return made;
  }

  async #drop(held: Held): Promise<void> {
    for (const [key, each] of this.#decoders) if (each === held) this.#decoders.delete(key);
    await held.decoder[Symbol.asyncDispose]();
  }
}

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
      port.postMessage({ id: job.id, decoded: await thread.run(job) } satisfies DecodeDone);
    } catch (thrown) {
      const { code, message, place } = asTendonError(thrown, "internal");
      port.postMessage({ id: job.id, failed: { code, message, place } } satisfies DecodeDone);
    }
  };
  port.on("message", (jobs: readonly DecodeJob[]) => {
    for (const job of jobs) queue = queue.then(() => work(job));
  });
}
