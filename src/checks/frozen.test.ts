import { describe, expect, it } from "vitest";
import { frozen } from "./frozen.ts";
import { type Synthetic, synthetic, watched } from "./shared/synthetic.ts";

const look = (made: Synthetic, options: Parameters<typeof frozen>[0] = {}) =>
  watched(frozen.create(frozen.options.parse(options)), synthetic(made));
const seconds = (ns: string | undefined) => Number(ns) / 1e9;

describe("frozen", () => {
  it("says nothing of a camera that sees a waving arm, with and without noise", async () => {
    for (const cameraHz of [10, 30, 60]) {
      for (const noise of [0, 2]) expect((await look({ cameraHz, noise })).findings).toEqual([]);
    }
  });

  for (const cameraHz of [10, 30, 60]) {
    for (const noise of [0, 1.5]) {
      it(`finds a freeze from 1.2 s to 1.9 s at ${cameraHz} Hz with noise of ${noise} grey levels`, async () => {
        const { findings, scores } = await look({ cameraHz, noise, freeze: [1.2, 1.9] });
        expect(findings).toHaveLength(1);
        expect(findings[0]).toMatchObject({ severity: "broken", stream: "camera", episode: "synthetic/0" });
        expect(Math.abs(seconds(findings[0]!.startNs) - 1.2)).toBeLessThanOrEqual(0.1);
        expect(Math.abs(seconds(findings[0]!.endNs) - 1.9)).toBeLessThanOrEqual(0.1);
        expect(scores?.frozenSec).toBeCloseTo(0.7, 0);
      });
    }
  }

  it("only notes a still picture of a robot that stands still", async () => {
    const { findings } = await look({ rest: [1, 2.5] });
    expect(findings.map(({ severity }) => severity)).toEqual(["note"]);
    expect(findings[0]!.message).toContain("stood still");
  });

  it("says nothing of a robot that stands still before a live camera", async () => {
    expect((await look({ rest: [1, 2.5], noise: 1.5 })).findings).toEqual([]);
  });

  it("finds a camera that dies and shows its last picture until the end", async () => {
    const { findings } = await look({ freeze: [2.5, 4] });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ severity: "broken", endNs: "4000000000" });
    expect(findings[0]!.message).toContain("until the recording ends");
  });

  it("finds black pictures, and pictures that show nothing", async () => {
    const black = await look({ black: [1, 2], noise: 1 });
    expect(black.findings).toMatchObject([{ severity: "broken", startNs: "1000000000", endNs: "2000000000" }]);
    expect(black.findings[0]!.message).toContain("black");
    const covered = await look({ covered: [1, 2], noise: 1 });
    expect(covered.findings).toMatchObject([{ severity: "risk" }]);
    expect(covered.findings[0]!.message).toContain("lens covered");
  });

  it("leaves out what is shorter than asked for", async () => {
    expect((await look({ freeze: [1.2, 1.9] }, { minSec: 1 })).findings).toEqual([]);
    expect((await look({ freeze: [1.2, 1.5] })).findings).toEqual([]);
  });

  it("watches nothing where there is no camera", async () => {
    const episode = synthetic();
    const { camera: _camera, ...features } = episode.schema.features;
    const blind = { ...episode, schema: { ...episode.schema, features } };
    expect((await watched(frozen.create(frozen.options.parse({})), blind)).findings).toEqual([]);
  });
});
