import { Command } from "commander";
import { TendonError } from "../core/errors.ts";
import { EXIT } from "./exit.ts";
import { explainText } from "./explainText.ts";
import { shared } from "./options.ts";
import { type CommonOptions, inSession, type Terminal } from "./session.ts";

interface ExplainCommandOptions extends CommonOptions {
  readonly home?: string;
  readonly view?: string;
  readonly snapshot?: string;
}

/** `tendon explain EPISODE[:ROW]`. */
export function explainCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("explain")
    .description("Say where an episode or a row came from, or why it is not in the dataset.")
    .argument("<episode...>", "EPISODE[:ROW]: an id, the end of one, or a number in a view; before it, a dataset or a view of it")
    .option("--home <folder>", "the dataset, or a view in it (default: the nearest below the working folder)")
    .option("--view <sink>", "whose numbers are meant: lerobot, gr00t, or lerobot/ROBOT where there are several robots")
    .option("--snapshot <id>", "an older snapshot (default: the newest)")
    .addOption(shared.json())
    .addOption(shared.quiet())
    .addHelpText(
      "after",
      "\nExample:\n  $ tendon explain teleop/7.mcap\n  $ tendon explain teleop/7.mcap:120 --home out/pick-place\n" +
        "  $ tendon explain out/pick-place/lerobot/g1 3:120 --json",
    )
    .action(async (words: readonly string[], options: ExplainCommandOptions) => {
      const code = await inSession(terminal, options, async ({ signal, result }) => {
        const { explain } = await import("../commands/explain.ts");
        const explained = await explain(words.at(-1)!, { ...placeOf(words, options), signal });
        result(explained, () => explainText(explained));
        return EXIT.ok;
      });
      done(code);
    });
}

function placeOf(words: readonly string[], { home, view, snapshot }: ExplainCommandOptions) {
  if (words.length > 2 || (words.length === 2 && home !== undefined)) {
    const message = `takes one episode and at most one dataset before it (got ${words.join(" ")})`;
    throw new TendonError("bad-pipeline", message, { place: { path: "explain" } });
  }
  const place = home ?? (words.length === 2 ? words[0] : undefined);
  return {
    ...(place !== undefined && { home: place }),
    ...(view !== undefined && { view }),
    ...(snapshot !== undefined && { snapshot }),
  };
}
