import { relative } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { RollOutReport, SuccessRate } from "../commands/rollOut.ts";
import type { SimulateReport } from "../commands/simulate.ts";
import { countOf, durationText } from "../observe/numbers.ts";
import type { TaskName } from "../simulator/plan.ts";
import { EXIT } from "./exit.ts";
import { shared } from "./options.ts";
import { type CommonOptions, inSession, type Terminal } from "./session.ts";

interface SimulateCommandOptions extends CommonOptions {
  readonly episodes?: number;
  readonly seed: number;
  readonly task?: TaskName;
  readonly policy?: string;
  readonly fault?: readonly string[];
  readonly kind: "recordings" | "clips";
  readonly noise: "usual" | "none";
  readonly cameras: "all" | "none";
  readonly truth?: string;
  readonly workers?: number;
}

const HELP = `
Faults are written KIND[@TARGET][#EPISODE][:START-END][=VALUE], times in seconds:
  dropped@STREAM  frozen@CAMERA  black@CAMERA  blurred@CAMERA=PIXELS  swapped
  nan@JOINT  spikes@JOINT=RAD  stuck@JOINT  degrees
  clock-offset@STREAM=SEC  clock-step@STREAM:SEC=SEC  duplicate=EPISODE  wrong-instruction
Streams: head, right_wrist (the cameras), joints, commands, imu. All but KIND may be left out;
faults without #EPISODE go to episodes 1, 2, 3, … in turn.

Example:
  $ tendon simulate out/recordings --episodes 6 --seed 0 --fault frozen@head:1.2-1.9 --fault nan@left_elbow#3
  $ tendon inspect out/recordings
  $ tendon simulate --policy policy.onnx --task put --episodes 50 --seed 1000`;

/** `tendon simulate OUT`. */
export function simulateCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("simulate")
    .description(
      "Simulate a bimanual humanoid at work, recorded as a real one would be: MCAP, with the truth kept aside; " +
        "or let a policy act, and count how often it succeeds.",
    )
    .argument("[out]", "a new folder; may be left out with --policy")
    .addOption(new Option("-n, --episodes <count>", "attempts to simulate (default: 6, with --policy 50)").argParser(whole(1)))
    .addOption(new Option("--seed <number>", "equal seeds give equal bytes").argParser(whole(0)).default(0))
    .addOption(
      new Option("--task <task>", "one kind of task alone (default: all): put is for the right hand").choices([
        "put",
        "hand-over",
      ]),
    )
    .addOption(
      new Option("--policy <file>", "an ONNX policy acts in place of the operator").conflicts(["fault", "kind", "cameras"]),
    )
    .addOption(new Option("--fault <fault>", "plant a fault; may stand several times").argParser(gather))
    .addOption(
      new Option("--kind <kind>", "recordings of a robot, or clips as a neural simulator gives")
        .choices(["recordings", "clips"])
        .default("recordings"),
    )
    .addOption(new Option("--noise <how>", "of clocks and sensors").choices(["usual", "none"]).default("usual"))
    .addOption(new Option("--cameras <which>", "none needs no encoder").choices(["all", "none"]).default("all"))
    .option("--truth <folder>", "where the truth goes (default: OUT-truth)")
    .addOption(shared.workers())
    .addOption(shared.json())
    .addOption(shared.quiet())
    .addHelpText("after", HELP)
    .action(async (out: string | undefined, options: SimulateCommandOptions) => {
      if (options.policy !== undefined) return done(await act(terminal, out, { ...options, policy: options.policy }));
      if (out === undefined) throw new InvalidArgumentError("name a new folder for the recordings: tendon simulate OUT");
      done(await simulate(terminal, out, options));
    });
}

