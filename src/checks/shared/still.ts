import type { Nanoseconds } from "../../core/time.ts";
import type { Channel } from "./channels.ts";

/** A stretch in which a joint read one value. */
export interface ConstantRun {
  readonly start: Nanoseconds;
  readonly end: Nanoseconds;
  readonly value: number;
  /** How far the command went meanwhile. */
  readonly commandSpread: number;
}

/** Stretches of at least `minNs` in which the joint's value is the same to the bit. */
export function constantRuns({ state, command }: Channel, minNs: number): ConstantRun[] {
  const { motion, channel } = state;
  const runs: ConstantRun[] = [];
  let from = 0;
  let value = Number.NaN;
  for (let block = 0; block <= motion.blocks; block++) {
    const least = block < motion.blocks ? motion.least(block, channel) : Number.NaN;
    const greatest = block < motion.blocks ? motion.greatest(block, channel) : Number.NaN;
    const empty = least > greatest;
    if (empty || (least === value && greatest === value)) continue;
    if (Number.isFinite(value) && (block - from) * motion.blockNs >= minNs) {
      const start = motion.blockStart(from);
      const end = motion.blockStart(block);
      runs.push({ start, end, value, commandSpread: commandSpread(command, start, end) });
    }
    from = block;
    value = least === greatest ? least : Number.NaN;
  }
  return runs;
}

function commandSpread(command: Channel["command"], start: Nanoseconds, end: Nanoseconds): number {
  if (!command) return 0;
  const { from, to } = command.motion.between(start, end);
  return command.motion.spread(command.channel, from, to);
}

/**
 * Whether the joint goes where its command goes: the two are correlated (r ≥ 0.5) over the blocks
 * in which the joint moves. False where it never moves.
 */
export function follows({ state, command }: Channel): boolean {
  if (!command) return false;
  const sums = { n: 0, x: 0, y: 0, xx: 0, yy: 0, xy: 0 };
  let before = Number.NaN;
  for (let block = 0; block < state.motion.blocks; block++) {
    const x = middle(state, block);
    const moved = x !== before;
    before = x;
    if (!moved || !Number.isFinite(x)) continue;
    const at = command.motion.firstWithin(state.motion, block);
    const y = at < command.motion.blocks ? middle(command, at) : Number.NaN;
    if (!Number.isFinite(y)) continue;
    sums.n++;
    sums.x += x;
    sums.y += y;
    sums.xx += x * x;
    sums.yy += y * y;
    sums.xy += x * y;
  }
  return correlation(sums) >= 0.5;
}

function middle(place: Channel["state"], block: number): number {
  return (place.motion.least(block, place.channel) + place.motion.greatest(block, place.channel)) / 2;
}

function correlation(sums: { n: number; x: number; y: number; xx: number; yy: number; xy: number }): number {
  const { n, x, y } = sums;
  if (n < 3) return 0;
  const across = (sums.xx - (x * x) / n) * (sums.yy - (y * y) / n);
  return across <= 0 ? 0 : (sums.xy - (x * y) / n) / Math.sqrt(across);
}
