import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { numbers } from "../../src/core/batch.ts";
import type { Context } from "../../src/core/context.ts";
import type { Episode } from "../../src/core/episode.ts";
import { type NumberDtype, width } from "../../src/core/feature.ts";
import type { Stage } from "../../src/core/stage.ts";
import { builtIns } from "../../src/plugins.ts";
import { align } from "../../src/stages/align.ts";
import { assemble } from "../../src/stages/assemble.ts";
import { rename } from "../../src/stages/rename.ts";
import { resize } from "../../src/stages/resize.ts";
import { select } from "../../src/stages/select.ts";
import { trim } from "../../src/stages/trim.ts";
import { expectGolden } from "../support/golden.ts";
import { poisoned, type Recording, readAll, recorded, wantOf } from "./stages.ts";

/** Ways to use every stage. A new stage stands here too, or the first test fails. */
const CASES: { name: string; options: object; onRows?: boolean }[] = [
  { name: "align", options: {} },
  { name: "align", options: { gaps: "mask", action: "held", toleranceMs: 10 } },
  { name: "align", options: { rateHz: 23, gaps: "hold" } },
  {
    name: "align",
    options: { rateHz: 40, gaps: "mask", streams: { "arm.*": { method: "linear" }, count: { method: "nearest" } } },
  },
  {
    name: "align",
    options: { rateHz: 7, streams: { "arm.*": { method: "mean" }, count: { method: "max" } }, keep: ["contact"] },
  },
  { name: "align", options: { rateHz: 5 }, onRows: true },
  { name: "align", options: { rateHz: 4 }, onRows: true },
  { name: "align", options: {}, onRows: true },
  { name: "assemble", options: {}, onRows: true },
  { name: "assemble", options: { state: ["c", "a"], action: "next-state", inputs: "keep" }, onRows: true },
  { name: "select", options: { drop: ["*.wrist", "task"] } },
  { name: "rename", options: { streams: { count: "ticks", task: "annotation.task" } }, onRows: true },
  { name: "trim", options: { startSec: 0.4, endSec: -0.1 } },
  { name: "trim", options: { startSec: 0.15 }, onRows: true },
  { name: "trim", options: { idle: { below: 1.9, forSec: 0.01, leaveSec: 0.005 } } },
  { name: "resize", options: { height: 6, width: 6, fit: "pad" } },
  { name: "resize", options: { height: 2, width: 2, fit: "crop" } },
  { name: "resize", options: { cameras: { "*.head": { height: 4, width: 4 } } } },
];
const STAGES = { align, assemble, rename, resize, select, trim };

test("every built-in stage is in this suite", () => {
  const cases = new Set(CASES.map((one) => one.name));
  for (const name of builtIns.names("stage")) expect(cases, name).toContain(name);
});

