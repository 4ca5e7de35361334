import { parentPort, workerData } from "node:worker_threads";
import { asTendonError, type ErrorCode, type ErrorPlace, TendonError } from "../core/errors.ts";
import { openCodecs } from "../formats/video/codecs.ts";
import { END, type Ending, isEnding } from "../io/threadEnd.ts";
import { openOnnxPolicy } from "./onnxPolicy.ts";
import { planEpisodes, type SimulationOptions } from "./plan.ts";
import type { Policy } from "./policy.ts";
import { type SimulationKind, type WrittenEpisode, writeEpisode } from "./write.ts";

/** What a worker is started with. */
export interface WorkerTask {
  readonly options: SimulationOptions;
  readonly kind: SimulationKind;
  readonly out?: string;
  readonly truth?: string;
  /** The ONNX file of a policy that acts in place of the operator. */
  readonly policy?: string;
  readonly ending: Ending;
}

/** What a worker says. */
export type WorkerNews =
  | { readonly type: "ready" }
  | { readonly type: "frames"; readonly frames: number }
  | { readonly type: "written"; readonly episode: WrittenEpisode }
  | { readonly type: "failed"; readonly code: ErrorCode; readonly message: string; readonly place: ErrorPlace };

/** Pictures are told in lots. */
const FRAMES_TOLD = 30;

/** One thread that simulates the episodes whose numbers it is sent, one after another. */
if (parentPort) {
  const port = parentPort;
  const task = workerData as WorkerTask;
  const plans = planEpisodes(task.options);
  let acting: Promise<Policy> | undefined;
  const tell = (news: WorkerNews) => port.postMessage(news);
  port.on("message", (index: number | typeof END) => {
    if (index === END) return port.close();
    work(index).catch((thrown: unknown) => {
      const { code, message, place } = asTendonError(thrown, "internal");
      tell({ type: "failed", code, message, place });
    });
  });
  const work = async (index: number) => {
    const plan = plans[index]!;
    const { kind, out, truth, policy } = task;
    const codecs = plan.cameras === "all" && (!policy || out) ? { codecs: await openCodecs() } : {};
    if (policy !== undefined) acting ??= openOnnxPolicy(policy);
    let frames = 0;
    const onFrame = () => {
      if (isEnding(task.ending)) throw new TendonError("cancelled", "stopped");
      if (++frames % FRAMES_TOLD === 0) tell({ type: "frames", frames: FRAMES_TOLD });
    };
    const folders = { ...(out !== undefined && { out }), ...(truth !== undefined && { truth }) };
    const acts = acting ? { policy: await acting } : {};
    const episode = await writeEpisode(plan, { kind, ...folders, ...codecs, ...acts, onFrame });
    tell({ type: "frames", frames: frames % FRAMES_TOLD });
    tell({ type: "written", episode });
  };
  tell({ type: "ready" });
}
