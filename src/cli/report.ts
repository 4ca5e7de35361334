import { Command, InvalidArgumentError, Option } from "commander";
import type { ReportWritten } from "../commands/report.ts";
import { byteText, count, countOf } from "../observe/numbers.ts";
import { EXIT } from "./exit.ts";
import { shared } from "./options.ts";
import { type CommonOptions, inSession, type Terminal } from "./session.ts";

interface ReportCommandOptions extends CommonOptions {
  readonly out: string;
  readonly home?: string;
  readonly pictures?: number;
}

/** `tendon report SNAPSHOT`. */
export function reportCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("report")
    .description("Write one HTML file that shows a snapshot: cameras, plots, findings, drops, distributions, lineage.")
    .argument("[snapshot]", "an id or its first digits, a dataset, or a view of it (default: the newest of the dataset here)")
    .addOption(new Option("-o, --out <file>", "where to write it").default("report.html"))
    .addOption(new Option("--home <dataset>", "the dataset that an id is looked for in (default: the one here)"))
    .addOption(
      new Option("--pictures <count>", "at most so many episodes with pictures (default: as many as fit)").argParser(many),
    )
    .addOption(shared.json())
    .addOption(shared.quiet())
    .addHelpText("after", "\nExample:\n  $ tendon report out/pick-place --out report.html")
    .action(async (snapshot: string | undefined, options: ReportCommandOptions) => {
      const code = await inSession(terminal, options, async ({ signal, result, progress }) => {
        const { report } = await import("../commands/report.ts");
        const written = await report(snapshot, {
          out: options.out,
          ...(options.home !== undefined && { home: options.home }),
          ...(options.pictures !== undefined && { pictures: options.pictures }),
          signal,
          onProgress: ({ what, episodes, of }) => {
            if (episodes % (what === "pictures" ? 10 : 500) === 0)
              progress.say(`${what} of ${count(episodes)} of ${countOf(of, "episode")}`);
          },
        });
        result(written, () => writtenText(written));
        return EXIT.ok;
      });
      done(code);
    });
}

function writtenText({ path, bytes, episodes, findings, plotted, pictured, remarks }: ReportWritten): string {
  const { kept, dropped, failed } = episodes;
  const all = kept + dropped + failed;
  return [
    `${path} (${byteText(bytes)})`,
    `${countOf(all, "episode")}: ${count(kept)} kept, ${count(dropped)} dropped, ${count(failed)} failed; ${countOf(findings, "finding")}`,
    `${count(plotted)} with plots, ${count(pictured)} with pictures`,
    ...remarks.map((remark) => `note: ${remark}`),
    "open it with any browser; it needs no network",
  ].join("\n");
}

function many(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("Give a whole number from 0.");
  return value;
}
