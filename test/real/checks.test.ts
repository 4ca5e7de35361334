import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { quiet } from "../../src/checks/shared/synthetic.ts";
import type { Batch, FramesBatch, PacketsBatch } from "../../src/core/batch.ts";
import type { Check } from "../../src/core/check.ts";
import type { Context } from "../../src/core/context.ts";
import type { Episode } from "../../src/core/episode.ts";
import type { Finding } from "../../src/core/finding.ts";
import { decodedEpisode } from "../../src/engines/decoded.ts";
import { openCodecs } from "../../src/formats/video/codecs.ts";
import { builtIns } from "../../src/plugins.ts";
import { lerobot } from "../../src/sources/lerobot.ts";

const data = process.env.TENDON_TEST_DATA;
const robots = data === undefined ? "" : join(data, "robot");
const here = data !== undefined && existsSync(robots);
if (!here) console.log("skipped: TENDON_TEST_DATA does not name the folder of real recordings");

const checks = builtIns.all.filter((plugin) => plugin.kind === "check");
const codecs = await openCodecs();

describe.skipIf(!here)("checks on real recordings", () => {
  it.each([["g1_teleop_v21"], ["groot_gr1_pick_place_v20"], ["franka_usb_groot_v21"]])(
    "call nothing broken in %s",
    async (set) => {
      const found: Finding[] = [];
      let episodes = 0;
      for await (const episode of recordings(join(robots, set))) {
        episodes++;
        for (const plugin of checks) found.push(...(await findings(plugin.create(plugin.options.parse({})), episode)));
      }
      expect(episodes).toBeGreaterThan(3);
      expect(found.filter(({ severity }) => severity === "broken")).toEqual([]);
      // At most one risk in five episodes: more would teach people to look away.
      expect(found.filter(({ severity }) => severity === "risk").length).toBeLessThanOrEqual(episodes / 5);
    },
  );

  it("find a freeze that was planted in G1's camera and encoded again", async () => {
    for await (const episode of recordings(join(robots, "g1_teleop_v21"))) {
      const frozen = await freezeAgain(episode, { stream: "observation.images.cam_high", from: 3.2, to: 3.9 });
      const plugin = builtIns.get("check", "frozen", "");
      const found = await findings(plugin.create(plugin.options.parse({})), decodedEpisode(frozen, codecs));
      expect(found).toMatchObject([{ severity: "broken", stream: "observation.images.cam_high" }]);
      expect(Math.abs(Number(found[0]!.startNs) / 1e9 - 3.2)).toBeLessThanOrEqual(0.1);
      expect(Math.abs(Number(found[0]!.endNs) / 1e9 - 3.9)).toBeLessThanOrEqual(0.1);
      return;
    }
  });
});

async function* recordings(path: string): AsyncGenerator<Episode> {
  const source = lerobot.create(lerobot.options.parse({ path }));
  const held = new Map<string, Promise<object>>();
  const context = holding(held);
  try {
    for await (const partition of source.plan(context)) {
      if ("bad" in partition) throw partition.error;
      for await (const episode of source.open(partition, context)) {
        if ("bad" in episode) throw episode.error;
        yield decodedEpisode(episode, codecs);
      }
    }
  } finally {
    for (const each of held.values()) await ((await each) as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
  }
}

function holding(held: Map<string, Promise<object>>): Context {
  return {
    ...quiet(),
    hold: async <T extends object>(key: string, open: () => Promise<T>) => {
      if (!held.has(key)) held.set(key, open());
      return (await held.get(key)) as T;
    },
  };
}

async function findings(check: Check, episode: Episode): Promise<readonly Finding[]> {
  const watcher = await check.watch(episode, quiet());
  if (watcher.wants.length > 0) for await (const { want, batch } of episode.read(watcher.wants)) await watcher.push(want, batch);
  return (await watcher.close()).findings;
}

/** The same episode, whose camera shows the picture of `from` until `to`, in H.264 as our sinks encode it. */
async function freezeAgain(episode: Episode, freeze: { stream: string; from: number; to: number }): Promise<Episode> {
  const { stream } = freeze;
  const { video } = episode.schema.features[stream]!;
  const size = { width: video!.width, height: video!.height };
  const packets: PacketsBatch[] = [];
  const keep = async (batch: PacketsBatch) => void packets.push(structuredClone(batch));
  await using encoder = await codecs.encoder({ codec: "h264", pixelFormat: "yuv420p", group: 8, quality: 23 }, size, 30);
  let shown: Uint8Array | undefined;
  for await (const { batch } of episode.read([{ stream, as: "frames", format: "yuv420p" }])) {
    const frames = batch as FramesBatch;
    const pixels = new Uint8Array(frames.frames);
    frames.time.forEach((time, index) => {
      const picture = pixels.subarray(index * frames.stride, (index + 1) * frames.stride);
      const second = Number(time) / 1e9;
      if (second < freeze.from || second >= freeze.to) return;
      shown ??= picture.slice();
      picture.set(shown);
    });
    await encoder.push(frames, keep);
  }
  await encoder.flush(keep);
  const time = packets.flatMap((batch) => [...batch.time]);
  const key = packets.flatMap((batch) => [...batch.key]);
  const { config } = packets[0]!;
  return {
    ...episode,
    times: async (of) =>
      of === stream
        ? { time: BigInt64Array.from(time), key: Uint8Array.from(key), copy: { can: true, config, bFrames: false } }
        : episode.times(of),
    read: async function* (wants, range) {
      const others = wants.flatMap((want, index) => (want.stream === stream ? [] : [index]));
      for await (const each of episode.read(
        others.map((index) => wants[index]!),
        range,
      ))
        yield { want: others[each.want]!, batch: each.batch };
      const own = wants.findIndex((want) => want.stream === stream);
      for (const batch of own < 0 ? [] : packets) yield { want: own, batch: batch as Batch };
    },
  };
}
