import { existsSync } from "node:fs";
import { appendFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Bad, Episode, EpisodeSchema, PlacedPart, SourceContext } from "./coreForTests.ts";
import {
  canonicalJson,
  defineCheck,
  defineDecision,
  defineSink,
  defineSource,
  defineStage,
  digest,
  memoryEpisode,
  unfingerprinted,
} from "./coreForTests.ts";

const SCHEMA: EpisodeSchema = {
  key: "ticks",
  embodiment: "ticker",
  features: { "observation.state": { dtype: "float32", shape: [2] }, action: { dtype: "float32", shape: [2] } },
  grid: { rateHz: 10, streams: ["observation.state", "action"] },
};

/** Made-up episodes for tests of the engine: their values follow from their numbers. */
export const ticks = defineSource({
  name: "ticks",
  version: "1",
  about: "Made-up episodes",
  example: "ticks: { partitions: 2 }",
  options: z.strictObject({
    partitions: z.int().default(2),
    episodes: z.int().default(3),
    rows: z.int().default(5),
    counted: z.boolean().default(true),
    broken: z.array(z.string()).default([]),
    version: z.string().default("v1"),
    hangs: z.enum(["", "schema", "plan"]).default(""),
    finds: z.boolean().default(false),
    odd: z.array(z.string()).default([]),
    opened: unfingerprinted(z.string().default("")),
  }),
  create: (options) => ({
    schema: () => (options.hangs === "schema" ? new Promise(() => undefined) : Promise.resolve([SCHEMA])),
    async *plan(context) {
      if (options.finds) context.find({ check: "ticks", severity: "note", message: "listed" });
      for (let index = 0; index < options.partitions; index++) {
        const counted = options.counted ? { episodes: options.episodes } : {};
        if (options.hangs === "plan" && index === 1) await new Promise(() => undefined);
        yield { key: `p${index}`, schema: "ticks", version: options.version, bytes: 100, open: index, ...counted };
      }
    },
    async *open(partition, context) {
      for (let ordinal = 0; ordinal < options.episodes; ordinal++)
        yield noticing(await episodeOf(partition.key, ordinal, options), options.odd, context);
    },
    async *openFrom(partition, from, context) {
      for (let ordinal = from; ordinal < options.episodes; ordinal++)
        yield noticing(await episodeOf(partition.key, ordinal, options), options.odd, context);
    },
  }),
});

async function episodeOf(
  partition: string,
  ordinal: number,
  options: { rows: number; broken: string[]; opened: string },
): Promise<Episode | Bad> {
  const id = `${partition}/${ordinal}`;
  if (options.opened) await appendFile(options.opened, `${id}\n`);
  if (options.broken.includes(id)) return { bad: true, id, error: new Error("made broken") };
  const time = BigInt64Array.from({ length: options.rows }, (_, row) => BigInt(row) * 100_000_000n);
  const start = Number(partition.slice(1)) * 1000 + ordinal * 10;
  const values = (shift: number) => Float32Array.from({ length: options.rows * 2 }, (_, place) => start + place + shift);
  return memoryEpisode({
    id,
    schema: SCHEMA,
    streams: {
      "observation.state": { kind: "rows", time, values: values(0) },
      action: { kind: "rows", time, values: values(0.5) },
    },
  });
}

/** Finds something only when actions are read. */
function noticing(episode: Episode | Bad, odd: readonly string[], context: SourceContext): Episode | Bad {
  if ("bad" in episode || !odd.includes(episode.id)) return episode;
  return {
    ...episode,
    async *read(wants, range) {
      yield* episode.read(wants, range);
      if (wants.some(({ stream }) => stream === "action"))
        context.find({ check: "ticks", severity: "risk", episode: episode.id, message: "odd" });
    },
  };
}

