import {
  CustomSource,
  EncodedPacketSink,
  Input,
  type InputVideoTrack,
  Logging,
  LogLevel,
  MATROSKA,
  MP4,
  QTFF,
  UnsupportedInputFormatError,
  WEBM,
} from "mediabunny";
import type { CodecConfig, PacketsBatch } from "../../core/batch.ts";
import { asTendonError, TendonError } from "../../core/errors.ts";
import { openReader, type RandomReader } from "../../io/reader.ts";
import { readMovie } from "./boxes.ts";
import { readFoundPackets } from "./foundPackets.ts";
import { keepIndex, readKeptIndex, type VideoIndex } from "./keptIndex.ts";
import { type PacketTable, packetTable } from "./mp4Tables.ts";
import { indexPackets, type PacketTicks, presentedFrames, type VideoTimes } from "./packetIndex.ts";
import { type PacketPlaces, readTablePackets } from "./tablePackets.ts";
import { readCodecConfig } from "./trackConfig.ts";

/** A video file opened for reading. Nothing of its pictures is held in memory. */
export interface VideoFile {
  readonly config: CodecConfig;
  /** The steady rate of the frames where they keep one to the file's own precision, else their mean rate. 0 for a single frame. */
  readonly rateHz: number;
  readonly frames: number;
  /** Frames that are there only to decode others, hidden by the file's edit list: they come in `packets` with negative times, and are not counted in `frames`. */
  readonly hidden: number;
  /** Degrees clockwise by which a player would turn the pictures: 0, 90, 180 or 270. Decoding does not. */
  readonly rotation: number;
  times(): VideoTimes;
  /** In decode order, from the last key frame at or before `fromFrame` (a place in `times`, default 0). A batch is valid until the next pull. */
  packets(options?: PacketsOptions): AsyncIterable<PacketsBatch>;
  close(): Promise<void>;
}

/** How packets are read. Batches hold at most so many packets and, from two packets on, so many bytes. */
export interface PacketsOptions {
  readonly fromFrame?: number;
  readonly batchPackets?: number;
  readonly batchBytes?: number;
}

const CACHE_BYTES_MAX = 4 << 20;
/** Tables stand at either end of a file and are small; packets come past these blocks. */
const BLOCK_BYTES = 1 << 16;

Logging.level = LogLevel.Silent;

/** How a file is opened. */
export interface OpenOptions {
  /** A folder that keeps what the tables of long files come to, for whoever opens them next. */
  readonly indexFolder?: string | undefined;
}

/** Opens an mp4, mov, Matroska or WebM file. Reads its tables, whatever its codec, and no picture but perhaps the first. */
export async function openVideo(path: string, { indexFolder }: OpenOptions = {}): Promise<VideoFile> {
  const reader = await openReader(path, { blockBytes: BLOCK_BYTES, fetch: "as asked" });
  try {
    const kept = indexFolder === undefined ? undefined : await readKeptIndex(indexFolder, path);
    const read = kept ? { ...kept, track: undefined, input: undefined } : await readTrack(path, reader);
    const { config, rotation, index, presented, input, places } = read;
    if (!kept && places && indexFolder !== undefined) await keepIndex(indexFolder, path, { ...read, places });
    return {
      config,
      rateHz: index.rateHz,
      frames: presented.time.length,
      hidden: index.time.length - presented.time.length,
      rotation,
      times: () => presented,
      packets: (options = {}) => readPackets({ ...read, reader }, options),
      close: async () => {
        input?.dispose();
        await reader.close();
      },
    };
  } catch (thrown) {
    await reader.close();
    throw explain(thrown, reader);
  }
}

/** What is known of a file, and Mediabunny's view of it where it had to be asked. */
interface ReadTrack extends Omit<VideoIndex, "places"> {
  readonly track: InputVideoTrack | undefined;
  readonly input: Input | undefined;
  /** Where the packets lie, if that is known. */
  readonly places: PacketPlaces | undefined;
}

async function readTrack(path: string, reader: RandomReader): Promise<ReadTrack> {
  if (reader.sizeBytes === 0) throw new TendonError("bad-data", "is empty (0 bytes)", { place: { file: path, offset: 0 } });
  const input = new Input({ source: sourceOf(reader), formats: [MP4, QTFF, MATROSKA, WEBM] });
  const track = await input.getPrimaryVideoTrack();
  if (!track) {
    const others = (await input.getTracks()).map((other) => other.type);
    const held = others.length === 0 ? "no complete track (is its end missing?)" : `only ${others.join(", ")}`;
    throw new TendonError("bad-data", `has no video: it holds ${held}`, { place: { file: path } });
  }
  const movie = await readMovie(reader, track.number - 1);
  const table = movie && packetTable(movie);
  const index = indexPackets(table ? checkedTable(table, reader) : await readTicks(track, reader));
  const config = await readCodecConfig(track, movie, reader);
  return { config, rotation: await track.getRotation(), index, presented: presentedFrames(index), places: table, track, input };
}

