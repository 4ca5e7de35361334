import type { Note } from "./notes.ts";

/**
 * The rows' rate. `info.json` has the word unless the raw times and every camera agree with each other
 * against it: then what was recorded has it, and that is said.
 */
export function chooseRate(declared: number, times: readonly number[], videoRates: readonly number[], note: Note): number {
  const measured = rateOf(times);
  const cameras = [...new Set(videoRates.map((rate) => Number(rate.toFixed(3))))];
  const camerasAgree = cameras.length === 1 && close(cameras[0]!, measured ?? cameras[0]!);
  const video = cameras.length === 0 ? "" : ` and the cameras play at ${cameras.join(", ")} fps`;
  if (measured !== undefined && !close(measured, declared)) {
    const step = `info.json says ${declared} fps, but timestamps step by ${Number((1 / measured).toPrecision(6))} s (${Number(measured.toPrecision(6))} Hz)${video}`;
    if (camerasAgree) {
      note("risk", `${step}; rows are taken at ${cameras[0]} Hz (option rateHz decides otherwise)`);
      return cameras[0]!;
    }
    note("risk", `${step}; rows are taken at ${declared} Hz (option rateHz decides otherwise)`);
    return declared;
  }
  const others = cameras.filter((rate) => !close(rate, declared));
  if (others.length > 0)
    note(
      "risk",
      `info.json says ${declared} fps, but cameras play at ${others.join(", ")} fps; row i is paired with frame i, at ${declared} Hz`,
    );
  return declared;
}

/** From the median step. */
function rateOf(times: readonly number[]): number | undefined {
  const steps = times.slice(1).map((time, row) => time - times[row]!);
  const median = steps.sort((a, b) => a - b)[steps.length >> 1];
  return median !== undefined && median > 0 && Number.isFinite(median) ? 1 / median : undefined;
}

function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= 0.01 * b;
}
