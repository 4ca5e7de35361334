import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Codecs } from "../core/codecs.ts";
import { type ClipTruth, writeClips } from "./clips.ts";
import type { EpisodePlan } from "./plan.ts";
import { writeRecording } from "./record.ts";
import { simulateEpisode } from "./simulate.ts";
import { type TruthEpisode, writeTruthEpisode } from "./truth.ts";

/** What becomes of simulated episodes. */
export type SimulationKind = "recordings" | "clips";

export interface WriteOptions {
  readonly kind: SimulationKind;
  readonly out: string;
  /** Absent: no truth is written. */
  readonly truth?: string;
  readonly codecs?: Codecs;
  readonly signal?: AbortSignal;
  readonly onFrame?: () => void;
}

/** What was written of one episode. */
export interface WrittenEpisode {
  readonly index: number;
  readonly name: string;
  readonly instruction: string;
  readonly durationSec: number;
  readonly success: boolean;
  readonly outcome: string;
  readonly faults: TruthEpisode["faults"];
  readonly truth?: TruthEpisode;
  readonly clips?: readonly ClipTruth[];
}

/** Simulates one episode and writes it, and its truth. */
export async function writeEpisode(plan: EpisodePlan, options: WriteOptions): Promise<WrittenEpisode> {
  const { kind, out, truth: folder, codecs, signal, onFrame } = options;
  const tools = { ...(codecs && { codecs }), ...(signal && { signal }), ...(onFrame && { onFrame }) };
  const episode = await simulateEpisode(plan, tools);
  await mkdir(out, { recursive: true });
  const clips = kind === "clips" ? { clips: await writeClips(out, episode) } : {};
  if (kind === "recordings") await writeRecording(join(out, `${plan.name}.mcap`), episode);
  const truth = folder === undefined ? undefined : await writeTruthEpisode(folder, episode);
  const { index, name } = plan;
  return {
    index,
    name,
    instruction: episode.instruction,
    durationSec: episode.durationSec,
    success: episode.outcome.success,
    outcome: episode.outcome.what,
    faults: truth?.faults ?? [],
    ...(truth && { truth }),
    ...clips,
  };
}
