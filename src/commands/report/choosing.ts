import type { FillGiven } from "./fill.ts";
import { channelCount, sampleBytes } from "./samples.ts";

const POINTS_MAX = 2400;
const POINTS_MIN = 240;

/** How many episodes of `order` have plots, and of how many points: fewer points first, then fewer episodes. */
export function choosing(
  { episodes, schemas }: Pick<FillGiven, "episodes" | "schemas">,
  order: readonly number[],
  bytesMax: number,
): { readonly chosen: number; readonly pointsMax: number } {
  const sizes = order.map((place) => {
    const { facts, parked } = episodes[place]!;
    return { rows: parked!.rows, channels: channelCount(schemas[facts.schema!]!.streams) };
  });
  const bytesAt = (points: number) =>
    sizes.reduce((sum, { rows, channels }) => sum + (sampleBytes(Math.min(rows, points), channels) * 4) / 3, 0);
  for (let pointsMax = POINTS_MAX; pointsMax >= POINTS_MIN; pointsMax -= 120) {
    if (bytesAt(pointsMax) <= bytesMax) return { chosen: order.length, pointsMax };
  }
  let room = bytesMax;
  let chosen = 0;
  for (const { rows, channels } of sizes) {
    room -= (sampleBytes(Math.min(rows, POINTS_MIN), channels) * 4) / 3;
    if (room < 0) break;
    chosen++;
  }
  return { chosen, pointsMax: POINTS_MIN };
}
