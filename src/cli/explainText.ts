import type {
  ExplainedDrop,
  ExplainedFeature,
  ExplainedInput,
  ExplainedRow,
  ExplainedStep,
  Explanation,
} from "../commands/explain/types.ts";
import type { Finding } from "../core/finding.ts";
import type { Json } from "../core/json.ts";
import type { SamplePlace } from "../core/source.ts";
import { toSeconds } from "../core/time.ts";
import { countOf } from "../observe/numbers.ts";
import { near, table } from "./tell.ts";

const VALUES_SHOWN = 4;
const TEXT_SHOWN = 48;
const FINDINGS_SHOWN = 8;

/** Where an episode or a row came from, for a person. */
export function explainText(told: Explanation): string {
  const lines = [...headLines(told), ...sourceLines(told)];
  if (told.failure) {
    const { step, code, message, toDo } = told.failure;
    lines.push("", `failed in ${step} (${code}): ${message}`, `  to do: ${toDo}`);
  }
  for (const drop of told.drops) lines.push("", ...dropLines(drop, told));
  if (told.row) lines.push("", ...rowLines(told.row));
  else if (told.status === "kept" && told.findings.length > 0) lines.push("", ...findingLines(told.findings, told));
  lines.push("", "steps", ...table(told.steps.map(stepCells)));
  if (told.notes.length > 0) lines.push("", ...told.notes.map((note) => `note: ${note}`));
  return lines.join("\n");
}

function headLines({ episode, status, about, views, snapshot, home }: Explanation): string[] {
  const lines = [`${episode}: ${STATUS[status]}`];
  if (about) {
    const lasts = toSeconds(BigInt(about.endNs) - BigInt(about.startNs)).toFixed(2);
    const task = typeof about.facts.task === "string" ? `, "${about.facts.task}"` : "";
    lines.push(`  ${countOf(about.rows, "row")}, ${lasts} s on the ${about.clock} clock, ${about.embodiment}${task}`);
  }
  for (const { sink, path, numbers } of views) lines.push(`  episode ${numbers.join(", ")} of the ${sink} view ${near(path)}`);
  lines.push(`  snapshot ${snapshot?.slice(0, 12) ?? "none"} of ${near(home)}`);
  return lines;
}

const STATUS = {
  kept: "in the dataset",
  dropped: "left out on purpose",
  failed: "not in the dataset: it could not be processed",
} as const;

function sourceLines({ source }: Explanation): string[] {
  const { name, plugin, origin, there, gone } = source;
  const key = origin?.key === undefined ? "" : `, episode ${origin.key}`;
  const from = origin ? `${origin.file}${key}` : "not known";
  const lines = [`  from source ${name}${plugin ? ` (${plugin})` : ""}: ${from}`];
  if (!there) lines.push(`  the recording cannot be opened now: ${gone}`, "  what follows is what the dataset remembers of it");
  return lines;
}

function dropLines(drop: ExplainedDrop, told: Explanation): string[] {
  const what = drop.row === undefined ? "left out" : "in part left out";
  const lines = [`${what} by ${drop.by}: ${drop.reason}`];
  if (drop.evidence.length > 0)
    lines.push("  evidence:", ...drop.evidence.slice(0, FINDINGS_SHOWN).map((one) => `    ${findingText(one, told)}`));
  if (drop.thresholds.length > 0) {
    const cells = drop.thresholds.map(({ path, value, about }) => [path, JSON.stringify(value), about]);
    lines.push("  decided with:", ...table(cells).map((line) => `  ${line}`));
  }
  return [...lines, `  to keep it: ${drop.toKeep}`];
}

function findingLines(findings: readonly Finding[], told: Explanation): string[] {
  const more = findings.length - FINDINGS_SHOWN;
  return [
    `${countOf(findings.length, "finding")}`,
    ...findings.slice(0, FINDINGS_SHOWN).map((one) => `  ${findingText(one, told)}`),
    ...(more > 0 ? [`  … and ${more} more (--json has all)`] : []),
  ];
}

function findingText({ check, severity, stream, message, startNs, endNs }: Finding, { about }: Explanation): string {
  const where = stream === undefined ? "" : `${stream}: `;
  const when = TELLS_SECONDS.test(message) ? "" : range({ startNs, endNs, zero: about?.startNs });
  return `${severity}  ${check}: ${where}${message}${when}`;
}

/** Most messages say when, counted from the recording's start, which may lie before the first row. */
const TELLS_SECONDS = /\d s\b/;

/** Seconds from the first row. */
function range(given: { startNs: string | undefined; endNs: string | undefined; zero: string | undefined }): string {
  if (given.startNs === undefined || given.zero === undefined) return "";
  const at = (ns: string) => toSeconds(BigInt(ns) - BigInt(given.zero!)).toFixed(3);
  return ` [${at(given.startNs)} to ${given.endNs === undefined ? "?" : at(given.endNs)} s from the first row]`;
}

