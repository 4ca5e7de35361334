import type { CodecConfig, Encoding, PacketsBatch, Size } from "../../core/batch.ts";
import { TendonError } from "../../core/errors.ts";
import { av1C, av1CodecString, av1PixelFormat, withoutDelimiters } from "./av1.ts";
import { avcCodecString, toAccessUnit } from "./h264.ts";

/** How an encoder hands packets on. */
export type DeliverPackets = (packets: PacketsBatch) => Promise<void>;

const BATCH_PACKETS_MAX = 64;

/**
 * What an encoder gives, one coded picture after another, as packets that mp4 takes. There are no
 * B-frames, so pictures come out in the order of the frames that went in, and take their times.
 */
export class EncodedPackets {
  readonly #encoding: Encoding;
  readonly #size: Size;
  #config: CodecConfig | undefined;
  #times: bigint[] = [];
  #samples: Uint8Array[] = [];
  #keys: number[] = [];

  constructor(encoding: Encoding, size: Size) {
    this.#encoding = encoding;
    this.#size = size;
  }

  /** Frames that went in and have not come out. */
  get held(): number {
    return this.#times.length - this.#samples.length;
  }

  /** The time of a frame that goes in. */
  expect(time: bigint): void {
    this.#times.push(time);
  }

  /** A coded picture that came out: Annex B for H.264, a temporal unit for AV1. */
  add(bytes: Uint8Array, key: boolean): void {
    if (this.held === 0) throw new TendonError("internal", "the encoder gave more pictures than it took");
    if (this.#encoding.codec === "h264") {
      const unit = toAccessUnit(bytes);
      this.#configure(unit.description);
      this.#samples.push(unit.sample);
      this.#keys.push(unit.key ? 1 : 0);
      return;
    }
    if (key) this.#configure(av1C(bytes));
    this.#samples.push(withoutDelimiters(bytes).slice());
    this.#keys.push(key ? 1 : 0);
  }

  async deliver(deliver: DeliverPackets, when: "full" | "any"): Promise<void> {
    while (this.#samples.length >= (when === "full" ? BATCH_PACKETS_MAX : 1)) await deliver(this.#take());
  }

  #take(): PacketsBatch {
    const samples = this.#samples.splice(0, BATCH_PACKETS_MAX);
    const time = BigInt64Array.from(this.#times.splice(0, samples.length));
    const key = Uint8Array.from(this.#keys.splice(0, samples.length));
    const offsets = new BigInt64Array(samples.length + 1);
    samples.forEach((sample, i) => {
      offsets[i + 1] = offsets[i]! + BigInt(sample.length);
    });
    if (!this.#config) throw new TendonError("internal", "the encoder gave no decoder configuration");
    return { kind: "packets", time, decodeTime: time, key, offsets, bytes: Buffer.concat(samples), config: this.#config };
  }

  #configure(description: Uint8Array | undefined): void {
    if (!description) return;
    if (this.#config) {
      if (Buffer.compare(this.#config.description!, description) !== 0)
        throw new TendonError("internal", "the encoder changed its configuration on the way");
      return;
    }
    const h264 = this.#encoding.codec === "h264";
    this.#config = {
      codec: this.#encoding.codec,
      width: this.#size.width,
      height: this.#size.height,
      pixelFormat: h264 ? "yuv420p" : av1PixelFormat(description),
      description,
      codecString: h264 ? avcCodecString(description) : av1CodecString(description),
      color: { matrix: "smpte170m", fullRange: false },
    };
  }
}
