import { TendonError } from "../../core/errors.ts";

const SLICE_IDR = 5;
const SEI = 6;
const SPS = 7;
const PPS = 8;
const DELIMITER = 9;
const FILLER = 12;

/**
 * Where NAL units lie in an Annex B stream (ITU-T H.264, annex B): pairs of start and end, half-open,
 * without start codes and trailing zeros.
 */
export function nalUnits(bytes: Uint8Array): number[] {
  const found: number[] = [];
  let start = -1;
  for (let at = 0; at + 2 < bytes.length; at++) {
    if (bytes[at + 2]! > 1) at += 2;
    else if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) {
      if (start >= 0) found.push(start, withoutZeros(bytes, start, at));
      start = at + 3;
      at += 2;
    }
  }
  if (start >= 0) found.push(start, withoutZeros(bytes, start, bytes.length));
  return found;
}

/** One access unit as mp4 keeps it. */
export interface AccessUnit {
  /** Each NAL unit behind its length in four bytes; no parameter sets, SEI or delimiters. */
  readonly sample: Uint8Array;
  readonly key: boolean;
  /** avcC, where the unit carried parameter sets. */
  readonly description?: Uint8Array;
}

/**
 * An access unit of Annex B as a sample of mp4. SEI is left out: it carries nothing that decoding
 * needs, and the name and version of the encoder, which would make bytes differ between machines.
 */
export function toAccessUnit(annexB: Uint8Array): AccessUnit {
  const units = nalUnits(annexB);
  const sets: { sps?: Uint8Array; pps?: Uint8Array } = {};
  const kept: number[] = [];
  let size = 0;
  let key = false;
  for (let i = 0; i < units.length; i += 2) {
    const start = units[i]!;
    const end = units[i + 1]!;
    const type = annexB[start]! & 31;
    if (type === SPS) sets.sps = annexB.slice(start, end);
    else if (type === PPS) sets.pps = annexB.slice(start, end);
    else if (type !== SEI && type !== DELIMITER && type !== FILLER) {
      if (type === SLICE_IDR) key = true;
      kept.push(start, end);
      size += 4 + end - start;
    }
  }
  const sample = prefixed(annexB, kept, size);
  return { sample, key, ...(sets.sps && sets.pps && { description: avcC(sets.sps, sets.pps) }) };
}

/** The avcC box of one sequence and one picture parameter set (ISO/IEC 14496-15, 5.3.3.1). */
export function avcC(sps: Uint8Array, pps: Uint8Array): Uint8Array {
  const [profile, compatible, level] = [sps[1], sps[2], sps[3]];
  if (profile === undefined || compatible === undefined || level === undefined)
    throw new TendonError("internal", "the encoder gave a sequence parameter set of under four bytes");
  const high = profile === 100 || profile === 110 || profile === 122 || profile === 244;
  return Uint8Array.from([
    1,
    profile,
    compatible,
    level,
    0xff,
    0xe1,
    sps.length >> 8,
    sps.length & 255,
    ...sps,
    1,
    pps.length >> 8,
    pps.length & 255,
    ...pps,
    // 4:2:0, 8 bits, no extensions: all that we encode.
    ...(high ? [0xfd, 0xf8, 0xf8, 0] : []),
  ]);
}

/** The WebCodecs string of an avcC, such as `avc1.640028`. */
export function avcCodecString(description: Uint8Array): string {
  const hex = Array.from(description.subarray(1, 4), (byte) => byte.toString(16).padStart(2, "0"));
  return `avc1.${hex.join("")}`;
}

function prefixed(annexB: Uint8Array, ranges: readonly number[], size: number): Uint8Array {
  const sample = new Uint8Array(size);
  const view = new DataView(sample.buffer);
  let at = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const nal = annexB.subarray(ranges[i], ranges[i + 1]);
    view.setUint32(at, nal.length);
    sample.set(nal, at + 4);
    at += 4 + nal.length;
  }
  return sample;
}

function withoutZeros(bytes: Uint8Array, start: number, end: number): number {
  let last = end;
  while (last > start && bytes[last - 1] === 0) last--;
  return last;
}
