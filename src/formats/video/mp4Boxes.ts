import type { CodecConfig } from "../../core/batch.ts";
import { TendonError } from "../../core/errors.ts";

/** The tables of one video track (ISO/IEC 14496-12, 8.6 and 8.7): all times in ticks of `timescale`. */
export interface TrackTables {
  readonly timescale: number;
  /** Ticks from one sample to the next in decode order, one a sample. */
  readonly deltas: Uint32Array;
  /** Presentation after decoding, one a sample; all zero without B-frames. */
  readonly offsets: Uint32Array;
  /** What the edit list takes off so that the first frame is shown at 0. */
  readonly delay: number;
  readonly sizes: Uint32Array;
  readonly key: Uint8Array;
  readonly samplesPerChunk: number;
}

/** Bytes of the ftyp box. */
export function fileType(): Uint8Array {
  return box("ftyp", text("isom"), u32(512), text("isom"), text("iso6"), text("mp41"));
}

/** The moov box; `dataStart` is the file's offset of the first sample. Its length does not depend on `dataStart` below 4 GiB. */
export function movie(config: CodecConfig, tables: TrackTables, dataStart: number): Uint8Array {
  const duration = sum(tables.deltas);
  const header = fullBox("mvhd", 1, 0, zeros(16), u32(tables.timescale), u64(duration), MOVIE_REST);
  return box("moov", header, track(config, tables, duration, dataStart));
}

/** The head of an mdat box with `bytes` of content. */
export function mediaDataHeader(bytes: number): Uint8Array {
  return bytes + 8 < 2 ** 32 ? concat([u32(bytes + 8), text("mdat")]) : concat([u32(1), text("mdat"), u64(bytes + 16)]);
}

const MATRIX = Uint8Array.from([0, 1, 0, 0, ...zeros(12), 0, 1, 0, 0, ...zeros(12), 0x40, 0, 0, 0]);
/** Rate 1, volume 1, unity matrix, next track 2. */
const MOVIE_REST = concat([u32(0x10000), u16(0x100), zeros(10), MATRIX, zeros(24), u32(2)]);

function track(config: CodecConfig, tables: TrackTables, duration: number, dataStart: number): Uint8Array {
  const { width, height } = config;
  const header = fullBox(
    "tkhd",
    1,
    3,
    zeros(16),
    u32(1),
    u32(0),
    u64(duration),
    zeros(16),
    MATRIX,
    u32(width * 65536),
    u32(height * 65536),
  );
  const edit = fullBox("elst", 1, 0, u32(1), u64(duration), u64(tables.delay), u32(0x10000));
  return box("trak", header, box("edts", edit), media(config, tables, duration, dataStart));
}

function media(config: CodecConfig, tables: TrackTables, duration: number, dataStart: number): Uint8Array {
  const undetermined = u32(0x55c40000);
  const header = fullBox("mdhd", 1, 0, zeros(16), u32(tables.timescale), u64(duration), undetermined);
  const handler = fullBox("hdlr", 0, 0, u32(0), text("vide"), zeros(12), text("VideoHandler"), zeros(1));
  const here = box("dinf", fullBox("dref", 0, 0, u32(1), fullBox("url ", 0, 1)));
  const information = box("minf", fullBox("vmhd", 0, 1, zeros(8)), here, sampleTable(config, tables, dataStart));
  return box("mdia", header, handler, information);
}

function sampleTable(config: CodecConfig, tables: TrackTables, dataStart: number): Uint8Array {
  const keys = [...tables.key.keys()].filter((sample) => tables.key[sample] === 1);
  const boxes = [
    fullBox("stsd", 0, 0, u32(1), sampleEntry(config)),
    runs("stts", tables.deltas),
    ...(tables.delay > 0 ? [runs("ctts", tables.offsets)] : []),
    // Without stss every sample is a key frame.
    ...(keys.length < tables.key.length ? [fullBox("stss", 0, 0, u32(keys.length), u32s(keys.map((sample) => sample + 1)))] : []),
    samplesToChunks(tables),
    fullBox("stsz", 0, 0, u32(0), u32(tables.sizes.length), u32s(tables.sizes)),
    chunkOffsets(tables, dataStart),
  ];
  return box("stbl", ...boxes);
}

function runs(type: string, values: Uint32Array): Uint8Array {
  const pairs: number[] = [];
  for (const value of values) {
    if (pairs.length > 0 && pairs[pairs.length - 1] === value) pairs[pairs.length - 2]!++;
    else pairs.push(1, value);
  }
  return fullBox(type, 0, 0, u32(pairs.length / 2), u32s(pairs));
}

function samplesToChunks({ sizes, samplesPerChunk }: TrackTables): Uint8Array {
  const whole = Math.floor(sizes.length / samplesPerChunk);
  const rest = sizes.length % samplesPerChunk;
  const entries = [...(whole > 0 ? [1, samplesPerChunk, 1] : []), ...(rest > 0 ? [whole + 1, rest, 1] : [])];
  return fullBox("stsc", 0, 0, u32(entries.length / 3), u32s(entries));
}

