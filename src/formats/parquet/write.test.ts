import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { afterAll, describe, expect, test } from "vitest";
import { type ColumnValues, openParquetWriter, type ParquetColumn } from "./write.ts";

const folder = await mkdtemp(join(tmpdir(), "tendon-parquet-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
let files = 0;

async function written(
  columns: readonly ParquetColumn[],
  groups: readonly (readonly ColumnValues[])[],
  options: Parameters<typeof openParquetWriter>[2] = {},
) {
  const path = join(folder, `${files++}.parquet`);
  const writer = await openParquetWriter(path, columns, options);
  for (const group of groups) {
    for (const [column, values] of group.entries()) {
      writer.push(column, values);
      await writer.settle();
    }
    await writer.endGroup();
  }
  const made = await writer.close();
  const bytes = await readFile(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return { made, bytes, metadata: parquetMetadata(file), rows: await parquetReadObjects({ file }) };
}

function text(...values: string[]) {
  const parts = values.map((value) => new TextEncoder().encode(value));
  const offsets = new BigInt64Array(parts.length + 1);
  for (const [index, part] of parts.entries()) offsets[index + 1] = offsets[index]! + BigInt(part.length);
  return { offsets, bytes: Buffer.concat(parts) };
}

describe("a written Parquet file", () => {
  test("gives back every dtype and shape", async () => {
    const { rows } = await written(
      [
        { name: "state", type: "float32", shape: [2] },
        { name: "index", type: "int64", shape: [] },
        { name: "small", type: "int8", shape: [] },
        { name: "done", type: "bool", shape: [] },
        { name: "half", type: "float16", shape: [1] },
        { name: "note", type: "text", shape: [] },
        { name: "tasks", type: "text", shape: "any" },
        { name: "pose", type: "float64", shape: [2, 2] },
        { name: "image", type: "float64", shape: [3, 1, 1] },
      ],
      [
        [
          Float32Array.of(1.5, -2, 3, 4),
          BigInt64Array.of(7n, 2n ** 62n),
          Int8Array.of(-5, 6),
          Uint8Array.of(1, 0),
          Float16Array.of(0.5, -0.25),
          text("grasp", "é"),
          { ...text("a", "b"), lengths: Uint32Array.of(0, 2) },
          Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8),
          Float64Array.of(1, 2, 3, 4, 5, 6),
        ],
      ],
    );
    expect(rows).toEqual([
      {
        state: [1.5, -2],
        index: 7n,
        small: -5,
        done: true,
        half: [0.5],
        note: "grasp",
        tasks: [],
        pose: [
          [1, 2],
          [3, 4],
        ],
        image: [[[1]], [[2]], [[3]]],
      },
      {
        state: [3, 4],
        index: 2n ** 62n,
        small: 6,
        done: false,
        half: [-0.25],
        note: "é",
        tasks: ["a", "b"],
        pose: [
          [5, 6],
          [7, 8],
        ],
        image: [[[4]], [[5]], [[6]]],
      },
    ]);
  });

  test("has one row group for each endGroup, its range and its metadata", async () => {
    const { metadata, made, bytes } = await written(
      [{ name: "episode_index", type: "int64", shape: [] }],
      [[BigInt64Array.of(0n, 0n, 0n)], [BigInt64Array.of(1n, 2n)]],
      { metadata: { huggingface: "{}" } },
    );
    expect(metadata.row_groups.map((group) => Number(group.num_rows))).toEqual([3, 2]);
    expect(metadata.row_groups[1]!.columns[0]!.meta_data!.statistics).toMatchObject({ min_value: 1n, max_value: 2n });
    expect(metadata.key_value_metadata).toEqual([{ key: "huggingface", value: "{}" }]);
    expect(made).toEqual({ rows: 5, bytes: bytes.length });
  });

  test("is the same however its rows came and wherever its pages waited", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 4, max: 64 }),
        async (numbers, width, pageBytes) => {
          const values = Float32Array.from({ length: numbers.length * width }, (_, index) => numbers[index % numbers.length]!);
          const columns: ParquetColumn[] = [{ name: "x", type: "float32", shape: [width] }];
          const path = join(folder, `split-${files++}.parquet`);
          const writer = await openParquetWriter(path, columns, { pageBytes, pageMemoryBytesMax: 1 });
          for (let row = 0; row < numbers.length; row++) {
            writer.push(0, values.subarray(row * width, (row + 1) * width));
            await writer.settle();
          }
          await writer.endGroup();
          await writer.close();
          const whole = await written(columns, [[values]], { pageBytes });
          expect(await readFile(path)).toEqual(whole.bytes);
          expect(whole.rows.flatMap((row) => row.x)).toEqual([...values]);
        },
      ),
      { numRuns: 40 },
    );
    expect((await readdir(folder)).filter((name) => name.endsWith(".pages"))).toEqual([]);
  });

  test("refuses columns of different lengths", async () => {
    const path = join(folder, "uneven.parquet");
    const writer = await openParquetWriter(path, [
      { name: "a", type: "int64", shape: [] },
      { name: "b", type: "int64", shape: [] },
    ]);
    writer.push(0, BigInt64Array.of(1n));
    await expect(writer.endGroup()).rejects.toThrow("column b has 0 rows where the first has 1");
    await writer.abort();
    expect(await readdir(folder)).not.toContain("uneven.parquet");
  });
});
