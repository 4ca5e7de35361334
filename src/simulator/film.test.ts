import { describe, expect, it } from "vitest";
import { Attempt } from "./attempt.ts";
import { cameraOf } from "./film.ts";
import { openRasteriser } from "./rasteriser.ts";
import { CAMERAS } from "./robot.ts";
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
