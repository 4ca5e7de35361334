import { Command, InvalidArgumentError, Option } from "commander";
import type { Collected } from "../commands/preview/collect.ts";
import type { PreviewReport, PreviewStream } from "../commands/preview/types.ts";
import { TendonError } from "../core/errors.ts";
import { toSeconds } from "../core/time.ts";
import { EXIT } from "./exit.ts";
import { shared } from "./options.ts";
import { type CommonOptions, inSession, type Terminal } from "./session.ts";
import { findingLines, near, table } from "./tell.ts";

interface PreviewCommandOptions extends CommonOptions {
  readonly episode: string;
  readonly after?: string;
  readonly out?: string;
  readonly frames: number;
}

const SPARKS = "▁▂▃▄▅▆▇█";
const SPARK_WIDTH = 32;

/** `tendon preview PIPELINE`. */
export function previewCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("preview")
    .description("Show one episode after a step of a pipeline: a contact sheet and plots in one page, and a table here.")
    .argument("<pipeline>", "a .yaml file, or a .ts module whose default export is a pipeline")
    .option("--episode <episode>", "its number in the order of the sources, or its id", "0")
    .option("--after <step>", "a stage's name or number, or `source` (default: the last stage)")
    .option("--out <file>", "the page to write (default: here, named after episode and step)")
    .addOption(new Option("--frames <count>", "pictures of each camera; 0 decodes none").default(8).argParser(frameCount))
    .addOption(shared.json())
    .addOption(shared.quiet())
    .addHelpText("after", "\nExample:\n  $ tendon preview pipeline.yaml --episode teleop/7.mcap --after assemble")
    .action(async (path: string, options: PreviewCommandOptions) => {
      const code = await inSession(terminal, options, async ({ signal, result }) => {
        const [{ readPipelineFile }, { preview }] = await Promise.all([
          import("../commands/pipelineFile.ts"),
          import("../commands/preview.ts"),
        ]);
        const file = await readPipelineFile(path);
        const { episode, after, out, frames } = options;
        const asked = { episode, frames, ...(after !== undefined && { after }), ...(out !== undefined && { out }) };
        const { report, collected } = await preview(file.input, { ...asked, base: file.base, signal }).catch(
          (thrown: unknown) => {
            throw thrown instanceof TendonError ? file.placed(thrown) : thrown;
          },
        );
        result(report, () => previewText(report, collected));
        return report.failures.length > 0 ? EXIT.failed : EXIT.ok;
      });
      done(code);
    });
}

function frameCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 64) throw new InvalidArgumentError("Give a whole number from 0 to 64.");
  return value;
}

function previewText({ file, after, findings, drops, failures, notes }: PreviewReport, collected: readonly Collected[]): string {
  const lines = collected.flatMap((one) => {
    const { episode, startNs, endNs, clock, task, streams } = one.told;
    const lasts = toSeconds(BigInt(endNs) - BigInt(startNs)).toFixed(2);
    return [
      `${episode} after ${after}: ${lasts} s on the ${clock} clock${task ? `, "${task}"` : ""}`,
      ...table(streams.map((stream) => streamCells(stream, one))),
    ];
  });
  for (const { step, message } of failures) lines.push(`failed in ${step}: ${message}`);
  for (const { by, reason } of drops) lines.push(`left out by ${by}: ${reason}`);
  lines.push(...findingLines(findings, findings.length), ...notes.map((note) => `note: ${note}`));
  return [...lines, `page: ${near(file)}`].join("\n");
}

function streamCells(stream: PreviewStream, { plots }: Collected): string[] {
  const { name, dtype, shape, rateHz, samples, min, max, texts, frames, missing, unit } = stream;
  const plot = plots.get(name);
  const range =
    min === undefined ? "" : `${short(min)} … ${short(max!)}${unit ? ` ${unit}` : ""}${missing ? `, ${missing} missing` : ""}`;
  const seen = frames ? `${frames.length} on the sheet` : (texts?.[0] ?? "");
  return [
    name,
    `${dtype}${shape.length === 0 ? "" : `[${shape.join(",")}]`}`,
    rateHz === null ? "-" : `${rateHz} Hz`,
    `${samples}`,
    plot ? sparkline(plot) : seen.slice(0, SPARK_WIDTH),
    range,
  ];
}

/** The column that moves most, as one line of blocks. */
function sparkline({ low, high }: { readonly low: readonly Float64Array[]; readonly high: readonly Float64Array[] }): string {
  let best = { column: 0, from: 0, range: -1 };
  low.forEach((values, column) => {
    const from = values.reduce(least, Number.POSITIVE_INFINITY);
    const to = high[column]!.reduce(most, Number.NEGATIVE_INFINITY);
    if (to - from > best.range) best = { column, from, range: to - from };
  });
  const values = high[best.column] ?? new Float64Array(0);
  const step = values.length / SPARK_WIDTH;
  return Array.from({ length: SPARK_WIDTH }, (_, at) => {
    const part = values.subarray(Math.floor(at * step), Math.floor((at + 1) * step)).filter((value) => !Number.isNaN(value));
    if (part.length === 0) return " ";
    const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
    return SPARKS[Math.min(7, Math.floor(((mean - best.from) / (best.range || 1)) * 8))]!;
  }).join("");
}

function least(a: number, b: number): number {
  return Number.isNaN(b) ? a : Math.min(a, b);
}

function most(a: number, b: number): number {
  return Number.isNaN(b) ? a : Math.max(a, b);
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
