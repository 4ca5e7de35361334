import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { synthetic } from "../../src/checks/shared/synthetic.ts";
import type { Decision, Seen } from "../../src/core/decision.ts";
import type { Json } from "../../src/core/json.ts";
import type { AnyPlugin } from "../../src/core/plugin.ts";
import { decided, quiet, seenEpisode } from "../../src/decisions/shared/deciding.ts";
import { builtIns } from "../../src/plugins.ts";

const decisions = builtIns.all.filter((plugin) => plugin.kind === "decision");
const made = (plugin: AnyPlugin) => plugin.create(plugin.options.parse({})) as Decision<Json, unknown>;

/** Episodes of some tasks and lengths; every fifth is broken, every seventh has a twin. */
const EPISODES: readonly Seen<Json>[] = Array.from({ length: 60 }, (_, index) =>
  seenEpisode(`teleop/${String(index).padStart(3, "0")}`, {
    facts: { source: "teleop", tier: "real", origin: { file: "x" }, task: `task ${index % 4}` },
    durationSec: 1 + (index % 9),
    seen: index % 7 === 1 ? `content ${index - 1}` : `content ${index}`,
    findings: index % 5 === 0 ? [{ check: "finite", severity: "broken", message: "1 NaN" }] : [],
    scores: { notFinite: index % 5 === 0 ? 1 : 0 },
  }),
);
const STRANGER = seenEpisode("sim/000", {
  seen: "content of its own",
  facts: { source: "sim", tier: "synthetic", origin: { file: "y" }, task: "another" },
});

describe.each(decisions.map((plugin) => [plugin.name, plugin] as const))("decision %s", (name, plugin) => {
  it("is documented, with every option described", () => {
    const path = new URL(`../../docs/decisions/${name}.md`, import.meta.url);
    expect(existsSync(path)).toBe(true);
    const page = readFileSync(path, "utf8");
    for (const [option, schema] of Object.entries(plugin.options.shape)) {
      expect(page).toContain(`\`${option}\``);
      expect(schema.description ?? "").not.toBe("");
    }
  });

  it("gives one verdict for every episode, and a reason for every one it drops", async () => {
    const verdicts = await decided(made(plugin), EPISODES);
    expect(verdicts.map(({ episode }) => episode).sort()).toEqual(EPISODES.map(({ episode }) => episode).sort());
    for (const verdict of verdicts) {
      if (!verdict.keep) expect(verdict.reason.length).toBeGreaterThan(10);
      expect(JSON.parse(JSON.stringify(verdict.facts ?? {}))).toEqual(verdict.facts ?? {});
    }
  });

  it("decides the same again, and whatever it decided before", async () => {
    const decision = made(plugin);
    const first = await decided(decision, EPISODES);
    await decided(decision, EPISODES.slice(0, 10));
    expect(await decided(decision, EPISODES)).toEqual(first);
  });

  it("decides of nothing", async () => {
    expect(await decided(made(plugin), [])).toEqual([]);
  });

  it("does not change its mind of the others when a stranger joins them", async () => {
    const before = await decided(made(plugin), EPISODES);
    const after = await decided(made(plugin), [...EPISODES, STRANGER]);
    expect(after.filter(({ episode }) => episode !== STRANGER.episode)).toEqual(before);
  });

  it("sees the same of an episode however it was cut into batches", async () => {
    const decision = made(plugin);
    if (!decision.watch) return;
    const looks = await Promise.all([1, 17, 1000].map((batchRows) => look(decision, batchRows)));
    expect(looks[1]).toEqual(looks[0]);
    expect(looks[2]).toEqual(looks[0]);
    expect(JSON.parse(JSON.stringify(looks[0]))).toEqual(looks[0]);
  });
});

async function look(decision: Decision<Json, unknown>, batchRows: number): Promise<Json> {
  const episode = synthetic({ seconds: 2, batchRows });
  const framed = {
    ...episode,
    times: async (stream: string) => ({ ...(await episode.times(stream)), copy: { can: false, reason: "made up" } as const }),
  };
  const watcher = await decision.watch!(framed, quiet());
  for await (const { want, batch } of episode.read(watcher.wants)) await watcher.push(want, batch);
  return watcher.close();
}
