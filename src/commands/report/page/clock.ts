import { episodeAt, samplesOf } from "./data.ts";
import { now, set } from "./state.ts";

/** Where the episode's last sample stands. */
export function endOf(episode: number): number {
  const samples = samplesOf(episode);
  const last = samples && samples.points > 0 ? samples.seconds[samples.points - 1]! : 0;
  return Math.max(last, samples ? 0 : (episodeAt(episode)?.seconds ?? 0));
}

/** Moves the cursor, and keeps it within the episode. */
export function seek(time: number): void {
  set({ time: Math.max(0, Math.min(endOf(now().episode), time)) });
}

/** Rows forward or backward. */
export function stepRows(rows: number, rateHz: number): void {
  const { episode, time } = now();
  const samples = samplesOf(episode);
  set({ playing: false });
  if (!samples || samples.points < 2) {
    seek(time + rows / (rateHz || 30));
    return;
  }
  const spacing = (samples.seconds[samples.points - 1]! - samples.seconds[0]!) / (samples.points - 1);
  seek(samples.seconds[0]! + (Math.round((time - samples.seconds[0]!) / spacing) + rows) * spacing);
}

export function togglePlay(): void {
  const { playing, episode, time } = now();
  const end = endOf(episode);
  if (!playing && time >= end - 1e-3) seek(0);
  set({ playing: !playing });
}

let last = 0;

/** Runs while an episode plays. The clock is ours; videos follow it. */
export function startClock(): void {
  const tick = (at: number) => {
    const { playing, time, speed, episode } = now();
    if (playing) {
      const next = time + (Math.min(100, at - last) / 1000) * speed;
      const end = endOf(episode);
      set(next >= end ? { time: end, playing: false } : { time: next });
    }
    last = at;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}
