import type { CodecContext, Frame, Packet } from "node-av";
import type { Encoding, FramesBatch, Size } from "../../core/batch.ts";
import type { Encoder } from "../../core/codecs.ts";
import { TendonError } from "../../core/errors.ts";
import { type DeliverPackets, EncodedPackets } from "./encodedPackets.ts";
import { encoderOptions } from "./encoderOptions.ts";
import { rateFraction } from "./frameTimes.ts";
import type { NodeAv } from "./nodeAv.ts";
import { checkEncodable, checkFrames } from "./pictureSize.ts";

/** One encoder on one thread. */
export class NodeAvEncoder implements Encoder {
  readonly #av: NodeAv;
  readonly #size: Size;
  readonly #context: CodecContext;
  readonly #frame: Frame;
  readonly #packet: Packet;
  readonly #packets: EncodedPackets;
  #count = 0n;
  #closed = false;

  static async open(
    av: NodeAv,
    { encoding, size, rateHz }: { encoding: Encoding; size: Size; rateHz: number },
  ): Promise<NodeAvEncoder> {
    checkEncodable(encoding, size);
    const { name, options } = encoderOptions(encoding);
    const codec = av.Codec.findEncoderByName(name as never);
    if (!codec) throw new TendonError("missing-tool", `the installed node-av has no ${name}; install node-av 6.1.1 or newer`);
    const context = new av.CodecContext();
    context.allocContext3(codec);
    const rate = rateFraction(rateHz) ?? { numerator: Math.round(rateHz * 1000), denominator: 1000 };
    context.width = size.width;
    context.height = size.height;
    context.pixelFormat = av.AV_PIX_FMT_YUV420P;
    context.timeBase = new av.Rational(rate.denominator, rate.numerator);
    context.framerate = new av.Rational(rate.numerator, rate.denominator);
    context.gopSize = encoding.group;
    context.maxBFrames = 0;
    context.threadCount = 1;
    context.colorSpace = av.AVCOL_SPC_SMPTE170M;
    context.colorRange = av.AVCOL_RANGE_MPEG;
    context.setFlags(av.AV_CODEC_FLAG_BITEXACT, av.AV_CODEC_FLAG_CLOSED_GOP);
    for (const [option, value] of Object.entries(options)) {
      context.setOption(option, value, av.AV_OPT_TYPE_STRING, av.AV_OPT_SEARCH_CHILDREN);
    }
    const opened = await context.open2(codec, null);
    if (opened < 0) {
      context.freeContext();
      const why = av.FFmpegError.strerror(opened);
      throw new TendonError("bad-data", `${name} takes no ${size.width}×${size.height} pictures at ${rateHz} Hz (${why})`);
    }
    return new NodeAvEncoder(av, { context, encoding, size });
  }

  private constructor(av: NodeAv, open: { context: CodecContext; encoding: Encoding; size: Size }) {
    this.#av = av;
    this.#size = open.size;
    this.#context = open.context;
    this.#packets = new EncodedPackets(open.encoding, open.size);
    this.#packet = new av.Packet();
    this.#packet.alloc();
    this.#frame = new av.Frame();
    this.#frame.alloc();
    this.#frame.width = open.size.width;
    this.#frame.height = open.size.height;
    this.#frame.format = av.AV_PIX_FMT_YUV420P;
    this.#frame.colorSpace = av.AVCOL_SPC_SMPTE170M;
    this.#frame.colorRange = av.AVCOL_RANGE_MPEG;
    this.#frame.getBuffer(0);
  }

  async push(frames: FramesBatch, deliver: DeliverPackets): Promise<void> {
    checkFrames(frames, this.#size);
    for (let i = 0; i < frames.time.length; i++) {
      // The encoder may still read the last picture.
      this.#must(this.#frame.makeWritable());
      this.#must(this.#frame.fromBuffer(Buffer.from(frames.frames as unknown as ArrayBuffer, i * frames.stride, frames.stride)));
      this.#frame.pts = this.#count++;
      this.#packets.expect(frames.time[i]!);
      this.#must(this.#context.sendFrameSync(this.#frame));
      this.#receive();
      await this.#packets.deliver(deliver, "full");
    }
  }

  async flush(deliver: DeliverPackets): Promise<void> {
    this.#must(this.#context.sendFrameSync(null));
    this.#receive();
    await this.#packets.deliver(deliver, "any");
    if (this.#packets.held > 0)
      throw new TendonError("internal", `the encoder lost ${this.#packets.held} of ${this.#count} pictures`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#packet.free();
    this.#frame.free();
    this.#context.freeContext();
  }

  #receive(): void {
    while (!this.#closed) {
      const result = this.#context.receivePacketSync(this.#packet);
      if (result === this.#av.AVERROR_EAGAIN || result === this.#av.AVERROR_EOF) return;
      this.#must(result);
      this.#packets.add(this.#packet.data!, this.#packet.isKeyframe);
      this.#packet.unref();
    }
  }

  #must(result: number): void {
    if (result < 0) throw new TendonError("plugin-failed", `the encoder failed (${this.#av.FFmpegError.strerror(result)})`);
  }
}
