import type { CodecContext, Frame, Packet } from "node-av";
import type { CodecConfig, PacketsBatch } from "../../core/batch.ts";
import type { DecodedPicture, Decoder, DecodeWant } from "../../core/codecs.ts";
import { TendonError } from "../../core/errors.ts";
import { type DeliverFrames, FrameBatches } from "./frameBatches.ts";
import type { NodeAv } from "./nodeAv.ts";
import { PictureConverter } from "./nodeAvConverter.ts";
import { checkPicture, checkSize, nothingDecoded, PIXELS_MAX } from "./pictureSize.ts";
import { planesToRgb } from "./planesToRgb.ts";

/** FFmpeg's decoder for each codec: software, and the same on every machine. */
const DECODERS: { readonly [codec: string]: string } = {
  h264: "h264",
  hevc: "hevc",
  av1: "libdav1d",
  vp8: "vp8",
  vp9: "vp9",
  mpeg4: "mpeg4",
  mpeg1video: "mpeg1video",
  mpeg2video: "mpeg2video",
  mjpeg: "mjpeg",
  png: "png",
  prores: "prores",
  rawvideo: "rawvideo",
};

/** How pictures become one format, and where they gather. */
interface Lane {
  readonly batches: FrameBatches;
  readonly converter: PictureConverter;
}

/** One decoder on one thread; parallelism comes from many episodes. */
export class NodeAvDecoder implements Decoder {
  readonly #av: NodeAv;
  readonly #config: CodecConfig;
  readonly #context: CodecContext;
  readonly #packet: Packet;
  readonly #frame: Frame;
  /** One a want; with the lane of planes where these will do too. */
  readonly #outputs: readonly { readonly asked: Lane; readonly planes?: Lane }[];
  #sent = 0;
  #decoded = 0;
  #closed = false;
  #convertMs = 0;

  static async open(av: NodeAv, config: CodecConfig, wants: readonly DecodeWant[]): Promise<NodeAvDecoder> {
    checkSize(config);
    const codec = DECODERS[config.codec] && av.Codec.findDecoderByName(DECODERS[config.codec] as never);
    if (!codec) throw new TendonError("bad-data", `there is no decoder for ${config.codec} video here`);
    const context = new av.CodecContext();
    context.allocContext3(codec);
    context.threadCount = 1;
    context.width = config.width;
    context.height = config.height;
    if (config.codec === "rawvideo") context.pixelFormat = av.avGetPixFmtFromName(config.pixelFormat ?? "rgb24");
    context.pktTimebase = new av.Rational(1, 1_000_000_000);
    context.setOption("max_pixels", String(PIXELS_MAX));
    tagColor(av, context, config);
    if (config.description) context.extraData = Buffer.from(config.description);
    // A dictionary given to open2Sync would be freed twice.
    const opened = await context.open2(codec, null);
    if (opened < 0) {
      context.freeContext();
      const why = av.FFmpegError.strerror(opened);
      throw new TendonError("bad-data", `the decoder configuration of the ${config.codec} stream is not valid (${why})`);
    }
    return new NodeAvDecoder(av, config, { context, wants });
  }