function chunkOffsets({ sizes, samplesPerChunk }: TrackTables, dataStart: number): Uint8Array {
  const offsets: number[] = [];
  let at = dataStart;
  for (let sample = 0; sample < sizes.length; sample++) {
    if (sample % samplesPerChunk === 0) offsets.push(at);
    at += sizes[sample]!;
  }
  // Decided by the pictures alone, so that the table's length does not change while `dataStart` is found.
  if (at - dataStart < 2 ** 31) return fullBox("stco", 0, 0, u32(offsets.length), u32s(offsets));
  return fullBox("co64", 0, 0, u32(offsets.length), ...offsets.map(u64));
}

function sampleEntry(config: CodecConfig): Uint8Array {
  const [fourcc, own] = codecBoxes(config);
  const head = [zeros(6), u16(1), zeros(16), u16(config.width), u16(config.height), u32(0x480000), u32(0x480000)];
  return box(fourcc, ...head, u32(0), u16(1), zeros(32), u16(24), u16(0xffff), own, colorBox(config));
}

function codecBoxes(config: CodecConfig): [string, Uint8Array] {
  const { codec, description } = config;
  if (codec === "vp9") return ["vp09", fullBox("vpcC", 1, 0, vp9Configuration(config))];
  const needed = description ?? missing(codec);
  if (codec === "h264") return ["avc1", box("avcC", needed)];
  if (codec === "hevc") return [config.codecString?.startsWith("hvc1") ? "hvc1" : "hev1", box("hvcC", needed)];
  if (codec === "av1") return ["av01", box("av1C", needed)];
  if (codec === "mpeg4") return ["mp4v", fullBox("esds", 0, 0, mpeg4Descriptor(needed))];
  throw new TendonError("bad-data", `video of codec ${codec} cannot be put into mp4 as it is; it must be encoded again`);
}

function missing(codec: string): never {
  throw new TendonError("bad-data", `the ${codec} video came without its decoder configuration; it must be encoded again`);
}

/** Content of vpcC after its version, from the codec string `vp09.profile.level.depth.…`. */
function vp9Configuration({ description, codecString }: CodecConfig): Uint8Array {
  if (description) return description.subarray(4);
  const [profile = 0, level = 10, depth = 8, chroma = 1, primaries = 2, transfer = 2, matrix = 2, full = 0] =
    codecString?.split(".").slice(1).map(Number) ?? [];
  return concat([Uint8Array.from([profile, level, (depth << 4) | (chroma << 1) | full, primaries, transfer, matrix]), u16(0)]);
}

/** ES_Descriptor of MPEG-4 part 2 (ISO/IEC 14496-1, 7.2.6). */
function mpeg4Descriptor(description: Uint8Array): Uint8Array {
  const specific = descriptor(5, description);
  const configuration = descriptor(4, Uint8Array.from([32, 0x11, ...zeros(11)]), specific);
  return descriptor(3, u16(1), zeros(1), configuration, descriptor(6, Uint8Array.from([2])));
}

function descriptor(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = concat(parts);
  const size = content.length;
  return concat([Uint8Array.from([tag, 0x80 | (size >> 21), 0x80 | (size >> 14), 0x80 | (size >> 7), size & 127]), content]);
}

const PRIMARIES: { readonly [name: string]: number } = { bt709: 1, bt470bg: 5, smpte170m: 6, bt2020: 9, smpte432: 12 };
const TRANSFERS: { readonly [name: string]: number } = {
  bt709: 1,
  smpte170m: 6,
  linear: 8,
  "iec61966-2-1": 13,
  pq: 16,
  hlg: 18,
};
const MATRICES: { readonly [name: string]: number } = { rgb: 0, bt709: 1, bt470bg: 5, smpte170m: 6, "bt2020-ncl": 9 };

/** H.273 numbers, 2 for unknown; no box where nothing is known. */
function colorBox({ color }: CodecConfig): Uint8Array {
  if (!color?.primaries && !color?.transfer && !color?.matrix) return zeros(0);
  const numbers = [PRIMARIES[color.primaries ?? ""], TRANSFERS[color.transfer ?? ""], MATRICES[color.matrix ?? ""]];
  return box("colr", text("nclx"), ...numbers.map((number) => u16(number ?? 2)), Uint8Array.of(color.fullRange ? 0x80 : 0));
}

function box(type: string, ...parts: Uint8Array[]): Uint8Array {
  const size = parts.reduce((total, part) => total + part.length, 8);
  return concat([u32(size), text(type), ...parts]);
}

function fullBox(type: string, version: number, flags: number, ...parts: Uint8Array[]): Uint8Array {
  return box(type, u32(version * 2 ** 24 + flags), ...parts);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function text(letters: string): Uint8Array {
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

function zeros(count: number): Uint8Array {
  return new Uint8Array(count);
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}

function u32(value: number): Uint8Array {
  return u32s([value]);
}

function u64(value: number): Uint8Array {
  return u32s([Math.floor(value / 2 ** 32), value % 2 ** 32]);
}

function u32s(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setUint32(i * 4, values[i]!);
  return bytes;
}

function sum(values: Uint32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
