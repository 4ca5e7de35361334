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

/** The state's groups, each with the commands that it should follow, then what is left. */
function plotsOf(schema: EpisodeSchema, streams: readonly StreamFacts[]): PlotFacts[] {
  const state = streams.find(({ stream }) => stream === STATE);
  const action = streams.find(({ stream }) => stream === "action");
  const free = new Set(action ? groupsOf(schema, action) : []);
  const plots: PlotFacts[] = [];
  const add = (stream: StreamFacts, title: string, lines: readonly LineFacts[]) =>
    plots.push({ title, ...(stream.unit !== undefined && { unit: stream.unit }), lines });
  for (const group of state ? groupsOf(schema, state) : []) {
    const partner = [...free].find((command) => follows(group, command));
    if (partner) free.delete(partner);
    add(
      state!,
      group.title,
      group.channels.map((channel, index) => measuredLine(channel, index, partner)),
    );
  }
  function measuredLine(channel: number, index: number, partner: ChannelGroup | undefined): LineFacts {
    const name = state!.names[channel]!;
    const line = { name, measured: state!.first + channel };
    if (!partner) return line;
    const same = partner.names.indexOf(name);
    return { ...line, commanded: action!.first + partner.channels[same < 0 ? index : same]! };
  }
  for (const stream of streams) {
    if (stream === state) continue;
    for (const group of stream === action ? free : groupsOf(schema, stream)) {
      const label = shortName(stream.stream);
      const title = group.title.startsWith(label) ? group.title : `${label}: ${group.title}`;
      const kind = isAction(stream.stream) ? "commanded" : "measured";
      add(
        stream,
        title,
        group.channels.map((channel) => ({ name: stream.names[channel]!, [kind]: stream.first + channel })),
      );
    }
  }
  return plots;
}

interface ChannelGroup {
  readonly title: string;
  readonly channels: readonly number[];
  /** One a channel. */
  readonly names: readonly string[];
  /** By the source or by `assemble`, not by guessing from names. */
  readonly told: boolean;
}

/** The same joints, in whatever order; or a group that was told to be the same part of the robot, joint by joint. */
function follows(state: ChannelGroup, action: ChannelGroup): boolean {
  if (state.names.length !== action.names.length) return false;
  if (state.names.every((name) => action.names.includes(name))) return state.title === action.title || !state.told;
  return state.told && action.told && state.title === action.title && !state.names.some((name) => action.names.includes(name));
}

/** As the source or `assemble` told; else by the part of the body that the names speak of; else a few at a time. */
function groupsOf({ groups }: EpisodeSchema, { stream, names }: StreamFacts): ChannelGroup[] {
  const label = shortName(stream);
  const made = (title: string, channels: readonly number[], told: boolean): ChannelGroup[] =>
    inPieces({ title, channels, names: channels.map((channel) => names[channel]!), told });
  const given = groups?.[stream] ?? [];
  if (given.length > 0) {
    const covered = new Set(given.flatMap(({ start, end }) => range(start, end)));
    const rest = range(0, names.length).filter((channel) => !covered.has(channel));
    const said = given.flatMap(({ name, start, end }) => made(name, range(start, Math.min(end, names.length)), true));
    return [...said, ...(rest.length > 0 ? made(label, rest, false) : [])];
  }
  if (stream !== STATE && !isAction(stream)) return made(label, range(0, names.length), false);
  const byPart = Map.groupBy(range(0, names.length), (channel) => bodyPart(names[channel]!) ?? label);
  return [...byPart].flatMap(([title, channels]) => made(title, channels, false));
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

function inPieces(group: ChannelGroup): ChannelGroup[] {
  const { title, channels, names } = group;
  if (channels.length <= LINES_MAX) return [group];
  const pieces = Math.ceil(channels.length / LINES_MAX);
  const size = Math.ceil(channels.length / pieces);
  return Array.from({ length: pieces }, (_, piece) => {
    const [from, to] = [piece * size, (piece + 1) * size];
    const numbered = `${title} ${piece + 1}/${pieces}`;
    return { ...group, title: numbered, channels: channels.slice(from, to), names: names.slice(from, to) };
  });
}

/** `state` of `observation.state`. */
export function shortName(stream: string): string {
  return stream.replace(/^observation\./, "").replace(/^images\./, "");
}

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}
