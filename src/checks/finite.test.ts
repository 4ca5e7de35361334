import { describe, expect, it } from "vitest";
import type { RowsBatch } from "../core/batch.ts";
import { memoryEpisode } from "../core/memoryEpisode.ts";
import { finite } from "./finite.ts";
import { synthetic, watched } from "./shared/synthetic.ts";

const check = finite.create({});

describe("finite", () => {
  it("says nothing of numbers", async () => {
    expect(await watched(check, synthetic())).toEqual({ findings: [], scores: { notFinite: 0 } });
  });

  it("counts NaN and infinities, names the joint and the first place", async () => {
    const read = (joint: number, second: number, value: number) =>
      joint === 2 && second >= 1 && second < 1.03 ? Number.NaN : joint === 4 && second === 2 ? -Infinity : value;
    const { findings, scores } = await watched(check, synthetic({ read }));
    expect(findings).toMatchObject([
      { severity: "broken", stream: "observation.state", startNs: "1000000000", endNs: "2000000001" },
    ]);
    expect(findings[0]!.message).toBe("3 NaNs and 1 infinite value in elbow, wrist_2, first in row 100 at 1.00 s (elbow)");
    expect(scores).toEqual({ notFinite: 4 });
  });

  it("does not count what is masked, whole samples or single values", async () => {
    const values = Float32Array.of(1, Number.NaN, Number.NaN, 4);
    const time = BigInt64Array.of(0n, 1n);
    const rows = (valid: Uint8Array): RowsBatch => ({ kind: "rows", time, values, valid });
    const of = (batch: RowsBatch) =>
      memoryEpisode({
        id: "e",
        schema: { key: "k", embodiment: "r", features: { force: { dtype: "float32", shape: [2] } } },
        streams: { force: batch },
      });
    expect((await watched(check, of(rows(Uint8Array.of(1, 0, 0, 1))))).findings).toEqual([]);
    const half = (await watched(check, of(rows(Uint8Array.of(0, 1))))).findings;
    expect(half).toMatchObject([{ severity: "risk", message: "1 NaN in force[0], first in row 1 at 0.00 s (force[0])" }]);
  });

  it("counts rows over batches", async () => {
    const read = (_joint: number, second: number, value: number) => (second === 3 ? Number.NaN : value);
    const { findings } = await watched(check, synthetic({ read, batchRows: 33 }));
    expect(findings[0]!.message).toContain("first in row 300 at 3.00 s");
    expect(findings[0]!.message).toContain("wrist_1 and 2 more");
  });
});
