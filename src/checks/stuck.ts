import { z } from "zod";
import type { Batch, RowsBatch, Want } from "../core/batch.ts";
import type { Episode } from "../core/episode.ts";
import type { CheckResult, Finding } from "../core/finding.ts";
import { defineCheck } from "../core/plugin.ts";
import type { Watcher } from "../core/watcher.ts";
import { Motion } from "../kernels/motion.ts";
import { type Channel, pairChannels } from "./shared/channels.ts";
import { isHand, positions } from "./shared/joints.ts";
import { MOTION_LIMITS } from "./shared/moving.ts";
import { finding, lengthText, numberText, whenText } from "./shared/say.ts";
import { type ConstantRun, constantRuns, follows } from "./shared/still.ts";

const options = z.strictObject({
  minSec: z.number().positive().default(1).describe("A channel that stands still for less is not looked at"),
  share: z
    .number()
    .positive()
    .max(1)
    .default(0.2)
    .describe("The command must move by this share of all it does in the episode …"),
  least: z.number().nonnegative().default(0.05).describe("… and by this much, in the channel's own unit"),
});
type Options = z.output<typeof options>;

/**
 * Finds joints that read one value, equal to the bit, while the command for them moves. Joints that
 * nobody commands (the legs of a robot that sits) stand still and are fine. A finger may be held
 * open by what it grasps, so for grippers and hands it is only a risk.
 */
export const stuck = defineCheck({
  name: "stuck",
  version: "1",
  about: "Finds joints that stand still while they are commanded to move",
  example: "- check: { stuck: { minSec: 1 } }",
  options,
  create: (settings) => ({ at: "here", watch: (episode) => watchJoints(episode, settings) }),
});

function watchJoints(episode: Episode, settings: Options): Watcher<CheckResult> {
  const states = positions(episode.schema, "state");
  const actions = positions(episode.schema, "action");
  const vectors = states.length === 0 ? [] : [...states, ...actions];
  const motions = vectors.map((vector) => new Motion(vector.width, MOTION_LIMITS));
  return {
    wants: vectors.map(({ stream }): Want => ({ stream, as: "rows" })),
    push: (want: number, batch: Batch) => motions[want]!.add(batch as RowsBatch),
    close: () => {
      const withMotion = vectors.map((vector, index) => ({ vector, motion: motions[index]! }));
      const channels = pairChannels(withMotion.slice(0, states.length), withMotion.slice(states.length));
      return result(episode, channels, settings);
    },
    abort: () => undefined,
  };
}

function result(episode: Episode, channels: readonly Channel[], settings: Options): CheckResult {
  // A command that means something else than a position (a velocity, a hand's pose) is not followed, and then proves nothing.
  const commanded = channels.filter(({ command }) => command !== undefined);
  const followed = commanded.filter((channel) => follows(channel)).length;
  const moving = commanded.filter((channel) => commandSpread(channel) >= settings.least && spread(channel) > 0).length;
  const trusted = followed > 0 && followed * 2 >= moving;
  const findings = channels.flatMap((channel) => {
    const runs = constantRuns(channel, settings.minSec * 1e9);
    return trusted && channel.command ? stuckFindings(episode, channel, { runs, settings }) : [];
  });
  return {
    findings,
    scores: {
      stillJoints: channels.filter((channel) => spread(channel) === 0).length,
      stuckJoints: findings.length,
    },
  };
}

function stuckFindings(episode: Episode, channel: Channel, seen: { runs: readonly ConstantRun[]; settings: Options }): Finding[] {
  const { settings } = seen;
  const always = spread(channel) === 0;
  const hand = isHand(channel.state.vector, channel.state.channel);
  const share = hand ? Math.max(settings.share, HAND_SHARE) : settings.share;
  const needed = Math.max(settings.least, share * commandSpread(channel));
  const hits = seen.runs.filter((run) => run.commandSpread >= needed && (always || hand !== true || !atStop(channel, run)));
  const worst = hits.toSorted((a, b) => Number(b.end - b.start - (a.end - a.start)))[0];
  if (!worst) return [];
  if (!always && !follows(channel)) return [];
  const about = { check: "stuck", episode: episode.id, stream: channel.state.vector.stream, start: worst.start, end: worst.end };
  const when = always
    ? "for the whole episode"
    : `for ${lengthText(worst.end - worst.start)}, from ${whenText(episode.span.start, worst.start, worst.end)}`;
  const more = hits.length > 1 ? ` (and ${hits.length - 1} more times)` : "";
  const message = `${channel.name} reads ${numberText(worst.value)} ${when}, while its command moves by ${numberText(worst.commandSpread)}${more}`;
  return [finding(about, hand === true ? "risk" : "broken", message)];
}

/** Fingers at a stop or around an object stand still while their command goes on, on a real G1 by up to a third of its range. So for them, and for joints that nobody named, the command must go further. */
const HAND_SHARE = 0.5;

/** Whether a joint stands at the end of where it goes in this episode: at a stop, or closed around something. */
function atStop({ state }: Channel, { value }: ConstantRun): boolean {
  const { motion, channel } = state;
  let least = Infinity;
  let greatest = -Infinity;
  for (let block = 0; block < motion.blocks; block++) {
    least = Math.min(least, motion.least(block, channel));
    greatest = Math.max(greatest, motion.greatest(block, channel));
  }
  return value <= least || value >= greatest;
}

function spread({ state }: Channel): number {
  return state.motion.spread(state.channel);
}

function commandSpread({ command }: Channel): number {
  return command ? command.motion.spread(command.channel) : 0;
}
