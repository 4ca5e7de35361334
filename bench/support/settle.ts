import { setTimeout as wait } from "node:timers/promises";

const EVERY_MS = 10;
const STILL_MS = 120;
/** What timers and the garbage collector take of a process that does nothing. */
const STILL_SHARE = 0.15;

/** Waits until processes do nothing any more; gives the time (performance.now) at which they ended. `cpuMs`: what they have used so far. */
export async function settle(cpuMs: () => number): Promise<number> {
  let end = performance.now();
  let [before, used] = [end, cpuMs()];
  while (performance.now() - end < STILL_MS) {
    await wait(EVERY_MS);
    const [now, total] = [performance.now(), cpuMs()];
    if (total - used > STILL_SHARE * (now - before)) end = now;
    [before, used] = [now, total];
  }
  return end;
}

export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
