import { expect, test } from "vitest";
import type { Finding } from "../../core/finding.ts";
import type { TruthEpisode, TruthFault } from "../../simulator/truth.ts";
import { compareFindings } from "./compare.ts";

const ZERO = 1_767_603_600_000_000_000n;
const ns = (seconds: number) => String(ZERO + BigInt(Math.round(seconds * 1e9)));

function planted(episode: string, ...faults: Partial<TruthFault>[]): TruthEpisode {
  const whole = faults.map((fault) => ({
    startNs: "",
    endNs: "",
    startSec: 1,
    endSec: 2,
    kind: "frozen",
    sensor: "head",
    ...fault,
  }));
  return { episode, startNs: ns(0), faults: whole } as unknown as TruthEpisode;
}

function found(episode: string, finding: Partial<Finding> & { readonly seconds?: readonly [number, number] }): Finding {
  const { seconds = [1, 2], ...rest } = finding;
  return {
    check: "frozen",
    severity: "broken",
    episode: `recordings/${episode}.mcap`,
    stream: "observation.images.head",
    startNs: ns(seconds[0]),
    endNs: ns(seconds[1]),
    message: "",
    ...rest,
  };
}

test("a fault is found where check, sensor and both ends agree", () => {
  const { faults, missed, falseAlarms, clean } = compareFindings(
    [planted("a", {}, { kind: "nan", sensor: "joints", joint: "left_elbow" }), planted("b")],
    [
      found("a", { seconds: [1.03, 1.98] }),
      found("a", { check: "finite", stream: "observation.state", message: "8 NaNs in left_elbow" }),
    ],
  );
  expect({ missed, falseAlarms, clean }).toEqual({ missed: 0, falseAlarms: [], clean: ["b"] });
  expect(faults[0]).toMatchObject({ found: { check: "frozen", foundSec: [1.03, 1.98] } });
  expect(faults[0]!.offSec).toBeCloseTo(0.03, 6);
});

test.each([
  ["more than 0.1 s off", found("a", { seconds: [1, 2.11] })],
  ["another camera", found("a", { stream: "observation.images.right_wrist" })],
  ["another episode", found("b", {})],
  ["another check", found("a", { check: "gaps" })],
])("%s: the fault is missed, and the finding is a false alarm", (_, finding) => {
  const { faults, missed, falseAlarms } = compareFindings([planted("a", {}), planted("b")], [finding]);
  expect(missed).toBe(1);
  expect(faults[0]).not.toHaveProperty("found");
  expect(falseAlarms).toEqual([finding]);
});

test("one finding does not speak for two faults, and a note is no alarm", () => {
  const twice = compareFindings([planted("a", {}, {})], [found("a", {}), found("b", { severity: "note" })]);
  expect(twice).toMatchObject({ missed: 1, falseAlarms: [] });
});

test("another joint is not the joint that was planted", () => {
  const finding = found("a", { check: "stuck", stream: "observation.state", message: "right_elbow reads 1.74" });
  const stuck = { kind: "stuck", sensor: "joints", joint: "left_elbow" };
  expect(compareFindings([planted("a", stuck)], [finding])).toMatchObject({ missed: 1, falseAlarms: [finding] });
});
