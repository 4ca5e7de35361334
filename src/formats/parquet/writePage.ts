import { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";

/** What a page says of itself. */
export interface PageShape {
  readonly rows: number;
  /** Values with the missing ones: for lists every element, and one for each empty list. */
  readonly values: number;
  readonly missing: number;
  readonly repetition: Uint8Array;
  readonly definition: Uint8Array;
}

/** A data page (v2) of plain values, compressed with Snappy: header, levels, body. */
export function dataPage(plain: Uint8Array, shape: PageShape): { bytes: Uint8Array; uncompressedBytes: number } {
  const body = snappyCompress(plain);
  const levelBytes = shape.repetition.length + shape.definition.length;
  const header = new ByteWriter(64);
  writePageHeader(header, {
    type: "DATA_PAGE_V2",
    uncompressed_page_size: levelBytes + plain.length,
    compressed_page_size: levelBytes + body.length,
    data_page_header_v2: {
      num_values: shape.values,
      num_nulls: shape.missing,
      num_rows: shape.rows,
      encoding: "PLAIN",
      definition_levels_byte_length: shape.definition.length,
      repetition_levels_byte_length: shape.repetition.length,
      is_compressed: true,
    },
  });
  const head = header.getBytes();
  const bytes = new Uint8Array(head.length + levelBytes + body.length);
  bytes.set(head);
  bytes.set(shape.repetition, head.length);
  bytes.set(shape.definition, head.length + shape.repetition.length);
  bytes.set(body, head.length + levelBytes);
  return { bytes, uncompressedBytes: head.length + levelBytes + plain.length };
}

/** Booleans as one bit each, lowest first, as Parquet's PLAIN has them. */
export function packBits(values: Uint8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil(values.length / 8));
  for (let index = 0; index < values.length; index++) {
    if (values[index]) packed[index >> 3]! |= 1 << (index & 7);
  }
  return packed;
}
