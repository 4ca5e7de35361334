import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TendonError } from "../core/errors.ts";
import { readPipelineFile } from "./pipelineFile.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-pipeline-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("reads YAML, and fills in variables of the environment", async () => {
  const path = await file(
    "a.yaml",
    `dataset: \${OUT:-out}/x\nsources: { a: { mcap: { path: "\${IN}/*.mcap" } } }\nsinks: [{ gr00t: {} }]\n`,
  );
  const { input, base } = await readPipelineFile(path, { IN: "/data" });
  expect(base).toBe(folder);
  expect(input).toEqual({ dataset: "out/x", sources: { a: { mcap: { path: "/data/*.mcap" } } }, sinks: [{ gr00t: {} }] });
});

it("says which variable is missing, and where it stands", async () => {
  const path = await file("b.yaml", `dataset: out\nsources: { a: { mcap: { path: "\${NOWHERE}" } } }\n`);
  await expect(readPipelineFile(path, {})).rejects.toThrow(`${path}:2:31: the environment variable NOWHERE is not set`);
});

it("says where YAML is wrong", async () => {
  const path = await file("c.yaml", "dataset: out\nsources: [\n");
  await expect(readPipelineFile(path)).rejects.toThrow(new RegExp(`${path}:\\d+:\\d+: is not YAML`));
});

it("refuses a bomb of aliases, a list and a huge file", async () => {
  const rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let i = 1; i < 9; i++)
    rows.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(", ")}]`,
    );
  await expect(readPipelineFile(await file("bomb.yaml", rows.join("\n")))).rejects.toBeInstanceOf(TendonError);
  await expect(readPipelineFile(await file("list.yaml", "- a\n"))).rejects.toThrow("holds no map");
  await expect(readPipelineFile(await file("huge.yaml", "#".repeat(1_000_001)))).rejects.toThrow("too large");
});

it("places an error at the deepest key that stands in the file, dots in keys and all", async () => {
  const path = await file(
    "d.yaml",
    "dataset: out\nsources: {}\nstages:\n  - align:\n      streams:\n        imu.gyro: { method: maen }\n",
  );
  const { placed } = await readPipelineFile(path);
  const error = new TendonError("bad-pipeline", "stages[0].align.streams.imu.gyro.method: no such method\nsources: name one");
  expect(placed(error).message).toBe(
    `${path}:6:21: stages[0].align.streams.imu.gyro.method: no such method\n${path}:2:1: sources: name one`,
  );
  const other = new TendonError("bad-data", "stages: x");
  expect(placed(other)).toBe(other);
});

it("reads the default export of a module", async () => {
  const path = await file("e.mjs", 'export default { dataset: "out" };\n');
  expect((await readPipelineFile(path)).input).toEqual({ dataset: "out" });
  await expect(readPipelineFile(await file("f.mjs", "export const a = 1;\n"))).rejects.toThrow("default export");
});

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}
