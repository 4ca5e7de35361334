import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEngine, plan, run } from "../../src/commands/run.ts";
import type { RunEvent } from "../../src/core/event.ts";
import type { PipelineInput } from "../../src/core/pipeline.ts";

const TICKS = fileURLToPath(new URL("../support/ticks.ts", import.meta.url));
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-engine-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Given {
  readonly source?: object;
  readonly trouble?: object;
  readonly label?: string;
  readonly sink?: object;
  readonly home?: string;
  readonly check?: boolean;
  readonly decisions?: PipelineInput["decisions"];
}

function pipelineOf(given: Given = {}): PipelineInput {
  return {
    dataset: join(folder, given.home ?? "home"),
    use: [TICKS],
    sources: { ticks: { ticks: (given.source ?? {}) as never } },
    stages: [
      { trouble: (given.trouble ?? {}) as never },
      ...(given.check === false
        ? []
        : [{ check: { frozen: false, gaps: false, agree: false, finite: false, stuck: false } as never }]),
    ],
    decisions: given.decisions ?? [],
    sinks: [{ lines: { label: given.label ?? "", ...given.sink } }],
  };
}

async function linesOf(path: string): Promise<{ episode: string; values: number[] }[]> {
  const text = await readFile(join(path, "data", "all.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("a run", () => {
  test("gathers, decides, arranges and commits; again, it does nothing and gives the same snapshot", async () => {
    const first = await run(pipelineOf(), { workers: 2 });
    expect(first.failures).toEqual([]);
    expect(first.episodes).toEqual({ read: 6, kept: 6, dropped: 0, failed: 0 });
    expect(first.work).toEqual({ done: 6 * 2 + 1, reused: 0 });
    expect(first.findings).toHaveLength(6);
    const lines = await linesOf(first.views[0]!.path);
    expect(lines.map((line) => line.episode)).toEqual([
      "ticks/p0/0",
      "ticks/p0/1",
      "ticks/p0/2",
      "ticks/p1/0",
      "ticks/p1/1",
      "ticks/p1/2",
    ]);
    expect(lines[4]!.values).toEqual(Array.from({ length: 10 }, (_, place) => 1010 + place));
    const again = await run(pipelineOf(), { workers: 1 });
    expect(again.snapshot).toBe(first.snapshot);
    expect(again.work).toEqual({ done: 0, reused: 6 * 2 + 1 });
  });

  test("one worker or two, counted or not: one snapshot id", async () => {
    const ids = new Set<string | null>();
    for (const [index, workers] of [1, 2, 2].entries()) {
      const report = await run(pipelineOf({ home: `home-${index}`, source: { partitions: 3, counted: index < 2 } }), { workers });
      // The option `counted` is the source's own and so part of its recipe; ids are compared where it is equal.
      if (index < 2) ids.add(report.snapshot);
      expect(report.episodes.kept).toBe(9);
    }
    expect(ids.size).toBe(1);
  });

  test("only new work is done: another check, another sink option, more episodes", async () => {
    const marker = join(folder, "marker");
    const before = await run(pipelineOf({ check: false, trouble: { marker } }), { workers: 2 });
    expect(before.work.done).toBe(6 + 1);
    const checked = await run(pipelineOf({ trouble: { marker } }), { workers: 2 });
    expect(checked.work).toEqual({ done: 6, reused: 6 + 1 });
    expect(checked.snapshot).not.toBe(before.snapshot);
    const relabelled = await run(pipelineOf({ trouble: { marker }, label: "x" }), { workers: 2 });
    expect(relabelled.work).toEqual({ done: 1, reused: 12 });
  });

  test("a part that is gone where a file must be built: the next run reads its episode anew, as the error says", async () => {
    const first = await run(pipelineOf(), { workers: 2 });
    const lines = await linesOf(first.views[0]!.path);
    const home = join(folder, "home");
    for (const name of ["files", "snapshots", "refs", "views", "lines"]) await rm(join(home, name), { recursive: true });
    const parts = (await readdir(join(home, "parts"), { recursive: true })).filter((name) => name.endsWith(".arrow"));
    await rm(join(home, "parts", parts[0]!));
    await expect(run(pipelineOf(), { workers: 2 })).rejects.toThrow("run again to read its episode anew");
    const again = await run(pipelineOf(), { workers: 2 });
    expect(again.work).toEqual({ done: 1 + 1, reused: 6 * 2 - 1 });
    expect(again.snapshot).toBe(first.snapshot);
    expect(await linesOf(again.views[0]!.path)).toEqual(lines);
  });

  test("what fails and what is dropped is told, and its neighbours are unharmed", async () => {
    const report = await run(
      pipelineOf({ source: { broken: ["p1/2"] }, trouble: { throws: ["ticks/p0/1"], drops: ["ticks/p1/0"] } }),
      { workers: 2 },
    );
    expect(report.episodes).toEqual({ read: 6, kept: 3, dropped: 1, failed: 2 });
    expect(report.drops).toEqual([
      { episode: "ticks/p1/0", reason: "this stage was told to drop it", score: 0.5, by: "stages[0].trouble" },
    ]);
    const failures = report.failures
      .map(({ episode, step, message }) => ({ episode, step, message }))
      .sort((a, b) => (a.episode < b.episode ? -1 : 1));
    expect(failures).toEqual([
      { episode: "ticks/p0/1", step: "stages[0].trouble", message: "this stage was told to throw" },
      { episode: "ticks/p1/2", step: "sources.ticks.ticks", message: "made broken" },
    ]);
    expect((await linesOf(report.views[0]!.path)).map((line) => line.episode)).toEqual([
      "ticks/p0/0",
      "ticks/p0/2",
      "ticks/p1/1",
    ]);
  });

  test("a crash costs one thing: what kills its worker twice is quarantined, what does so once is done", async () => {
    const marker = join(folder, "marker");
    const events: RunEvent[] = [];
    const report = await run(pipelineOf({ trouble: { crashes: ["ticks/p0/1"], crashesOnce: ["ticks/p1/1"], marker } }), {
      workers: 2,
      onEvent: (event) => events.push(event),
    });
    expect(report.episodes).toEqual({ read: 6, kept: 5, dropped: 0, failed: 1 });
    expect(report.failures).toHaveLength(1);
    expect(report.failures[0]!.message).toMatch(/took its worker down twice \(its process was ended by SIGSEGV\)/);
    expect(report.failures[0]!.episode).toBe("ticks/p0#1");
    expect(events.filter((event) => event.type === "worker" && event.what === "crashed").length).toBeGreaterThanOrEqual(3);
  });

  test("a plug-in that never ends is ended, whether it waits or spins", async () => {
    const report = await run(pipelineOf({ trouble: { hangs: ["ticks/p0/0"], spins: ["ticks/p1/2"] } }), {
      workers: 2,
      stallSec: 3,
    });
    expect(report.episodes.kept).toBe(4);
    expect(report.failures.map((failure) => failure.message).join()).toMatch(/nothing came by for 3 s/);
  });

  test.each([
    ["sources.ticks.ticks", "telling what it holds", { source: { hangs: "schema" } }],
    ["sources.ticks.ticks", "listing its inputs", { source: { hangs: "plan" } }],
    ["decisions[0].ponders", "deciding", { decisions: [{ ponders: {} }] }],
    ["sinks[0].lines", "laying out files", { sink: { hangs: "layout" } }],
    ["sinks[0].lines (data/all.jsonl)", "building a file", { sink: { hangs: "build" } }],
    ["sinks[0].lines", "finishing its view", { sink: { hangs: "finish" } }],
  ])("%s that never ends with %s is ended, and named", async (path, doing, given: Given) => {
    await using engine = openEngine({ workers: 1, stallSec: 2 });
    const error = await engine.run(pipelineOf({ check: false, ...given })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "plugin-failed", place: { path } });
    expect((error as Error).message).toContain(`gave no sign of life for 2 s while ${doing}`);
    // Its neighbours, and what was done, are unharmed.
    expect((await engine.run(pipelineOf({ check: false }))).episodes.kept).toBe(6);
  });

  test("what is only slow, and shows that it lives, is not ended; what a listing finds is told", async () => {
    const given = pipelineOf({ check: false, sink: { slowMs: 700 }, source: { finds: true } });
    const report = await run(given, { workers: 1, stallSec: 2 });
    expect(report.episodes.kept).toBe(6);
    expect(report.findings).toEqual([{ check: "ticks", severity: "note", message: "listed" }]);
    expect((await plan(given, { workers: 1 })).findings).toEqual(report.findings);
  });

  test("stopped in the middle, it ends soon, and running again goes on", async () => {
    const abort = new AbortController();
    const slow = pipelineOf({ source: { partitions: 4 }, trouble: { slowMs: 50 } });
    let seen = 0;
    const stopped = run(slow, {
      workers: 1,
      signal: abort.signal,
      onEvent: (event) => {
        if (event.type === "episode" && ++seen === 3) abort.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    const report = await run(slow, { workers: 2 });
    expect(report.episodes.kept).toBe(12);
    expect(report.work.reused).toBeGreaterThanOrEqual(3 * 2);
    const whole = await run(pipelineOf({ home: "other", source: { partitions: 4 }, trouble: { slowMs: 50 } }), { workers: 2 });
    expect(report.snapshot).toBe(whole.snapshot);
  });

  test("what is done is skipped without being opened, and nothing behind what is asked for is", async () => {
    const abort = new AbortController();
    const opened = join(folder, "opened");
    const given = pipelineOf({ source: { partitions: 1, episodes: 8, opened }, trouble: { slowMs: 20 } });
    let seen = 0;
    const onEvent = (event: RunEvent) => {
      if (event.type === "episode" && ++seen === 4) abort.abort();
    };
    await run(given, { workers: 1, signal: abort.signal, onEvent }).catch(() => undefined);
    const before = (await readFile(opened, "utf8")).trim().split("\n").length;
    const report = await run(given, { workers: 1 });
    expect(report.episodes.kept).toBe(8);
    const again = (await readFile(opened, "utf8")).trim().split("\n").slice(before);
    const missing = 8 - report.work.reused / 2;
    expect(missing).toBeLessThanOrEqual(4);
    expect(again).toEqual(Array.from({ length: missing }, (_, at) => `p0/${8 - missing + at}`));
  });

  test("what is found only while reading reaches the report and the gate, whoever reads again", async () => {
    const given: Given = { source: { odd: ["p0/1"] }, check: false };
    const first = await run(pipelineOf(given), { workers: 2 });
    const odd = { check: "ticks", severity: "risk", episode: "ticks/p0/1", message: "odd" };
    expect(first.findings).toEqual([odd]);
    // The check reads the state alone, so that this pass sees nothing odd.
    const checked = await run(pipelineOf({ ...given, check: true }), { workers: 2 });
    expect(checked.work.reused).toBe(6 + 1);
    expect(checked.findings.filter((finding) => finding.check === "ticks")).toEqual([odd]);
    const gated = await run(pipelineOf({ ...given, decisions: [{ gate: { risk: "drop" } }] }), { workers: 2 });
    expect(gated.drops.map(({ episode, reason }) => [episode, reason])).toEqual([["ticks/p0/1", "risk: ticks: odd"]]);
  });

  test("new episodes cost their own work and come behind those that were there", async () => {
    const first = await run(pipelineOf({ source: { episodes: 2, version: "v1" } }), { workers: 2 });
    expect(first.episodes.kept).toBe(4);
    await using engine = openEngine({ workers: 2 });
    const more = await engine.run(pipelineOf({ source: { episodes: 2, partitions: 3, version: "v1" } }));
    expect(more.episodes.kept).toBe(6);
    expect((await linesOf(more.views[0]!.path)).at(-1)!.episode).toBe("ticks/p2/1");
  });

  test("what cannot run leaves nothing behind, and nothing that is there is touched", async () => {
    const refused = { ...pipelineOf({ trouble: { refuses: true } }), dataset: join(folder, "a", "b") };
    await expect(run(refused, { workers: 1 })).rejects.toThrow(/this stage was told to refuse/);
    expect(await readdir(folder)).toEqual([]);
    await expect(plan(refused, { workers: 1 })).rejects.toThrow(/this stage was told to refuse/);
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, "notes.txt"), "mine");
    const strange = { ...pipelineOf({ trouble: { refuses: true } }), dataset: folder };
    await expect(run(strange, { workers: 1 })).rejects.toThrow(/is not empty and is not a Tendon dataset/);
    await expect(run({ ...strange, dataset: join(folder, "notes.txt") }, { workers: 1 })).rejects.toThrow(/is a file/);
    expect(await readdir(folder)).toEqual(["notes.txt"]);
  });

  test("a typo is told with its path and what was meant", async () => {
    const input = { ...pipelineOf(), stages: [{ troubel: {} }], sinks: [{ lines: { lable: "x" } }] };
    await expect(run(input as never, { workers: 1 })).rejects.toThrow(
      /stages\[0\]: there is no stage "troubel"; did you mean "trouble"\?[\s\S]*sinks\[0\]\.lines\.lable: there is no such option; did you mean "label"\?/,
    );
  });
});
