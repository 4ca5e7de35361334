import type { McapOptions } from "./options.ts";

/** Which of a message's times a topic goes by. */
export type TopicTime = "header" | "log" | "publish";

/** A header's clock further away from the recorder's is another clock: since boot, of a simulation, or never set. */
const SAME_CLOCK_NS = 60_000_000_000n;

/** The time that a topic goes by, from its first message, and why where that is not what one would expect. */
export function chooseTime(
  wanted: McapOptions["time"],
  first: { readonly header: bigint | undefined; readonly log: bigint },
): { readonly time: TopicTime; readonly why?: string } {
  if (wanted === "log" || wanted === "publish") return { time: wanted };
  if (first.header === undefined) return { time: "log" };
  if (wanted === "header") return { time: "header" };
  const apart = first.header > first.log ? first.header - first.log : first.log - first.header;
  if (apart <= SAME_CLOCK_NS) return { time: "header" };
  const seconds = Number(apart / 1_000_000_000n);
  return {
    time: "log",
    why: `its header time is ${seconds} s away from the time it was recorded at, so it is of another clock (or was never set): the recorder's time is used; \`time: header\` insists on the header`,
  };
}

const LATEST = 2n ** 63n - 1n;

/** Whether a time can be kept: not before 1970, not after 2262. */
export function isTime(time: bigint): boolean {
  return time >= 0n && time <= LATEST;
}

const COMMON_RATES = [1, 2, 5, 10, 12.5, 15, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120, 125, 200, 240, 250, 400, 500, 1000];

/** The nominal rate of times: their median interval, as the usual rate it is within 3 % of. Undefined for fewer than three. */
export function nominalRate(times: readonly bigint[]): number | undefined {
  const sorted = times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const steps = sorted.slice(1).map((time, index) => Number(time - sorted[index]!));
  const positive = steps.filter((step) => step > 0).sort((a, b) => a - b);
  const median = positive[positive.length >> 1];
  if (median === undefined || positive.length < 2) return undefined;
  const rate = 1e9 / median;
  const usual = COMMON_RATES.find((each) => Math.abs(rate / each - 1) <= 0.03);
  if (usual !== undefined) return usual;
  return rate >= 10 ? Math.round(rate) : Math.round(rate * 100) / 100;
}
