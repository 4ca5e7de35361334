import type { EpisodeSchema, Feature, NumberDtype } from "../../../core/feature.ts";
import type { ParquetColumn } from "../../../formats/parquet/write.ts";
import { parquetColumn, type RowColumn } from "./rows.ts";
import type { ViewStreams } from "./streams.ts";

/** What a flavour of the format does differently. */
export interface ColumnChoices {
  /** Text streams that become numbers in the tasks table. */
  readonly indexed: (stream: string) => boolean;
  /** Vectors that stay lists even where they hold one number. */
  readonly list: (stream: string) => boolean;
}

/** Columns of a table of rows, in the order of the file: streams, then LeRobot's own, then the true time. */
export function rowColumns(schema: EpisodeSchema, streams: ViewStreams, choices: ColumnChoices): readonly RowColumn[] {
  const columns: RowColumn[] = [];
  for (const stream of streams.numbers) {
    const feature = schema.features[stream]!;
    const dtype = feature.dtype as NumberDtype;
    columns.push({ name: stream, fill: "numbers", stream, dtype, shape: columnShape(feature, choices.list(stream)) });
  }
  for (const stream of streams.texts) {
    columns.push({ name: stream, fill: choices.indexed(stream) ? "text index" : "text", stream });
  }
  for (const stream of [...streams.numbers, ...streams.texts]) {
    if (schema.features[stream]!.optional) columns.push({ name: `${stream}.valid`, fill: "valid", stream });
  }
  return [
    ...columns,
    { name: "timestamp", fill: "timestamp" },
    { name: "frame_index", fill: "frame" },
    { name: "episode_index", fill: "episode" },
    { name: "index", fill: "index" },
    { name: "task_index", fill: "task" },
    { name: "time_ns", fill: "time" },
  ];
}

/** A feature as `info.json` lists it. */
export interface InfoFeature {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly names: readonly string[] | null;
  readonly info?: { readonly [key: string]: string | number | boolean };
}

/** The columns as features of `info.json`: a plain value has the shape `[1]`. */
export function columnFeatures(schema: EpisodeSchema, columns: readonly RowColumn[]): { readonly [name: string]: InfoFeature } {
  return Object.fromEntries(
    columns.map((column) => {
      const { type, shape } = parquetColumn(column);
      const names = column.fill === "numbers" ? (schema.features[column.stream]!.names ?? null) : null;
      return [column.name, { dtype: told(type), shape: shape === "any" || shape.length === 0 ? [1] : shape, names }];
    }),
  );
}

/** The `huggingface` key of a Parquet file, from which `datasets` takes the types of columns. */
export function datasetsMetadata(columns: readonly RowColumn[]): { readonly huggingface: string } {
  const features = Object.fromEntries(columns.map((column) => [column.name, datasetsFeature(parquetColumn(column))]));
  return { huggingface: JSON.stringify({ info: { features } }) };
}

/** Bytes of one row without compression and without text. */
export function rowBytes(columns: readonly RowColumn[]): number {
  let bytes = 0;
  for (const column of columns) {
    const { type, shape } = parquetColumn(column);
    const width = shape === "any" ? 0 : shape.reduce((product, size) => product * size, 1);
    bytes += width * (BYTES[type] ?? 4);
  }
  return bytes;
}

function datasetsFeature({ type, shape }: ParquetColumn): object {
  const value = { dtype: told(type), _type: "Value" };
  if (shape === "any") return { feature: value, _type: "Sequence" };
  if (shape.length === 0) return value;
  if (shape.length === 1) return { feature: value, length: shape[0], _type: "Sequence" };
  return { shape, dtype: told(type), _type: `Array${shape.length}D` };
}

/** The dtype that a reader meets in the file. */
function told(type: ParquetColumn["type"]): string {
  if (type === "text") return "string";
  return type === "float16" ? "float32" : type;
}

/** One number is a plain value, as LeRobot has it, unless it shall be a list. */
function columnShape({ shape }: Feature, list: boolean): readonly number[] {
  const sizes = shape as readonly number[];
  if (sizes.some((size) => size !== 1)) return sizes;
  return list ? [1] : [];
}

const BYTES: { readonly [type: string]: number } = { bool: 1, int64: 8, uint64: 8, float64: 8, text: 4 };
