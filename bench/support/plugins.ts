import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { digest } from "../../src/core/digest.ts";
import type { Episode } from "../../src/core/episode.ts";
import type { EpisodeSchema } from "../../src/core/feature.ts";
import { canonicalJson } from "../../src/core/json.ts";
import { memoryEpisode } from "../../src/core/memoryEpisode.ts";
import type { PlacedPart } from "../../src/core/part.ts";
import { defineSink, defineSource, defineStage } from "../../src/core/plugin.ts";

const JOINTS = 26;
const RATE_HZ = 30;
const names = Array.from({ length: JOINTS }, (_, joint) => `joint_${joint}`);

const SCHEMA: EpisodeSchema = {
  key: "made",
  embodiment: "made",
  features: {
    "observation.state": { dtype: "float32", shape: [JOINTS], names },
    action: { dtype: "float32", shape: [JOINTS], names },
  },
  grid: { rateHz: RATE_HZ, streams: ["observation.state", "action"] },
};

/** Episodes of a robot of 26 joints that are made while they are read: no row is ever held twice. */
export const made = defineSource({
  name: "made",
  version: "1",
  about: "Made-up episodes of any number and length",
  example: "made: { partitions: 100, episodes: 100, rows: 10 }",
  options: z.strictObject({
    partitions: z.int().positive().default(1),
    episodes: z.int().positive().default(1),
    rows: z.int().positive().default(10),
  }),
  create: ({ partitions, episodes, rows }) => ({
    schema: async () => [SCHEMA],
    async *plan() {
      for (let index = 0; index < partitions; index++)
        yield {
          key: `p${String(index).padStart(7, "0")}`,
          schema: "made",
          version: "1",
          bytes: episodes * rows * JOINTS * 8,
          episodes,
          open: index,
        };
    },
    async *open({ key, open }) {
      for (let ordinal = 0; ordinal < episodes; ordinal++)
        yield rows <= 1000 ? short(`${key}/${ordinal}`, rows) : long(`${key}/${ordinal}`, rows, Number(open));
    },
  }),
});

function timesOf(first: number, count: number): BigInt64Array {
  return BigInt64Array.from({ length: count }, (_, row) => BigInt(Math.round(((first + row) * 1e9) / RATE_HZ)));
}

function short(id: string, rows: number): Episode {
  const time = timesOf(0, rows);
  const values = new Float32Array(rows * JOINTS).fill(0.5);
  const streams = { "observation.state": { kind: "rows", time, values }, action: { kind: "rows", time, values } } as const;
  return memoryEpisode({ id, schema: SCHEMA, streams });
}

const BATCH = 4096;

function long(id: string, rows: number, seed: number): Episode {
  return {
    id,
    clock: "episode",
    span: { start: 0n, end: timesOf(rows, 1)[0]! },
    facts: { source: "made", tier: "synthetic", task: "wave", origin: { file: id } },
    schema: SCHEMA,
    times: async () => ({ time: timesOf(0, rows) }),
    async *read(wants, range) {
      for (let first = 0; first < rows; first += BATCH) {
        const time = timesOf(first, Math.min(BATCH, rows - first));
        if (range && (time[0]! >= range.end || time[time.length - 1]! < range.start)) continue;
        for (const want of wants.keys()) {
          const values = Float32Array.from({ length: time.length * JOINTS }, (_, at) =>
            Math.sin((first * JOINTS + at) / 100 + want + seed),
          );
          yield { want, batch: { kind: "rows", time, values } };
        }
      }
    },
  };
}

/** A stage that changes nothing. */
export const idle = defineStage({
  name: "idle",
  version: "1",
  about: "Changes nothing",
  example: "- idle: {}",
  options: z.strictObject({}),
  create: () => ({ schema: (input) => input, each: (episode) => episode }),
});

/** A sink that reads every row and keeps nothing of it but their number. */
export const count = defineSink({
  name: "count",
  version: "1",
  about: "Counts rows",
  example: "- count: {}",
  options: z.strictObject({}),
  create: () => ({
    wants: () => [{ stream: "action", as: "rows" as const }],
    write: async (episode) => {
      let rows = 0;
      return {
        wants: [{ stream: "action", as: "rows" as const }],
        push: (_want, batch) => {
          rows += batch.time.length;
        },
        close: () => ({ key: digest([episode.id, rows]), episode: episode.id, summary: rows, tables: {}, packets: {} }),
        abort: () => undefined,
      };
    },
    async *layout(_view, parts) {
      let rows = 0;
      for await (const part of parts) rows += (part as PlacedPart<number>).part.summary;
      yield { path: "rows.json", share: "copy" as const, recipe: { rows } };
    },
    build: async (file, target) => {
      await writeFile(target, canonicalJson(file.recipe));
      return null;
    },
    finish: async () => undefined,
  }),
});
