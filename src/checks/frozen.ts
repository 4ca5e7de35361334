import { z } from "zod";
import type { Batch, FramesBatch, RowsBatch, Want } from "../core/batch.ts";
import type { Episode } from "../core/episode.ts";
import type { CheckResult, Finding } from "../core/finding.ts";
import { defineCheck } from "../core/plugin.ts";
import { fromSeconds } from "../core/time.ts";
import type { Watcher } from "../core/watcher.ts";
import { Motion } from "../kernels/motion.ts";
import { PictureWatch, type StillKind, type StillStretch } from "./shared/cameraWatch.ts";
import { cameras, positions, type Vector } from "./shared/joints.ts";
import { MOTION_LIMITS, movedChannels } from "./shared/moving.ts";
import { finding, whenText } from "./shared/say.ts";

/** Checks that look at small pictures ask for just these, so that they are made once. */
export const SMALL = { format: "gray8", size: { height: 48, width: 64 } } as const;

const options = z.strictObject({
  minSec: z.number().positive().default(0.5).describe("Shorter stretches are not reported"),
  black: z.number().min(0).max(255).default(16).describe("Pictures whose mean grey is at most this are black, 0 to 255"),
  uniform: z
    .number()
    .min(0)
    .max(255)
    .default(2)
    .describe("Pictures whose grey levels deviate by at most this show nothing, 0 to 255"),
});
type Options = z.output<typeof options>;

/**
 * Finds cameras that stood still while the robot moved, and pictures that are black or show nothing.
 * It watches the joints too: a still picture of a robot that stands still proves nothing.
 */
export const frozen = defineCheck({
  name: "frozen",
  version: "1",
  about: "Finds frozen, black and covered cameras",
  example: "- check: { frozen: { minSec: 0.5 } }",
  options,
  create: (settings) => ({ at: "source", watch: (episode) => watchCameras(episode, settings) }),
});

function watchCameras(episode: Episode, settings: Options): Watcher<CheckResult> {
  const streams = cameras(episode.schema);
  const joints = streams.length === 0 ? [] : watchedJoints(episode);
  const minNs = fromSeconds(settings.minSec);
  const pictures = streams.map(() => new PictureWatch({ pixels: SMALL.size.height * SMALL.size.width, minNs, ...settings }));
  const motions = joints.map((vector) => new Motion(vector.width, MOTION_LIMITS));
  const wants = [
    ...streams.map((stream): Want => ({ stream, as: "frames", ...SMALL })),
    ...joints.map(({ stream }): Want => ({ stream, as: "rows" })),
  ];
  return {
    wants,
    push: (want: number, batch: Batch) => {
      if (want < streams.length) pictures[want]!.add(batch as FramesBatch);
      else motions[want - streams.length]!.add(batch as RowsBatch);
    },
    close: () => result(episode, { streams, pictures, motions }),
    abort: () => undefined,
  };
}

/** The measured joints; where there are none, the commands. */
function watchedJoints(episode: Episode): Vector[] {
  const state = positions(episode.schema, "state");
  return state.length > 0 ? state : positions(episode.schema, "action");
}

interface Watched {
  readonly streams: readonly string[];
  readonly pictures: readonly PictureWatch[];
  readonly motions: readonly Motion[];
}

function result(episode: Episode, watched: Watched): CheckResult {
  const findings: Finding[] = [];
  let stillNs = 0n;
  let blackNs = 0n;
  let repeated = 0;
  watched.streams.forEach((stream, index) => {
    const seen = watched.pictures[index]!.close();
    const about = { check: "frozen", episode: episode.id, stream };
    for (const stretch of seen.stretches) {
      const verdict = judge(stretch, stretch.kind === "still" ? motionIn(watched.motions, stretch) : "unknown");
      if (!verdict) continue;
      if (stretch.kind === "still") stillNs += stretch.end - stretch.start;
      else blackNs += stretch.end - stretch.start;
      const when = whenText(episode.span.start, stretch.start, stretch.end);
      findings.push(
        finding(
          { ...about, start: stretch.start, end: stretch.end },
          verdict.severity,
          `${verdict.what} from ${when}${verdict.why}`,
        ),
      );
    }
    if (seen.more > 0) findings.push(finding(about, "note", `${seen.more} more still or black stretches are not listed`));
    repeated = Math.max(repeated, seen.repeated);
  });
  return { findings, scores: { frozenSec: Number(stillNs) / 1e9, blackSec: Number(blackNs) / 1e9, repeatedShare: repeated } };
}

/** `moved`: at least two joints went a good way, or the only ones there are. */
function motionIn(motions: readonly Motion[], stretch: StillStretch): "moved" | "stood" | "unknown" {
  const channels = motions.reduce((sum, motion) => sum + motion.channels, 0);
  if (channels === 0) return "unknown";
  const moved = motions.reduce((sum, motion) => sum + movedChannels(motion, stretch.start, stretch.end), 0);
  return moved >= Math.min(2, channels) ? "moved" : "stood";
}

interface Judgement {
  readonly severity: Finding["severity"];
  readonly what: string;
  readonly why: string;
}

/**
 * What is exactly the same picture and what only nearly so (a frozen picture that was encoded again
 * pulses a little) differ in what they prove. A jump at the end says that the world went on meanwhile;
 * without one, a moving robot may just have been out of sight.
 */
function judge(stretch: StillStretch, motion: "moved" | "stood" | "unknown"): Judgement | undefined {
  const said = WORDS[stretch.kind];
  if (stretch.kind !== "still")
    return { severity: stretch.kind === "black" ? "broken" : "risk", what: said, why: levels(stretch) };
  const goesOn = stretch.jumps || stretch.untilEnd;
  if (motion === "moved") {
    if (goesOn)
      return {
        severity: "broken",
        what: said,
        why: ` while the robot moved (${stretch.frames} frames${stretch.jumps ? ", then a jump" : ", until the recording ends"})`,
      };
    return stretch.exact
      ? {
          severity: "risk",
          what: said,
          why: ` while the robot moved; it may have been out of sight (${stretch.frames} frames, no jump after)`,
        }
      : undefined;
  }
  if (!stretch.exact)
    return motion === "unknown" && stretch.jumps
      ? { severity: "risk", what: said, why: ", then jumps; no joints to compare with" }
      : undefined;
  if (motion === "stood")
    return { severity: "note", what: said, why: ` while the robot stood still too (${stretch.frames} frames)` };
  return {
    severity: stretch.jumps ? "risk" : "note",
    what: said,
    why: `${stretch.jumps ? ", then jumps" : ""}; no joints to compare with (${stretch.frames} frames)`,
  };
}

const WORDS: { readonly [kind in StillKind]: string } = {
  still: "the same picture",
  black: "a black picture",
  uniform: "an empty picture",
};

function levels(stretch: StillStretch): string {
  return ` (mean grey ${stretch.mean.toFixed(0)} of 255, ${stretch.frames} frames${stretch.kind === "uniform" ? "; lens covered or too much light?" : ""})`;
}
