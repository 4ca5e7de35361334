import type { Batch, Encoding, Want } from "../../../core/batch.ts";
import { digest } from "../../../core/digest.ts";
import type { Episode, StreamStatistics } from "../../../core/episode.ts";
import { TendonError } from "../../../core/errors.ts";
import type { EpisodeSchema } from "../../../core/feature.ts";
import type { Parked, Part } from "../../../core/part.ts";
import type { ParkWants, WriteContext } from "../../../core/sink.ts";
import type { Watcher } from "../../../core/watcher.ts";
import { encodingOf, type VideoOptions } from "./options.ts";
import { pictureWatch } from "./pictures.ts";
import { pixelFormatOf, unreadable } from "./pixels.ts";
import { tableStreams, viewStreams } from "./streams.ts";
import { type TextCounts, textWatch } from "./texts.ts";

/** What an episode's part says of it when files are laid out. A type, not an interface, so that it is JSON. */
export type EpisodeSummary = {
  readonly rows: number;
  /** Streams with a missing value in some row. */
  readonly masked: readonly string[];
  /** Distinct texts of the indexed streams, in order of appearance, and how many rows have each. */
  readonly texts: { readonly [stream: string]: TextCounts };
  /** Bytes of all text on the grid. */
  readonly textBytes: number;
  readonly cameras: { readonly [stream: string]: CameraSummary };
};

export type CameraSummary = {
  readonly pixelFormat: string;
  /** Counts of pixel values `[channel * 256 + value]` over so many pictures. */
  readonly counted?: { readonly pictures: number; readonly counts: readonly number[] };
  /** Statistics that came with the recording. */
  readonly carried?: { readonly [key in keyof StreamStatistics]: StreamStatistics[key] };
};

export interface WriteOptions extends VideoOptions {
  /** Text streams whose texts become numbers in the tasks table. */
  readonly indexed: (stream: string) => boolean;
  /** Tables beside `rows`, each of streams that share their times. */
  readonly tables?: (episode: Episode) => ParkWants["tables"];
}

/** How one camera of one episode is taken. */
interface CameraPlan {
  readonly stream: string;
  readonly encoding: "as recorded" | Encoding;
  readonly pixelFormat: string;
  readonly carried?: StreamStatistics;
}

/** All that a view of such episodes wants: rows, pictures as they would be encoded, and streams off the grid. */
export function viewWants(schema: EpisodeSchema, options: VideoOptions, others: readonly string[] = []): readonly Want[] {
  const streams = viewStreams(schema);
  const rows = [...tableStreams(streams), ...others].map((stream): Want => {
    return { stream, as: schema.features[stream]!.dtype === "text" ? "bytes" : "rows" };
  });
  return [...rows, ...streams.cameras.map((stream): Want => ({ stream, as: "packets", encoding: encodingOf(options) }))];
}

/** Float32 seconds tell frames apart to LeRobot's tolerance of 0.1 ms up to here. */
const TIMESTAMP_SECONDS_MAX = 1024;

/** Parks an episode's rows and pictures, and learns what must be known of them before files are laid out. */
export async function watchEpisode(
  episode: Episode,
  context: WriteContext,
  options: WriteOptions,
): Promise<Watcher<Part<EpisodeSummary>>> {
  const streams = viewStreams(episode.schema);
  const rows = (await episode.times(tableStreams(streams)[0]!)).time.length;
  if (rows === 0) return dropped(episode, context, "has no row on the grid; its streams may not overlap in time");
  warnOfLength(episode, context, rows / streams.rateHz);
  sayLeftOut(episode, context, streams.opaque);
  const cameras: CameraPlan[] = [];
  for (const stream of streams.cameras) {
    const plan = await planCamera(episode, stream, rows, options);
    if (typeof plan === "string") return dropped(episode, context, `${stream} cannot be copied: ${plan}`);
    cameras.push(plan);
  }
  const parking = await context.park(episode, {
    tables: { ...options.tables?.(episode), rows: tableStreams(streams) },
    packets: cameras.map(({ stream, encoding }) => ({ stream, as: "packets", encoding })),
  });
  const counted = options.imageStatistics === "none" ? [] : cameras.filter((camera) => !camera.carried);
  const pictures = pictureWatch(
    episode,
    counted.map((camera) => camera.stream),
    rows,
    options.imageStatistics,
  );
  const texts = textWatch(episode.schema, options.indexed);
  const first = parking.wants.length;
  return {
    wants: [...parking.wants, ...pictures.wants],
    async push(want, batch) {
      if (want >= first) return pictures.push(want - first, batch);
      texts.look(parking.wants[want]!, batch);
      await parking.push(want, batch);
    },
    async close() {
      const parked = await parking.close();
      checkRows(parked, rows, cameras);
      const summary: EpisodeSummary = {
        rows,
        ...texts.end(),
        cameras: Object.fromEntries(cameras.map((camera) => [camera.stream, summarize(camera, pictures.counted(camera.stream))])),
      };
      return { ...parked, key: digest([parked, summary]), episode: episode.id, summary };
    },
    abort: (reason) => {
      pictures.abort();
      return parking.abort(reason);
    },
  };
}

