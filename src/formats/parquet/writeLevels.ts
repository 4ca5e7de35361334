import { ByteWriter } from "hyparquet-writer";
import { writeRleBitPackedHybrid } from "hyparquet-writer/src/encoding.js";

/** One run of a single level: how Parquet says that nothing is missing. */
export function constantLevels(level: number, count: number): Uint8Array {
  const writer = new ByteWriter(8);
  writer.appendVarInt(count << 1);
  writer.appendUint8(level);
  return writer.getBytes();
}

/**
 * The repetition levels of `rows` rows of a fixed shape: 0 where a row begins, else the depth of the
 * outermost list that goes on. Bit-packed as one run (Parquet's RLE/bit-packing hybrid, without a
 * length in front, as data page v2 has it).
 */
export function fixedRepetitionLevels(shape: readonly number[], rows: number): Uint8Array {
  const row = rowLevels(shape);
  const bits = bitWidth(shape.length);
  const count = rows * row.length;
  const groups = Math.ceil(count / 8);
  const header = new ByteWriter(8);
  header.appendVarInt((groups << 1) | 1);
  const head = header.getBytes();
  const bytes = new Uint8Array(head.length + groups * bits);
  bytes.set(head);
  let bit = head.length * 8;
  let inRow = 0;
  for (let index = 0; index < count; index++) {
    const level = row[inRow]!;
    for (let part = 0; part < bits; part++, bit++) {
      if ((level >> part) & 1) bytes[bit >> 3]! |= 1 << (bit & 7);
    }
    if (++inRow === row.length) inRow = 0;
  }
  return bytes;
}

/** Levels of any kind, 0 to `highest`. */
export function levels(values: Uint8Array, highest: number): Uint8Array {
  const writer = new ByteWriter(64);
  writeRleBitPackedHybrid(writer, values as never, bitWidth(highest));
  return writer.getBytes();
}

function bitWidth(highest: number): number {
  return 32 - Math.clz32(highest);
}

function rowLevels(shape: readonly number[]): Uint8Array {
  const width = shape.reduce((product, size) => product * size, 1);
  const row = new Uint8Array(width);
  for (let index = 1; index < width; index++) {
    let depth = shape.length;
    let inner = 1;
    for (let dimension = shape.length - 1; dimension > 0; dimension--) {
      inner *= shape[dimension]!;
      if (index % inner === 0) depth = dimension;
    }
    row[index] = depth;
  }
  return row;
}
