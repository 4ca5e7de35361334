import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertPipeline } from "../../src/commands/convert.ts";
import { run } from "../../src/commands/run.ts";
import { colorMap } from "../../src/loader/augment/color.ts";
import { drawLook } from "../../src/loader/augment/draw.ts";
import { changePicture } from "../../src/loader/augment/picture.ts";
import { loader } from "../../src/loader/loader.ts";
import { invert } from "../../src/loader/normalise.ts";
import { rootKey } from "../../src/loader/order/key.ts";
import type { LoaderBatch, LoaderOptions } from "../../src/loader/types.ts";

const data = process.env.TENDON_TEST_DATA;
if (data === undefined) console.warn("skipped: augmentation over real sets (set TENDON_TEST_DATA to their folder)");

const CAMERA = "observation.images.cam_high";
const G1 = join(data ?? "", "robot", "g1_teleop_v21");
const size = { height: 64, width: 80 };
const larger = { height: 72, width: 100 };
const action = Array.from({ length: 8 }, (_, step) => step);

describe.skipIf(data === undefined)("what is done to samples of G1", () => {
  let folder = "";
  let gr00t = "";
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-changes-")));
    const input = await convertPipeline(
      { source: G1, target: join(folder, "out") },
      { to: ["gr00t"], checks: "none", broken: "keep" },
    );
    gr00t = (await run(input)).views[0]!.path;
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const plain: LoaderOptions = {
    path: G1,
    batchSize: 16,
    seed: 5,
    threads: 2,
    windows: { [CAMERA]: [0], "observation.state": [0], action },
  };

  it("crops and colours are drawn by the sample's place, and cut out of the larger picture", async () => {
    const augment = { crop: larger, color: { brightness: 0.3, hue: 0.1 } };
    const whole = await first({ ...plain, size: larger }, 4);
    const changed = await first({ ...plain, size, augment }, 4);
    const root = rootKey({ dataset: (await stateOf({ ...plain, size, augment })).order, seed: 5 });
    for (const [index, batch] of changed.entries()) {
      expect(batch.where).toEqual(whole[index]!.where);
      for (let sample = 0; sample < 16; sample++) {
        const look = drawLook(root, { epoch: 0, position: index * 16 + sample }, { ...augment, crop: { height: 8, width: 20 } });
        const expected = new Uint8Array(64 * 80 * 3);
        const change = { from: larger, to: size, ...look.crop, flip: false, color: colorMap(look.color!) };
        changePicture(pictureOf(whole[index]!, sample, larger), change, expected, 0);
        expect(Buffer.compare(pictureOf(batch, sample, size), expected)).toBe(0);
      }
    }
  }, 60_000);

  it("flipped samples are the robot's mirror image, and the others stay", async () => {
    const names = { ...plain, size, augment: { flip: { robot: "g1" } } } as const;
    const [mirrored, as] = [await first(names, 4), await first({ ...plain, size }, 4)];
    let flips = 0;
    for (const [index, batch] of mirrored.entries()) {
      for (let sample = 0; sample < 16; sample++) {
        const own = Buffer.from(pictureOf(as[index]!, sample, size));
        const flipped = !own.equals(pictureOf(batch, sample, size));
        if (!flipped) continue;
        flips++;
        const turned = new Uint8Array(own.length);
        changePicture(own, { from: size, to: size, y: 0, x: 0, flip: true }, turned, 0);
        expect(Buffer.compare(pictureOf(batch, sample, size), turned)).toBe(0);
        const magnitudes = (values: ArrayLike<number>) => Array.from(values, Math.abs).sort((a, b) => a - b);
        expect(magnitudes(batch.state.slice(sample * 26, sample * 26 + 26))).toEqual(
          magnitudes(as[index]!.state.slice(sample * 26, sample * 26 + 26)),
        );
      }
    }
    expect(flips).toBeGreaterThan(16);
    expect(flips).toBeLessThan(48);
  }, 60_000);

  it("what was normalised becomes the robot's again", async () => {
    await using batches = await loader({
      ...plain,
      path: gr00t,
      size,
      normalise: { action: "min_max", "observation.state": "mean_std" },
    });
    const [raw] = await first({ ...plain, path: gr00t, size }, 1);
    for await (const batch of batches) {
      const values = batch.tensors.get("action")!.data as Float32Array;
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1.000001);
      const back = invert(batches.datasets[0]!.normalisation, "action", values.slice(0, 8 * 26));
      back.forEach((value, at) => {
        expect(value).toBeCloseTo(raw!.action[at]!, 5);
      });
      break;
    }
  }, 60_000);

  it("a GR00T configuration gives its tensors, masks and notes", async () => {
    const config = {
      for: "n1.7" as const,
      video: { keys: ["cam_high"], delta: [-4, 0] },
      state: { keys: ["left_arm", "right_arm"], delta: [0] },
      action: { keys: ["left_arm"], delta: action },
      language: { keys: ["human.task_description"] },
      max_action_dim: 12,
    };
    await using batches = await loader({ path: gr00t, batchSize: 16, gr00t: config, size, threads: 2 });
    expect(batches.samples).toBe(6625 - 20 * 7);
    expect(batches.notes.join()).toContain("NVIDIA/Isaac-GR00T issue 771");
    for await (const batch of batches) {
      const shapes = [...batch.tensors].map(([name, { shape, dtype }]) => [name, dtype, [...shape]]);
      expect(shapes).toEqual([
        ["video.cam_high", "uint8", [16, 2, 64, 80, 3]],
        ["state", "float32", [16, 1, 14]],
        ["action", "float32", [16, 8, 12]],
      ]);
      expect(Array.from(batch.widths.get("action")!.subarray(0, 12))).toEqual([1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
      expect(batch.tasks[0]).toBe("Pick up the yellow bottle on the table.");
      break;
    }
  }, 60_000);
});

interface Kept {
  readonly where: readonly string[];
  readonly pictures: Uint8Array;
  readonly state: Float32Array;
  readonly action: Float32Array;
}

async function stateOf(options: LoaderOptions) {
  await using batches = await loader(options);
  return batches.state();
}

async function first(options: LoaderOptions, count: number): Promise<Kept[]> {
  await using batches = await loader(options);
  const kept: Kept[] = [];
  for await (const batch of batches) {
    kept.push(keep(batch));
    if (kept.length === count) break;
  }
  return kept;
}

function keep(batch: LoaderBatch): Kept {
  const of = (name: string) => batch.tensors.get(name)!.data.slice();
  return {
    where: Array.from(batch.row, (row, sample) => `${batch.episode[sample]} ${row}`),
    pictures: of(CAMERA) as Uint8Array,
    state: of("observation.state") as Float32Array,
    action: of("action") as Float32Array,
  };
}

function pictureOf({ pictures }: Kept, sample: number, { height, width }: { height: number; width: number }): Uint8Array {
  const bytes = height * width * 3;
  return pictures.subarray(sample * bytes, (sample + 1) * bytes);
}
