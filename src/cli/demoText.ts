import { join } from "node:path";
import type { ComparedFault } from "../commands/demo/compare.ts";
import type { DemoOfPathReport } from "../commands/demo/ofPath.ts";
import type { DemoReport } from "../commands/demo.ts";
import type { InspectReport } from "../core/report.ts";
import { byteText, count, countOf } from "../observe/numbers.ts";
import { explainText } from "./explainText.ts";
import { inspectText, near, reportText, table, viewLines } from "./tell.ts";

/** What the demo with a simulated robot did and proved. */
export function demoText(report: DemoReport): string {
  const { simulated, run, seconds, folder } = report;
  const failed = simulated.episodes.filter(({ success }) => !success).length;
  return [
    "",
    `simulated  ${countOf(simulated.episodes.length, "episode")} of a bimanual humanoid${failed > 0 ? ` (${failed} failed at the task)` : ""}, ` +
      `${countOf(simulated.frames, "picture")}, as MCAP in ${near(simulated.out)}`,
    `converted  ${run.episodes.kept} kept, ${run.episodes.dropped} dropped for what was found in them`,
    ...viewLines(run.views),
    ...killedLines(report),
    "",
    ...foundLines(report),
    ...shownLines(report, `--home ${near(run.home)}`),
    "",
    report.holds
      ? `every claim above holds (${seconds.toFixed(0)} s)`
      : "NOT every claim above holds: please report it, with the folder",
    "",
    "Next:",
    ...table([
      [`npx tendon explain ${droppedOf(report)} --home ${near(run.home)}`, "# why this one was left out"],
      [
        `diff -r ${near(join(run.home, "lerobot"))}/ ${near(join(folder, "undisturbed", "lerobot"))}/`,
        "# killed or not: no difference",
      ],
      ["npm run demo -- PATH", "# the same with recordings of yours"],
      ["npx tendon init PATH", "# a pipeline for them, with the evidence for each guess"],
    ]),
  ].join("\n");
}

function droppedOf({ comparison }: DemoReport): string {
  return `${comparison.faults[0]?.episode}.mcap`;
}

function killedLines({ killed, simulated }: DemoReport): string[] {
  const { signal, afterEpisodes, work, same } = killed;
  const differing = same.differing.length;
  const files = differing === 0 ? `all ${count(same.files)} files` : `${differing} of ${count(same.files)} files NOT`;
  return [
    `killed     by ${signal} when ${afterEpisodes} of ${simulated.episodes.length} episodes were done, its workers too; run again, ` +
      `${count(work.foundDone)} of ${count(work.undisturbed)} pieces of work were found done, ${count(work.done)} were left`,
    `           snapshot ${same.snapshot ? "equal" : "NOT equal"}, ${files} equal to those of a run that nothing disturbed`,
  ];
}

function foundLines({ comparison, rowTimes }: DemoReport): string[] {
  const { faults, missed, falseAlarms, clean } = comparison;
  return [
    "found against planted (the truth was kept aside)",
    ...table(faults.map(faultCells)),
    ...falseAlarms.map(({ episode, check, message }) => `  FALSE ALARM  ${episode}: ${check}: ${message}`),
    `  ${count(faults.length - missed)} of ${count(faults.length)} found, ${count(missed)} missed, ${countOf(falseAlarms.length, "false alarm")} ` +
      `(nothing is wrong with ${clean.map(shortName).join(" and ")})`,
    `  ${countOf(rowTimes.rows, "row")}: times at most ${rowTimes.worstMs.toFixed(1)} ms from when the pictures were really taken ` +
      `(half a period: ${rowTimes.halfPeriodMs.toFixed(1)} ms)`,
  ];
}

function faultCells({ episode, kind, sensor, joint, plantedSec, found, offSec }: ComparedFault): string[] {
  const range = ([start, end]: readonly [number, number]) => `${start.toFixed(2)}–${end.toFixed(2)} s`;
  const what = `${joint ?? sensor} ${kind}`.replaceAll("_", " ");
  return [
    `${shortName(episode)}:`,
    what,
    found ? range(found.foundSec) : "MISSED",
    `(planted ${range(plantedSec)})`,
    offSec === undefined ? "" : `${Math.round(offSec * 1000)} ms off`,
  ];
}

/** `episode_003` is episode 3. */
function shortName(name: string): string {
  return name.replace(/^episode_0*(\d+)$/, "episode $1");
}

/** What PATH holds, before it is converted. */
export function foundText(path: string, found: InspectReport, target: string): string {
  // Its findings come with the run's report, which has them too.
  return `${inspectText({ ...found, findings: [] }, path)}\n\nwriting GR00T and LeRobot v3.0 to ${near(target)} …`;
}

/** What became of recordings of the user's own. */
export function demoOfPathText(report: DemoOfPathReport, path: string): string {
  const { home, snapshot, views } = report;
  const again = `  npx tendon convert ${path} ${near(home)} --to gr00t --to lerobot --print > pipeline.yaml   # to change what is done`;
  const next =
    snapshot === null
      ? [`  npx tendon inspect ${path}`, again]
      : [`  npx tendon inspect ${near(views[0]?.path ?? home)}`, again, "  npx tendon run pipeline.yaml"];
  return ["", reportText(report), ...shownLines(report, near(views[0]?.path ?? home)), "", "Next:", ...next].join("\n");
}

function shownLines({ explained, report }: Pick<DemoReport, "explained" | "report">, place: string): string[] {
  const lines: string[] = [];
  if (explained?.row) {
    const asked = `${explained.views[0]?.numbers[0] ?? 0}:${explained.row.row}`;
    const command = place.startsWith("--") ? `${asked} ${place} --view ${explained.views[0]?.sink}` : `${place} ${asked}`;
    lines.push(
      "",
      `one row, explained: npx tendon explain ${command}`,
      ...explainText(explained)
        .split("\n")
        .map((line) => `  ${line}`),
    );
  }
  if (report)
    lines.push("", `the report: ${near(report.path)} (${byteText(report.bytes)}); open it with any browser, it needs no network`);
  return lines;
}