describe.each(Object.entries(STAGES))("%s", (name, plugin) => {
  test("its example is one of its own, and its docs show it", () => {
    for (const line of plugin.example.split("\n")) {
      const options = (parse(line) as Record<string, unknown>)[name];
      expect(plugin.options.safeParse(options).success, line).toBe(true);
    }
    const docs = new URL(`../../docs/stages/${name}.md`, import.meta.url);
    expect(existsSync(docs), `docs/stages/${name}.md`).toBe(true);
    const text = readFileSync(docs, "utf8");
    for (const option of Object.keys(plugin.options.shape)) expect(text, `${name}: option ${option}`).toContain(`\`${option}\``);
  });

  test("gives what it gave, or has another version", async () => {
    const outputs: unknown[] = [];
    for (const { options, onRows = false } of CASES.filter((one) => one.name === name)) {
      const stage = (plugin.create as (options: object) => Stage)(plugin.options.parse(options));
      const said: unknown[] = [];
      const context = { drop: (...what: unknown[]) => said.push(what), find: (what: unknown) => said.push(what) };
      const input = recorded({ durationMs: 1600, batchRows: 7, onRows });
      const episode = (await stage.each(input, context as unknown as Context)) as Episode;
      outputs.push([options, episode.schema, [...(await readAll(episode))], said]);
    }
    expectGolden(plugin, outputs);
  });

  test("options survive JSON", () => {
    for (const { options } of CASES.filter((one) => one.name === name)) {
      const parsed = plugin.options.parse(options);
      expect(plugin.options.parse(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
    }
  });
});

describe.each(CASES)("$name $options", ({ name, options, onRows = false }) => {
  const make = (): Stage => {
    const plugin = STAGES[name as keyof typeof STAGES];
    return (plugin.create as (options: object) => Stage)(plugin.options.parse(options));
  };
  const recording = (changes: Partial<Recording> = {}): Recording => ({ durationMs: 1600, batchRows: 7, onRows, ...changes });
  const opened = async (input: Episode) => {
    const drops: string[] = [];
    const context = { drop: (_: object, reason: string) => drops.push(reason), find: () => undefined } as unknown as Context;
    return { episode: (await make().each(input, context)) as Episode | null, drops };
  };
  const through = async (input: Episode) => (await opened(input)).episode!;

  test("gives what schema() promised, sample by sample", async () => {
    const input = recorded(recording());
    const episode = await through(input);
    expect(episode.schema).toEqual(make().schema(input.schema));
    const streams = Object.keys(episode.schema.features);
    const wants = streams.map((stream) => wantOf(episode.schema, stream));
    for await (const { want, batch } of episode.read(wants)) {
      const feature = episode.schema.features[streams[want]!]!;
      expect(batch.time.length).toBeGreaterThan(0);
      if (batch.kind === "rows") {
        expect(batch.values.constructor).toBe(numbers(feature.dtype as NumberDtype, 0).constructor);
        expect(batch.values.length).toBe(batch.time.length * width(feature));
      }
      if (batch.kind === "bytes") expect(batch.offsets.length).toBe(batch.time.length + 1);
      if (batch.kind === "frames") expect([batch.height, batch.width, 3]).toEqual(feature.shape);
      if (batch.valid) expect([batch.time.length, batch.time.length * width(feature)]).toContain(batch.valid.length);
    }
  });

  test("times() are what is read: ascending, inside the span, and equal for all streams on the rows", async () => {
    const episode = await through(recorded(recording()));
    const got = await readAll(episode);
    const grid = episode.schema.grid;
    for (const [stream, { time }] of got) {
      expect(time, stream).toEqual([...(await episode.times(stream)).time]);
      expect(time).toEqual(time.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
      expect(time.every((one) => one >= episode.span.start && one < episode.span.end)).toBe(true);
      if (grid?.streams.includes(stream)) expect(time, stream).toEqual(got.get(grid.streams[0]!)!.time);
    }
  });

  test("one pass over all streams equals one over each, and a second equals the first", async () => {
    const episode = await through(recorded(recording()));
    const whole = await readAll(episode);
    expect(await readAll(episode)).toEqual(whole);
    for (const stream of whole.keys())
      expect((await readAll(episode, undefined, [stream])).get(stream)).toEqual(whole.get(stream));
  });

  test("a range is a part of the whole", async () => {
    const episode = await through(recorded(recording()));
    const whole = await readAll(episode);
    const range = { start: 450_000_000n, end: 1_100_000_000n };
    for (const [stream, part] of await readAll(episode, range)) {
      const all = whole.get(stream)!;
      const places = [...all.time.keys()].filter((at) => all.time[at]! >= range.start && all.time[at]! < range.end);
      expect(part.time, stream).toEqual(places.map((at) => all.time[at]));
      expect(part.samples, stream).toEqual(places.map((at) => all.samples[at]));
    }
  });

  test("single frames are those of the whole", async () => {
    const episode = await through(recorded(recording()));
    for (const [stream, all] of await readAll(episode)) {
      if (episode.schema.features[stream]!.dtype !== "video") continue;
      const got: bigint[] = [];
      const only = [1, 2, 5];
      for await (const { batch } of episode.read([{ stream, as: "frames", format: "rgb24", only }])) got.push(...batch.time);
      expect(got).toEqual(only.map((at) => all.time[at]));
    }
  });

  test("where video can be copied, its packets are the rows, from a key frame on", async () => {
    const episode = await through(recorded(recording()));
    for (const [stream, { dtype }] of Object.entries(episode.schema.features)) {
      if (dtype !== "video") continue;
      const { time, key, copy } = await episode.times(stream);
      if (!copy?.can) {
        expect(copy?.reason).toMatch(/./);
        continue;
      }
      const got: bigint[] = [];
      const keys: number[] = [];
      for await (const { batch } of episode.read([{ stream, as: "packets", encoding: "as recorded" }])) {
        got.push(...batch.time);
        if (batch.kind === "packets") keys.push(...batch.key);
      }
      expect(got).toEqual([...time]);
      expect(keys).toEqual([...key!]);
      expect(keys[0]).toBe(1);
    }
  });

  test("law: however the batches fall, and however soon they are spoilt, the samples are the same", async () => {
    const whole = await readAll(await through(recorded(recording({ batchRows: 1000 }))));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 90 }), async (batchRows) => {
        expect(await readAll(await through(poisoned(recorded(recording({ batchRows })))))).toEqual(whole);
      }),
      { numRuns: 8, examples: [[1]] },
    );
  });

  test("an episode of one frame, and one of nothing, are read or dropped with a reason", async () => {
    for (const durationMs of [0, 60, 500]) {
      const { episode, drops } = await opened(recorded(recording({ durationMs })));
      if (!episode) expect(drops.join()).toMatch(/./);
      else for (const [stream, { time }] of await readAll(episode)) expect(time).toEqual([...(await episode.times(stream)).time]);
    }
  });

  test("a reader that stops early leaves nothing open", async () => {
    let closed = false;
    const input = recorded(recording());
    const watched: Episode = {
      ...input,
      read: async function* (wants, range) {
        try {
          yield* input.read(wants, range);
        } finally {
          closed = true;
        }
      },
    };
    const episode = await through(watched);
    for await (const _ of episode.read([wantOf(episode.schema, Object.keys(episode.schema.features)[0]!)])) break;
    expect(closed).toBe(true);
  });
});
