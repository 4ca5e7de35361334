import type { MessageDefinition, MessageDefinitionField } from "./definitions.ts";

/**
 * Reads some fields of CDR messages and steps over the rest: joint states name their joints in every
 * message, and an IMU carries 27 covariances, which cost far more than the numbers that are wanted.
 * For little-endian messages of plain CDR (XCDR1), which is what ROS 2 writes; undefined where the
 * definition holds a type that is not known here. The values are those of the full decoder, and valid
 * until the next message.
 */
export function cdrFieldsReader(
  definitions: readonly MessageDefinition[],
  wanted: readonly string[],
): ((bytes: Uint8Array) => { readonly [field: string]: unknown }) | undefined {
  const types = new Map(definitions.map((each) => [each.name ?? "", each.definitions]));
  const root = definitions.find((each) => !each.definitions.every((field) => field.isConstant === true));
  const codec = root && structCodec(root.definitions, types, { wanted: new Set(wanted), depth: 0 });
  if (!codec) return undefined;
  const cursor = new Cursor();
  return (bytes) => {
    cursor.start(bytes);
    const message = codec.read(cursor) as { [field: string]: unknown };
    cursor.check();
    return message;
  };
}

/** Whether the fields of a message can be read so: plain CDR, little-endian. */
export function isPlainCdr(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 1;
}

/** How one type is read, and how it is stepped over. */
interface Codec {
  read(cursor: Cursor): unknown;
  skip(cursor: Cursor): void;
}

/** A place in a message. Alignment counts from the end of its four-byte head. */
class Cursor {
  bytes = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  at = 4;

  start(bytes: Uint8Array): void {
    this.bytes = bytes as Uint8Array<ArrayBuffer>;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 4;
  }

  align(size: number): void {
    this.at = ((this.at - 4 + size - 1) & -size) + 4;
  }

  /** A length in front of a sequence or a text. */
  length(): number {
    this.align(4);
    const value = this.view.getUint32(this.at, true);
    this.at += 4;
    return value;
  }

  /** Steps over bytes that must be there. */
  step(bytes: number): number {
    const from = this.at;
    this.at += bytes;
    this.check();
    return from;
  }

  check(): void {
    if (this.at > this.bytes.length)
      throw new RangeError(`the message ends after ${this.bytes.length} of at least ${this.at} bytes`);
  }
}

const EMPTY: Codec = {
  read: (cursor) => {
    cursor.step(1);
    return {};
  },
  skip: (cursor) => void cursor.step(1),
};

type Types = ReadonlyMap<string, readonly MessageDefinitionField[]>;

/** Deeper than this a definition refers to itself. */
const DEPTH_MAX = 16;

function structCodec(
  fields: readonly MessageDefinitionField[],
  types: Types,
  { wanted, depth, inList = false }: { readonly wanted?: ReadonlySet<string>; readonly depth: number; readonly inList?: boolean },
): Codec | undefined {
  const data = fields.filter((field) => field.isConstant !== true);
  if (depth > DEPTH_MAX) return undefined;
  // An empty message is one byte on the wire.
  if (data.length === 0) return EMPTY;
  const steps: { readonly name: string; readonly codec: Codec; readonly keep: boolean }[] = [];
  for (const field of data) {
    const codec = fieldCodec(field, types, { depth, inList });
    if (!codec) return undefined;
    steps.push({ name: field.name, codec, keep: wanted === undefined || wanted.has(field.name) });
  }
  // What stands behind the last wanted field need not be looked at.
  const last = steps.findLastIndex(({ keep }) => keep);
  const read = steps.slice(0, last + 1);
  return {
    read: (cursor) => {
      const message: { [field: string]: unknown } = {};
      for (let index = 0; index < read.length; index++) {
        const { name, codec, keep } = read[index]!;
        if (keep) message[name] = codec.read(cursor);
        else codec.skip(cursor);
      }
      return message;
    },
    skip: (cursor) => {
      for (let index = 0; index < steps.length; index++) steps[index]!.codec.skip(cursor);
    },
  };
}

function fieldCodec(
  field: MessageDefinitionField,
  types: Types,
  { depth, inList }: { readonly depth: number; readonly inList: boolean },
): Codec | undefined {
  const { arrayLength } = field;
  if (field.isComplex === true) {
    const fields = types.get(field.type);
    const codec = fields && structCodec(fields, types, { depth: depth + 1, inList: inList || field.isArray === true });
    if (!codec || field.isArray !== true) return codec;
    return listCodec(codec, arrayLength);
  }
  const size = SIZES[field.type];
  if (field.isArray === true) {
    if (field.type === "string") return textsCodec(arrayLength);
    return size === undefined || !ARRAYS[field.type] ? undefined : numbersCodec({ type: field.type, size, inList }, arrayLength);
  }
  if (field.type === "string") return TEXT;
  return size === undefined ? undefined : numberCodec(field.type, size);
}

const SIZES: { readonly [type: string]: number } = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
  time: 4,
  duration: 4,
};

