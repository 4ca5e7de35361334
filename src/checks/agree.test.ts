import { describe, expect, it } from "vitest";
import type { Episode } from "../core/episode.ts";
import { agree } from "./agree.ts";
import { type Synthetic, synthetic, watched } from "./shared/synthetic.ts";

const check = agree.create(agree.options.parse({}));
const look = (made: Synthetic) => watched(check, synthetic(made));

/** The same episode, whose camera has other times. */
function withFrames(episode: Episode, change: (times: BigInt64Array) => BigInt64Array): Episode {
  return {
    ...episode,
    times: async (stream) => {
      const times = await episode.times(stream);
      return stream === "camera" ? { ...times, time: change(times.time) } : times;
    },
  };
}

describe("agree", () => {
  it("says nothing where they belong together", async () => {
    expect((await look({})).findings).toEqual([]);
    expect((await look({ paired: true })).findings).toEqual([]);
  });

  it("finds fewer and more frames than rows", async () => {
    const paired = synthetic({ paired: true });
    const fewer = await watched(
      check,
      withFrames(paired, (times) => times.slice(0, -3)),
    );
    expect(fewer.findings).toMatchObject([{ severity: "broken", stream: "camera" }]);
    expect(fewer.findings[0]!.message).toBe("117 frames for 120 rows: the last 3 rows have no picture");
    const more = await watched(
      check,
      withFrames(paired, (times) => BigInt64Array.of(...times, 4_000_000_000n)),
    );
    expect(more.findings).toMatchObject([{ severity: "risk" }]);
    expect(more.findings[0]!.message).toContain("121 frames for 120 rows: 1 frame too many");
  });

  it("finds a video without frames", async () => {
    const { findings } = await watched(
      check,
      withFrames(synthetic(), () => new BigInt64Array(0)),
    );
    expect(findings).toMatchObject([{ severity: "broken", message: "has no frame, while observation.state has 400 rows" }]);
  });

  it("finds a video at another rate than its table", async () => {
    const { findings } = await watched(
      check,
      withFrames(synthetic({ paired: true }), (times) => times.map((time) => time * 2n)),
    );
    expect(findings).toMatchObject([{ severity: "risk" }]);
    expect(findings[0]!.message).toContain("pictures come at 15 Hz, rows of observation.state at 30 Hz");
  });

  it("finds a camera that begins or ends at another time than the joints", async () => {
    const late = await watched(
      check,
      withFrames(synthetic(), (times) => times.filter((time) => time >= 1_000_000_000n)),
    );
    expect(late.findings).toMatchObject([
      { severity: "risk", startNs: "0", endNs: "1000000000", message: "begins 1.00 s after observation.state" },
    ]);
    const long = await watched(
      check,
      withFrames(synthetic(), (times) => BigInt64Array.of(...times, 6_000_000_000n)),
    );
    expect(long.findings).toMatchObject([{ severity: "note" }]);
  });

  it("finds clocks that have nothing in common", async () => {
    const { findings } = await watched(
      check,
      withFrames(synthetic(), (times) => times.map((time) => time + 3_600_000_000_000n)),
    );
    expect(findings).toMatchObject([{ severity: "broken" }]);
    expect(findings[0]!.message).toContain("no moment in common");
  });
});