function simulate(terminal: Terminal, out: string, options: SimulateCommandOptions): Promise<number> {
  return inSession(terminal, options, async ({ signal, onEvent, progress, result }) => {
    const { simulate: run } = await import("../commands/simulate.ts");
    const { fault, truth, workers, episodes, seed, kind, noise, cameras, task } = options;
    const report = await run(out, {
      seed,
      kind,
      noise,
      cameras,
      signal,
      faults: fault ?? [],
      ...(episodes !== undefined && { episodes }),
      ...(task && { task }),
      ...(truth !== undefined && { truth }),
      ...(workers !== undefined && { workers }),
      onProgress: ({ frames, episode, done, total }) => {
        if (episode) progress.say(`${episode.name}: ${episode.instruction}: ${episode.outcome}`);
        onEvent({ type: "progress", act: "gather", done, total, whole: true, frames, rows: 0, bytes: 0 });
      },
    });
    result(report, () => reportText(report));
    return EXIT.ok;
  });
}

function act(
  terminal: Terminal,
  out: string | undefined,
  options: SimulateCommandOptions & { readonly policy: string },
): Promise<number> {
  return inSession(terminal, options, async ({ signal, onEvent, progress, result }) => {
    const { rollOut } = await import("../commands/rollOut.ts");
    const { policy, truth, workers, episodes, seed, noise, task } = options;
    const report = await rollOut({
      policy,
      seed,
      noise,
      signal,
      ...(out !== undefined && { out }),
      ...(episodes !== undefined && { episodes }),
      ...(task && { task }),
      ...(truth !== undefined && { truth }),
      ...(workers !== undefined && { workers }),
      onProgress: ({ frames, episode, done, total }) => {
        if (episode)
          progress.say(`${episode.name}: ${episode.instruction}: ${episode.outcome} (${episode.durationSec.toFixed(1)} s)`);
        onEvent({ type: "progress", act: "gather", done, total, whole: true, frames, rows: 0, bytes: 0 });
      },
    });
    result(report, () => rollOutText(report));
    return EXIT.ok;
  });
}

function rollOutText({ tasks, seconds, seed, out, ...all }: RollOutReport): string {
  const line = ({ attempts, successes, rate, interval: [low, high] }: SuccessRate) =>
    `${successes} of ${attempts} succeeded: ${percent(rate)} (95 %: ${percent(low)} to ${percent(high)})`;
  const several = Object.entries(tasks).length > 1;
  return [
    `${line(all)}, seed ${seed}, in ${durationText(seconds)}`,
    ...(several ? Object.entries(tasks).map(([task, own]) => `  ${task}: ${line(own)}`) : []),
    ...(out === undefined ? [] : [`recordings in ${relative(process.cwd(), out) || "."}`]),
  ].join("\n");
}

function percent(part: number): string {
  return `${(100 * part).toFixed(0)} %`;
}

function reportText({ episodes, frames, seconds, out, truth, kind }: SimulateReport): string {
  const failed = episodes.filter(({ success }) => !success).length;
  const faults = episodes.flatMap((episode) =>
    episode.faults.map(({ kind: what, joint, sensor, startSec, endSec }) => {
      const where = joint ?? (sensor === "episode" || sensor === "all" ? "" : sensor);
      return `  ${episode.name}: ${what}${where && ` ${where}`}, ${startSec.toFixed(2)}–${endSec.toFixed(2)} s`;
    }),
  );
  const place = relative(process.cwd(), out) || ".";
  return [
    `${countOf(episodes.length, "episode")}${failed > 0 ? ` (${failed} failed at the task)` : ""}, ` +
      (frames > 0
        ? `${countOf(frames, "frame")} in ${durationText(seconds)} (${Math.round(frames / seconds)} frames/s)`
        : "no pictures"),
    ...(faults.length > 0 ? [`${countOf(faults.length, "fault")} planted:`, ...faults] : []),
    `${kind} in ${place}, the truth about them in ${relative(process.cwd(), truth)}`,
    ...(kind === "recordings"
      ? [
          "",
          "Next:",
          `  tendon inspect ${place}`,
          `  tendon convert ${place} ${place}-dataset --to lerobot${frames > 0 ? "" : " --rate 30"}`,
        ]
      : []),
  ].join("\n");
}

function whole(least: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least) throw new InvalidArgumentError(`Give a whole number from ${least}.`);
    return value;
  };
}

function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
