import { type EpisodeSchema, type Feature, isAction, width } from "../../core/feature.ts";
import type { CameraFacts, LineFacts, PlotFacts, SchemaFacts, StreamFacts } from "./model.ts";

const CHANNELS_MAX = 256;
const LINES_MAX = 8;
/** Kept for the record alone: they draw a straight line. */
const DULL = ["source.timestamp"];
const STATE = "observation.state";

/** What of a schema may be plotted, and what is drawn together. */
export function schemaFacts(schema: EpisodeSchema): SchemaFacts {
  const streams = streamsOf(schema);
  return {
    embodiment: schema.embodiment,
    rateHz: schema.grid?.rateHz ?? 0,
    cameras: camerasOf(schema),
    streams,
    plots: plotsOf(schema, streams),
  };
}

function camerasOf({ features }: EpisodeSchema): CameraFacts[] {
  return Object.entries(features).flatMap(([stream, { video }]) =>
    video ? [{ stream, width: video.width, height: video.height, codec: video.codec }] : [],
  );
}

function streamsOf({ features, grid }: EpisodeSchema): StreamFacts[] {
  const found: StreamFacts[] = [];
  let first = 0;
  const order = (stream: string) => (stream === STATE ? 0 : isAction(stream) ? 1 : 2);
  const names = Object.keys(features).sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
  for (const stream of names) {
    const feature = features[stream]!;
    if (!isPlotted(feature) || DULL.includes(stream) || (grid && !grid.streams.includes(stream))) continue;
    const count = width(feature);
    if (count === 0 || first + count > CHANNELS_MAX) continue;
    found.push({
      stream,
      ...(feature.unit !== undefined && { unit: feature.unit }),
      names: channelNames(stream, feature, count),
      first,
    });
    first += count;
  }
  return found;
}

function isPlotted({ dtype, shape }: Feature): boolean {
  return dtype !== "text" && dtype !== "bytes" && dtype !== "video" && !shape.includes("any");
}

function channelNames(stream: string, { names }: Feature, count: number): string[] {
  if (names?.length === count) return [...names];
  if (count === 1) return [stream.slice(stream.lastIndexOf(".") + 1)];
  return Array.from({ length: count }, (_, index) => String(index));
}

/** The state's groups with the commands of the same names, then what is left. */
function plotsOf(schema: EpisodeSchema, streams: readonly StreamFacts[]): PlotFacts[] {
  const state = streams.find(({ stream }) => stream === STATE);
  const action = streams.find(({ stream }) => stream === "action");
  const paired = state && action && sameNames(state.names, action.names);
  const plots: PlotFacts[] = [];
  for (const stream of streams) {
    if (paired && stream === action) continue;
    for (const { title, channels } of groupsOf(schema, stream)) {
      const lines = channels.map((channel): LineFacts => {
        const name = stream.names[channel]!;
        const place = stream.first + channel;
        if (paired && stream === state) return { name, measured: place, commanded: action.first + channel };
        return isAction(stream.stream) ? { name, commanded: place } : { name, measured: place };
      });
      plots.push({ title, ...(stream.unit !== undefined && { unit: stream.unit }), lines });
    }
  }
  return plots;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

interface ChannelGroup {
  readonly title: string;
  readonly channels: readonly number[];
}

/** As the source or `assemble` told; else by the part of the body that the names speak of; else a few at a time. */
function groupsOf({ groups }: EpisodeSchema, { stream, names }: StreamFacts): ChannelGroup[] {
  const given = groups?.[stream];
  const label = shortName(stream);
  if (given && given.length > 0) {
    const said = given.map(({ name, start, end }) => ({ title: name, channels: range(start, Math.min(end, names.length)) }));
    const covered = new Set(said.flatMap(({ channels }) => channels));
    const rest = range(0, names.length).filter((channel) => !covered.has(channel));
    return [...said, ...(rest.length > 0 ? [{ title: label, channels: rest }] : [])].flatMap(inPieces);
  }
  const parts = names.map(bodyPart);
  if (parts.some((part) => part !== undefined) && stream !== label) {
    const byPart = new Map<string, number[]>();
    for (const [channel, part] of parts.entries()) byPart.set(part ?? "other", [...(byPart.get(part ?? "other") ?? []), channel]);
    return [...byPart].map(([title, channels]) => ({ title, channels })).flatMap(inPieces);
  }
  return inPieces({ title: label, channels: range(0, names.length) });
}

const PARTS: readonly (readonly [string, RegExp])[] = [
  ["hand", /hand|finger|thumb|pinky|gripper|jaw/i],
  ["arm", /shoulder|elbow|wrist|arm/i],
  ["leg", /hip|knee|ankle|leg/i],
  ["waist", /waist|torso/i],
  ["head", /head|neck/i],
];

/** `left arm` of `kLeftShoulderPitch`. */
export function bodyPart(name: string): string | undefined {
  const part = PARTS.find(([, words]) => words.test(name))?.[0];
  if (part === undefined) return undefined;
  const side = /left|(^|_)l_/i.test(name) ? "left " : /right|(^|_)r_/i.test(name) ? "right " : "";
  return side + part;
}

function inPieces({ title, channels }: ChannelGroup): ChannelGroup[] {
  if (channels.length <= LINES_MAX) return [{ title, channels }];
  const pieces = Math.ceil(channels.length / LINES_MAX);
  const size = Math.ceil(channels.length / pieces);
  return Array.from({ length: pieces }, (_, piece) => ({
    title: `${title} ${piece + 1}/${pieces}`,
    channels: channels.slice(piece * size, (piece + 1) * size),
  }));
}

/** `state` of `observation.state`. */
export function shortName(stream: string): string {
  return stream.replace(/^observation\./, "").replace(/^images\./, "");
}

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}