function rowLines({ row, timeNs, clock, features, views }: ExplainedRow): string[] {
  const places = new PlaceList();
  const cells = features.map((feature) => [
    feature.stream,
    valueText(feature),
    agesText(feature, timeNs),
    feature.inputs.map((input) => inputText(input, feature, places)).join("; "),
  ]);
  const missing = features.filter((feature) => feature.missing);
  return [
    `row ${row} at ${timeNs} ns (${clock === "unix" ? dateText(timeNs) : "from the episode's start"})`,
    ...table([["feature", "value", "taken", "made of"], ...cells]),
    ...missing.map(({ stream, missing: names }) => `  missing in ${stream}: ${names!.join(", ")}`),
    ...(places.lines.length > 0 ? ["", "where that stands", ...places.lines] : []),
    ...views.flatMap(({ sink, number, places: own }) => ["", `in the ${sink} view, episode ${number}`, ...placeLines(own)]),
  ];
}

/** Samples that stand in one message or one row are told once, by number. */
class PlaceList {
  readonly #numbers = new Map<string, number>();
  readonly lines: string[] = [];

  numberOf(place: SamplePlace): number {
    const key = `${place.file} ${JSON.stringify(place.at)}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#numbers.size + 1;
    this.#numbers.set(key, number);
    this.lines.push(
      `  ${`[${number}]`.padEnd(4)} ${near(place.file)}${isTopic(place) ? `  ${place.name}` : ""}`,
      `       ${factsText(place)}`,
    );
    return number;
  }
}

/** A topic has messages of its own; columns share their row. */
function isTopic({ at }: SamplePlace): boolean {
  return at.row === undefined;
}

function placeLines(places: readonly SamplePlace[]): string[] {
  return table(places.map((place) => [near(place.file), factsText(place)]));
}

function inputText({ stream, columns, places }: ExplainedInput, feature: ExplainedFeature, list: PlaceList): string {
  const own = feature.inputs.length > 1 && columns ? `[${columns.map(({ column }) => column).join(",")}]` : "";
  const numbers = places.map((place) => `[${list.numberOf(place)}]`).join(" ");
  return `${stream === feature.stream ? "" : `${stream}${own} `}${numbers || "(not found)"}`;
}

function agesText({ from }: ExplainedFeature, rowNs: string): string {
  if (!from) return "no input";
  const ages = [...new Set([from.firstNs, from.lastNs])].map((ns) => {
    const ms = Number(BigInt(ns) - BigInt(rowNs)) / 1e6;
    return ms === 0 ? "at the row" : `${ms < 0 ? "−" : "+"}${Math.abs(ms).toFixed(3)} ms`;
  });
  return ages.join(" to ");
}

/** `sequence 12, chunk at byte 4096`. */
function factsText({ at, timeNs }: SamplePlace): string {
  const facts = Object.entries(at).map(([fact, value]) => `${FACTS[fact] ?? fact} ${value}`);
  return [...facts, ...(at.clock === undefined ? [] : [`its time ${timeNs}`])].join(", ");
}

const FACTS: { readonly [fact: string]: string } = {
  logTimeNs: "log time",
  publishTimeNs: "publish time",
  chunkOffset: "chunk at byte",
  offsetInChunk: "in it at byte",
  offset: "at byte",
  clock: "time from",
  rowGroup: "row group",
  rowInGroup: "row in group",
  rowOfEpisode: "row of episode",
  videoTimeSec: "video second",
};

function valueText({ feature, value, picture }: ExplainedFeature): string {
  const unit = feature.unit ? ` ${feature.unit}` : "";
  if (picture) return `${feature.shape.join("×")} ${picture.codec}, ${picture.encoding}${picture.key ? ", key frame" : ""}`;
  if (!Array.isArray(value)) return shortText(`${numberText(value as Json)}${unit}`);
  const values = value as readonly Json[];
  const shown = values.slice(0, VALUES_SHOWN).map(numberText).join(", ");
  return `[${shown}${values.length > VALUES_SHOWN ? `, … ${values.length} in all` : ""}]${unit}`;
}

function numberText(value: Json): string {
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(4)));
  return value === null ? "missing" : JSON.stringify(value);
}

function stepCells({ path, version, options }: ExplainedStep): string[] {
  const text = Object.entries(options)
    .filter(([, value]) => !isEmpty(value))
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join(", ");
  return [path, `version ${version}`, text.length > 90 ? `${text.slice(0, 89)}…` : text];
}

function isEmpty(value: Json): boolean {
  return value !== null && typeof value === "object" && Object.keys(value).length === 0;
}

function shortText(text: string): string {
  return text.length > TEXT_SHOWN ? `${text.slice(0, TEXT_SHOWN - 1)}…` : text;
}

/** The date of a unix time, exact to the nanosecond. */
function dateText(ns: string): string {
  const time = BigInt(ns);
  const date = new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19);
  return `${date}.${String(time % 1_000_000_000n).padStart(9, "0")}Z`;
}
