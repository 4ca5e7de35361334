import type { NumberArray } from "../core/batch.ts";
import { type Normaliser, normaliserOf, rawWidthOf, type Segment } from "./normalise.ts";
import { held, type Look, type MirrorMap, type NumberLane } from "./numberLane.ts";
import type { EpisodeNumbers } from "./rows.ts";

/** Columns of a stream. */
export interface Columns {
  readonly stream: string;
  readonly start: number;
  readonly end: number;
}

/** One part of a lane: columns of a stream, normalised as a segment says. */
export interface LanePart {
  readonly columns: Columns;
  readonly segment: Segment;
  /** Beyond an episode's ends: its first or last row, or zeros before they are normalised. */
  readonly beyond: "hold" | "zero";
  /** What a relative part is told from, `offset` rows from the sample's row on. */
  readonly reference?: Columns & { readonly offset: number };
}

interface PartsOptions {
  readonly name: string;
  readonly offsets: ArrayLike<number>;
  readonly parts: readonly LanePart[];
  /** How a flipped sample's numbers are mirrored, by stream; before they are normalised. */
  readonly mirrors?: ReadonlyMap<string, MirrorMap>;
}

/** Parts of streams, normalised and put one behind another, as float32. */
export function partsLane({ name, offsets, parts, mirrors = new Map() }: PartsOptions): NumberLane {
  const steps = Int32Array.from(offsets);
  const width = parts.at(-1)?.segment.to ?? 0;
  const fillers = parts.map((part) => fillerOf(part, { steps, width, mirrors }));
  const streams = parts.flatMap(({ columns, reference, segment }) =>
    segment.kind === "padding" ? [] : [columns.stream, ...(reference ? [reference.stream] : [])],
  );
  return {
    name,
    dtype: "float32",
    shape: [width],
    offsets: steps,
    streams: [...new Set(streams)],
    fill(episode, row, target, at, look) {
      for (const fill of fillers) fill(episode, row, target, at, look);
    },
  };
}

type Fill = NumberLane["fill"];

function fillerOf(
  { columns, segment, beyond, reference }: LanePart,
  lane: { readonly steps: Int32Array; readonly width: number; readonly mirrors: ReadonlyMap<string, MirrorMap> },
): Fill {
  const { steps, width, mirrors } = lane;
  const normaliser: Normaliser = normaliserOf(segment);
  const row = new Float64Array(rawWidthOf(segment));
  const state = reference && new Float64Array(reference.end - reference.start);
  return (episode: EpisodeNumbers, at: number, target: NumberArray, to: number, look?: Look) => {
    const mirror = look?.flip ? mirrors : undefined;
    if (state) cutRow(episode, reference, held(at + reference.offset, episode.rows), state, mirror?.get(reference.stream));
    for (let step = 0; step < steps.length; step++) {
      const wanted = at + steps[step]!;
      const outside = wanted < 0 || wanted >= episode.rows;
      if (outside && beyond === "zero") row.fill(0);
      else if (row.length > 0) cutRow(episode, columns, held(wanted, episode.rows), row, mirror?.get(columns.stream));
      normaliser.apply(row, { step, reference: state }, target, to + step * width + segment.from);
    }
  };
}

function cutRow(
  episode: EpisodeNumbers,
  { stream, start }: Columns,
  row: number,
  into: Float64Array,
  mirror: MirrorMap | undefined,
): void {
  const column = episode.columns.get(stream) as Float64Array;
  const from = row * (column.length / episode.rows);
  if (!mirror) for (let index = 0; index < into.length; index++) into[index] = Number(column[from + start + index]!);
  else {
    for (let index = 0; index < into.length; index++) {
      const place = start + index;
      into[index] = mirror.sign[place]! * column[from + mirror.from[place]!]!;
    }
  }
}
