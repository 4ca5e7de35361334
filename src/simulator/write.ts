import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Codecs } from "../core/codecs.ts";
import { type ClipTruth, writeClips } from "./clips.ts";
import type { EpisodePlan } from "./plan.ts";
import type { Policy } from "./policy.ts";
import { writeRecording } from "./record.ts";
import type { Side } from "./robot.ts";
import { simulateEpisode } from "./simulate.ts";
import type { Task } from "./task.ts";
import { type TruthEpisode, writeTruthEpisode } from "./truth.ts";

/** What becomes of simulated episodes. */
export type SimulationKind = "recordings" | "clips";

export interface WriteOptions {
  readonly kind: SimulationKind;
  /** Absent: nothing is written but the truth, if that. */
  readonly out?: string;
  /** Absent: no truth is written. */
  readonly truth?: string;
  readonly codecs?: Codecs;
  /** Acts in place of the operator. */
  readonly policy?: Policy;
  readonly signal?: AbortSignal;
  readonly onFrame?: () => void;
}

/** What was written of one episode. */
export interface WrittenEpisode {
  readonly index: number;
  readonly name: string;
  readonly instruction: string;
  readonly kind: Task["kind"];
  /** The hand that takes the thing first. */
  readonly side: Side;
  readonly durationSec: number;
  readonly success: boolean;
  readonly outcome: string;
  readonly faults: TruthEpisode["faults"];
  readonly truth?: TruthEpisode;
  readonly clips?: readonly ClipTruth[];
}

/** Simulates one episode and writes it, and its truth. */
export async function writeEpisode(plan: EpisodePlan, options: WriteOptions): Promise<WrittenEpisode> {
  const { kind, out, truth: folder } = options;
  const episode = await simulateEpisode(plan, options);
  if (out !== undefined) await mkdir(out, { recursive: true });
  const clips = out !== undefined && kind === "clips" ? { clips: await writeClips(out, episode) } : {};
  if (out !== undefined && kind === "recordings") await writeRecording(join(out, `${plan.name}.mcap`), episode);
  const truth = folder === undefined ? undefined : await writeTruthEpisode(folder, episode);
  const { index, name } = plan;
  return {
    index,
    name,
    instruction: episode.instruction,
    kind: plan.task.kind,
    side: plan.task.side,
    durationSec: episode.durationSec,
    success: episode.outcome.success,
    outcome: episode.outcome.what,
    faults: truth?.faults ?? [],
    ...(truth && { truth }),
    ...clips,
  };
}
