import { z } from "zod";
import type { BaseContext } from "../core/context.ts";
import type { Seen, Verdict } from "../core/decision.ts";
import type { Finding, Severity } from "../core/finding.ts";
import type { Json } from "../core/json.ts";
import { defineDecision } from "../core/plugin.ts";

const choice = z.enum(["drop", "keep"]);

const options = z.strictObject({
  broken: choice
    .default("drop")
    .describe("What becomes of episodes with a finding that a trainer would learn something false from"),
  risk: choice.default("keep").describe("What becomes of episodes that somebody should look at"),
  note: choice.default("keep").describe("What becomes of episodes with a note"),
  scores: z
    .record(z.string(), z.strictObject({ min: z.number().optional(), max: z.number().optional() }))
    .default({})
    .describe("Least and greatest value of scores that checks gave, by name"),
  minDurationSec: z.number().nonnegative().optional().describe("Drop shorter episodes"),
  maxDurationSec: z.number().positive().optional().describe("Drop longer episodes"),
  minRows: z.int().nonnegative().optional().describe("Drop episodes with fewer rows on the grid"),
});
type Options = z.output<typeof options>;

/**
 * Keeps or drops each episode by what the checks said of it. The reason names the worst finding, so
 * that the person who reads it knows where to look. An episode without a score that is asked for is
 * kept: a check that had nothing to watch is not a fault.
 */
export const gate = defineDecision({
  name: "gate",
  version: "1",
  about: "Drops episodes by their findings, scores and length",
  example: "- gate: { broken: drop, risk: keep, minDurationSec: 1 }",
  options,
  create: (settings) => ({ decide: (seen, _met, context) => decide(seen, settings, context) }),
});

async function* decide(seen: AsyncIterable<Seen<Json>>, settings: Options, context: BaseContext): AsyncGenerator<Verdict> {
  const missing = new Set(Object.keys(settings.scores));
  for await (const episode of seen) {
    for (const name of Object.keys(episode.scores)) missing.delete(name);
    const fault = findingFault(episode, settings) ?? scoreFault(episode, settings) ?? lengthFault(episode, settings);
    yield fault ? { episode: episode.episode, keep: false, ...fault } : { episode: episode.episode, keep: true };
  }
  for (const name of missing) context.log("warn", `gate: no episode has a score "${name}"; is its check in the pipeline?`);
}

interface Fault {
  readonly reason: string;
  readonly score?: number;
}

const WORST_FIRST: readonly Severity[] = ["broken", "risk", "note"];

function findingFault({ findings }: Seen<Json>, settings: Options): Fault | undefined {
  const against = WORST_FIRST.filter((severity) => settings[severity] === "drop").flatMap((severity) =>
    findings.filter((finding) => finding.severity === severity),
  );
  const worst = against[0];
  if (!worst) return undefined;
  const more = against.length - 1;
  return { reason: `${findingText(worst)}${more > 0 ? ` (and ${more} more finding${more === 1 ? "" : "s"})` : ""}` };
}

function findingText({ check, severity, stream, message }: Finding): string {
  return `${severity}: ${check}: ${stream === undefined ? "" : `${stream}: `}${message}`;
}

function scoreFault({ scores }: Seen<Json>, settings: Options): Fault | undefined {
  for (const [name, { min, max }] of Object.entries(settings.scores)) {
    const score = scores[name];
    if (score === undefined) continue;
    if (min !== undefined && score < min) return { reason: `score ${name} is ${score}, below ${min}`, score };
    if (max !== undefined && score > max) return { reason: `score ${name} is ${score}, above ${max}`, score };
  }
  return undefined;
}

function lengthFault({ durationSec, rows }: Seen<Json>, { minDurationSec, maxDurationSec, minRows }: Options): Fault | undefined {
  if (minDurationSec !== undefined && durationSec < minDurationSec)
    return { reason: `lasts ${durationSec.toFixed(2)} s, less than ${minDurationSec} s`, score: durationSec };
  if (maxDurationSec !== undefined && durationSec > maxDurationSec)
    return { reason: `lasts ${durationSec.toFixed(2)} s, more than ${maxDurationSec} s`, score: durationSec };
  if (minRows !== undefined && rows < minRows) return { reason: `has ${rows} rows, fewer than ${minRows}`, score: rows };
  return undefined;
}