function summarize(camera: CameraPlan, counted: CameraSummary["counted"]): CameraSummary {
  return {
    pixelFormat: camera.pixelFormat,
    ...(counted && { counted }),
    ...(camera.carried && { carried: camera.carried }),
  };
}

/** A reason where only a copy was asked for and cannot be. */
async function planCamera(episode: Episode, stream: string, rows: number, options: WriteOptions): Promise<CameraPlan | string> {
  const { time, copy } = await episode.times(stream);
  if (time.length !== rows) {
    throw new TendonError("bad-data", `has ${time.length} frames for ${rows} rows; align it to them with \`- align: {}\``, {
      place: { episode: episode.id, stream },
    });
  }
  const reason = copy === undefined ? "its coded pictures are not known" : copy.can ? unreadable(copy.config) : copy.reason;
  if (options.video === "encode" || (options.video === "auto" && reason !== undefined)) {
    const encoding = encodingOf(options);
    return { stream, encoding, pixelFormat: encoding.pixelFormat };
  }
  if (reason !== undefined || !copy?.can) return reason ?? "its coded pictures are not known";
  const carried = options.imageStatistics === "sampled" ? copy.carried : undefined;
  return { stream, encoding: "as recorded", pixelFormat: pixelFormatOf(copy.config)!, ...(carried && { carried }) };
}

function checkRows(parked: Parked, rows: number, cameras: readonly CameraPlan[]): void {
  const table = parked.tables.rows;
  if (table?.rows !== rows) throw new TendonError("bad-data", `gave ${table?.rows ?? 0} rows where its times told ${rows}`);
  for (const { stream } of cameras) {
    const frames = parked.packets[stream]?.samples ?? 0;
    if (frames !== rows) throw new TendonError("bad-data", `gave ${frames} coded frames for ${rows} rows`, { place: { stream } });
  }
}

function warnOfLength(episode: Episode, context: WriteContext, durationSec: number): void {
  if (durationSec <= TIMESTAMP_SECONDS_MAX) return;
  context.find({
    check: "lerobot",
    severity: "risk",
    episode: episode.id,
    message: `lasts ${Math.round(durationSec)} s; LeRobot's float32 timestamps are too coarse past ${TIMESTAMP_SECONDS_MAX} s and its loader may refuse frames: cut it with \`- trim\``,
  });
}

function sayLeftOut(episode: Episode, context: WriteContext, opaque: readonly string[]): void {
  for (const stream of opaque) {
    context.find({
      check: "lerobot",
      severity: "note",
      episode: episode.id,
      stream,
      message: "holds opaque messages, which are no column: it is left out of the view",
    });
  }
}

/** The engine leaves a dropped episode out, so what this gives is never read. */
function dropped(episode: Episode, context: WriteContext, reason: string): Watcher<Part<EpisodeSummary>> {
  context.drop({ episode: episode.id }, reason);
  const summary = { rows: 0, masked: [], texts: {}, textBytes: 0, cameras: {} };
  const part = { key: digest(summary), episode: episode.id, tables: {}, packets: {}, summary };
  return {
    wants: [] as readonly Want[],
    push: (_want: number, _batch: Batch) => undefined,
    close: () => part,
    abort: () => undefined,
  };
}