const READ: { readonly [type: string]: (view: DataView, at: number) => unknown } = {
  bool: (view, at) => view.getUint8(at) !== 0,
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  int16: (view, at) => view.getInt16(at, true),
  uint16: (view, at) => view.getUint16(at, true),
  int32: (view, at) => view.getInt32(at, true),
  uint32: (view, at) => view.getUint32(at, true),
  float32: (view, at) => view.getFloat32(at, true),
  int64: (view, at) => view.getBigInt64(at, true),
  uint64: (view, at) => view.getBigUint64(at, true),
  float64: (view, at) => view.getFloat64(at, true),
  time: (view, at) => ({ sec: view.getInt32(at, true), nanosec: view.getUint32(at + 4, true) }),
  duration: (view, at) => ({ sec: view.getInt32(at, true), nanosec: view.getUint32(at + 4, true) }),
};

function numberCodec(type: string, size: number): Codec {
  const read = READ[type]!;
  const bytes = type === "time" || type === "duration" ? 8 : size;
  return {
    read: (cursor) => {
      cursor.align(size);
      const value = read(cursor.view, cursor.at);
      cursor.at += bytes;
      return value;
    },
    skip: (cursor) => {
      cursor.align(size);
      cursor.step(bytes);
    },
  };
}

const ARRAYS: { readonly [type: string]: new (buffer: ArrayBuffer) => ArrayBufferView } = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float64: Float64Array,
};

function numbersCodec(
  { type, size, inList }: { readonly type: string; readonly size: number; readonly inList: boolean },
  fixed: number | undefined,
): Codec {
  const place = (cursor: Cursor): { readonly from: number; readonly count: number } => {
    const count = fixed ?? cursor.length();
    if (count > 0) cursor.align(size);
    return { from: cursor.step(count * size), count };
  };
  const skip = (cursor: Cursor) => void place(cursor);
  // Elements of a list share one codec, and so must not share its array.
  if (type === "float64" && !inList) return { read: float64Reader(place), skip };
  const Numbers = ARRAYS[type]!;
  return {
    read: (cursor) => {
      // A copy: a message need not lie where its numbers may.
      const { from, count } = place(cursor);
      const { buffer, byteOffset } = cursor.bytes;
      return new Numbers((buffer as ArrayBuffer).slice(byteOffset + from, byteOffset + from + count * size));
    },
    skip,
  };
}

/** Joint states are mostly these: the array is filled again by the next message of that length. */
function float64Reader(place: (cursor: Cursor) => { readonly from: number; readonly count: number }): Codec["read"] {
  let values = new Float64Array(0);
  return (cursor) => {
    const { from, count } = place(cursor);
    if (values.length !== count) values = new Float64Array(count);
    const { view } = cursor;
    for (let index = 0; index < count; index++) values[index] = view.getFloat64(from + index * 8, true);
    return values;
  };
}

const UTF8 = new TextDecoder();

const TEXT: Codec = {
  read: (cursor) => {
    const length = cursor.length();
    const from = cursor.step(length);
    // The last byte is the end mark of C.
    return UTF8.decode(cursor.bytes.subarray(from, from + Math.max(0, length - 1)));
  },
  skip: (cursor) => void cursor.step(cursor.length()),
};

/** Texts that are the same in every message, such as joint names, are decoded once: the same bytes give the same array. */
function textsCodec(fixed: number | undefined): Codec {
  let heldBytes = new Uint8Array(0);
  let heldCount = -1;
  let held: readonly string[] = [];
  const skip = (cursor: Cursor, count: number) => {
    for (let index = 0; index < count; index++) TEXT.skip(cursor);
  };
  return {
    read: (cursor) => {
      const count = fixed ?? cursor.length();
      cursor.align(4);
      const from = cursor.at;
      if (count === heldCount && equal(cursor.bytes, from, heldBytes)) {
        cursor.at = from + heldBytes.length;
        return held;
      }
      const texts: string[] = [];
      for (let index = 0; index < count; index++) texts.push(TEXT.read(cursor) as string);
      heldBytes = cursor.bytes.slice(from, cursor.at) as Uint8Array<ArrayBuffer>;
      heldCount = count;
      held = texts;
      return texts;
    },
    skip: (cursor) => skip(cursor, fixed ?? cursor.length()),
  };
}

function equal(bytes: Uint8Array, from: number, held: Uint8Array): boolean {
  if (from + held.length > bytes.length) return false;
  return Buffer.compare(bytes.subarray(from, from + held.length), held) === 0;
}

function listCodec(codec: Codec, fixed: number | undefined): Codec {
  return {
    read: (cursor) => {
      const count = fixed ?? cursor.length();
      const list: unknown[] = [];
      for (let index = 0; index < count; index++) {
        list.push(codec.read(cursor));
        cursor.check();
      }
      return list;
    },
    skip: (cursor) => {
      const count = fixed ?? cursor.length();
      for (let index = 0; index < count; index++) codec.skip(cursor);
    },
  };
}