/** A step that misbehaves for the episodes it is told to. */
export const trouble = defineStage({
  name: "trouble",
  version: "1",
  about: "Misbehaves on purpose",
  example: "trouble: { throws: [ticks/p0/1] }",
  options: z.strictObject({
    throws: z.array(z.string()).default([]),
    drops: z.array(z.string()).default([]),
    crashes: z.array(z.string()).default([]),
    crashesOnce: z.array(z.string()).default([]),
    hangs: z.array(z.string()).default([]),
    spins: z.array(z.string()).default([]),
    slowMs: z.int().default(0),
    marker: z.string().default(""),
    refuses: z.boolean().default(false),
  }),
  create: (options) => ({
    schema: (input) => {
      if (options.refuses) throw new Error("this stage was told to refuse");
      return input;
    },
    async each(episode, context) {
      if (options.marker) await appendFile(options.marker, `${episode.id}\n`);
      if (options.throws.includes(episode.id)) throw new Error("this stage was told to throw");
      if (options.crashes.includes(episode.id)) process.kill(process.pid, "SIGSEGV");
      if (options.crashesOnce.includes(episode.id) && !existsSync(`${options.marker}.crashed`)) {
        await writeFile(`${options.marker}.crashed`, "");
        process.kill(process.pid, "SIGSEGV");
      }
      if (options.hangs.includes(episode.id)) await new Promise(() => undefined);
      if (options.spins.includes(episode.id)) for (;;);
      if (options.slowMs) await sleep(options.slowMs);
      if (options.drops.includes(episode.id)) {
        context.drop({ episode: episode.id }, "this stage was told to drop it", 0.5);
        return null;
      }
      return episode;
    },
  }),
});

/** Says how many rows went by. */
export const counts = defineCheck({
  name: "counts",
  version: "1",
  about: "Counts rows",
  example: "check: { counts: {} }",
  options: z.strictObject({ at: z.enum(["source", "here"]).default("source") }),
  create: ({ at }) => ({
    at,
    watch() {
      let rows = 0;
      return {
        wants: [{ stream: "observation.state", as: "rows" }],
        push: (_, batch) => {
          rows += batch.time.length;
        },
        close: () => ({ findings: [{ check: "counts", severity: "note" as const, message: `${rows} rows` }], scores: { rows } }),
        abort: () => undefined,
      };
    },
  }),
});

/** Writes each episode's rows as a line of JSON; one file for all. */
export const lines = defineSink({
  name: "lines",
  version: "1",
  about: "Rows as JSON lines",
  example: "lines: {}",
  options: z.strictObject({
    label: z.string().default(""),
    hangs: z.enum(["", "layout", "build", "finish"]).default(""),
    slowMs: z.int().default(0),
  }),
  create: (options) => ({
    writing: {},
    wants: (input) => (input.grid?.streams ?? []).map((stream) => ({ stream, as: "rows" as const })),
    async write(episode, context) {
      const parked = await context.park(episode, { tables: { rows: episode.schema.grid!.streams }, packets: [] });
      return {
        wants: parked.wants,
        push: (want, batch) => parked.push(want, batch),
        abort: (reason) => parked.abort(reason),
        async close() {
          const part = await parked.close();
          return { ...part, episode: episode.id, key: digest([episode.id, part]), summary: null };
        },
      };
    },
    async *layout(_view, parts: AsyncIterable<PlacedPart>) {
      const recipe: { episode: string; table: string; copies: number }[] = [];
      if (options.hangs === "layout") await new Promise(() => undefined);
      for await (const { part, copies } of parts) recipe.push({ episode: part.episode, table: part.tables.rows!.key, copies });
      yield { path: "data/all.jsonl", share: "link", recipe: { label: options.label, recipe } };
    },
    async build(file, target, context) {
      if (options.hangs === "build") for (;;);
      const { recipe } = file.recipe as unknown as { recipe: { episode: string; table: string }[] };
      let text = "";
      for (const { episode, table } of recipe) {
        if (options.slowMs) await sleep(options.slowMs);
        const values: number[] = [];
        for await (const chunk of context.parts.table(table)) {
          const state = chunk.get("observation.state")!;
          if (state.kind === "rows") values.push(...Array.from(state.values as Float32Array));
        }
        text += `${canonicalJson({ episode, values })}\n`;
      }
      await writeFile(target, text);
      return { episodes: recipe.length };
    },
    async finish(view, made) {
      if (options.hangs === "finish") await new Promise(() => undefined);
      await writeFile(
        `${made.folder}/info.json`,
        `${canonicalJson({ embodiment: view.embodiment, files: made.files.map((file) => file.path) })}\n`,
      );
    },
  }),
});

/** A decision that never comes to one. */
export const ponders = defineDecision({
  name: "ponders",
  version: "1",
  about: "Never decides",
  example: "ponders: {}",
  options: z.strictObject({}),
  create: () => ({
    async *decide(seen) {
      await new Promise(() => undefined);
      for await (const { episode } of seen) yield { episode, keep: true };
    },
  }),
});
