import { describe, expect, it } from "vitest";
import type { FramesBatch } from "../core/batch.ts";
import type { Codecs } from "../core/codecs.ts";
import { openCodecs } from "../formats/video/codecs.ts";
import { Attempt } from "./attempt.ts";
import { decideFault, parseFault } from "./faults.ts";
import { cameraOf, FilmCamera, Studio } from "./film.ts";
import { openRasteriser } from "./rasteriser.ts";
import { CAMERAS, type CameraName } from "./robot.ts";
import { drawTask } from "./task.ts";

const RADIUS = 0.02;

describe("cameras", () => {
  it.each(CAMERAS)("%s shows a point where its parameters say, to half a pixel", async (name) => {
    using attempt = await Attempt.open(drawTask(1), { seed: 1, swaySeed: 1 });
    const { position, rotation } = attempt.world.cameraPose(attempt.world.camera(name));
    const camera = cameraOf(name);
    const ball = { kind: "sphere", size: [RADIUS, 0, 0], rgba: [1, 0, 0, 1] } as const;
    const rasteriser = openRasteriser([ball]);
    const picture = new Uint8Array(3 * camera.width * camera.height);
    for (const [x, y, z] of [
      [0, 0, 0.6],
      [0.2, -0.15, 0.7],
      [-0.25, 0.22, 0.8],
    ] as const) {
      // Camera to world: the columns of its rotation are its axes.
      const at = [0, 1, 2].map(
        (row) => position[row]! + rotation[3 * row]! * x + rotation[3 * row + 1]! * y + rotation[3 * row + 2]! * z,
      );
      rasteriser.render(Float64Array.of(...at, 1, 0, 0, 0, 1, 0, 0, 0, 1), camera, { position, rotation }, picture);
      const seen = centreOfRed(picture, camera.width);
      expect(Math.abs(seen.u - (camera.cx + (camera.fx * x) / z))).toBeLessThan(0.5);
      expect(Math.abs(seen.v - (camera.cy + (camera.fy * y) / z))).toBeLessThan(0.5);
    }
  });
});

/** Grey levels that coding takes from one picture beside other pictures; the head a second later is 10 apart. */
const SAME = 1;
const SMALL = { width: 64, height: 64 };
const codecs = await openCodecs().catch(() => undefined);

/** What each camera shows, small and grey, at 0 and at 1 s of one attempt. */
async function shots(codecs: Codecs, name: CameraName, faults: readonly string[]): Promise<Uint8Array[]> {
  const task = drawTask(1);
  using attempt = await Attempt.open(task, { seed: 1, swaySeed: 1 });
  const decided = faults.map((fault) => decideFault(parseFault(fault), task, 6));
  const about = { studio: new Studio(attempt.world), codecs, faults: decided, seed: 1, noise: "usual" } as const;
  await using camera = await FilmCamera.open(name, about);
  await camera.shoot(0);
  while (attempt.timeSec < 1) attempt.step();
  await camera.shoot(1);
  const { packets, config } = (await camera.develop())!;
  const pictures: Uint8Array[] = [];
  await using decoder = await codecs.decoder(config, [{ format: "gray8", size: SMALL }]);
  const keep = async (_want: number, { frames, time, stride }: FramesBatch) => {
    for (let index = 0; index < time.length; index++)
      pictures.push(new Uint8Array(frames).slice(index * stride, (index + 1) * stride));
  };
  const time = BigInt64Array.from(packets, (_, index) => BigInt(index));
  const offsets = BigInt64Array.of(
    0n,
    BigInt(packets[0]!.bytes.length),
    BigInt(packets[0]!.bytes.length + packets[1]!.bytes.length),
  );
  const bytes = Buffer.concat(packets.map((packet) => packet.bytes));
  const key = Uint8Array.from(packets, (packet) => (packet.key ? 1 : 0));
  await decoder.push({ kind: "packets", time, decodeTime: time, offsets, bytes, key, config }, keep);
  await decoder.flush(keep);
  return pictures;
}

describe.runIf(codecs)("cameras with faults", () => {
  it("freeze, go black, blur, and swap", async () => {
    const head = await shots(codecs!, "head", []);
    const wrist = await shots(codecs!, "right_wrist", []);
    expect(apart(head[0]!, head[1]!)).toBeGreaterThan(2);
    const frozen = await shots(codecs!, "head", ["frozen@head:0.5-2"]);
    expect(apart(frozen[1]!, head[0]!)).toBeLessThan(SAME);
    const black = await shots(codecs!, "head", ["black@head:0.5-2"]);
    expect(Math.max(...black[1]!)).toBeLessThan(24);
    expect(apart(black[0]!, head[0]!)).toBeLessThan(SAME);
    const blurred = await shots(codecs!, "head", ["blurred@head:0.5-2=8"]);
    expect(edges(blurred[1]!)).toBeLessThan(0.8 * edges(head[1]!));
    const swapped = await shots(codecs!, "head", ["swapped:0.5-2"]);
    expect(apart(swapped[1]!, wrist[1]!)).toBeLessThan(2);
    expect(apart(swapped[0]!, head[0]!)).toBeLessThan(SAME);
  });
});

function apart(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length;
}

/** How much neighbours differ. */
function edges(picture: Uint8Array): number {
  return apart(picture.subarray(1), picture.subarray(0, -1));
}

function centreOfRed(picture: Uint8Array, width: number): { u: number; v: number } {
  let [u, v, count] = [0, 0, 0];
  for (let pixel = 0; pixel < picture.length / 3; pixel++) {
    const isRed = picture[3 * pixel]! > 40 && picture[3 * pixel + 1]! < 0.5 * picture[3 * pixel]!;
    if (!isRed) continue;
    u += (pixel % width) + 0.5;
    v += Math.floor(pixel / width) + 0.5;
    count++;
  }
  expect(count).toBeGreaterThan(20);
  return { u: u / count, v: v / count };
}
