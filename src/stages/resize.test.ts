import { expect, test } from "vitest";
import type { FramesBatch, PixelFormat, Size, Want } from "../core/batch.ts";
import { frameBytes } from "../core/batch.ts";
import type { Context } from "../core/context.ts";
import type { Episode } from "../core/episode.ts";
import { memoryEpisode } from "../core/memoryEpisode.ts";
import { placement } from "./resize/place.ts";
import { resize } from "./resize.ts";

const time = BigInt64Array.of(0n, 1n);

/** Two frames of 8×4 (width × height), and whatever size is asked for, filled with 200. */
function recording(asked: Want[] = []): Episode {
  const base = memoryEpisode({
    id: "a",
    schema: {
      key: "k",
      embodiment: "g1",
      features: {
        head: { dtype: "video", shape: [4, 8, 3], video: { codec: "av1", height: 4, width: 8 } },
        wrist: { dtype: "video", shape: [4, 4, 3], video: { codec: "av1", height: 4, width: 4 } },
      },
    },
    streams: {},
    span: { start: 0n, end: 2n },
  });
  return {
    ...base,
    times: async () => ({ time, copy: { can: true, config: { codec: "av1", width: 8, height: 4 }, bFrames: false } }),
    read: async function* (wants) {
      asked.push(...wants);
      for (const [at, want] of wants.entries()) {
        const { format, size } = want as { format: PixelFormat; size: Size };
        const stride = frameBytes(format, size);
        const frames = new SharedArrayBuffer(2 * stride);
        new Uint8Array(frames).fill(200);
        yield { want: at, batch: { kind: "frames", time, frames, format, ...size, stride } };
      }
    },
  };
}

async function picture(options: object, want: { format: PixelFormat; size?: Size }): Promise<FramesBatch> {
  const stage = resize.create(resize.options.parse(options));
  const episode = (await stage.each(recording(), {} as Context)) as Episode;
  for await (const { batch } of episode.read([{ stream: "head", as: "frames", ...want }])) return batch as FramesBatch;
  throw new Error("no picture");
}

/** The lines of the second frame's first plane. */
function lines(batch: FramesBatch): string[] {
  const bytes = new Uint8Array(batch.frames, batch.stride, batch.height * batch.width);
  return Array.from({ length: batch.height }, (_, row) =>
    Array.from(bytes.subarray(row * batch.width, (row + 1) * batch.width), (value) => (value === 200 ? "#" : ".")).join(""),
  );
}

test("the decoder is asked for the size, and the schema and the copy say it", async () => {
  const asked: Want[] = [];
  const stage = resize.create(resize.options.parse({ cameras: { head: { height: 2, width: 2 } } }));
  const episode = (await stage.each(recording(asked), {} as Context)) as Episode;
  for await (const _ of episode.read([{ stream: "head", as: "frames", format: "rgb24" }]));
  expect(asked).toEqual([{ stream: "head", as: "frames", format: "rgb24", size: { height: 2, width: 2 } }]);
  expect(episode.schema.features.head).toEqual({
    dtype: "video",
    shape: [2, 2, 3],
    video: { codec: "av1", height: 2, width: 2 },
  });
  expect((await episode.times("head")).copy).toEqual({ can: false, reason: "its pictures of 8×4 are made 2×2" });
  expect((await episode.times("wrist")).copy).toMatchObject({ can: true });
});

test("pad shows the whole picture on black, crop its middle, each plane in its place", async () => {
  const pad = await picture({ height: 8, width: 8, fit: "pad" }, { format: "gray8" });
  expect(lines(pad)).toEqual(["........", "........", "########", "########", "########", "########", "........", "........"]);
  const crop = await picture({ height: 4, width: 4, fit: "crop" }, { format: "gray8" });
  expect(lines(crop)).toEqual(["####", "####", "####", "####"]);
  const colour = await picture({ height: 8, width: 8, fit: "pad" }, { format: "yuv420p" });
  const u = new Uint8Array(colour.frames, 64, 16);
  expect([...u]).toEqual([128, 128, 128, 128, 200, 200, 200, 200, 200, 200, 200, 200, 128, 128, 128, 128]);
  expect(new Uint8Array(colour.frames)[0]).toBe(16);
});

test("a size asked for on top keeps the place", async () => {
  const half = await picture({ height: 16, width: 16, fit: "pad" }, { format: "gray8", size: { height: 8, width: 8 } });
  expect(lines(half)).toEqual(["........", "........", "########", "########", "########", "########", "........", "........"]);
});

test("placements are even and keep the shape", () => {
  const from = { height: 480, width: 640 };
  expect(placement(from, { height: 224, width: 224 }, "pad")).toEqual({ scaled: { height: 168, width: 224 }, top: 28, left: 0 });
  expect(placement(from, { height: 224, width: 224 }, "crop")).toEqual({
    scaled: { height: 224, width: 298 },
    top: 0,
    left: -36,
  });
});

test("sizes that say nothing or half are refused", () => {
  const schema = recording().schema;
  const attempt = (options: object) => resize.create(resize.options.parse(options)).schema(schema);
  expect(() => attempt({})).toThrow(/say to which size/);
  expect(() => attempt({ height: 2 })).toThrow(/both height and width/);
  expect(() => attempt({ cameras: { heat: { height: 2, width: 2 } } })).toThrow(/did you mean "head"/);
  expect(() => attempt({ height: 3, width: 4 })).toThrow(/must be even/);
  expect(attempt({ cameras: { wrist: { height: 4, width: 4 } } })).toBe(schema);
});
