import type { Dtype, Feature, NumberDtype } from "../../../core/feature.ts";
import type { ParquetField, ParquetRows } from "../../../formats/parquet/read.ts";
import { featureNames, type InfoFeature, PLACE_COLUMNS } from "../info.ts";
import type { Dataset } from "./dataset.ts";
import { type Note, some } from "./notes.ts";
import { pictureHeader } from "./pictureHeader.ts";

/** How a stream's samples come out of the table, one a row. */
export interface TableStream {
  readonly stream: string;
  readonly column: string;
  readonly feature: Feature;
  /**
   * `numbers` as stored; `json`: numbers written as JSON text; `text` as stored; `index`: a number
   * that stands for a text in the tasks; `picture`: a PNG or JPEG file.
   */
  readonly as: "numbers" | "json" | "text" | "index" | "picture";
}

/** The raw time column, kept beside the rows' own times. */
export const RAW_TIME = "source.timestamp";

/** The streams of a table, judged by its columns and its first rows. Each difference from info.json is a note. */
export function tableStreams(
  dataset: Dataset,
  fields: readonly ParquetField[],
  first: ParquetRows | undefined,
  note: Note,
): TableStream[] {
  const streams: TableStream[] = [];
  for (const field of fields) {
    if (PLACE_COLUMNS.includes(field.name)) continue;
    const stream = tableStream(dataset, field, first, note);
    if (stream) streams.push(stream);
  }
  if (fields.some((field) => field.name === "task_index") && !streams.some(({ stream }) => stream === "task"))
    streams.push({ stream: "task", column: "task_index", as: "index", feature: { dtype: "text", shape: [] } });
  compareDeclared(dataset, fields, note);
  return streams;
}

function tableStream(dataset: Dataset, field: ParquetField, first: ParquetRows | undefined, note: Note): TableStream | undefined {
  const { name: column, type } = field;
  const declared = dataset.info.features[column];
  const stream = column === "timestamp" ? RAW_TIME : column;
  if (type.kind === "image") return picture(column, first, note);
  if (type.kind === "other" || type.kind === "bytes") {
    const held = type.kind === "bytes" ? "bytes" : type.text;
    note("note", `column ${column} holds ${held}, which becomes no stream`);
    return undefined;
  }
  if (type.kind === "text") {
    const dtype = numberDtype(declared?.dtype);
    if (dtype && (type.json || looksLikeNumbers(column, first))) return jsonNumbers(column, dtype, { declared, first, note });
    return { stream, column, as: "text", feature: { dtype: "text", shape: [] } };
  }
  if (column.startsWith("annotation.") && /^u?int/.test(type.dtype) && type.lists === 0)
    return { stream, column, as: "index", feature: { dtype: "text", shape: [] } };
  if (declared && numberDtype(declared.dtype) && declared.dtype !== type.dtype)
    note("note", `info.json declares ${column} as ${declared.dtype}, the tables store ${type.dtype}; it is read as stored`);
  const shape = type.lists === 0 ? [] : vectorShape(column, widthOf(column, first), declared, note);
  return { stream, column, as: "numbers", feature: vectorFeature(type.dtype, shape, declared, column, note) };
}

function jsonNumbers(
  column: string,
  dtype: NumberDtype,
  { declared, first, note }: { declared: InfoFeature | undefined; first: ParquetRows | undefined; note: Note },
): TableStream {
  const values = parseNumbers(firstText(column, first));
  note(
    "risk",
    `column ${column} stores its numbers as JSON text; they are read as ${dtype} (loaders that expect numbers fail on it)`,
  );
  const shape = values === undefined ? (declared?.shape ?? []) : vectorShape(column, values.length, declared, note);
  return { stream: column, column, as: "json", feature: vectorFeature(dtype, shape, declared, column, note) };
}

