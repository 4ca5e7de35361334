import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, gate, lerobot, pipeline, run, split } from "../../src/index.ts";
import { columns, features, makeDataset } from "./lerobotDataset.ts";

/** Text that would take over a page that trusted it. */
export const HOSTILE = "lift </script><img src=x onerror=\"alert('taken')\"> the cube & <b>tray</b>";

const TASKS = [HOSTILE, "put the cup on the tray"];

export const ROWS = 60;
export const FPS = 10;
/** From this second to that one the first joint of episode 3 stands still while it is told to move. */
export const STUCK = { episode: 3, startSec: 2, endSec: 3.6 };
/** These rows of episode 1 are no numbers: the gate drops it. */
export const NOT_FINITE = { episode: 1, startRow: 20, endRow: 25 };

/** A dataset of six short episodes, one with a joint that was stuck, one that was dropped. */
export interface Fixture extends AsyncDisposable {
  readonly folder: string;
  readonly source: string;
  readonly home: string;
}

export async function reportFixture(): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), "tendon-report-"));
  const source = join(folder, "recorded");
  const tasks = TASKS.map((task, index) => JSON.stringify({ task_index: index, task }));
  const episodes = Array.from({ length: 6 }, (_, index) =>
    JSON.stringify({ episode_index: index, tasks: [TASKS[index % 2]], length: ROWS }),
  );
  const motors = { dtype: "float32", shape: [3], names: { motors: ["gripper", "elbow", "wrist"] } };
  await makeDataset({
    root: source,
    episodes: 6,
    rows: ROWS,
    fps: FPS,
    info: { total_tasks: 2, features: features({ "observation.state": motors, action: motors }) },
    select: (episode) => columnsOf(episode),
    files: { "meta/tasks.jsonl": `${tasks.join("\n")}\n`, "meta/episodes.jsonl": `${episodes.join("\n")}\n` },
  });
  const home = join(folder, "cups");
  await run(
    pipeline({
      dataset: home,
      sources: { recorded: lerobot({ path: source }) },
      stages: [check({ frozen: false })],
      decisions: [gate({ broken: "drop" }), split({ train: 0.5, val: 0.5 })],
      sinks: [lerobot()],
    }),
    { workers: 1 },
  );
  return { folder, source, home, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

function columnsOf(episode: number): string {
  const sound = columns(episode, FPS);
  const state = "sin(i / 8.0), cos(i / 11.0), i / 60.0";
  const moving = `[${state}]::FLOAT[] AS "observation.state", [sin((i + 1) / 8.0), cos((i + 1) / 11.0), i / 60.0]::FLOAT[] AS "action"`;
  const rest = sound.slice(sound.indexOf("(i / "));
  const still = `[CASE WHEN i BETWEEN ${STUCK.startSec * FPS} AND ${STUCK.endSec * FPS} THEN sin(${STUCK.startSec * FPS} / 8.0) ELSE sin(i / 8.0) END, cos(i / 11.0), i / 60.0]`;
  const torn = `[sin(i / 8.0), CASE WHEN i BETWEEN ${NOT_FINITE.startRow} AND ${NOT_FINITE.endRow - 1} THEN 'nan'::FLOAT ELSE cos(i / 11.0) END, i / 60.0]`;
  const wrong = episode === STUCK.episode ? still : episode === NOT_FINITE.episode ? torn : undefined;
  return `${wrong === undefined ? moving : moving.replace(`[${state}]`, wrong)}, ${rest.replace("0::BIGINT AS task_index", `${episode % 2}::BIGINT AS task_index`)}`;
}

/** The brightness and both colours of every pixel of a frame: the recording's pictures tell which one they are. */
export function shadeOf(frame: number): number {
  return 16 + ((frame * 9) % 200);
}
