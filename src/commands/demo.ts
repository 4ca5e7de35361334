import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { RunEvent } from "../core/event.ts";
import type { PipelineInput } from "../core/pipeline.ts";
import type { RunReport } from "../core/report.ts";
import type { Truth } from "../simulator/truth.ts";
import { convertPipeline } from "./convert.ts";
import { type Comparison, compareFindings, nameOf } from "./demo/compare.ts";
import { type DemoFolder, demoFolder } from "./demo/folder.ts";
import { runAndKill } from "./demo/kill.ts";
import { checkRowTimes, type RowTimes } from "./demo/rowTimes.ts";
import { compareRuns, type Sameness } from "./demo/same.ts";
import { type Shown, show } from "./demo/show.ts";
import { run } from "./run.ts";
import { type SimulateReport, simulate } from "./simulate.ts";

/** Of kinds that the checks look for. Episodes 0 and 5 stay clean. */
const FAULTS = [
  "frozen@head#1:1.2-1.9",
  "nan@left_elbow#2:2-2.3",
  "dropped@joints#3:2-2.7",
  "black@right_wrist#4:2-2.8",
  "stuck#4:0.8-2.3",
];
const EPISODES = 6;
const KILLED_AFTER = 3;
const MAIN_CAMERA = "head";

export interface DemoOptions {
  /** Where everything goes. Default: `out/demo`. */
  readonly folder?: string;
  readonly workers?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
  /** Hears what begins. */
  readonly say?: (line: string) => void;
}

/** What `demo --json` prints where no path is given. */
export interface DemoReport extends Shown {
  /** Absolute. */
  readonly folder: string;
  readonly seconds: number;
  readonly simulated: SimulateReport;
  /** The run that was killed with SIGKILL, and taken up again. */
  readonly run: RunReport;
  readonly killed: {
    readonly signal: string;
    /** Episodes that were done when it was. */
    readonly afterEpisodes: number;
    /** Against a run that nothing disturbed: pieces of work, snapshot and files. */
    readonly work: { readonly undisturbed: number; readonly foundDone: number; readonly done: number };
    readonly same: Sameness;
  };
  readonly comparison: Comparison;
  readonly rowTimes: RowTimes;
  /** Every claim holds: all faults found, no false alarm, nothing repeated, the same result, row times true. */
  readonly holds: boolean;
}

/**
 * Simulates a robot with planted faults, turns its recordings into GR00T and LeRobot v3.0 views, is killed
 * half-way and resumes, and holds what was found against what was planted.
 */
export async function demo(options: DemoOptions = {}): Promise<DemoReport> {
  const started = performance.now();
  const { say = () => undefined, signal } = options;
  const folder = resolve(options.folder ?? join("out", "demo"));
  const places = await demoFolder(folder);
  if (places.again) say("what an earlier demo left is gone; this one starts afresh");
  const simulated = await simulateFaulty(places, { ...options, say });
  const { run: resumed, killed } = await convertTwice(places, { ...options, say });

  say("holding what was found against what was planted, and writing the report …");
  const truth = JSON.parse(await readFile(join(places.truth, "truth.json"), "utf8")) as Truth;
  const comparison = compareFindings(truth.episodes, resumed.findings);
  const dropped = new Set(resumed.drops.filter(({ row }) => row === undefined).map(({ episode }) => nameOf(episode)));
  const kept = truth.episodes.filter(({ episode }) => !dropped.has(episode));
  const rowTimes = await checkRowTimes(kept, { home: places.dataset, truth: places.truth, camera: MAIN_CAMERA });
  const shown = await show(resumed, { page: places.report, ...(signal && { signal }) });
  const result = { folder, simulated, run: resumed, killed, comparison, rowTimes, ...shown };
  return { ...result, seconds: (performance.now() - started) / 1000, holds: holds(result) };
}

type Saying = DemoOptions & { readonly say: (line: string) => void };

function simulateFaulty(places: DemoFolder, { say, onEvent, ...options }: Saying): Promise<SimulateReport> {
  say(`simulating ${EPISODES} episodes of a bimanual humanoid, with ${FAULTS.length} faults planted …`);
  return simulate(places.recordings, {
    ...common(options),
    episodes: EPISODES,
    faults: FAULTS,
    truth: places.truth,
    onProgress: ({ frames, episode, done, total }) => {
      if (episode) say(`  ${episode.name}: ${episode.instruction}: ${episode.outcome}`);
      onEvent?.({ type: "progress", act: "gather", done, total, whole: true, frames, rows: 0, bytes: 0 });
    },
  });
}

/** Once killed and resumed, once undisturbed. */
async function convertTwice(
  places: DemoFolder,
  { say, onEvent, ...options }: Saying,
): Promise<Pick<DemoReport, "run" | "killed">> {
  const pipelineFor = (target: string): Promise<PipelineInput> =>
    convertPipeline({ source: places.recordings, target }, { to: ["gr00t", "lerobot"], checks: "all", broken: "drop" });
  const { workers, signal } = options;
  const pipeline = await pipelineFor(places.dataset);
  say(`converting to GR00T and LeRobot v3.0, to be killed with -9 when ${KILLED_AFTER} of ${EPISODES} episodes are done …`);
  const by = await runAndKill({ pipeline, episodes: KILLED_AFTER, ...(workers !== undefined && { workers }) }, signal);
  say(`killed by ${by}; the same again, which goes on from there …`);
  // Drops are told in the end, beside what was planted.
  const heard = onEvent && ((event: RunEvent) => (event.type === "drop" ? undefined : onEvent(event)));
  const resumed = await run(pipeline, { ...common(options), ...(heard && { onEvent: heard }) });
  say("once more into another folder, undisturbed, to compare …");
  const undisturbed = await run(await pipelineFor(places.undisturbed), common(options));
  return {
    run: resumed,
    killed: {
      signal: by,
      afterEpisodes: KILLED_AFTER,
      work: { undisturbed: undisturbed.work.done, foundDone: resumed.work.reused, done: resumed.work.done },
      same: await compareRuns(resumed, undisturbed),
    },
  };
}

function common({ workers, signal }: Pick<DemoOptions, "workers" | "signal">) {
  return { ...(workers !== undefined && { workers }), ...(signal && { signal }) };
}

function holds({ killed, comparison, rowTimes }: Pick<DemoReport, "killed" | "comparison" | "rowTimes">): boolean {
  const { work, same } = killed;
  const nothingRepeated = work.foundDone > 0 && work.foundDone + work.done === work.undisturbed;
  const equal = same.snapshot && same.files > 0 && same.differing.length === 0;
  const found = comparison.missed === 0 && comparison.falseAlarms.length === 0;
  return nothingRepeated && equal && found && rowTimes.rows > 0 && rowTimes.worstMs <= rowTimes.halfPeriodMs;
}
