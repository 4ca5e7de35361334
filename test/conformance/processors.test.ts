import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { FramesBatch } from "../../src/core/batch.ts";
import type { NodeAv } from "../../src/formats/video/nodeAv.ts";
import { NodeAvEncoder } from "../../src/formats/video/nodeAvEncoder.ts";
import { EXACT_SCALING } from "../../src/formats/video/scaling.ts";
import { movingPicture, steadyTimes } from "./movingPicture.ts";

const av: NodeAv | undefined = await import("node-av").catch(() => undefined);
if (!av) console.log("processors: node-av is not installed here, its suite is skipped");
const size = { width: 160, height: 128 };

/** A moving picture with noise, so that every part of an encoder has work. */
function noisy(): FramesBatch {
  const frames = movingPicture(size, steadyTimes(24, 30));
  const bytes = new Uint8Array(frames.frames);
  let state = 1;
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = Math.min(255, bytes[at]! + (state >>> 28));
  }
  return frames;
}

/** The digest of what our encoder gives where it may use just these instructions, as on an older processor. */
async function encodedWith(codec: "h264" | "av1", more: string): Promise<string> {
  class Limited extends av!.CodecContext {}
  const own = Reflect.get(Limited.prototype, "setOption") as (name: string, value: string, ...rest: unknown[]) => number;
  Object.defineProperty(Limited.prototype, "setOption", {
    value(name: string, value: string, ...rest: unknown[]) {
      return own.call(this, name, more !== "" && name.endsWith("-params") ? `${value}:${more}` : value, ...rest);
    },
  });
  const limited: NodeAv = { ...av!, CodecContext: Limited };
  const hash = createHash("sha256");
  const take = async ({ bytes }: { bytes: Uint8Array }) => void hash.update(bytes);
  const encoding = { codec, pixelFormat: "yuv420p", group: 8, quality: 23 } as const;
  await using encoder = await NodeAvEncoder.open(limited, { encoding, size, rateHz: 30 });
  await encoder.push(noisy(), take);
  await encoder.flush(take);
  return hash.digest("hex");
}

describe.skipIf(!av)("encoded bytes, whatever the processor", () => {
  it.each([
    ["h264", "asm=0"],
    ["h264", "asm=sse2"],
    ["h264", "asm=avx"],
    ["av1", "asm=c"],
    ["av1", "asm=sse4_1"],
    ["av1", "asm=avx2"],
  ] as const)("%s: with %s they are those of all instructions", async (codec, limit) => {
    expect(await encodedWith(codec, limit)).toBe(await encodedWith(codec, ""));
  });
});

const ffmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
if (!ffmpeg) console.log("processors: the ffmpeg command is not installed here, scaling is not compared");

describe.skipIf(!ffmpeg)("pictures made yuv420p for the encoder", () => {
  const froms = ["rgb24", "yuv422p", "yuv420p"];
  const sizes = [
    { width: 320, height: 240 },
    { width: 112, height: 96 },
    { width: 500, height: 332 },
  ];
  const cases = froms.flatMap((from) => sizes.map((to) => ({ from, ...to })));
  it.each(cases)("from $from to $width × $height: alike with and without vector instructions", ({ from, width, height }) => {
    const scaled = (limit: string[]) => {
      const input = ["-f", "lavfi", "-i", `testsrc2=size=320x240:rate=10:duration=1,format=${from}`];
      const tags = "in_color_matrix=bt709:in_range=pc:out_color_matrix=bt601:out_range=tv";
      const filter = `scale=${width}:${height}:flags=${EXACT_SCALING}:${tags},format=yuv420p`;
      const made = spawnSync("ffmpeg", [...limit, "-v", "error", ...input, "-vf", filter, "-f", "rawvideo", "-"], {
        maxBuffer: 1 << 28,
      });
      expect(made.stdout.length).toBe(10 * width * height * 1.5);
      return createHash("sha256").update(made.stdout).digest("hex");
    };
    expect(scaled(["-cpuflags", "0"])).toBe(scaled([]));
  });
});
