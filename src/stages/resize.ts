import { z } from "zod";
import { type Delivery, type FramesBatch, frameBytes, type Size, type Want } from "../core/batch.ts";
import type { Episode } from "../core/episode.ts";
import { TendonError } from "../core/errors.ts";
import type { EpisodeSchema, Feature } from "../core/feature.ts";
import { closestPattern, streamsFitting } from "../core/pattern.ts";
import { defineStage } from "../core/plugin.ts";
import type { TimeRange } from "../core/time.ts";
import { type Fit, type Placement, placeFrames, placement } from "./resize/place.ts";

const SIDE = z.int().min(2).max(16_384).multipleOf(2, "must be even, since colour is kept for two by two pixels");
const SIZE = z.strictObject({ height: SIDE, width: SIDE });

const OPTIONS = z.strictObject({
  height: SIDE.optional().describe("Pixels, for every camera that is not named in `cameras`"),
  width: SIDE.optional().describe("Pixels, for every camera that is not named in `cameras`"),
  cameras: z
    .record(z.string().min(1), SIZE)
    .default({})
    .describe('Sizes of some cameras, by name or pattern: { "*.wrist": { height: 128, width: 128 } }'),
  fit: z
    .enum(["stretch", "pad", "crop"])
    .default("stretch")
    .describe("stretch: the whole picture, shape changed. pad: the whole picture on black. crop: the middle of it"),
});

/** Makes pictures of another size. The decoder does the scaling, so only what is wanted is ever made. */
export const resize = defineStage({
  name: "resize",
  version: "2",
  about: "Gives cameras another picture size",
  example: "resize: { height: 224, width: 224, fit: pad }",
  options: OPTIONS,
  create: (options) => ({
    schema: (input) => resizedSchema(input, sizesOf(input, options)),
    each: (episode) => resized(episode, sizesOf(episode.schema, options), options.fit),
  }),
});

type Options = z.output<typeof OPTIONS>;
type Sizes = ReadonlyMap<string, Size>;

/** Cameras whose size changes, and to what. */
function sizesOf(input: EpisodeSchema, options: Options): Sizes {
  const { height, width } = options;
  if ((height === undefined) !== (width === undefined)) {
    throw new TendonError("bad-pipeline", "say both height and width, or neither and `cameras`", { place: { path: "resize" } });
  }
  const cameras = Object.keys(input.features).filter((name) => input.features[name]!.dtype === "video");
  const patterns = Object.keys(options.cameras);
  streamsFitting(patterns, cameras, "resize.cameras");
  if (height === undefined && patterns.length === 0) {
    throw new TendonError("bad-pipeline", "say to which size, as in `resize: { height: 224, width: 224 }`", {
      place: { path: "resize" },
    });
  }
  const sizes = new Map<string, Size>();
  for (const name of cameras) {
    const pattern = closestPattern(patterns, name);
    const size = pattern !== undefined ? options.cameras[pattern]! : height !== undefined ? { height, width: width! } : undefined;
    const now = pictureSize(input.features[name]!);
    if (size && (size.height !== now.height || size.width !== now.width)) sizes.set(name, size);
  }
  return sizes;
}

function resizedSchema(input: EpisodeSchema, sizes: Sizes): EpisodeSchema {
  if (sizes.size === 0) return input;
  const features = Object.entries(input.features).map(([name, feature]): [string, Feature] => {
    const size = sizes.get(name);
    if (!size) return [name, feature];
    const shape = [size.height, size.width, ...feature.shape.slice(2)];
    return [name, { ...feature, shape, ...(feature.video && { video: { ...feature.video, ...size } }) }];
  });
  return { ...input, features: Object.fromEntries(features) };
}

function resized(episode: Episode, sizes: Sizes, fit: Fit): Episode {
  if (sizes.size === 0) return episode;
  return {
    ...episode,
    schema: resizedSchema(episode.schema, sizes),
    times: async (stream) => {
      const { key: _, copy: __, ...times } = await episode.times(stream);
      const size = sizes.get(stream);
      if (!size) return episode.times(stream);
      const now = pictureSize(episode.schema.features[stream]!);
      const reason = `its pictures of ${now.width}×${now.height} are made ${size.width}×${size.height}`;
      return { ...times, copy: { can: false, reason } };
    },
    read: (wants, range) => readResized(episode, { wants, sizes, fit, ...(range && { range }) }),
  };
}

interface Reading {
  readonly wants: readonly Want[];
  readonly sizes: Sizes;
  readonly fit: Fit;
  readonly range?: TimeRange;
}

async function* readResized(episode: Episode, { wants, sizes, fit, range }: Reading): AsyncGenerator<Delivery> {
  const frames = wants.map((want) => {
    const own = sizes.get(want.stream);
    if (want.as !== "frames" || !own) return undefined;
    const to = want.size ?? own;
    return { to, at: scaledPlacement(pictureSize(episode.schema.features[want.stream]!), { own, to, fit }) };
  });
  const asked = wants.map((want, index) => {
    const made = frames[index];
    return made && want.as === "frames" ? { ...want, size: made.at.scaled } : want;
  });
  const memories: (SharedArrayBuffer | undefined)[] = [];
  for await (const { want, batch } of episode.read(asked, range)) {
    const made = frames[want];
    const same = made && made.at.scaled.height === made.to.height && made.at.scaled.width === made.to.width;
    if (!made || same || batch.kind !== "frames") {
      yield { want, batch };
      continue;
    }
    memories[want] = memoryFor(batch, made.to, memories[want]);
    yield { want, batch: placeFrames(batch, made.to, made.at, memories[want]) };
  }
}

/** Where the pictures stand in the size that was asked for, which may be yet another than the stage's own. */
function scaledPlacement(from: Size, { own, to, fit }: { own: Size; to: Size; fit: Fit }): Placement {
  if (fit === "stretch" || (to.height === own.height && to.width === own.width)) return placement(from, to, fit);
  const at = placement(from, own, fit);
  const even = (value: number) => 2 * Math.round(value / 2);
  const y = to.height / own.height;
  const x = to.width / own.width;
  const scaled = { height: Math.max(2, even(at.scaled.height * y)), width: Math.max(2, even(at.scaled.width * x)) };
  return { scaled, top: even(at.top * y), left: even(at.left * x) };
}

function memoryFor(batch: FramesBatch, to: Size, memory: SharedArrayBuffer | undefined): SharedArrayBuffer {
  const bytes = batch.time.length * frameBytes(batch.format, to);
  return memory && memory.byteLength >= bytes ? memory : new SharedArrayBuffer(bytes);
}

function pictureSize(feature: Feature): Size {
  return feature.video ?? { height: Number(feature.shape[0]), width: Number(feature.shape[1]) };
}
