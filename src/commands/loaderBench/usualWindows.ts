import { openLoaded } from "../../loader/dataset.ts";
import { resolveParts } from "../../loader/resolve.ts";

const CHUNK = Array.from({ length: 16 }, (_, step) => step);

/** What policies mostly ask for: two pictures of every camera, the state, and 16 actions; or all numbers, where there is none of these. */
export async function usualWindows(path: string): Promise<{ [stream: string]: readonly number[] }> {
  const windows: { [stream: string]: readonly number[] } = {};
  const numbers: string[] = [];
  for (const part of await resolveParts(path)) {
    const { features } = await openLoaded(part.path);
    for (const [stream, { dtype }] of Object.entries(features)) {
      if (dtype === "video") windows[stream] = [-1, 0];
      else if (stream === "observation.state") windows[stream] = [0];
      else if (stream === "action") windows[stream] = CHUNK;
      else if (dtype !== "text" && dtype !== "bytes") numbers.push(stream);
    }
  }
  if (Object.keys(windows).length === 0) for (const stream of numbers) windows[stream] = [0];
  return windows;
}
