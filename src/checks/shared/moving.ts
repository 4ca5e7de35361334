import type { Nanoseconds } from "../../core/time.ts";
import type { Motion } from "../../kernels/motion.ts";

/** A channel moved if it went over this share of all it does in the episode … */
const SHARE = 0.1;
/** … and at least this far, in its own unit: 0.02 rad is 1.1°, above what encoders and servos jitter. */
const LEAST = 0.02;

/** How many channels moved between two times. */
export function movedChannels(motion: Motion, start: Nanoseconds, end: Nanoseconds): number {
  const { from, to } = motion.between(start, end);
  let moved = 0;
  for (let channel = 0; channel < motion.channels; channel++) {
    const whole = motion.spread(channel);
    if (motion.spread(channel, from, to) >= Math.max(LEAST, SHARE * whole)) moved++;
  }
  return moved;
}

/** Blocks of 50 ms; 16 MB hold half an hour of 50 joints at that, and every longer recording in longer blocks. */
export const MOTION_LIMITS = { blockNs: 50_000_000, bytesMax: 16 << 20 };
