import { z } from "zod";
import { placeText, TendonError } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import type { Pipeline } from "./pipeline.ts";
import type { AnyPlugin, Step } from "./plugin.ts";
import type { PluginKind, Registry } from "./registry.ts";
import { didYouMean } from "./suggest.ts";

/** The step that lists checks: `- check: { frozen: { minSec: 1 }, gaps: false }`. */
export const CHECK_STEP = "check";

const TIERS = ["web", "synthetic", "real"] as const;
const SHELL = z.strictObject({
  tendon: z.literal(1).default(1),
  dataset: z.string().min(1),
  use: z.array(z.string()).max(64).default([]),
  seed: z.int().nonnegative().default(0),
  sources: z.record(
    z.string().regex(/^[a-z0-9][a-z0-9_-]*$/i, "use letters, digits, - and _"),
    z.record(z.string(), z.unknown()),
  ),
  stages: z.array(z.record(z.string(), z.unknown())).max(256).default([]),
  decisions: z.array(z.record(z.string(), z.unknown())).max(64).default([]),
  sinks: z.array(z.record(z.string(), z.unknown())).min(1).max(64),
});

/**
 * Fills defaults and checks every name and option. All problems are told at once, one a line, each
 * with its path.
 */
export function canonicalPipeline(input: unknown, registry: Registry): Pipeline {
  const problems: string[] = [];
  const shell = SHELL.safeParse(input, { reportInput: true });
  if (!shell.success) throw badPipeline(shell.error.issues.flatMap((issue) => issueLines(issue, "", Object.keys(SHELL.shape))));
  const { sources, stages, decisions, sinks, ...rest } = shell.data;
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (thrown) {
      if (!(thrown instanceof TendonError) || thrown.code !== "bad-pipeline") throw thrown;
      problems.push(placeText(thrown.place) + thrown.message);
      return undefined;
    }
  };
  if (Object.keys(sources).length === 0) problems.push("sources: name at least one source");
  const steps = (list: readonly Record<string, unknown>[], name: string, kind: PluginKind): Step[] =>
    list
      .map((step, index) => attempt(() => canonicalStep(step, kind, `${name}[${index}]`, registry)))
      .filter((step) => step !== undefined);
  const made = {
    ...rest,
    sources: Object.fromEntries(
      Object.entries(sources).map(([name, source]) => [
        name,
        attempt(() => canonicalSource(source, `sources.${name}`, registry)),
      ]),
    ),
    stages: steps(stages, "stages", "stage"),
    decisions: steps(decisions, "decisions", "decision"),
    sinks: steps(sinks, "sinks", "sink"),
  };
  problems.push(...repeated(made.sinks));
  if (problems.length > 0) throw badPipeline(problems);
  return made as unknown as Pipeline;
}

/** The one name of a step, and its options. */
export function stepParts(step: Step): { name: string; options: JsonObject } {
  const name = Object.keys(step)[0]!;
  return { name, options: step[name]! };
}

/** The plug-in's name and options of a canonical source. */
export function sourceParts(source: Pipeline["sources"][string]): { name: string; options: JsonObject } {
  const name = Object.keys(source).find((key) => key !== "tier")!;
  return { name, options: source[name] as JsonObject };
}

/** Options as a plug-in declares them, defaults filled. Throws one error with a line a problem. */
export function parseOptions(plugin: AnyPlugin, options: unknown, path: string): JsonObject {
  const parsed = plugin.options.safeParse(options ?? {}, { reportInput: true });
  if (parsed.success) return withoutUndefined(parsed.data) as JsonObject;
  throw badPipeline(parsed.error.issues.flatMap((issue) => issueLines(issue, path, Object.keys(plugin.options.shape))));
}

function canonicalSource(source: Record<string, unknown>, path: string, registry: Registry): Record<string, unknown> {
  const { tier = "real", ...plugins } = source;
  if (!TIERS.includes(tier as never)) {
    throw new TendonError("bad-pipeline", `must be one of ${TIERS.join(", ")} (got ${JSON.stringify(tier)})`, {
      place: { path: `${path}.tier` },
    });
  }
  return { ...canonicalStep(plugins, "source", path, registry), tier };
}

function canonicalStep(step: Record<string, unknown>, kind: PluginKind, path: string, registry: Registry): Step {
  const names = Object.keys(step);
  if (names.length !== 1) {
    const got = names.length === 0 ? "none" : names.join(" and ");
    throw new TendonError(
      "bad-pipeline",
      `name exactly one ${kind}, as in \`${kind === "stage" ? "align: {}" : "name: {}"}\` (got ${got})`,
      { place: { path } },
    );
  }
  const name = names[0]!;
  const at = `${path}.${name}`;
  if (kind === "stage" && name === CHECK_STEP) return { [CHECK_STEP]: canonicalChecks(step[name] ?? {}, at, registry) };
  return { [name]: parseOptions(registry.get(kind, name, path), step[name], at) };
}

/** Every built-in check runs unless it is set to false; what is given are its options. */
function canonicalChecks(given: unknown, path: string, registry: Registry): JsonObject {
  if (given === null || typeof given !== "object" || Array.isArray(given)) {
    throw new TendonError("bad-pipeline", `must be a map of checks (got ${JSON.stringify(given)})`, { place: { path } });
  }
  const chosen: Record<string, JsonObject> = {};
  const options = given as Record<string, unknown>;
  for (const name of Object.keys(options)) registry.get("check", name, path);
  for (const name of registry.names("check")) {
    if (options[name] === false) continue;
    const own = options[name] === true ? {} : options[name];
    chosen[name] = parseOptions(registry.get("check", name, path), own, `${path}.${name}`);
  }
  return chosen;
}

/** Two sinks of one name would write the same folder. */
function repeated(sinks: readonly Step[]): string[] {
  const names = sinks.map((sink) => stepParts(sink).name);
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `sinks: "${name}" stands there twice; keep one`);
}

function issueLines(issue: z.core.$ZodIssue, base: string, known: readonly string[]): string[] {
  const at = issue.path.reduce<string>(
    (path, part) => (typeof part === "number" ? `${path}[${part}]` : path ? `${path}.${String(part)}` : String(part)),
    base,
  );
  if (issue.code === "unrecognized_keys") {
    const candidates = issue.path.length === 0 ? known : [];
    return issue.keys.map((key) => `${at ? `${at}.` : ""}${key}: there is no such option${didYouMean(key, candidates)}`);
  }
  const got = "input" in issue && issue.input !== undefined ? ` (got ${shortText(issue.input)})` : "";
  return [`${at || "pipeline"}: ${issue.message}${got}`];
}

function shortText(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, withoutUndefined(member)]),
  );
}

function badPipeline(lines: readonly string[]): TendonError {
  return new TendonError("bad-pipeline", lines.join("\n"));
}
