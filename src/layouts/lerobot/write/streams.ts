import { TendonError } from "../../../core/errors.ts";
import { type EpisodeSchema, type Feature, type Grid, width } from "../../../core/feature.ts";

/** What a LeRobot folder makes of the streams on the grid. */
export interface ViewStreams {
  readonly rateHz: number;
  readonly cameras: readonly string[];
  /** One sample a row, as numbers. */
  readonly numbers: readonly string[];
  /** One text a row, without `task`. */
  readonly texts: readonly string[];
  /** The stream of instructions, where they may change within an episode. */
  readonly task?: "task";
  /** Opaque messages, which are no column: left out. */
  readonly opaque: readonly string[];
}

/** Column names that the format keeps for itself. */
const RESERVED = new Set(["timestamp", "frame_index", "episode_index", "index", "task_index", "time_ns"]);
const DIMENSIONS_MAX = 4;

/** Sorts the grid's streams, or says why a trainer's folder cannot be made of them. */
export function viewStreams(schema: EpisodeSchema): ViewStreams {
  const grid = gridOf(schema);
  const cameras: string[] = [];
  const numbers: string[] = [];
  const texts: string[] = [];
  const opaque: string[] = [];
  for (const stream of grid.streams) {
    const feature = schema.features[stream];
    if (feature === undefined) throw refused(stream, "is on the grid but not in the schema");
    if (feature.dtype === "video") cameras.push(checkName(stream));
    else if (feature.dtype === "bytes") opaque.push(stream);
    else if (feature.dtype === "text") texts.push(checkName(stream));
    else numbers.push(checkNumbers(checkName(stream), feature));
  }
  if (numbers.length + texts.length === 0) {
    const streams = [...cameras, ...opaque].join(", ");
    throw new TendonError(
      "bad-pipeline",
      `rows need at least one stream of numbers or text beside ${streams}, such as observation.state or action; add \`- assemble: {}\` or keep one with \`select\``,
    );
  }
  return {
    rateHz: grid.rateHz,
    cameras,
    numbers,
    texts: texts.filter((stream) => stream !== "task"),
    ...(texts.includes("task") && { task: "task" as const }),
    opaque,
  };
}

/** All streams that stand in the table of rows. */
export function tableStreams(streams: ViewStreams): readonly string[] {
  return [...streams.numbers, ...(streams.task ? [streams.task] : []), ...streams.texts];
}

function gridOf(schema: EpisodeSchema): Grid {
  if (schema.grid && schema.grid.streams.length > 0) return schema.grid;
  throw new TendonError(
    "bad-pipeline",
    `needs rows on one grid, but the streams of ${schema.embodiment} have their own times; add \`- align: {}\` to the stages`,
  );
}

function checkName(stream: string): string {
  if (RESERVED.has(stream)) throw refused(stream, "has a name that LeRobot keeps for its own column");
  if (stream.includes("/")) throw refused(stream, "has a `/` in its name, which LeRobot does not allow");
  if (stream.endsWith(".valid")) throw refused(stream, "has a name that tells which rows of another stream are there");
  if (stream === "" || stream === "." || stream === "..") throw refused(stream, "cannot name a folder");
  return stream;
}

function checkNumbers(stream: string, feature: Feature): string {
  if (feature.shape.includes("any")) throw leaveOut(stream, "has samples of any length, which are no column");
  if (feature.shape.length > DIMENSIONS_MAX) throw leaveOut(stream, `has ${feature.shape.length} dimensions; LeRobot knows 4`);
  if (width(feature) === 0) throw leaveOut(stream, `has no numbers (shape [${feature.shape.join(", ")}])`);
  return stream;
}

function refused(stream: string, why: string): TendonError {
  return new TendonError("bad-pipeline", `${why}; give it another with \`- rename\``, { place: { stream } });
}

function leaveOut(stream: string, why: string): TendonError {
  return new TendonError("bad-pipeline", `${why}; leave it out with \`- select\``, { place: { stream } });
}
