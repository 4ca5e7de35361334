import { describe, expect, it } from "vitest";
import type { Finding, Severity } from "../core/finding.ts";
import { gate } from "./gate.ts";
import { decided, quiet, seenEpisode } from "./shared/deciding.ts";

const found = (severity: Severity, message = "x"): Finding => ({ check: "frozen", severity, stream: "camera", message });
const judge = async (options: Parameters<typeof gate>[0], ...episodes: ReturnType<typeof seenEpisode>[]) =>
  decided(gate.create(gate.options.parse(options)), episodes);

describe("gate", () => {
  it("drops what is broken and keeps risks and notes, unless told", async () => {
    const episodes = [
      seenEpisode("a", { findings: [found("broken", "the same picture")] }),
      seenEpisode("b", { findings: [found("risk"), found("note")] }),
      seenEpisode("c"),
    ];
    expect(await judge({}, ...episodes)).toEqual([
      { episode: "a", keep: false, reason: "broken: frozen: camera: the same picture" },
      { episode: "b", keep: true },
      { episode: "c", keep: true },
    ]);
    expect((await judge({ broken: "keep", risk: "drop" }, ...episodes)).map(({ keep }) => keep)).toEqual([true, false, true]);
    expect((await judge({ note: "drop" }, ...episodes)).map(({ keep }) => keep)).toEqual([false, false, true]);
  });

  it("names the worst finding first and counts the others that count", async () => {
    const findings = [found("note", "n"), found("risk", "r"), found("broken", "b"), found("broken", "b2")];
    const [verdict] = await judge({ risk: "drop" }, seenEpisode("a", { findings }));
    expect(verdict).toMatchObject({ keep: false, reason: "broken: frozen: camera: b (and 2 more findings)" });
  });

  it("holds scores against their limits and says the score", async () => {
    const options = { scores: { frozenSec: { max: 1 }, sharpness: { min: 0.5 } } };
    const verdicts = await judge(
      options,
      seenEpisode("a", { scores: { frozenSec: 1.5 } }),
      seenEpisode("b", { scores: { sharpness: 0.2 } }),
      seenEpisode("c", { scores: { frozenSec: 1, sharpness: 0.5 } }),
    );
    expect(verdicts).toEqual([
      { episode: "a", keep: false, reason: "score frozenSec is 1.5, above 1", score: 1.5 },
      { episode: "b", keep: false, reason: "score sharpness is 0.2, below 0.5", score: 0.2 },
      { episode: "c", keep: true },
    ]);
  });

  it("warns of a score that no episode has", async () => {
    const said: string[] = [];
    await decided(gate.create(gate.options.parse({ scores: { frozenSecs: { max: 1 } } })), [seenEpisode("a")], quiet(said));
    expect(said).toEqual(['gate: no episode has a score "frozenSecs"; is its check in the pipeline?']);
  });

  it("drops what is too short, too long or has too few rows", async () => {
    const verdicts = await judge(
      { minDurationSec: 1, maxDurationSec: 20, minRows: 10 },
      seenEpisode("a", { durationSec: 0.5 }),
      seenEpisode("b", { durationSec: 21 }),
      seenEpisode("c", { rows: 9 }),
      seenEpisode("d", { rows: 10, durationSec: 20 }),
    );
    expect(verdicts).toMatchObject([
      { reason: "lasts 0.50 s, less than 1 s", score: 0.5 },
      { reason: "lasts 21.00 s, more than 20 s" },
      { reason: "has 9 rows, fewer than 10" },
      { keep: true },
    ]);
  });
});
