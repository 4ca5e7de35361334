import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openParquetWriter, type ParquetColumn } from "../../../formats/parquet/write.ts";
import type { FeatureStatistics } from "./counted.ts";
import type { StatisticsByFeature } from "./statistics.ts";

/** Texts as a column takes them. */
export function textColumn(texts: readonly string[], lengths?: readonly number[]) {
  const parts = texts.map((text) => Buffer.from(text));
  const offsets = new BigInt64Array(parts.length + 1);
  for (const [at, part] of parts.entries()) offsets[at + 1] = offsets[at]! + BigInt(part.length);
  return { offsets, bytes: new Uint8Array(Buffer.concat(parts)), ...(lengths && { lengths: Uint32Array.from(lengths) }) };
}

/** `meta/tasks.parquet`: pandas reads `task` as the index, as LeRobot wants it. */
export async function writeTasksTable(folder: string, tasks: readonly string[]): Promise<void> {
  const path = join(folder, "meta/tasks.parquet");
  await mkdir(dirname(path), { recursive: true });
  const index = { name: "task", field_name: "task", pandas_type: "unicode", numpy_type: "object", metadata: null };
  const column = {
    name: "task_index",
    field_name: "task_index",
    pandas_type: "int64",
    numpy_type: "int64",
    metadata: null,
  };
  const pandas = {
    index_columns: ["task"],
    column_indexes: [],
    columns: [column, index],
    creator: { library: "tendon", version: "1" },
    pandas_version: "2.2.0",
  };
  const columns: ParquetColumn[] = [
    { name: "task_index", type: "int64", shape: [] },
    { name: "task", type: "text", shape: [] },
  ];
  const writer = await openParquetWriter(path, columns, { metadata: { pandas: JSON.stringify(pandas) } });
  writer.push(
    0,
    BigInt64Array.from(tasks, (_, task) => BigInt(task)),
  );
  writer.push(1, textColumn(tasks));
  await writer.endGroup();
  await writer.close();
}

/** One row of `meta/episodes`: numbers by column name, and the statistics of its features. */
export interface EpisodeRow {
  readonly integers: { readonly [column: string]: number };
  readonly seconds: { readonly [column: string]: number };
  readonly texts: { readonly [column: string]: string };
  readonly tasks: readonly string[];
  readonly statistics: StatisticsByFeature;
}

/** Files stay under LeRobot's limit for a table that is read whole. */
const FILE_BYTES_MAX = 100 * 1024 ** 2;
const GROUP_ROWS = 1000;

/** Writes `meta/episodes/chunk-000/file-000.parquet` and so on. The first row tells which columns there are. */
export function episodesTable(folder: string, chunkFiles: number) {
  let open: Awaited<ReturnType<typeof openTable>> | undefined;
  let file = -1;
  let rows = 0;
  const roll = async (row: EpisodeRow) => {
    await open?.close();
    file++;
    rows = 0;
    const path = join(folder, "meta/episodes", chunkFile({ file, chunkFiles, extension: "parquet" }));
    open = await openTable(path, row);
  };
  return {
    async add(row: EpisodeRow): Promise<void> {
      if (open === undefined || rows >= open.rowsMax) await roll(row);
      const place = {
        "meta/episodes/chunk_index": Math.floor(file / chunkFiles),
        "meta/episodes/file_index": file % chunkFiles,
      };
      open!.add({ ...row, integers: { ...row.integers, ...place } });
      rows++;
      if (rows % GROUP_ROWS === 0) await open!.flush();
    },
    async close(): Promise<void> {
      await open?.close();
    },
  };
}

/** `chunk-000/file-000.mp4`: LeRobot v3.0's names, `chunkFiles` files a chunk. */
export function chunkFile(of: { file: number; chunkFiles: number; extension: string }): string {
  const number = (value: number) => value.toString().padStart(3, "0");
  return `chunk-${number(Math.floor(of.file / of.chunkFiles))}/file-${number(of.file % of.chunkFiles)}.${of.extension}`;
}

async function openTable(path: string, first: EpisodeRow) {
  await mkdir(dirname(path), { recursive: true });
  const { integers, seconds, texts, statistics } = first;
  const places = ["meta/episodes/chunk_index", "meta/episodes/file_index"];
  const of = (names: readonly string[], type: ParquetColumn["type"]): ParquetColumn[] =>
    names.map((name) => ({ name, type, shape: [] }));
  const columns: ParquetColumn[] = [
    ...of([...Object.keys(integers), ...places], "int64"),
    ...of(Object.keys(seconds), "float64"),
    ...of(Object.keys(texts), "text"),
    { name: "tasks", type: "text", shape: "any" },
    ...Object.entries(statistics).flatMap(([feature, each]) => statisticColumns(feature, each)),
  ];
  const writer = await openParquetWriter(path, columns, { pageBytes: 64 << 10 });
  const bytes = columns.reduce((sum, { shape }) => sum + 8 * (shape === "any" ? 8 : shape.reduce((n, size) => n * size, 1)), 0);
  return {
    rowsMax: Math.max(1, Math.floor(FILE_BYTES_MAX / bytes)),
    add(row: EpisodeRow) {
      for (const [at, { name, type, shape }] of columns.entries()) {
        if (shape === "any") writer.push(at, textColumn(row.tasks, [row.tasks.length]));
        else if (name.startsWith("stats/")) writer.push(at, statisticOf(row.statistics, name, widthOf(shape)));
        else if (type === "int64") writer.push(at, BigInt64Array.of(BigInt(row.integers[name]!)));
        else if (type === "text") writer.push(at, textColumn([row.texts[name] ?? ""]));
        else writer.push(at, Float64Array.of(row.seconds[name]!));
      }
    },
    flush: () => writer.endGroup(),
    async close() {
      await writer.endGroup();
      await writer.close();
    },
  };
}

function statisticColumns(feature: string, { min, pictures, quantiles }: FeatureStatistics): ParquetColumn[] {
  const shape = pictures ? [min.length, 1, 1] : [min.length];
  const floats = ["min", "max", "mean", "std", ...Object.keys(quantiles)];
  return [
    ...floats.map((key): ParquetColumn => ({ name: `stats/${feature}/${key}`, type: "float64", shape })),
    { name: `stats/${feature}/count`, type: "int64", shape: [1] },
  ];
}

/** NaN where an episode lacks a statistic that the first one had. */
function statisticOf(all: StatisticsByFeature, column: string, width: number): Float64Array | BigInt64Array {
  const [, feature, key] = column.split("/");
  const own = all[feature!];
  if (key === "count") return BigInt64Array.of(BigInt(own?.count ?? 0));
  const basic = { min: own?.min, max: own?.max, mean: own?.mean, std: own?.std };
  const values = basic[key as keyof typeof basic] ?? own?.quantiles[key!];
  return values ? Float64Array.from(values) : new Float64Array(width).fill(Number.NaN);
}

function widthOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
