import type { Statistics } from "hyparquet";
import type { NumberArray } from "../../core/batch.ts";
import type { ColumnValues, Spill } from "./write.ts";
import { constantLevels, fixedRepetitionLevels, levels } from "./writeLevels.ts";
import { dataPage, type PageShape, packBits } from "./writePage.ts";
import { columnSchema, listDepth, type ParquetColumn, rowWidth, type Storage, storageOf } from "./writeTypes.ts";

/** A column of the open row group: rows become compressed pages as they come. */
export interface WritingColumn {
  readonly name: string;
  rows(): number;
  heldBytes(): number;
  push(values: ColumnValues): void;
  /** Moves finished pages to disk. */
  spill(spill: Spill): Promise<void>;
  /** Writes all pages in order. */
  finish(spill: Spill, write: (bytes: Uint8Array) => Promise<void>): Promise<FinishedColumn>;
}

export interface FinishedColumn {
  readonly physical: Storage["physical"];
  readonly path: string[];
  readonly values: number;
  readonly uncompressedBytes: number;
  readonly statistics?: Statistics;
}

type Page = { readonly bytes: Uint8Array } | { readonly offset: number; readonly length: number };

export function startColumn(column: ParquetColumn, pageBytes: number): WritingColumn {
  const storage = storageOf(column.type);
  const pages: Page[] = [];
  const range = column.shape.length === 0 ? startRange(column) : undefined;
  let rows = 0;
  let values = 0;
  let uncompressedBytes = 0;
  let held = 0;
  const emit = (plain: Uint8Array, shape: PageShape) => {
    const page = dataPage(plain, shape);
    pages.push({ bytes: page.bytes });
    held += page.bytes.length;
    uncompressedBytes += page.uncompressedBytes;
    rows += shape.rows;
    values += shape.values;
  };
  const filling = column.type === "text" ? fillText(column, pageBytes, emit) : fillNumbers(column, storage, pageBytes, emit);

  return {
    name: column.name,
    rows: () => rows + filling.rows(),
    heldBytes: () => held,
    push(pushed) {
      if ("offsets" in pushed === (column.type !== "text"))
        throw new TypeError(`${column.name}: a ${column.type} column got other values`);
      range?.add(pushed as NumberArray);
      filling.push(pushed as never);
    },
    async spill(spill) {
      for (let index = 0; index < pages.length; index++) {
        const page = pages[index]!;
        if (!("bytes" in page)) continue;
        pages[index] = { offset: await spill.write(page.bytes), length: page.bytes.length };
      }
      held = 0;
    },
    async finish(spill, write) {
      filling.flush();
      for (const page of pages) await write("bytes" in page ? page.bytes : await spill.read(page.offset, page.length));
      const statistics = range?.end();
      return {
        physical: storage.physical,
        path: columnSchema(column).path,
        values,
        uncompressedBytes,
        ...(statistics && { statistics }),
      };
    },
  };
}

type Emit = (plain: Uint8Array, shape: PageShape) => void;

function fillNumbers(column: ParquetColumn, storage: Storage, pageBytes: number, emit: Emit) {
  const width = rowWidth(column);
  if (width === 0) throw new TypeError(`${column.name}: a row without values cannot be written`);
  const rowBytes = width * storage.valueBytes;
  const rowsMax = Math.max(1, Math.floor(pageBytes / rowBytes));
  const depth = listDepth(column);
  let page = new Uint8Array(Math.min(rowsMax, 256) * rowBytes);
  let used = 0;
  const flush = () => {
    if (used === 0) return;
    const plain = page.subarray(0, used);
    const rows = used / rowBytes;
    emit(column.type === "bool" ? packBits(plain) : plain, {
      rows,
      values: rows * width,
      missing: 0,
      repetition: depth === 0 ? NOTHING : fixedRepetitionLevels(column.shape as readonly number[], rows),
      definition: constantLevels(2 * depth + 1, rows * width),
    });
    used = 0;
  };
  return {
    rows: () => used / rowBytes,
    flush,
    push(values: NumberArray) {
      const plain = plainBytes(column, values);
      if (plain.length % rowBytes !== 0) throw new TypeError(`${column.name}: got ${values.length} values for rows of ${width}`);
      let taken = 0;
      while (taken < plain.length) {
        const take = Math.min(rowsMax * rowBytes - used, plain.length - taken);
        if (used + take > page.length) page = grown(page, used, Math.min(rowsMax * rowBytes, 2 * (used + take)));
        page.set(plain.subarray(taken, taken + take), used);
        used += take;
        taken += take;
        if (used === rowsMax * rowBytes) flush();
      }
    },
  };
}

function fillText(column: ParquetColumn, pageBytes: number, emit: Emit) {
  const isList = column.shape === "any";
  let page = new Uint8Array(4096);
  let used = 0;
  let rows = 0;
  let repetition: number[] = [];
  let definition: number[] = [];
  let texts = 0;
  const flush = () => {
    if (rows === 0) return;
    emit(page.subarray(0, used), {
      rows,
      values: isList ? repetition.length : rows,
      missing: isList ? repetition.length - texts : 0,
      repetition: isList ? levels(Uint8Array.from(repetition), 1) : NOTHING,
      definition: isList ? levels(Uint8Array.from(definition), 3) : constantLevels(1, rows),
    });
    used = rows = texts = 0;
    repetition = [];
    definition = [];
  };
  return {
    rows: () => rows,
    flush,
    push({ offsets, bytes, lengths }: Exclude<ColumnValues, NumberArray>) {
      const count = lengths?.length ?? offsets.length - 1;
      let text = 0;
      for (let row = 0; row < count; row++) {
        const length = lengths?.[row] ?? 1;
        if (isList && length === 0) {
          repetition.push(0);
          definition.push(1);
        }
        for (let item = 0; item < length; item++, text++) {
          const start = Number(offsets[text]!);
          const size = Number(offsets[text + 1]!) - start;
          if (used + size + 4 > page.length) page = grown(page, used, 2 * (used + size + 4));
          new DataView(page.buffer).setUint32(used, size, true);
          page.set(bytes.subarray(start, start + size), used + 4);
          used += size + 4;
          if (!isList) continue;
          repetition.push(item === 0 ? 0 : 1);
          definition.push(3);
        }
        texts += length;
        rows++;
        if (used >= pageBytes) flush();
      }
    },
  };
}

/** The numbers as they lie in a page; a view of the same memory where they already do. */
function plainBytes(column: ParquetColumn, values: NumberArray): Uint8Array {
  const { physical, valueBytes } = storageOf(column.type);
  const stored =
    values.BYTES_PER_ELEMENT === valueBytes
      ? values
      : physical === "FLOAT"
        ? Float32Array.from(values as Float16Array)
        : Int32Array.from(values as Int16Array);
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

/** The least and greatest value, by which readers skip row groups. */
function startRange(column: ParquetColumn): { add(values: NumberArray): void; end(): Statistics | undefined } | undefined {
  if (column.type === "bool" || column.type === "text" || column.type === "uint32" || column.type === "uint64") return undefined;
  let least: number | bigint | undefined;
  let greatest: number | bigint | undefined;
  return {
    add(values) {
      for (const value of values) {
        if (Number.isNaN(value)) continue;
        if (least === undefined || value < least) least = value;
        if (greatest === undefined || value > greatest) greatest = value;
      }
    },
    end: () => (least === undefined ? undefined : { min_value: least, max_value: greatest!, null_count: 0n }),
  };
}

function grown(page: Uint8Array<ArrayBuffer>, used: number, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(page.subarray(0, used));
  return larger;
}

const NOTHING = new Uint8Array(0);
