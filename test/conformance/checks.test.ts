import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { quiet, type Synthetic, synthetic, watched } from "../../src/checks/shared/synthetic.ts";
import type { Check } from "../../src/core/check.ts";
import type { Episode } from "../../src/core/episode.ts";
import { memoryEpisode } from "../../src/core/memoryEpisode.ts";
import type { AnyPlugin } from "../../src/core/plugin.ts";
import { builtIns } from "../../src/plugins.ts";
import { expectGolden } from "../support/golden.ts";

/** Recordings with a fault each, and the check that must see it. */
const FAULTS: { readonly [check: string]: Synthetic } = {
  frozen: { seconds: 6, freeze: [1.2, 1.9] },
  gaps: { seconds: 6, clock: (stream, second) => (stream === "state" && second >= 3 ? second + 0.3 : second) },
  finite: { seconds: 6, read: (joint, second, value) => (joint === 1 && second === 2 ? Number.NaN : value) },
  stuck: { seconds: 6, read: (joint, second, value) => (joint === 1 && second >= 2 && second < 5 ? 0.1 : value) },
  agree: { seconds: 6, clock: (stream, second) => (stream === "camera" ? second + 1.5 : second) },
};

const checks = builtIns.all.filter((plugin) => plugin.kind === "check");
const made = (plugin: AnyPlugin): Check => plugin.create(plugin.options.parse({})) as Check;

describe.each(checks.map((plugin) => [plugin.name, plugin] as const))("check %s", (name, plugin) => {
  it("is documented, with every option described", () => {
    const path = new URL(`../../docs/checks/${name}.md`, import.meta.url);
    expect(existsSync(path)).toBe(true);
    const page = readFileSync(path, "utf8");
    for (const [option, schema] of Object.entries(plugin.options.shape)) {
      expect(page).toContain(`\`${option}\``);
      expect(schema.description ?? "").not.toBe("");
    }
  });

  it("says nothing of a sound recording", async () => {
    expect((await watched(made(plugin), synthetic({ seconds: 6 }))).findings).toEqual([]);
  });

  it("finds its fault, and says where, of what, in words", async () => {
    const { findings } = await watched(made(plugin), synthetic(FAULTS[name]));
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) {
      expect(finding.check).toBe(name);
      expect(finding.episode).toBe("synthetic/0");
      expect(["broken", "risk", "note"]).toContain(finding.severity);
      expect(finding.message).toMatch(/\d/);
      if (finding.stream !== undefined) expect(Object.keys(synthetic().schema.features)).toContain(finding.stream);
      if (finding.startNs !== undefined) expect(BigInt(finding.endNs!)).toBeGreaterThan(BigInt(finding.startNs));
    }
  });

  it("says what it said, or has another version", async () => {
    const recordings = [synthetic({ seconds: 6 }), ...Object.values(FAULTS).map(synthetic)];
    const said: unknown[] = [];
    for (const recording of recordings) said.push(await watched(made(plugin), recording));
    expectGolden(plugin, said);
  });

  it("says the same however the streams were cut into batches", async () => {
    const once = await watched(made(plugin), synthetic({ ...FAULTS[name], batchRows: 1000 }));
    for (const batchRows of [1, 37]) {
      expect(await watched(made(plugin), synthetic({ ...FAULTS[name], batchRows }))).toEqual(once);
    }
  });

  it("keeps nothing from one episode to the next, nor between two at once", async () => {
    const check = made(plugin);
    const alone = await watched(made(plugin), synthetic({ seconds: 6 }));
    const [, second] = await Promise.all([watched(check, synthetic(FAULTS[name])), watched(check, synthetic({ seconds: 6 }))]);
    expect(second).toEqual(alone);
    expect(await watched(check, synthetic({ seconds: 6 }))).toEqual(alone);
  });

  it("leaves what can cross a thread", async () => {
    const result = await watched(made(plugin), synthetic(FAULTS[name]));
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it("wants each stream as what it is", async () => {
    const episode = synthetic();
    const watcher = await made(plugin).watch(episode, quiet());
    for (const want of watcher.wants) {
      const dtype = episode.schema.features[want.stream]?.dtype;
      expect(dtype).toBeDefined();
      expect(want.as === "frames" || want.as === "packets").toBe(dtype === "video");
    }
    await watcher.abort(new Error("stopped"));
  });

  it.each([
    ["without a stream", memoryEpisode({ id: "e", schema: { key: "k", embodiment: "r", features: {} }, streams: {} })],
    ["of text alone", textAlone()],
    ["whose streams are empty", emptied(synthetic())],
  ])("does not throw at an episode %s", async (_what, episode) => {
    await expect(watched(made(plugin), episode)).resolves.toBeDefined();
  });
});

function textAlone(): Episode {
  const bytes = new TextEncoder().encode("go");
  return memoryEpisode({
    id: "e",
    schema: { key: "k", embodiment: "r", features: { task: { dtype: "text", shape: [] } } },
    streams: { task: { kind: "bytes", time: BigInt64Array.of(0n), offsets: BigInt64Array.of(0n, 2n), bytes } },
  });
}

function emptied(episode: Episode): Episode {
  return {
    ...episode,
    times: async () => ({ time: new BigInt64Array(0) }),
    read: async function* () {
      // Nothing was recorded.
    },
  };
}
