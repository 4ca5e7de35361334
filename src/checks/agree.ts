import { z } from "zod";
import type { Batch, Want } from "../core/batch.ts";
import type { Episode } from "../core/episode.ts";
import type { CheckResult, Finding } from "../core/finding.ts";
import { defineCheck } from "../core/plugin.ts";
import type { Nanoseconds } from "../core/time.ts";
import type { Watcher } from "../core/watcher.ts";
import { Periods } from "../kernels/periods.ts";
import { positions } from "./shared/joints.ts";
import { finding, lengthText, numberText, whenText } from "./shared/say.ts";

const options = z.strictObject({
  toleranceSec: z
    .number()
    .positive()
    .default(0.5)
    .describe("How much later or earlier a camera may begin or end than the joints"),
  brokenShare: z
    .number()
    .positive()
    .max(1)
    .default(0.05)
    .describe("From this share of rows without the right frame on, it is broken"),
});
type Options = z.output<typeof options>;

/**
 * Finds videos and tables that do not belong together: more or fewer frames than rows where they are
 * paired by position, cameras that begin or end at another time than the joints, and videos that run
 * at another rate than their table.
 */
export const agree = defineCheck({
  name: "agree",
  version: "1",
  about: "Finds videos and tables that disagree",
  example: "- check: { agree: { toleranceSec: 0.5 } }",
  options,
  create: (settings) => ({ at: "source", watch: (episode) => watchBoth(episode, settings) }),
});

/** The times of a camera or a table. */
interface Side {
  readonly stream: string;
  readonly periods: Periods;
}

async function watchBoth(episode: Episode, settings: Options): Promise<Watcher<CheckResult>> {
  const { features, grid } = episode.schema;
  const cameras: Side[] = [];
  for (const [stream, feature] of Object.entries(features)) {
    if (feature.dtype !== "video") continue;
    const periods = new Periods(1);
    periods.add((await episode.times(stream)).time);
    cameras.push({ stream, periods });
  }
  const joints = [...positions(episode.schema, "state"), ...positions(episode.schema, "action")].map(({ stream }) => stream);
  const tables = (cameras.length === 0 ? [] : joints).map((stream): Side => ({ stream, periods: new Periods(1) }));
  return {
    wants: tables.map(({ stream }): Want => ({ stream, as: "rows" })),
    push: (want: number, batch: Batch) => tables[want]!.periods.add(batch.time),
    close: () => {
      const table = tables.toSorted((a, b) => b.periods.samples - a.periods.samples)[0];
      if (!table) return { findings: [] };
      const paired = grid?.streams.includes(table.stream);
      const findings = cameras.flatMap((camera) => {
        const both = { episode, camera, table, settings };
        if (camera.periods.samples === 0) return [noFrames(both)];
        if (table.periods.samples === 0) return [];
        return paired && grid?.streams.includes(camera.stream) ? counts(both) : spans(both);
      });
      return { findings };
    },
    abort: () => undefined,
  };
}

interface Both {
  readonly episode: Episode;
  readonly camera: Side;
  readonly table: Side;
  readonly settings: Options;
}

function noFrames({ episode, camera, table }: Both): Finding {
  return finding(
    { check: "agree", episode: episode.id, stream: camera.stream },
    "broken",
    `has no frame, while ${table.stream} has ${table.periods.samples} rows`,
  );
}

function counts({ episode, camera, table, settings }: Both): Finding[] {
  const frames = camera.periods.samples;
  const rows = table.periods.samples;
  const about = { check: "agree", episode: episode.id, stream: camera.stream };
  const share = Math.abs(frames - rows) / rows;
  const severity = frames < rows || share >= settings.brokenShare ? "broken" : "risk";
  if (frames < rows)
    return [finding(about, severity, `${frames} frames for ${rows} rows: the last ${rows - frames} rows have no picture`)];
  if (frames > rows) {
    const which = `${frames - rows} frame${frames - rows === 1 ? "" : "s"} too many; frames and rows are paired from the first on, which is wrong if the table lost rows at its start`;
    return [finding(about, severity, `${frames} frames for ${rows} rows: ${which}`)];
  }
  return rates({ episode, camera, table, settings });
}

/** Equal counts over unequal lengths: the video was made at another rate than the table. */
function rates({ episode, camera, table, settings }: Both): Finding[] {
  const frameNs = camera.periods.medianNs;
  const rowNs = table.periods.medianNs;
  if (frameNs === 0 || rowNs === 0 || Math.abs(frameNs - rowNs) <= settings.brokenShare * rowNs) return [];
  const message = `pictures come at ${numberText(1e9 / frameNs)} Hz, rows of ${table.stream} at ${numberText(1e9 / rowNs)} Hz`;
  return [finding({ check: "agree", episode: episode.id, stream: camera.stream }, "risk", message)];
}

function spans(both: Both): Finding[] {
  const { episode, camera, table } = both;
  const seen = { start: camera.periods.first!, end: camera.periods.last! };
  const told = { start: table.periods.first!, end: table.periods.last! };
  const about = { check: "agree", episode: episode.id, stream: camera.stream };
  const origin = episode.span.start;
  if (seen.end < told.start || told.end < seen.start) {
    const message = `its pictures, from ${whenText(origin, seen.start, seen.end)}, and ${table.stream}, from ${whenText(origin, told.start, told.end)}, have no moment in common: are their clocks the same?`;
    return [finding(about, "broken", message)];
  }
  return [
    ...edge(both, { what: "begins", camera: seen.start, table: told.start }),
    ...edge(both, { what: "ends", camera: seen.end, table: told.end }),
  ];
}

function edge(
  { episode, camera, table, settings }: Both,
  at: { what: "begins" | "ends"; camera: Nanoseconds; table: Nanoseconds },
): Finding[] {
  const late = at.camera - at.table;
  if (Math.abs(Number(late)) <= settings.toleranceSec * 1e9) return [];
  const [start, end] = late > 0n ? [at.table, at.camera] : [at.camera, at.table];
  const about = { check: "agree", episode: episode.id, stream: camera.stream, start, end };
  // Rows without a picture are lost or stale; pictures without rows are only left over.
  const withoutPicture = (at.what === "begins") === late > 0n;
  const message = `${at.what} ${lengthText(late > 0n ? late : -late)} ${late > 0n ? "after" : "before"} ${table.stream}`;
  return [finding(about, withoutPicture ? "risk" : "note", message)];
}
