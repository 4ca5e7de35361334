import type { CodecConfig, PacketsBatch } from "../../core/batch.ts";
import type { Decoder, DecodeWant } from "../../core/codecs.ts";
import { TendonError } from "../../core/errors.ts";
import { FfmpegChild, PieceReader } from "./ffmpegChild.ts";
import { type DeliverFrames, FrameBatches } from "./frameBatches.ts";
import { canStream, streamHeader, streamPacket } from "./matroska.ts";
import { checkSize, nothingDecoded } from "./pictureSize.ts";
import { EXACT_SCALING, FAST_SCALING } from "./scaling.ts";

/** Room before the first packet, since Matroska knows no negative times and B-frames may come before it. */
const LEAD_US = 3_600_000_000;

/**
 * Decodes in an `ffmpeg` process: packets go in as a Matroska stream, each want comes out by a pipe
 * of its own, and one more pipe tells which picture is which.
 */
export class FfmpegDecoder implements Decoder {
  readonly #config: CodecConfig;
  readonly #child: FfmpegChild;
  readonly #batches: readonly FrameBatches[];
  readonly #pieces: readonly PieceReader[];
  readonly #scratch: readonly Uint8Array[];
  readonly #marks: PieceReader;
  /** The packets' times by the microsecond that ffmpeg knows them by. */
  readonly #times = new Map<number, bigint>();
  #first: bigint | undefined;
  #frame: Promise<bigint | undefined> | undefined;
  #sent = 0;
  #decoded = 0;

  constructor(config: CodecConfig, wants: readonly DecodeWant[]) {
    checkSize(config);
    if (!canStream(config))
      throw new TendonError("bad-data", `${config.codec} video cannot be decoded by the ffmpeg command here`);
    this.#config = config;
    this.#batches = wants.map((want, place) => new FrameBatches(want, config, place));
    this.#child = new FfmpegChild(decodeArguments(this.#batches), wants.length + 1);
    this.#pieces = this.#batches.map((_, place) => new PieceReader(this.#child.output(place)));
    this.#scratch = this.#batches.map(({ stride }) => new Uint8Array(stride));
    this.#marks = new PieceReader(this.#child.output(wants.length));
  }

  get skipped(): number {
    return this.#sent - this.#decoded;
  }

  async push(packets: PacketsBatch, deliver: DeliverFrames): Promise<void> {
    const written = this.#write(packets);
    // Its failure is met below; until then it must not count as unhandled.
    written.catch(() => undefined);
    const wrote = written.then(() => "wrote" as const);
    for (;;) {
      this.#frame ??= this.#readFrame();
      const next = await Promise.race([this.#frame, wrote]);
      if (next === "wrote") break;
      if (next === undefined) {
        await written;
        await this.#child.ended();
        throw new TendonError("bad-data", "ffmpeg ended before its input did");
      }
      await this.#take(next, deliver);
    }
    for (const batches of this.#batches) await batches.deliver(deliver);
  }

  async flush(deliver: DeliverFrames): Promise<void> {
    this.#child.endInput();
    for (;;) {
      this.#frame ??= this.#readFrame();
      const next = await this.#frame;
      if (next === undefined) break;
      await this.#take(next, deliver);
    }
    for (const batches of this.#batches) await batches.deliver(deliver);
    if (this.#sent > 0 && this.#decoded === 0) throw nothingDecoded(this.#config, this.#sent);
    await this.#child.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.kill();
  }

  async #write(packets: PacketsBatch): Promise<void> {
    if (this.#first === undefined) {
      this.#first = packets.time[0] ?? 0n;
      await this.#child.write(streamHeader(this.#config));
    }
    for (let i = 0; i < packets.time.length; i++) {
      const time = packets.time[i]!;
      const microseconds = Number((time - this.#first) / 1000n) + LEAD_US;
      this.#times.set(microseconds, time);
      this.#sent++;
      await this.#child.write(streamPacket(packets, i, microseconds));
    }
  }

  async #take(time: bigint, deliver: DeliverFrames): Promise<void> {
    this.#frame = undefined;
    this.#decoded++;
    for (const [place, batches] of this.#batches.entries()) {
      if (!batches.wants(time)) continue;
      if (batches.want.each) {
        const bytes = this.#scratch[place]!;
        batches.want.each(time, { bytes: () => bytes, write: (into) => into.set(bytes) });
        continue;
      }
      batches.slot.set(this.#scratch[place]!);
      if (batches.add(time)) await batches.deliver(deliver);
    }
  }

  /** Reads one picture of every want into its scratch; undefined at the end. All pipes at once, since ffmpeg fills them in an order of its own. */
  async #readFrame(): Promise<bigint | undefined> {
    const pictures = this.#pieces.map((pieces, place) => pieces.fill(this.#scratch[place]!));
    const [microseconds, ...filled] = await Promise.all([this.#readMark(), ...pictures]);
    if (microseconds === undefined || filled.includes(false)) return undefined;
    const time = this.#times.get(microseconds);
    if (time === undefined)
      throw new TendonError("internal", `ffmpeg gave a picture at ${microseconds} µs that no packet was sent for`);
    this.#times.delete(microseconds);
    return time;
  }

  /** A line of framecrc: `stream, dts, pts, duration, size, checksum`, in microseconds. */
  async #readMark(): Promise<number | undefined> {
    for (;;) {
      const line = await this.#marks.line();
      if (line === undefined) return undefined;
      if (line.startsWith("#") || line.trim() === "") continue;
      return Number(line.split(",")[2]);
    }
  }
}

const PIXELS = { rgb24: "rgb24", gray8: "gray", gray16: "gray16le", yuv420p: "yuv420p" } as const;

function decodeArguments(batches: readonly FrameBatches[]): string[] {
  const input = ["-fpsprobesize", "0", "-threads", "1", "-copyts", "-max_error_rate", "1", "-f", "matroska", "-i", "pipe:0"];
  const output = ["-map", "0:v:0", "-fps_mode", "passthrough", "-enc_time_base", "1:1000000", "-flush_packets", "1"];
  const pictures = batches.flatMap(({ want, size }, place) => {
    // As node-av's converter: grey is luma in full range, yuv420p is BT.601 in limited range.
    const tags =
      want.format === "rgb24" ? "" : want.format === "yuv420p" ? ":out_color_matrix=bt601:out_range=tv" : ":out_range=pc";
    const flags = want.format === "yuv420p" ? EXACT_SCALING : FAST_SCALING;
    const filter = `scale=${size.width}:${size.height}:flags=${flags}${tags},format=${PIXELS[want.format]}`;
    return [...output, "-vf", filter, "-f", "rawvideo", `pipe:${3 + place}`];
  });
  const marks = [...output, "-vf", "crop=2:2:0:0,format=gray", "-f", "framecrc", `pipe:${3 + batches.length}`];
  return [...input, ...pictures, ...marks];
}
