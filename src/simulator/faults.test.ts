import { describe, expect, it } from "vitest";
import { dealFaults, decideFault, FAULT_KINDS, parseFault } from "./faults.ts";
import { drawTask } from "./task.ts";

describe("faults", () => {
  it("are read with their target, episode, span and value", () => {
    expect(parseFault("frozen@head#3:1.2-1.9")).toEqual({
      kind: "frozen",
      target: "head",
      episode: 3,
      startSec: 1.2,
      endSec: 1.9,
    });
    expect(parseFault("clock-offset@imu=-0.25")).toEqual({ kind: "clock-offset", target: "imu", value: -0.25 });
    expect(parseFault("degrees")).toEqual({ kind: "degrees" });
  });

  it.each([
    ["frozn@head", /did you mean.*frozen/],
    ["frozen@heat", /no camera "heat".*did you mean.*head/],
    ["frozen@head:1.9-1.2", /ends at 1.2 s, before it starts/],
    ["degrees:1-2", /holds for a whole episode/],
    ["swapped@head", /takes no target/],
    ["frozen head", /write KIND\[@TARGET\]/],
  ])("%s is refused with what to write", (text, message) => {
    expect(() => parseFault(text)).toThrow(message);
  });

  it("go to the episodes that they name, the others to 1, 2, … in turn", () => {
    const dealt = dealFaults(["black", "nan", "frozen#2", "stuck"].map(parseFault), 3);
    const kinds = [0, 1, 2].map((episode) => dealt.get(episode)?.map(({ kind }) => kind));
    expect(kinds).toEqual([undefined, ["black", "stuck"], ["nan", "frozen"]]);
  });

  it("that name an episode that is not there are refused, and so is the copy of a later one", () => {
    expect(() => dealFaults([parseFault("black#3")], 3)).toThrow(/they are 0 to 2/);
    expect(() => dealFaults([parseFault("duplicate#1=2")], 3)).toThrow(/only an earlier one/);
  });

  it.each(FAULT_KINDS)("%s has all that it needs when nothing is said", (kind) => {
    const fault = decideFault(parseFault(kind), drawTask(1), 6);
    expect(fault.sensor).not.toBe("");
    expect(fault.startSec).toBeLessThan(fault.endSec);
    expect(fault.endSec).toBeLessThanOrEqual(6);
  });

  it("that start after the end are refused", () => {
    expect(() => decideFault(parseFault("black@head:7-8"), drawTask(1), 6)).toThrow(/lasts 6.0 s/);
  });
});