function vectorFeature(
  dtype: Dtype,
  shape: readonly (number | "any")[],
  declared: InfoFeature | undefined,
  column: string,
  note: Note,
): Feature {
  const names = featureNames(declared?.names);
  const fits = names !== undefined && shape.length === 1 && names.length === shape[0];
  if (names !== undefined && shape.length === 1 && !fits && names.length > 1)
    note("note", `info.json gives ${names.length} names for the ${shape[0]} numbers of ${column}; they are left out`);
  return { dtype, shape, ...(fits && { names }) };
}

/** The declared shape where it holds as many numbers as are stored; else what is stored. */
function vectorShape(
  column: string,
  stored: number | undefined,
  declared: InfoFeature | undefined,
  note: Note,
): readonly (number | "any")[] {
  const shape = declared?.shape ?? undefined;
  const count = shape?.reduce((product, size) => product * size, 1);
  if (stored === undefined) return shape && count !== undefined && count > 0 ? shape : ["any"];
  if (count === stored && shape && shape.length > 0) return shape;
  if (count !== undefined)
    note(
      "risk",
      `info.json gives ${column} the shape [${shape!.join(", ")}], the tables hold ${stored} numbers a row; it is read as stored`,
    );
  return [stored];
}

/** Whether the table has what info.json declares. */
function compareDeclared({ info }: Dataset, fields: readonly ParquetField[], note: Note): void {
  const missing = Object.entries(info.features).flatMap(([key, { dtype }]) =>
    dtype === "video" || fields.some((field) => field.name === key) ? [] : [key],
  );
  const places = missing.filter((key) => PLACE_COLUMNS.includes(key) || key === "timestamp");
  const samples = missing.filter((key) => !places.includes(key));
  if (samples.length > 0) note("risk", `info.json declares ${some(samples)}, but the tables have no such column`);
  if (places.length > 0) note("note", `info.json declares ${some(places)}, but the tables have no such column`);
  const extra = fields.filter(({ name }) => !(name in info.features) && !PLACE_COLUMNS.includes(name)).map(({ name }) => name);
  if (extra.length > 0) note("note", `the tables have ${some(extra)}, which info.json does not declare`);
}

function picture(column: string, first: ParquetRows | undefined, note: Note): TableStream | undefined {
  const pictures = first?.columns.get(column);
  const header = pictures?.kind === "bytes" ? pictureHeader(rowBytes(pictures, 0)) : undefined;
  if (!header) {
    note("risk", `column ${column} is declared as pictures, but its first row holds no PNG or JPEG; it becomes no stream`);
    return undefined;
  }
  const { codec, width, height, channels } = header;
  return {
    stream: column,
    column,
    as: "picture",
    feature: { dtype: "video", shape: [height, width, channels], video: { codec, width, height } },
  };
}

/** Sample `row` of a column of bytes. */
export function rowBytes(column: { readonly offsets: BigInt64Array; readonly bytes: Uint8Array }, row: number): Uint8Array {
  return column.bytes.subarray(Number(column.offsets[row]), Number(column.offsets[row + 1]));
}

function widthOf(column: string, first: ParquetRows | undefined): number | undefined {
  const values = first?.columns.get(column);
  return values?.kind === "numbers" ? values.width : undefined;
}

function firstText(column: string, first: ParquetRows | undefined): string {
  const values = first?.columns.get(column);
  return values?.kind === "bytes" && first!.rows > 0 ? new TextDecoder().decode(rowBytes(values, 0)) : "";
}

function looksLikeNumbers(column: string, first: ParquetRows | undefined): boolean {
  return parseNumbers(firstText(column, first)) !== undefined;
}

/** The numbers of a JSON list, or lists in a list; undefined where it is anything else. */
export function parseNumbers(text: string): number[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const flat = value.flat(4) as unknown[];
  return flat.every((item) => typeof item === "number") ? (flat as number[]) : undefined;
}

/** A NumPy name of a number, as our dtype. */
function numberDtype(dtype: string | undefined): NumberDtype | undefined {
  return dtype !== undefined && NUMBERS.has(dtype) ? (dtype as NumberDtype) : undefined;
}

const NUMBERS: ReadonlySet<string> = new Set(
  "bool float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64".split(" "),
);
