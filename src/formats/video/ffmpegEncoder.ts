import type { Encoding, FramesBatch, Size } from "../../core/batch.ts";
import type { Encoder } from "../../core/codecs.ts";
import { TendonError } from "../../core/errors.ts";
import { av1C } from "./av1.ts";
import { type DeliverPackets, EncodedPackets } from "./encodedPackets.ts";
import { encoderOptions } from "./encoderOptions.ts";
import { FfmpegChild } from "./ffmpegChild.ts";
import { rateFraction } from "./frameTimes.ts";
import { checkEncodable, checkFrames } from "./pictureSize.ts";

/** Encodes in an `ffmpeg` process: raw frames go in, an H.264 byte stream or IVF comes out. */
export class FfmpegEncoder implements Encoder {
  readonly #size: Size;
  readonly #child: FfmpegChild;
  readonly #packets: EncodedPackets;
  readonly #split: (bytes: Uint8Array, end: boolean) => Uint8Array;
  #failure: unknown;
  #rest: Uint8Array = new Uint8Array(0);
  readonly #drained: Promise<void>;

  constructor({ encoding, size, rateHz }: { encoding: Encoding; size: Size; rateHz: number }) {
    checkEncodable(encoding, size);
    this.#size = size;
    this.#packets = new EncodedPackets(encoding, size);
    const add = (unit: Uint8Array) => this.#packets.add(unit, encoding.codec === "h264" || av1C(unit) !== undefined);
    this.#split = encoding.codec === "h264" ? (bytes, end) => splitByteStream(bytes, end, add) : (bytes) => splitIvf(bytes, add);
    this.#child = new FfmpegChild(encodeArguments(encoding, size, rateHz), 1);
    this.#drained = this.#drain();
    this.#drained.catch((thrown: unknown) => {
      this.#failure = thrown;
    });
  }

  async push(frames: FramesBatch, deliver: DeliverPackets): Promise<void> {
    checkFrames(frames, this.#size);
    for (let i = 0; i < frames.time.length; i++) {
      this.#packets.expect(frames.time[i]!);
      await this.#child.write(new Uint8Array(frames.frames, i * frames.stride, frames.stride).slice());
    }
    if (this.#failure) throw this.#failure;
    await this.#packets.deliver(deliver, "full");
  }

  async flush(deliver: DeliverPackets): Promise<void> {
    this.#child.endInput();
    await this.#drained;
    await this.#child.ended();
    await this.#packets.deliver(deliver, "any");
    if (this.#packets.held > 0) throw new TendonError("internal", `the encoder lost ${this.#packets.held} pictures`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.kill();
  }

  /** By events: an async iterator over a child's pipe was seen to sleep on while bytes waited (Node 24.21). */
  #drain(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const output = this.#child.output(0);
    const attempt = (work: () => void) => {
      try {
        work();
      } catch (thrown) {
        reject(thrown);
      }
    };
    output.on("data", (chunk: Buffer) =>
      attempt(() => {
        const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
        this.#rest = this.#split(bytes, false).slice();
      }),
    );
    output.once("error", reject);
    output.once("close", () =>
      attempt(() => {
        this.#split(this.#rest, true);
        resolve();
      }),
    );
    return promise;
  }
}

/** Access units begin at their delimiters. Gives what is left of an unfinished one. */
function splitByteStream(bytes: Uint8Array, end: boolean, add: (unit: Uint8Array) => void): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  for (;;) {
    const next = buffer.indexOf(DELIMITER, start + DELIMITER.length);
    if (next < 0) break;
    add(bytes.subarray(start, next));
    start = next;
  }
  if (end && start < bytes.length) add(bytes.subarray(start));
  return bytes.subarray(start);
}

const DELIMITER = Buffer.from([0, 0, 0, 1, 9]);

const IVF_HEADER_BYTES = 32;
const IVF_FRAME_HEADER_BYTES = 12;

/** Frames of IVF, each behind its size and time. Gives what is left of an unfinished one. */
function splitIvf(bytes: Uint8Array, add: (unit: Uint8Array) => void): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = bytes.length >= 4 && view.getUint32(0) === 0x444b4946 ? IVF_HEADER_BYTES : 0;
  if (at > bytes.length) return bytes;
  while (at + IVF_FRAME_HEADER_BYTES <= bytes.length) {
    const end = at + IVF_FRAME_HEADER_BYTES + view.getUint32(at, true);
    if (end > bytes.length) break;
    add(bytes.subarray(at + IVF_FRAME_HEADER_BYTES, end));
    at = end;
  }
  return bytes.subarray(at);
}

function encodeArguments(encoding: Encoding, { width, height }: Size, rateHz: number): string[] {
  const { name, options } = encoderOptions(encoding);
  const { numerator, denominator } = rateFraction(rateHz) ?? { numerator: Math.round(rateHz * 1000), denominator: 1000 };
  const rate = `${numerator}/${denominator}`;
  const input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${width}x${height}`, "-r", rate, "-i", "pipe:0"];
  const fixed = ["-fps_mode", "passthrough", "-fflags", "+bitexact", "-flags", "+bitexact+cgop", "-threads", "1", "-bf", "0"];
  const chosen = Object.entries(options).flatMap(([option, value]) => [`-${option}`, value]);
  const tags = ["-vf", "setparams=colorspace=smpte170m:range=tv"];
  const format = encoding.codec === "h264" ? "h264" : "ivf";
  return [...input, ...tags, "-c:v", name, "-g", String(encoding.group), ...fixed, ...chosen, "-f", format, "pipe:3"];
}
