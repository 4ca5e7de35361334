import { digest } from "../../core/digest.ts";
import type { EpisodeSchema, Feature } from "../../core/feature.ts";
import { chooseTime, nominalRate, type TopicTime } from "./clock.ts";
import type { Column, Offer } from "./column.ts";
import type { Decoder } from "./decoders.ts";
import { inferredOffers } from "./inferred.ts";
import { actionPath, cameraNames, isCommandTopic, pathOf } from "./names.ts";
import type { McapOptions } from "./options.ts";
import { isPictureType, isRawPictureType, type Picture, pictureOf, videoInfo } from "./pictures.ts";
import type { Probe } from "./probe.ts";
import type { Refusal } from "./refusal.ts";
import { isCommandType, knownOffers } from "./types.ts";

/** One stream of a topic. */
export interface StreamLayout {
  readonly name: string;
  readonly feature: Feature;
  readonly column: Column;
}

/** A topic that is read, and the streams made of its messages. */
export interface TopicLayout {
  readonly topic: string;
  readonly decoder: Decoder;
  readonly channel: Probe["channel"];
  readonly time: TopicTime;
  readonly streams: readonly StreamLayout[];
  /** The configuration of its first picture, where it is a camera. */
  readonly picture?: NonNullable<Picture["config"]>;
}

/** Something about a topic that a person should know before training on it. */
export interface TopicNote {
  readonly topic: string;
  readonly message: string;
}

/** All streams of a recording. */
export interface RecordingLayout {
  readonly topics: readonly TopicLayout[];
  /** Topics that cannot be read, and why. */
  readonly refused: readonly TopicNote[];
  readonly notes: readonly TopicNote[];
}

/** Tells streams from the first messages of each topic, and names them. */
export function layoutOf(probes: readonly Probe[], options: Pick<McapOptions, "streams" | "time">): RecordingLayout {
  const refused: TopicNote[] = [];
  const notes: TopicNote[] = [];
  const asked = probes.filter(({ topic }) => options.streams[topic] !== false);
  const wanted = asked.filter((probe) => {
    const other = options.streams[probe.topic] === undefined && isRaw(probe) && compressedOf(probe.topic, asked);
    if (other)
      notes.push({
        topic: probe.topic,
        message: `its pictures are read from ${other}; name it in \`streams\` to have these too`,
      });
    return !other;
  });
  const cameras = cameraNames(wanted.filter(({ decoder }) => isCamera(decoder)).map(({ topic }) => topic));
  const used = new Set<string>();
  const topics: TopicLayout[] = [];
  for (const probe of wanted) {
    const { layout, refusal, note } = topicLayout(probe, cameras, options);
    const { topic } = probe;
    if (refusal !== undefined) refused.push({ topic, message: refusal });
    if (note !== undefined) notes.push({ topic, message: note });
    const clash = layout?.streams.find(({ name }) => used.has(name));
    if (clash)
      refused.push({ topic, message: `its stream ${clash.name} has the name of another topic's; name it with \`streams\`` });
    else if (layout) topics.push(layout);
    for (const { name } of layout?.streams ?? []) used.add(name);
  }
  return withoutOpaque({ topics, refused, notes }, options);
}

function isRaw({ decoder }: Probe): boolean {
  return !("refused" in decoder) && isRawPictureType(decoder.type);
}

/** The topic of the same camera's compressed pictures: ROS names it below the raw one. */
function compressedOf(topic: string, probes: readonly Probe[]): string | undefined {
  const below = probes.filter((probe) => probe.topic.startsWith(`${topic}/`) && isCamera(probe.decoder) && !isRaw(probe));
  return below.find(({ topic: other }) => !other.endsWith("Depth"))?.topic;
}

/**
 * Messages that nobody understands can be no column. Where a dataset can be made they would only be
 * in its way, and part recordings that differ in nothing else; in any other recording, which can only
 * be looked at, they are listed.
 */
function withoutOpaque(layout: RecordingLayout, options: Pick<McapOptions, "streams">): RecordingLayout {
  const has = (as: Column["as"]) => layout.topics.some(({ streams }) => streams.some(({ column }) => column.as === as));
  if (!has("picture") || !has("rows")) return layout;
  const left = layout.topics.filter(({ topic, streams }) => isOpaque(streams) && options.streams[topic] === undefined);
  const refused = new Set(layout.refused.map(({ topic }) => topic));
  const untold = left.filter(({ topic }) => !refused.has(topic));
  const notes = untold.map(({ topic, decoder }) => ({
    topic,
    message: `its messages (${decoder.type || "of no type"}) are no streams; name it in \`streams\` to have them as bytes`,
  }));
  return { ...layout, topics: layout.topics.filter((topic) => !left.includes(topic)), notes: [...layout.notes, ...notes] };
}

function isOpaque(streams: readonly StreamLayout[]): boolean {
  return streams.every(({ column }) => column.as === "message");
}

interface Told {
  readonly layout?: TopicLayout;
  /** Why nothing but its bytes, or nothing at all, can be read. */
  readonly refusal?: string;
  readonly note?: string;
}