function checkedTable(table: PacketTable, reader: RandomReader): PacketTicks {
  let bytes = 0;
  for (const size of table.size) bytes += size;
  checkPromise(table.size.length, bytes, reader);
  return table;
}

/** Tables may promise more than there is: nothing of that size is made room for. */
function checkPromise(packets: number, bytes: number, reader: RandomReader): void {
  if (bytes <= reader.sizeBytes && packets <= reader.sizeBytes) return;
  const promised = `${packets} packets of ${bytes} bytes or more in a file of ${reader.sizeBytes} bytes`;
  throw new TendonError("bad-data", `is cut off or wrong: its tables promise ${promised}`, {
    place: { file: reader.path, offset: reader.sizeBytes },
  });
}

async function readTicks(track: InputVideoTrack, reader: RandomReader): Promise<PacketTicks> {
  const timescale = await track.getTimeResolution();
  const ticks: number[] = [];
  const key: number[] = [];
  let bytes = 0;
  for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true })) {
    ticks.push(Math.round(packet.timestamp * timescale));
    key.push(packet.type === "key" ? 1 : 0);
    bytes += packet.byteLength;
    checkPromise(key.length, bytes, reader);
  }
  if (ticks.length === 0)
    throw new TendonError("bad-data", "has a video track without a packet", { place: { file: reader.path } });
  return { timescale, ticks: Float64Array.from(ticks), key: Uint8Array.from(key) };
}

/** What every read of one file needs. */
type OpenTrack = Pick<ReadTrack, "track" | "places" | "index" | "config" | "presented"> & { readonly reader: RandomReader };

async function* readPackets(open: OpenTrack, options: PacketsOptions): AsyncGenerator<PacketsBatch> {
  const { places, track, index, config, reader } = open;
  const given = {
    start: startOf(open, options.fromFrame ?? 0),
    countMax: options.batchPackets ?? 64,
    bytesMax: options.batchBytes ?? 1 << 20,
  };
  const batches = places
    ? readTablePackets({ table: places, index, config, reader }, given)
    : readFoundPackets({ track: track!, index, config }, given);
  let end = given.start;
  try {
    for await (const batch of batches) {
      end += batch.time.length;
      yield batch;
    }
  } catch (thrown) {
    throw explain(thrown, reader);
  }
  if (end < index.time.length) {
    const missing = `packets ${end} to ${index.time.length - 1} of ${index.time.length} lie behind its end`;
    throw new TendonError("bad-data", `is cut off: ${missing}`, { place: { file: reader.path, offset: reader.sizeBytes } });
  }
}

/** The place, in decode order, of the last key packet that is shown at or before a frame. */
function startOf({ index, presented, reader }: OpenTrack, frame: number): number {
  if (frame <= 0) return 0;
  const time = presented.time[frame];
  if (time === undefined)
    throw new TendonError("internal", `frame ${frame} was asked for, there are ${presented.time.length}`, {
      place: { file: reader.path },
    });
  if (!index.bFrames) {
    // Decoded in the order in which they are shown: those that are hidden stand before the first.
    let place = index.time.length - presented.time.length + frame;
    while (place > 0 && index.key[place] !== 1) place--;
    return place;
  }
  let start = 0;
  for (let i = 0; i < index.time.length; i++) if (index.key[i] === 1 && index.time[i]! <= time) start = i;
  return start;
}

function sourceOf(reader: RandomReader): CustomSource {
  return new CustomSource({
    getSize: () => reader.sizeBytes,
    // Mediabunny keeps what it is given, while our reader may use its memory again.
    read: async (start, end) => (await reader.read(start, end - start)).slice(),
    maxCacheSize: CACHE_BYTES_MAX,
    handleUnhandledError: () => undefined,
  });
}

function explain(thrown: unknown, reader: RandomReader): TendonError {
  const place = { file: reader.path };
  if (thrown instanceof UnsupportedInputFormatError)
    return new TendonError("bad-data", "is not a video file that can be read here: mp4, mov, Matroska and WebM can", {
      place: { ...place, offset: 0 },
      cause: thrown,
    });
  if (thrown instanceof TendonError) return asTendonError(thrown, "bad-data", place);
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  return new TendonError("bad-data", `cannot be read as a video: its tables are broken (${said})`, { place, cause: thrown });
}
