import { type ErrorPlace, placeText, type TendonError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";

const ADVICE: Partial<Record<TendonError["code"], string>> = {
  "bad-pipeline": "Nothing was run. Correct it and run again.",
  "no-space": "Make room and run the same command again: what was finished is kept.",
  internal: "This is a fault of Tendon's. Run again with --debug and report what it prints.",
};

/** An error as a person reads it: what, where, and what to do. */
export function errorText(error: TendonError, options: { debug: boolean }): string {
  const what = placeText(error.place) + error.message;
  const advice = ADVICE[error.code];
  const lines = [`tendon: ${what}`, ...(advice ? [advice] : [])];
  if (options.debug) lines.push("", stacks(error));
  return lines.join("\n");
}

/** The same for a program: what stands on stdout with `--json` where there is no report. */
export function errorJson(error: TendonError): { error: { code: string; message: string; place: JsonObject } } {
  return { error: { code: error.code, message: error.message, place: placeJson(error.place) } };
}

function placeJson(place: ErrorPlace): JsonObject {
  return Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined)) as JsonObject;
}

function stacks(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${stacks(error.cause)}`;
}
