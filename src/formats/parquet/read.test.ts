import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openParquet, type ParquetFile, type ReadColumn } from "./read.ts";
import { openParquetWriter } from "./write.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-parquet-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let made = 0;
/** A file whose columns are told in SQL over rows `i`. */
async function make(select: string, rows: number, options = ""): Promise<string> {
  const path = join(folder, `${made++}.parquet`);
  const connection = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
  await connection.run(`COPY (SELECT ${select} FROM range(${rows}) t(i)) TO '${path}' (FORMAT parquet${options})`);
  connection.closeSync();
  return path;
}

async function only(file: ParquetFile, column: string, range: { from?: number; to?: number } = {}): Promise<ReadColumn> {
  for await (const { columns } of file.read({ columns: [column], ...range })) return columns.get(column)!;
  throw new Error("no rows");
}

describe("openParquet", () => {
  it("gives every dtype as its own typed array", async () => {
    const dtypes = { TINYINT: "int8", UTINYINT: "uint8", SMALLINT: "int16", USMALLINT: "uint16", INTEGER: "int32" };
    const wide = { UINTEGER: "uint32", BIGINT: "int64", UBIGINT: "uint64", FLOAT: "float32", DOUBLE: "float64", BOOLEAN: "bool" };
    const all = Object.entries({ ...dtypes, ...wide });
    const file = await openParquet(await make(all.map(([sql, dtype]) => `(i % 2)::${sql} AS ${dtype}`).join(", "), 5));
    expect(file.fields.map(({ name, type }) => [name, type])).toEqual(
      all.map(([, dtype]) => [dtype, { kind: "numbers", dtype, lists: 0 }]),
    );
    for (const [, dtype] of all) {
      const column = await only(file, dtype);
      expect(column).toMatchObject({ kind: "numbers", dtype, width: 1 });
      expect(Array.from((column as { values: ArrayLike<number | bigint> }).values, Number)).toEqual([0, 1, 0, 1, 0]);
    }
  });

  it("marks rows and single numbers that are missing", async () => {
    const row = await only(await openParquet(await make("CASE WHEN i = 1 THEN NULL ELSE [i, i]::FLOAT[] END AS v", 3)), "v");
    expect(row).toMatchObject({ width: 2, values: new Float32Array([0, 0, 0, 0, 2, 2]), valid: new Uint8Array([1, 0, 1]) });
    const item = await only(await openParquet(await make("[i, CASE WHEN i = 1 THEN NULL ELSE i END]::INTEGER[] AS v", 3)), "v");
    expect(item).toMatchObject({ width: 2, valid: new Uint8Array([1, 1, 1, 0, 1, 1]) });
  });

  it("gives offsets where rows differ in length, and flattens lists in lists", async () => {
    const ragged = await only(await openParquet(await make("range(i)::FLOAT[] AS v", 4)), "v");
    expect(ragged).toMatchObject({ offsets: new Uint32Array([0, 0, 1, 3, 6]), values: new Float32Array([0, 0, 1, 0, 1, 2]) });
    expect(ragged).not.toHaveProperty("width");
    const nested = await openParquet(await make("[[i, 1], [2, 3]]::DOUBLE[][] AS v", 2));
    expect(nested.fields[0]!.type).toEqual({ kind: "numbers", dtype: "float64", lists: 2 });
    expect(await only(nested, "v")).toMatchObject({ width: 4, values: new Float64Array([0, 1, 2, 3, 1, 1, 2, 3]) });
  });

  it("reads text, JSON and the bytes of pictures", async () => {
    const select = `'é' || i AS t, ('[' || i || ']')::JSON AS j, struct_pack(bytes := '\\x01\\x02'::BLOB, path := 'a') AS p`;
    const file = await openParquet(await make(select, 2));
    expect(file.fields.map(({ type }) => type)).toEqual([
      { kind: "text", json: false },
      { kind: "text", json: true },
      { kind: "image" },
    ]);
    expect(await only(file, "t")).toMatchObject({
      offsets: new BigInt64Array([0n, 3n, 6n]),
      bytes: new TextEncoder().encode("é0é1"),
    });
    expect(await only(file, "j")).toMatchObject({ bytes: new TextEncoder().encode("[0][1]") });
    expect(await only(file, "p")).toMatchObject({ bytes: new Uint8Array([1, 2, 1, 2]) });
    expect(await Array.fromAsync(file.objects({ to: 1 }))).toMatchObject([{ t: "é0" }]);
  });

  it("gives any range of rows, over row groups and batches", async () => {
    const path = await make("i AS v", 10_000, ", ROW_GROUP_SIZE 4096");
    const file = await openParquet(path);
    expect(file.rowGroups).toEqual([4096, 4096, 1808]);
    await fc.assert(
      fc.asyncProperty(fc.nat(10_500), fc.nat(10_500), async (from, to) => {
        const seen: number[] = [];
        for await (const rows of file.read({ from, to })) {
          expect(rows.from).toBe(from + seen.length);
          for (const value of (rows.columns.get("v") as { values: BigInt64Array }).values) seen.push(Number(value));
        }
        const end = Math.min(to, 10_000);
        expect(seen).toEqual(Array.from({ length: Math.max(0, end - from) }, (_, row) => from + row));
      }),
      { numRuns: 40 },
    );
  });

  it("reads what our own writer wrote, to the bit", async () => {
    const values = fc.float32Array({ minLength: 3, maxLength: 3000 });
    await fc.assert(
      fc.asyncProperty(values, async (given) => {
        const path = join(folder, `${made++}.parquet`);
        const rows = Math.floor(given.length / 3);
        const writer = await openParquetWriter(path, [{ name: "v", type: "float32", shape: [3] }]);
        writer.push(0, given.slice(0, rows * 3));
        await writer.endGroup();
        await writer.close();
        const column = await only(await openParquet(path), "v");
        expect(column).toMatchObject({ width: 3 });
        expect(new Uint8Array((column as { values: Float32Array }).values.buffer)).toEqual(
          new Uint8Array(given.slice(0, Math.min(rows, 2048) * 3).buffer),
        );
      }),
      { numRuns: 20 },
    );
  });

  it("may be left in the middle, and read twice at once", async () => {
    const file = await openParquet(await make("i AS v", 50_000));
    for await (const rows of file.read()) if (rows.from > 4000) break;
    const [a, b] = [file.read()[Symbol.asyncIterator](), file.read()[Symbol.asyncIterator]()];
    await a.next();
    expect((await b.next()).value).toMatchObject({ from: 0 });
    expect((await a.next()).value).toMatchObject({ from: 2048 });
    await a.return?.();
    await b.return?.();
  });

  it("takes a path with any characters for one file", async () => {
    const odd = join(folder, "a[1]*'?.parquet");
    const { copyFile } = await import("node:fs/promises");
    await copyFile(await make("i AS v", 3), odd);
    await copyFile(odd, join(folder, "a1x'y.parquet"));
    expect(await only(await openParquet(odd), "v")).toMatchObject({ values: new BigInt64Array([0n, 1n, 2n]) });
  });

  it("says what is wrong with a file", async () => {
    const error = (code: string, words: string) => ({ code, message: expect.stringContaining(words) });
    await expect(openParquet(join(folder, "none.parquet"))).rejects.toMatchObject({ code: "not-found" });
    const path = join(folder, "bad.parquet");
    await writeFile(path, "");
    await expect(openParquet(path)).rejects.toMatchObject(error("bad-data", "zero bytes"));
    await writeFile(path, "no table at all, just words");
    await expect(openParquet(path)).rejects.toMatchObject(error("bad-data", "not a Parquet file"));
    const cut = await make("i AS v, [i, i]::FLOAT[] AS w", 5000);
    await truncate(cut, 20_000);
    await expect(openParquet(cut)).rejects.toMatchObject(error("bad-data", "cut off"));
    const file = await openParquet(await make("i AS v", 3));
    await expect(only(file, "w")).rejects.toMatchObject(error("bad-data", "has no column w; there are v"));
  });

  it("refuses a footer of noise without a crash", async () => {
    const path = join(folder, "noise.parquet");
    const magic = new TextEncoder().encode("PAR1");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (noise) => {
        const length = new Uint8Array(new Uint32Array([noise.length]).buffer);
        await writeFile(path, Buffer.concat([magic, noise, length, magic]));
        await openParquet(path).then(
          (file) => expect(file.rows).toBeGreaterThanOrEqual(0),
          (thrown: unknown) => expect(thrown).toMatchObject({ code: "bad-data" }),
        );
      }),
      { numRuns: 200 },
    );
  });
});
