import { z } from "zod";
import type { Batch, RowsBatch, Want } from "../core/batch.ts";
import type { Episode } from "../core/episode.ts";
import { isAction } from "../core/feature.ts";
import type { CheckResult, Finding } from "../core/finding.ts";
import { defineCheck } from "../core/plugin.ts";
import type { Nanoseconds } from "../core/time.ts";
import type { Watcher } from "../core/watcher.ts";
import { channelName, isFloat, isNumeric, type Vector, vectorOf } from "./shared/joints.ts";
import { finding, momentText, namesText } from "./shared/say.ts";

const options = z.strictObject({});

/**
 * Finds NaN and infinities in streams of numbers, as they stand where the check stands. Values that
 * are masked as missing do not count. One NaN in state or action spreads through a whole training
 * run, so it is broken; elsewhere it is a risk.
 */
export const finite = defineCheck({
  name: "finite",
  version: "1",
  about: "Finds NaN and infinities",
  example: "- check: { finite: {} }",
  options,
  create: () => ({ at: "here", watch: watchNumbers }),
});

function watchNumbers(episode: Episode): Watcher<CheckResult> {
  const vectors = Object.entries(episode.schema.features).flatMap(([stream, feature]): Vector[] =>
    isFloat(feature) && isNumeric(feature) ? [vectorOf(episode.schema, stream)] : [],
  );
  const tallies = vectors.map((vector) => new Tally(vector.width));
  return {
    wants: vectors.map(({ stream }): Want => ({ stream, as: "rows" })),
    push: (want: number, batch: Batch) => tallies[want]!.add(batch as RowsBatch),
    close: () => ({
      findings: vectors.flatMap((vector, index) => tallyFinding(episode, vector, tallies[index]!)),
      scores: { notFinite: tallies.reduce((sum, tally) => sum + tally.nan + tally.infinite, 0) },
    }),
    abort: () => undefined,
  };
}

/** Counts what is no number, and remembers where it was first and last. */
class Tally {
  nan = 0;
  infinite = 0;
  rows = 0;
  first: { row: number; channel: number; time: Nanoseconds } | undefined;
  last: Nanoseconds = 0n;
  readonly byChannel: Float64Array;

  constructor(channels: number) {
    this.byChannel = new Float64Array(channels);
  }

  add({ values, valid, time }: RowsBatch): void {
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) return;
    const channels = this.byChannel.length;
    for (let index = 0; index < values.length; index++) {
      const value = values[index]!;
      // Only NaN and infinities give something other than 0.
      if (value - value === 0) continue;
      const row = Math.floor(index / channels);
      if (valid && !valid[valid.length === time.length ? row : index]) continue;
      this.#found(value, row, index % channels, time[row]!);
    }
    this.rows += time.length;
  }

  #found(value: number, row: number, channel: number, time: Nanoseconds): void {
    if (Number.isNaN(value)) this.nan++;
    else this.infinite++;
    this.byChannel[channel]!++;
    this.first ??= { row: this.rows + row, channel, time };
    this.last = time;
  }
}

function tallyFinding(episode: Episode, vector: Vector, tally: Tally): Finding[] {
  if (!tally.first) return [];
  const { first } = tally;
  const severity = vector.stream.startsWith("observation.state") || isAction(vector.stream) ? "broken" : "risk";
  const names: string[] = [];
  for (let channel = 0; channel < vector.width; channel++) {
    if (tally.byChannel[channel]! > 0) names.push(channelName(vector, channel));
  }
  const kinds = [count(tally.nan, "NaN"), count(tally.infinite, "infinite value")].filter((text) => text !== "").join(" and ");
  const message = `${kinds} in ${namesText(names)}, first in row ${first.row} at ${momentText(episode.span.start, first.time)} (${channelName(vector, first.channel)})`;
  const about = { check: "finite", episode: episode.id, stream: vector.stream, start: first.time, end: tally.last + 1n };
  return [finding(about, severity, message)];
}

function count(number: number, what: string): string {
  if (number === 0) return "";
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
