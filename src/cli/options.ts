import { availableParallelism } from "node:os";
import { InvalidArgumentError, Option } from "commander";

/** Options that commands share. */
export const shared = {
  json: () => new Option("--json", "print one JSON object to stdout at the end"),
  quiet: () => new Option("-q, --quiet", "no progress on stderr"),
  stallSec: () =>
    new Option("--stall-sec <seconds>", "end a step that shows no sign of life for so long (default: 120)").argParser(
      positiveNumber,
    ),
  workers: () =>
    new Option("-w, --workers <count>", `worker threads (default: the cores, here ${availableParallelism()})`).argParser(
      wholeNumber,
    ),
};

/** What of them is the engine's. */
export function engineOptions(options: { readonly workers?: number; readonly stallSec?: number }): {
  workers?: number;
  stallSec?: number;
} {
  return {
    ...(options.workers !== undefined && { workers: options.workers }),
    ...(options.stallSec !== undefined && { stallSec: options.stallSec }),
  };
}

/** Parses a number from 1 on. */
function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Give a whole number from 1.");
  return value;
}

/** Parses a rate. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("Give a number above 0.");
  return value;
}
