import type { RandomReader } from "../../io/reader.ts";

/** A box of ISO/IEC 14496-12: its four letters and its content, half-open. */
export interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** What an mp4 file itself says of the pictures in a track. */
export interface SampleEntry {
  /** The four letters of the codec: `avc1`, `mp4v`, … */
  readonly fourcc: string;
  /** `objectTypeIndication` of an `mp4v`, which names its codec. */
  readonly objectType?: number;
  /** The decoder's own configuration: content of avcC, hvcC, av1C, vpcC, or of the descriptor in esds. */
  readonly description?: Uint8Array;
}

const MOOV_BYTES_MAX = 256 << 20;
const VISUAL_ENTRY_BYTES = 78;

/** The tables of an mp4 file, and in them one video track. */
export interface Movie {
  /** Content of the moov box. */
  readonly bytes: Uint8Array;
  readonly track: Box;
}

/** Reads the tables of a file's video track number `track` (in file order, from 0); undefined where the file is no mp4 or holds none. */
export async function readMovie(reader: RandomReader, track: number): Promise<Movie | undefined> {
  const bytes = await findMoov(reader);
  if (!bytes) return undefined;
  const videos = children(bytes, 0, bytes.length)
    .filter((box) => box.type === "trak")
    .filter((trak) => handlerOf(bytes, trak) === "vide");
  return videos[track] && { bytes, track: videos[track] };
}

/** What the movie says of its pictures. Mediabunny keeps this to itself for codecs that it does not know, and for AV1. */
export function sampleEntry({ bytes, track }: Movie): SampleEntry | undefined {
  const stsd = descend(bytes, track, ["mdia", "minf", "stbl", "stsd"]);
  const entry = stsd && children(bytes, stsd.start + 8, stsd.end)[0];
  return entry && parseEntry(bytes, entry);
}

async function findMoov(reader: RandomReader): Promise<Uint8Array | undefined> {
  let at = 0;
  for (let seen = 0; seen < 1000 && at + 8 <= reader.sizeBytes; seen++) {
    const header = await reader.read(at, 16);
    const box = boxAt(header, 0, reader.sizeBytes - at);
    if (!box) return undefined;
    const size = box.end - box.start;
    if (box.type === "moov") return size > MOOV_BYTES_MAX ? undefined : (await reader.read(at + box.start, size)).slice();
    at += box.end;
  }
  return undefined;
}

function handlerOf(bytes: Uint8Array, trak: Box): string | undefined {
  const handler = descend(bytes, trak, ["mdia", "hdlr"]);
  return handler && letters(bytes, handler.start + 8);
}

function parseEntry(bytes: Uint8Array, entry: Box): SampleEntry {
  const inner = children(bytes, entry.start + VISUAL_ENTRY_BYTES, entry.end);
  const esds = inner.find((box) => box.type === "esds");
  if (esds) return { fourcc: entry.type, ...parseEsds(bytes.subarray(esds.start + 4, esds.end)) };
  const own = inner.find((box) => box.type === "avcC" || box.type === "hvcC" || box.type === "av1C" || box.type === "vpcC");
  return { fourcc: entry.type, ...(own && { description: bytes.slice(own.start, own.end) }) };
}

/** Walks ES_Descriptor, DecoderConfigDescriptor and DecoderSpecificInfo (ISO/IEC 14496-1, 7.2.6). */
function parseEsds(bytes: Uint8Array): { objectType?: number; description?: Uint8Array } {
  let at = 0;
  let objectType: number | undefined;
  while (at < bytes.length) {
    const tag = bytes[at++]!;
    let size = 0;
    for (let i = 0; i < 4 && at < bytes.length; i++) {
      const byte = bytes[at++]!;
      size = size * 128 + (byte & 127);
      if (byte < 128) break;
    }
    if (tag === 3) {
      const flags = bytes[at + 2] ?? 0;
      at += 3 + ((flags & 0x80) === 0 ? 0 : 2) + ((flags & 0x20) === 0 ? 0 : 2);
    } else if (tag === 4) {
      objectType = bytes[at];
      at += 13;
    } else if (tag === 5 && objectType !== undefined) return { objectType, description: bytes.slice(at, at + size) };
    else at += size;
  }
  return objectType === undefined ? {} : { objectType };
}

/** The box at the end of a path of first children. */
export function descend(bytes: Uint8Array, from: Box, path: readonly string[]): Box | undefined {
  let box: Box | undefined = from;
  for (const type of path) box = box && children(bytes, box.start, box.end).find((child) => child.type === type);
  return box;
}

/** The boxes in a range of bytes, half-open. */
export function children(bytes: Uint8Array, start: number, end: number): Box[] {
  const found: Box[] = [];
  let at = start;
  while (at + 8 <= end && found.length < 10_000) {
    const box = boxAt(bytes, at, end - at);
    if (!box) break;
    found.push(box);
    at = box.end;
  }
  return found;
}

/** `room` is the bytes from `at` to the end of what holds the box. */
function boxAt(bytes: Uint8Array, at: number, room: number): Box | undefined {
  if (at + 8 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let size = view.getUint32(at);
  let header = 8;
  if (size === 0) size = room;
  if (size === 1) {
    if (at + 16 > bytes.length) return undefined;
    size = Number(view.getBigUint64(at + 8));
    header = 16;
  }
  if (size < header || size > room) return undefined;
  return { type: letters(bytes, at + 4), start: at + header, end: at + size };
}

function letters(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
