import type { Batch, CodecConfig, RowsBatch } from "../../core/batch.ts";
import { digest, startDigest } from "../../core/digest.ts";
import type { Nanoseconds } from "../../core/time.ts";

/**
 * The digest of one stream's samples, the same however they were cut into batches: times from the
 * episode's start, sizes, values, what is masked, and how packets are coded go into digests of their
 * own.
 */
export class StreamContent {
  readonly #origin: Nanoseconds;
  readonly #times = startDigest();
  readonly #values = startDigest();
  readonly #sizes = startDigest();
  readonly #masked = startDigest();
  readonly #configs: string[] = [];
  #samples = 0;

  constructor(origin: Nanoseconds) {
    this.#origin = origin;
  }

  add(batch: Batch): void {
    const origin = this.#origin;
    this.#times.add(bytesOf(batch.time.map((time) => time - origin)));
    if (batch.kind === "rows") {
      this.#values.add(bytesOf(batch.values));
      if (batch.valid) this.#addMasked(batch, batch.valid);
    } else if (batch.kind === "frames") {
      // A digest takes no shared memory.
      this.#values.add(new Uint8Array(batch.frames).slice(0, batch.stride * batch.time.length));
    } else {
      if (batch.kind === "packets") this.#addConfig(batch.config);
      this.#addPieces(batch.offsets, batch.bytes);
    }
    this.#samples += batch.time.length;
  }

  end(): string {
    const parts = [this.#times, this.#values, this.#sizes, this.#masked].map((part) => part.end());
    return digest({ samples: this.#samples, parts, configs: this.#configs });
  }

  /** The place of every value that is missing. */
  #addMasked({ time, values }: RowsBatch, valid: Uint8Array): void {
    const width = values.length / time.length;
    const per = valid.length === values.length ? 1 : width;
    for (let index = valid.indexOf(0); index >= 0; index = valid.indexOf(0, index + 1)) {
      const first = this.#samples * width + index * per;
      this.#masked.add(`${first}+${per};`);
    }
  }

  #addPieces(offsets: BigInt64Array, bytes: Uint8Array): void {
    const sizes = new BigInt64Array(Math.max(0, offsets.length - 1));
    for (let piece = 0; piece < sizes.length; piece++) sizes[piece] = offsets[piece + 1]! - offsets[piece]!;
    this.#sizes.add(bytesOf(sizes));
    this.#values.add(bytes.subarray(Number(offsets[0] ?? 0n), Number(offsets[offsets.length - 1] ?? 0n)));
  }

  #addConfig({ codec, width, height, description }: CodecConfig): void {
    const config = digest({ codec, width, height, description: description ? Buffer.from(description).toString("base64") : "" });
    if (this.#configs.at(-1) !== config) this.#configs.push(config);
  }
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