  private constructor(av: NodeAv, config: CodecConfig, open: { context: CodecContext; wants: readonly DecodeWant[] }) {
    this.#av = av;
    this.#config = config;
    this.#context = open.context;
    this.#packet = new av.Packet();
    this.#packet.alloc();
    this.#frame = new av.Frame();
    this.#frame.alloc();
    this.#outputs = open.wants.map((want, place) => {
      const asked = this.#lane(new FrameBatches(want, config, place));
      const { size } = asked.batches;
      const toRgb = want.orPlanes && want.format === "rgb24" ? planesToRgb(av, size) : undefined;
      return toRgb
        ? { asked, planes: this.#lane(new FrameBatches({ ...want, format: "yuv420p" }, config, place, toRgb)) }
        : { asked };
    });
  }

  #lane(batches: FrameBatches): Lane {
    return { batches, converter: new PictureConverter(this.#av, batches.want.format, batches.size) };
  }

  get #lanes(): readonly Lane[] {
    return this.#outputs.flatMap(({ asked, planes }) => (planes ? [asked, planes] : [asked]));
  }

  get skipped(): number {
    return this.#sent - this.#decoded;
  }

  get convertMs(): number {
    return this.#convertMs;
  }

  async push(packets: PacketsBatch, deliver: DeliverFrames): Promise<void> {
    for (let i = 0; i < packets.time.length; i++) {
      const start = packets.bytes.byteOffset + Number(packets.offsets[i]);
      const size = Number(packets.offsets[i + 1]! - packets.offsets[i]!);
      this.#packet.data = Buffer.from(packets.bytes.buffer as ArrayBuffer, start, size);
      this.#packet.pts = packets.time[i]!;
      this.#packet.dts = packets.decodeTime[i]!;
      this.#packet.isKeyframe = packets.key[i] === 1;
      this.#sent++;
      // A packet that does not decode gives no frame, and so counts as skipped.
      this.#context.sendPacketSync(this.#packet);
      this.#packet.unref();
      await this.#receive(deliver);
    }
    await this.#deliverAll(deliver);
  }

  async flush(deliver: DeliverFrames): Promise<void> {
    this.#context.sendPacketSync(null);
    await this.#receive(deliver);
    await this.#deliverAll(deliver);
    if (this.#sent > 0 && this.#decoded === 0) throw nothingDecoded(this.#config, this.#sent);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const { converter } of this.#lanes) converter.close();
    this.#packet.free();
    this.#frame.free();
    this.#context.freeContext();
  }

  async #receive(deliver: DeliverFrames): Promise<void> {
    while (!this.#closed) {
      const result = this.#context.receiveFrameSync(this.#frame);
      if (result === this.#av.AVERROR_EAGAIN || result === this.#av.AVERROR_EOF) return;
      // An error stands for one packet; the frames behind it may still come.
      if (result < 0) continue;
      const full = this.#take();
      this.#frame.unref();
      for (const batches of full) await batches.deliver(deliver);
    }
  }

  /** Converts the current picture for every want; gives the batches that it filled. */
  #take(): FrameBatches[] {
    const time = this.#frame.pts;
    checkPicture(this.#config, this.#frame, time);
    this.#decoded++;
    const full: FrameBatches[] = [];
    for (const { asked, planes } of this.#outputs) {
      if (!asked.batches.wants(time)) continue;
      const { each } = asked.batches.want;
      if (each) {
        each(time, this.#pictureOf(asked));
        continue;
      }
      const plain = planes?.converter.isPlain(this.#frame);
      const { batches, converter } = plain ? planes! : asked;
      const other = plain ? asked : planes;
      converter.convert(this.#frame, batches.slot);
      // Where the stream's colours change half-way, what has gathered before comes first.
      if (other && !other.batches.empty) full.push(other.batches);
      if (batches.add(time)) full.push(batches);
    }
    return full;
  }

  /** The current picture. */
  #pictureOf({ converter }: Lane): DecodedPicture {
    const timed = <T>(convert: () => T): T => {
      const start = performance.now();
      const result = convert();
      this.#convertMs += performance.now() - start;
      return result;
    };
    let bytes: Uint8Array | undefined;
    return {
      bytes: () => (bytes ??= timed(() => converter.converted(this.#frame))),
      write: (into) => timed(() => converter.convert(this.#frame, into)),
    };
  }

  async #deliverAll(deliver: DeliverFrames): Promise<void> {
    for (const { batches } of this.#lanes) await batches.deliver(deliver);
  }
}

/** What the container says of colour; the stream's own tags, where it has any, win. */
function tagColor(av: NodeAv, context: CodecContext, { color }: CodecConfig): void {
  if (color?.fullRange !== undefined) context.colorRange = color.fullRange ? av.AVCOL_RANGE_JPEG : av.AVCOL_RANGE_MPEG;
  const matrices: { readonly [name: string]: typeof context.colorSpace } = {
    rgb: av.AVCOL_SPC_RGB,
    bt709: av.AVCOL_SPC_BT709,
    bt470bg: av.AVCOL_SPC_BT470BG,
    smpte170m: av.AVCOL_SPC_SMPTE170M,
    "bt2020-ncl": av.AVCOL_SPC_BT2020_NCL,
  };
  const matrix = matrices[color?.matrix ?? ""];
  if (matrix !== undefined) context.colorSpace = matrix;
}
