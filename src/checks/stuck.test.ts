import { describe, expect, it } from "vitest";
import { JOINTS, type Synthetic, synthetic, watched } from "./shared/synthetic.ts";
import { stuck } from "./stuck.ts";

const look = (made: Synthetic) => watched(stuck.create(stuck.options.parse({})), synthetic({ seconds: 8, ...made }));

describe("stuck", () => {
  it("says nothing of joints that follow their commands, or stand still with them", async () => {
    expect((await look({})).findings).toEqual([]);
    expect((await look({ rest: [2, 5] })).findings).toEqual([]);
  });

  for (const jointHz of [30, 100, 500]) {
    it(`finds a joint that moved and then reads one value, at ${jointHz} Hz`, async () => {
      const read = (joint: number, second: number, value: number) => (joint === 1 && second >= 3 && second < 5.5 ? 0.25 : value);
      const { findings } = await look({ jointHz, read });
      expect(findings).toMatchObject([{ severity: "broken", stream: "observation.state" }]);
      expect(Math.abs(Number(findings[0]!.startNs) / 1e9 - 3)).toBeLessThanOrEqual(0.1);
      expect(Math.abs(Number(findings[0]!.endNs) / 1e9 - 5.5)).toBeLessThanOrEqual(0.1);
      expect(findings[0]!.message).toContain("shoulder_lift reads 0.25 for");
    });
  }

  it("finds a joint that never moves though it is commanded, by place where there are no names", async () => {
    const { findings } = await look({ names: null, read: (joint, _second, value) => (joint === 3 ? 0.5 : value) });
    expect(findings).toMatchObject([{ severity: "broken" }]);
    expect(findings[0]!.message).toContain("observation.state[3] reads 0.5 for the whole episode, while its command moves by");
  });

  it("leaves joints alone that nobody commands", async () => {
    const { findings, scores } = await look({
      read: (joint, _s, value) => (joint < 2 ? 0 : value),
      told: (joint, _s, value) => (joint < 2 ? 0 : value),
    });
    expect(findings).toEqual([]);
    expect(scores).toMatchObject({ stillJoints: 2, stuckJoints: 0 });
  });

  it("takes a gripper that stands still around an object for a risk at most", async () => {
    const { findings } = await look({
      read: (joint, second, value) => (joint === 5 && second >= 3 && second < 6 ? 0.25 : value),
    });
    expect(findings).toMatchObject([{ severity: "risk" }]);
    expect(findings[0]!.message).toContain(JOINTS[5]);
  });

  it("believes no command that the joints do not follow, such as a velocity", async () => {
    const told = (joint: number, second: number) => Math.sin(17 * second + 3 * joint) * Math.cos(5 * second);
    expect((await look({ told, read: (joint, _s, value) => (joint === 3 ? 0.5 : value) })).findings).toEqual([]);
  });
});
