import type { Batch, CodecConfig } from "../../core/batch.ts";
import { TendonError } from "../../core/errors.ts";
import { type Column, Rows } from "./column.ts";
import type { TopicLayout } from "./layout.ts";
import { pictureOf } from "./pictures.ts";
import type { TopicIndex } from "./topicIndex.ts";

/** Gathers the samples of one stream for a batch. */
export interface Taker {
  /** Whether it needs the message decoded. */
  readonly decoded: boolean;
  /** Whether its samples are as large as the messages. */
  readonly large: boolean;
  take(message: unknown, content: Uint8Array, row: number, failure: string | undefined): boolean;
  batch(rows: number): Batch;
}

/** The samples that a batch may hold, as places in the index; half-open. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly oddities: Map<string, number>;
}

/** The taker for a column. */
export function takerOf(column: Column, layout: TopicLayout, index: TopicIndex, span: Span): Taker {
  if (column.as === "rows") return rowsTaker(column, index, span);
  if (column.as === "picture") return new PacketTaker(layout, index, span);
  return bytesTaker(column, index, span);
}

function rowsTaker(column: Column & { readonly as: "rows" }, index: TopicIndex, { from, to, oddities }: Span): Taker {
  const rows = new Rows(column.dtype, column.width, to - from, oddities);
  return {
    decoded: true,
    large: false,
    take: (message, _content, row, failure) => {
      rows.at = row * column.width;
      if (failure === undefined) column.read(message, rows);
      else rows.skip(failure);
      return true;
    },
    batch: (count) => ({
      kind: "rows",
      time: index.time.subarray(from, from + count),
      values: rows.values.subarray(0, count * column.width) as typeof rows.values,
      ...(rows.valid && { valid: rows.valid.subarray(0, count * column.width) }),
    }),
  };
}

/** Text and whole messages. What is missing is empty and marked so. */
function bytesTaker(
  column: Column & { readonly as: "text" | "message" },
  index: TopicIndex,
  { from, to, oddities }: Span,
): Taker {
  const pieces: Uint8Array[] = [];
  const valid = new Uint8Array(to - from).fill(1);
  let missing = false;
  const piece = (message: unknown, content: Uint8Array, failure: string | undefined): Uint8Array | undefined => {
    if (column.as === "message") return content;
    const text = failure === undefined ? column.read(message) : undefined;
    if (failure !== undefined) oddities.set(failure, (oddities.get(failure) ?? 0) + 1);
    return text === undefined ? undefined : TEXT.encode(text);
  };
  return {
    decoded: column.as === "text",
    large: true,
    take: (message, content, row, failure) => {
      const bytes = piece(message, content, failure);
      if (!bytes) valid[row] = 0;
      missing ||= !bytes;
      pieces.push(bytes ?? new Uint8Array(0));
      return true;
    },
    batch: (count) => ({
      kind: "bytes",
      time: index.time.subarray(from, from + count),
      ...joinedBytes(pieces),
      ...(missing && { valid: valid.subarray(0, count) }),
    }),
  };
}

const TEXT = new TextEncoder();

/** Packets of one configuration: a batch ends where the pictures change. */
class PacketTaker implements Taker {
  readonly decoded = true;
  readonly large = true;
  readonly #layout: TopicLayout;
  readonly #index: TopicIndex;
  readonly #from: number;
  readonly #pieces: Uint8Array[] = [];
  #config: CodecConfig | undefined;

  constructor(layout: TopicLayout, index: TopicIndex, { from }: Span) {
    this.#layout = layout;
    this.#index = index;
    this.#from = from;
  }

  take(message: unknown, _content: Uint8Array, row: number, failure: string | undefined): boolean {
    const picture = failure === undefined ? pictureOf(this.#layout.decoder.type, message) : { refused: failure };
    // The scan left out what is no picture, so this file has changed since.
    if ("refused" in picture) throw new TendonError("bad-data", `topic ${this.#layout.topic}: ${picture.refused}`);
    const config = picture.config ?? this.#config ?? this.#layout.picture!;
    if (row > 0 && !sameConfig(config, this.#config!)) return false;
    this.#config = config;
    this.#pieces.push(picture.packet);
    return true;
  }

  batch(count: number): Batch {
    const time = this.#index.time.subarray(this.#from, this.#from + count);
    return {
      kind: "packets",
      time,
      decodeTime: time,
      key: this.#index.key!.subarray(this.#from, this.#from + count),
      config: this.#config!,
      ...joinedBytes(this.#pieces),
    };
  }
}

function sameConfig(a: CodecConfig, b: CodecConfig): boolean {
  if (a.codec !== b.codec || a.width !== b.width || a.height !== b.height || a.pixelFormat !== b.pixelFormat) return false;
  if (a.description === b.description) return true;
  return a.description !== undefined && b.description !== undefined && Buffer.compare(a.description, b.description) === 0;
}

function joinedBytes(pieces: readonly Uint8Array[]): { offsets: BigInt64Array; bytes: Uint8Array } {
  const offsets = new BigInt64Array(pieces.length + 1);
  let total = 0;
  for (let index = 0; index < pieces.length; index++) {
    total += pieces[index]!.length;
    offsets[index + 1] = BigInt(total);
  }
  const bytes = new Uint8Array(total);
  for (let index = 0; index < pieces.length; index++) bytes.set(pieces[index]!, Number(offsets[index]!));
  return { offsets, bytes };
}