function topicLayout(probe: Probe, cameras: ReadonlyMap<string, string>, options: Pick<McapOptions, "streams" | "time">): Told {
  const { topic, channel, decoder, first } = probe;
  if ("refused" in decoder) return { refusal: decoder.refused };
  if (!first) return {};
  const offered = offersOf(probe, decoder);
  const { offers, picture }: Offered = "refused" in offered ? { offers: [OPAQUE] } : offered;
  const { time, why } = chooseTime(options.time, { header: probe.header[0], log: first.log });
  const rateHz = nominalRate(time === "header" ? probe.header : probe[time]);
  const named = offers.map((offer) => name(offer, { topic, type: decoder.type, cameras, given: options.streams[topic] }));
  const streams = named.map((stream) => (rateHz === undefined || isOpaque([stream]) ? stream : withRate(stream, rateHz)));
  return {
    layout: { topic, decoder, channel, time, streams, ...(picture && { picture }) },
    ...("refused" in offered && { refusal: offered.refused }),
    // Where nothing is read of a topic but its bytes, which clock it goes by is of no interest.
    ...(why !== undefined && !isOpaque(streams) && { note: why }),
  };
}

/** The schema of recordings with these streams. Its key is made of what a trainer would see change: not of rates, except a camera's. */
export function schemaOf(layout: RecordingLayout, embodiment: string): EpisodeSchema {
  const streams = layout.topics.flatMap(({ streams }) => streams);
  const features = Object.fromEntries(streams.map(({ name, feature }) => [name, feature]));
  const telling = Object.fromEntries(streams.map(({ name, feature }) => [name, feature.video ? feature : withoutRate(feature)]));
  return { key: `${embodiment}-${digest({ embodiment, telling }).slice(0, 12)}`, embodiment, features };
}

/** A message that is not understood: its bytes can be listed and read as they are. */
const OPAQUE: Offer = { suffix: "", feature: { dtype: "bytes", shape: [], optional: true }, column: { as: "message" } };

interface Offered {
  readonly offers: readonly Offer[];
  readonly picture?: NonNullable<Picture["config"]>;
}

function isCamera(decoder: Decoder | Refusal): boolean {
  return !("refused" in decoder) && isPictureType(decoder.type);
}

function offersOf(probe: Probe, decoder: Decoder): Offered | Refusal {
  try {
    if (isPictureType(decoder.type)) return pictureOffer(probe, decoder);
    const known = knownOffers(decoder.type);
    if (!known && (!decoder.selfDescribing || decoder.type.startsWith("foxglove."))) return { offers: [OPAQUE] };
    const first = decoder.decode(probe.first!.bytes);
    const offers = known ? known(first) : inferredOffers(first);
    if ("refused" in offers) return offers;
    return { offers: offers.length === 0 ? [OPAQUE] : offers };
  } catch (error) {
    return { refused: `its first message cannot be decoded as ${decoder.type}: ${(error as Error).message}` };
  }
}

function pictureOffer(probe: Probe, decoder: Decoder): Offered | Refusal {
  let why: Refusal = { refused: "it has no picture" };
  for (const bytes of probe.firsts) {
    const picture = pictureOf(decoder.type, decoder.decode(bytes));
    if ("refused" in picture) why = picture;
    else if (picture.config) {
      const { config } = picture;
      const shape = [config.height, config.width, config.depth ? 1 : 3];
      const feature: Feature = { dtype: "video", shape, video: videoInfo(config) };
      const read = (message: unknown) => {
        const each = pictureOf(decoder.type, message);
        return "refused" in each ? undefined : each.packet;
      };
      return { offers: [{ suffix: "", feature, column: { as: "picture", read } }], picture: config };
    } else why = { refused: "none of its first pictures begins a group: there is nothing to start decoding from" };
  }
  return why;
}

function name(
  offer: Offer,
  about: {
    readonly topic: string;
    readonly type: string;
    readonly cameras: ReadonlyMap<string, string>;
    readonly given: string | false | undefined;
  },
): StreamLayout {
  const base = typeof about.given === "string" ? about.given : inferredName(offer, about);
  const { feature, column } = offer;
  return { name: offer.suffix === "" ? base : `${base}.${offer.suffix}`, feature, column };
}

function inferredName(
  offer: Offer,
  { topic, type, cameras }: { readonly topic: string; readonly type: string; readonly cameras: ReadonlyMap<string, string> },
): string {
  if (offer.feature.dtype === "video") return `observation.images.${cameras.get(topic)}`;
  if (offer.column.as === "rows" && (isCommandType(type) || isCommandTopic(topic))) return actionPath(topic);
  return pathOf(topic);
}

function withRate(stream: StreamLayout, rateHz: number): StreamLayout {
  return { ...stream, feature: { ...stream.feature, rateHz } };
}

function withoutRate(feature: Feature): Feature {
  const { rateHz: _rate, ...rest } = feature;
  return rest;
}
