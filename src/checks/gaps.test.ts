import { describe, expect, it } from "vitest";
import { gaps } from "./gaps.ts";
import { type Synthetic, synthetic, watched } from "./shared/synthetic.ts";

const look = (made: Synthetic) => watched(gaps.create(gaps.options.parse({})), synthetic(made));

describe("gaps", () => {
  it("says nothing of regular streams at other rates and batch sizes", async () => {
    for (const batchRows of [1, 7, 1000]) expect((await look({ batchRows })).findings).toEqual([]);
  });

  it("finds a gap in one stream, with its length and place", async () => {
    const { findings, scores } = await look({
      clock: (stream, second) => (stream === "state" && second >= 2 ? second + 0.2 : second),
    });
    expect(findings).toMatchObject([
      { severity: "risk", stream: "observation.state", startNs: "1990000000", endNs: "2200000000" },
    ]);
    expect(findings[0]!.message).toContain("no sample for 0.21 s, from 1.99 s to 2.20 s; usually one comes every 10 ms");
    expect(scores).toMatchObject({ gaps: 1, clockSteps: 0 });
  });

  it("calls a gap of half a second in a camera broken", async () => {
    const { findings } = await look({ clock: (stream, second) => (stream === "camera" && second >= 2 ? second + 0.6 : second) });
    expect(findings).toMatchObject([{ severity: "broken", stream: "camera" }]);
  });

  it("tells a step of the clock from a gap: all streams have it at once", async () => {
    const { findings, scores } = await look({ clock: (_stream, second) => (second >= 2 ? second + 0.5 : second) });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ severity: "broken" });
    expect(findings[0]!.stream).toBeUndefined();
    expect(findings[0]!.message).toContain("all 3 streams step by");
    expect(scores).toMatchObject({ gaps: 0, clockSteps: 1 });
  });

  it("takes streams of one table for one witness, not for a step of the clock", async () => {
    const { findings } = await look({ paired: true, clock: (_stream, second) => (second >= 2 ? second + 0.3 : second) });
    expect(findings).toHaveLength(1);
    expect(findings[0]!.message).toContain("3 streams that share their times");
  });

  it("finds time that runs backwards", async () => {
    const { findings } = await look({ clock: (stream, second) => (stream === "action" && second >= 2 ? second - 0.5 : second) });
    expect(findings).toMatchObject([{ severity: "broken", stream: "action" }]);
    expect(findings[0]!.message).toContain("time runs backwards once, by up to 0.49 s");
  });

  it("finds a rate that is not the declared one", async () => {
    const { findings } = await look({ cameraHz: 20, declaredHz: 10 });
    expect(findings).toMatchObject([
      { severity: "risk", stream: "camera", message: "10 Hz is declared, but samples come at 20 Hz" },
    ]);
  });

  it("sums up what would be a long list", async () => {
    const { findings } = await look({
      seconds: 20,
      clock: (stream, second) => (stream === "state" ? second + 0.15 * Math.floor(second) : second),
    });
    expect(findings).toHaveLength(6);
    expect(findings.at(-1)!.message).toContain("14 more gaps of at most 160 ms");
  });
});
