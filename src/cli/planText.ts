import type { plan } from "../commands/run.ts";
import { placeText } from "../core/errors.ts";
import type { EpisodeSchema, Feature } from "../core/feature.ts";
import { byteText, count, countOf } from "../observe/numbers.ts";
import { findingLines, table } from "./tell.ts";

type Plan = Awaited<ReturnType<typeof plan>>;
type SourcePlan = Plan["sources"][number];

/** What a run would do, for a person. */
export function planText(plan: Plan): string {
  const { work } = plan;
  const lines = [`${countOf(work.partitions, "recording")}, ${byteText(work.bytes)}`];
  for (const source of plan.sources) lines.push(...sourceLines(source));
  lines.push(...findingLines(plan.findings, plan.findings.length));
  for (const failure of plan.failures) {
    const { episode: _, path: __, ...where } = failure.place;
    lines.push(`cannot be read: ${failure.episode}: ${placeText(where)}${failure.message}`);
  }
  const done = work.reusedEpisodes > 0 ? `, ${countOf(work.reusedEpisodes, "episode")} done already` : "";
  lines.push(work.toDo === 0 ? `nothing to gather${done}` : `to gather: ${countOf(work.toDo, "episode or recording")}${done}`);
  return lines.join("\n");
}

function sourceLines(source: SourcePlan): string[] {
  const lines = [`source ${source.source}`];
  for (const { input, after } of source.schemas) {
    lines.push(`  robot ${input.embodiment}, as recorded${gridText(input)}`, ...featureLines(input));
    let before = input;
    for (const { path, schema } of after) {
      lines.push(`  after ${path}${gridText(schema)}`, ...changeLines(before, schema));
      before = schema;
    }
  }
  if (source.watchers.length > 0) lines.push(`  watched by ${source.watchers.join(", ")}`);
  return lines;
}

function gridText({ grid }: EpisodeSchema): string {
  if (!grid) return "";
  return ` (${count(grid.streams.length)} streams in rows at ${grid.rateHz} Hz${grid.camera ? `, the frames of ${grid.camera}` : ""})`;
}

function featureLines(schema: EpisodeSchema): string[] {
  return table(Object.entries(schema.features).map(([name, feature]) => ["  ", name, featureText(feature)]));
}

/** Only what a stage changed. */
function changeLines(before: EpisodeSchema, after: EpisodeSchema): string[] {
  const rows: string[][] = [];
  for (const name of Object.keys(before.features)) if (!(name in after.features)) rows.push(["  -", name, ""]);
  for (const [name, feature] of Object.entries(after.features)) {
    const old = before.features[name];
    if (old === undefined) rows.push(["  +", name, featureText(feature)]);
    else if (featureText(old) !== featureText(feature))
      rows.push(["  ~", name, `${featureText(old)} -> ${featureText(feature)}`]);
  }
  return table(rows);
}

function featureText(feature: Feature): string {
  const video = feature.video ? ` ${feature.video.codec}` : "";
  const shape = feature.shape.length > 0 ? `[${feature.shape.join(", ")}]` : "";
  const rate = feature.rateHz === undefined ? "" : ` ${feature.rateHz} Hz`;
  return `${feature.dtype}${shape}${video}${rate}${feature.unit ? ` ${feature.unit}` : ""}${feature.optional ? " optional" : ""}`;
}
