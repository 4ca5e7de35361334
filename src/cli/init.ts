import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import type { Question } from "../commands/init/guess.ts";
import type { InitReport } from "../commands/init/types.ts";
import { count, countOf } from "../observe/numbers.ts";
import { EXIT } from "./exit.ts";
import { shared } from "./options.ts";
import { type CommonOptions, inSession, type Terminal } from "./session.ts";
import { near, table } from "./tell.ts";

interface InitCommandOptions extends CommonOptions {
  readonly out?: string;
  readonly force?: boolean;
  readonly ask: boolean;
}

/** `tendon init FOLDER`. */
export function initCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("init")
    .description("Look at a folder of recordings and write a commented pipeline for them.")
    .argument("<folder>", "recordings: MCAP files, LeRobot or GR00T datasets, or a mixture")
    .option("--out <path>", "a folder for the pipelines, or the file of one (default: here)")
    .option("--force", "write over a file that is there")
    .option("--no-ask", "ask nothing: leave what is ambiguous as a marked line")
    .addOption(shared.json())
    .addOption(shared.quiet())
    .addHelpText("after", "\nExample:\n  $ tendon init recordings/ && tendon run recordings.yaml")
    .action(async (folder: string, options: InitCommandOptions) => {
      const code = await inSession(terminal, options, async ({ signal, result }) => {
        const { init } = await import("../commands/init.ts");
        const asks = options.ask && !options.json && terminal.terminal && process.stdin.isTTY;
        const report = await init(folder, {
          signal,
          ...(options.out !== undefined && { out: options.out }),
          ...(options.force && { existing: "replace" as const }),
          ...(asks && { ask: askPerson }),
        });
        result(report, () => initText(report));
        return EXIT.ok;
      });
      done(code);
    });
}

async function askPerson({ question, choices }: Question): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const list = choices?.map((choice, index) => `  ${index + 1}  ${choice}\n`).join("") ?? "";
    const answer = (await lines.question(`${question}\n${list}(Enter leaves it open) > `)).trim();
    return choices?.[Number(answer) - 1] ?? (answer === "" ? undefined : answer);
  } finally {
    lines.close();
  }
}

function initText({ seen, files, cut, pipelines, refused }: InitReport): string {
  // A dataset's own files are not walked.
  const lines = [files === 0 ? "found:" : `${cut ? "the first " : ""}${countOf(files, "file")} looked at by name:`];
  lines.push(...table(seen.map(({ kind, count: held, examples, advice }) => [count(held), kind, advice ?? examples.join(", ")])));
  for (const { name, reason } of refused) lines.push(`  left out: ${name}: ${reason}`);
  if (pipelines.length > 1) lines.push(`${pipelines.length} robots or formats, so one pipeline each`);
  for (const made of pipelines) {
    const { recordings, looked, robot, open, notes } = made;
    const sample = looked < recordings ? `, ${count(looked)} of ${count(recordings)} opened` : "";
    lines.push("", `${near(made.file)}  (robot ${robot}${made.preset ? `, joints of ${made.preset}` : ""}${sample})`);
    const guesses = (["cameras", "state", "action", "language"] as const).map((side) => [
      side,
      made[side].map(({ stream }) => stream).join(", ") || "none",
      made[side][0]?.evidence ?? "",
    ]);
    lines.push(...table(guesses), ...notes.map((note) => `  note: ${note}`));
    for (const question of open) lines.push(`  open (a line marked # TENDON?: in the file): ${question}`);
  }
  const [first] = pipelines;
  if (first)
    lines.push("", "Next:", `  npx tendon preview ${near(first.file)} --episode 0`, `  npx tendon run ${near(first.file)}`);
  return lines.join("\n");
}
