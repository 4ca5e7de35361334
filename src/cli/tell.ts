import { relative } from "node:path";
import { placeText } from "../core/errors.ts";
import type { Finding, Severity } from "../core/finding.ts";
import type { Drop, Failure, InspectReport, InspectStream, RunReport, View } from "../core/report.ts";
import { count, countOf, durationText } from "../observe/numbers.ts";

const GROUPS_MAX = 12;
const SEVERITIES: readonly Severity[] = ["broken", "risk", "note"];

/** What a run did, for a person. */
export function reportText(report: RunReport): string {
  const { read, kept, dropped, failed } = report.episodes;
  const lines = [`${countOf(read, "episode")} read: ${count(kept)} kept, ${count(dropped)} dropped, ${count(failed)} failed`];
  lines.push(...dropLines(report.drops, report.totals.drops));
  lines.push(...failureLines(report.failures, report.totals.failures));
  lines.push(...findingLines(report.findings, report.totals.findings));
  const { done, reused } = report.work;
  if (done === 0 && reused > 0) lines.push("nothing to do: everything was done already");
  else if (reused > 0) lines.push(`work: ${count(done)} done, ${count(reused)} found done`);
  if (report.snapshot === null) lines.push("nothing was kept, so no dataset was written");
  else lines.push(`snapshot ${report.snapshot}`, ...viewLines(report.views));
  if (report.totals.drops + report.totals.failures + report.totals.findings > 0) lines.push(`all of it: ${near(report.details)}`);
  return lines.join("\n");
}

/** `gr00t 2.1  g1  out/x/gr00t/g1`. */
export function viewLines(views: readonly View[]): string[] {
  const name = (view: View) => [view.sink, view.version, view.embodiment].filter(Boolean).join(" ");
  const longest = Math.max(0, ...views.map((view) => name(view).length));
  return views.map((view) => `  ${name(view).padEnd(longest)}  ${near(view.path)}`);
}

/** Findings alike but for their episode and numbers are told once, the worst first. */
export function findingLines(findings: readonly Finding[], total: number): string[] {
  if (total === 0) return [];
  const of = (severity: Severity) => findings.filter((finding) => finding.severity === severity);
  const counts = SEVERITIES.filter((severity) => of(severity).length > 0).map((severity) => `${of(severity).length} ${severity}`);
  const lines = [`${countOf(total, "finding")}: ${counts.join(", ")}`];
  for (const severity of SEVERITIES) {
    const like = (finding: Finding) => `${finding.check}\n${finding.stream ?? ""}\n${finding.message.replace(/[\d.,]+/g, "#")}`;
    lines.push(
      ...grouped(of(severity), like, (finding) => {
        const where = [finding.episode, finding.stream].filter(Boolean).join(", ");
        return `${severity}  ${finding.check}: ${where ? `${where}: ` : ""}${finding.message}`;
      }),
    );
  }
  return lines;
}

/** What `inspect` saw, for a person. */
export function inspectText(report: InspectReport, path: string): string {
  const what = [report.kind, report.version].filter(Boolean).join(" ");
  const lines = [
    `${path}: ${what}, ${countOf(report.episodes, "episode")}, ${durationText(report.durationSec)}, clock: ${report.clock}`,
  ];
  if (report.snapshot !== undefined) lines.push(`snapshot ${report.snapshot ?? "none yet"}`);
  lines.push(...viewLines(report.views ?? []), ...table(report.streams.map(streamCells)));
  lines.push(...findingLines(report.findings, report.findings.length));
  lines.push(...failureLines(report.failures ?? [], report.failures?.length ?? 0));
  return lines.join("\n");
}

function streamCells(stream: InspectStream): string[] {
  const shape = stream.shape.length === 0 ? "" : `[${stream.shape.join(", ")}]`;
  const key = stream.keyFrameEvery === undefined ? "" : `, key frame every ${stream.keyFrameEvery}`;
  const video = stream.codec ? `${stream.codec} ${stream.width}×${stream.height}${key}` : "";
  const rate = stream.rateHz === null ? "-" : `${stream.rateHz} Hz`;
  return [
    stream.name,
    `${stream.dtype}${shape}`,
    rate,
    countOf(stream.samples, "sample"),
    [video, stream.unit, stream.embodiment].filter(Boolean).join(", "),
  ];
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]!.length))) ?? [];
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd());
}

function dropLines(drops: readonly Drop[], total: number): string[] {
  if (total === 0) return [];
  const like = (drop: Drop) => `${drop.by}\n${drop.reason.replace(/[\d.,]+/g, "#")}`;
  return [
    `${countOf(total, "drop")}:`,
    ...grouped(
      drops,
      like,
      (drop) => `${drop.episode}${drop.row === undefined ? "" : ` row ${drop.row}`}: ${drop.reason} (${drop.by})`,
    ),
  ];
}

function failureLines(failures: readonly Failure[], total: number): string[] {
  if (total === 0) return [];
  const like = (failure: Failure) => `${failure.step}\n${failure.message.replace(/[\d.,]+/g, "#")}`;
  return [
    `${countOf(total, "failure")}; mend these and run again:`,
    ...grouped(failures, like, ({ episode, step, message, place }) => {
      const { episode: _, path: __, ...where } = place;
      const named = where.file !== undefined && where.offset === undefined && episode.endsWith(where.file);
      return `${episode}: ${named ? "" : placeText(where)}${message} (${step})`;
    }),
  ];
}

/** The first of each kind, with how many more are like it. */
function grouped<T>(items: readonly T[], like: (item: T) => string, text: (item: T) => string): string[] {
  const groups = new Map<string, { first: T; more: number }>();
  for (const item of items) {
    const group = groups.get(like(item));
    if (group) group.more++;
    else groups.set(like(item), { first: item, more: 0 });
  }
  const lines = [...groups.values()]
    .slice(0, GROUPS_MAX)
    .map(({ first, more }) => `  ${text(first)}${more > 0 ? ` (and ${count(more)} more like it)` : ""}`);
  const left = groups.size - lines.length;
  return left > 0 ? [...lines, `  … and ${countOf(left, "other")}`] : lines;
}

/** Relative where that is shorter and below the working directory. */
export function near(path: string): string {
  const short = relative(process.cwd(), path);
  return short !== "" && !short.startsWith("..") ? short : path;
}
