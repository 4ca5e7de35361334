import { TendonError } from "../../core/errors.ts";

const SEQUENCE_HEADER = 1;
const TEMPORAL_DELIMITER = 2;

/** One open bitstream unit (AV1 specification, 5.3): header and payload, half-open. */
interface Obu {
  readonly type: number;
  readonly start: number;
  readonly payload: number;
  readonly end: number;
}

/** A temporal unit as mp4 and Matroska keep it: without its temporal delimiter. */
export function withoutDelimiters(unit: Uint8Array): Uint8Array {
  const kept = obus(unit).filter((obu) => obu.type !== TEMPORAL_DELIMITER);
  const first = kept[0];
  if (!first) return unit.subarray(0, 0);
  // Delimiters lead, so the rest is one piece unless a stream is odd.
  const last = kept[kept.length - 1]!;
  const size = kept.reduce((sum, obu) => sum + obu.end - obu.start, 0);
  if (last.end - first.start === size) return unit.subarray(first.start, last.end);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const obu of kept) {
    bytes.set(unit.subarray(obu.start, obu.end), at);
    at += obu.end - obu.start;
  }
  return bytes;
}

/**
 * The av1C box (AV1 in ISOBMFF, 2.3) of a temporal unit that begins with a sequence header;
 * undefined where it has none.
 */
export function av1C(unit: Uint8Array): Uint8Array | undefined {
  const header = obus(unit).find((obu) => obu.type === SEQUENCE_HEADER);
  if (!header) return undefined;
  const { profile, level, tier, highBitDepth, twelveBit, mono, subX, subY, position } = sequenceHeader(
    unit.subarray(header.payload, header.end),
  );
  const flags = (tier << 7) | (highBitDepth << 6) | (twelveBit << 5) | (mono << 4) | (subX << 3) | (subY << 2) | position;
  return Uint8Array.from([0x81, (profile << 5) | level, flags, 0, ...unit.subarray(header.start, header.end)]);
}

/** The WebCodecs string of an av1C, such as `av01.0.04M.08`. */
export function av1CodecString(description: Uint8Array): string {
  const second = description[1] ?? 0;
  const third = description[2] ?? 0;
  const bits = (third & 0x40) === 0 ? "08" : (third & 0x20) === 0 ? "10" : "12";
  const level = String(second & 31).padStart(2, "0");
  return `av01.${second >> 5}.${level}${(third & 0x80) === 0 ? "M" : "H"}.${bits}`;
}

/** FFmpeg's name of the pixels that an av1C tells of. */
export function av1PixelFormat(description: Uint8Array): string {
  const third = description[2] ?? 0;
  const bits = (third & 0x40) === 0 ? "" : (third & 0x20) === 0 ? "10le" : "12le";
  if ((third & 0x10) !== 0) return `gray${bits}`;
  const sampling = (third & 8) === 0 ? "444" : (third & 4) === 0 ? "422" : "420";
  return `yuv${sampling}p${bits}`;
}

function obus(unit: Uint8Array): Obu[] {
  const found: Obu[] = [];
  let at = 0;
  while (at < unit.length) {
    const header = unit[at]!;
    let payload = at + ((header & 4) === 0 ? 1 : 2);
    let size = unit.length - payload;
    if ((header & 2) !== 0) {
      const read = leb128(unit, payload);
      size = read.value;
      payload = read.next;
    }
    const end = payload + size;
    if ((header & 0x80) !== 0 || end > unit.length) throw new TendonError("bad-data", "an AV1 packet is not made of whole OBUs");
    found.push({ type: (header >> 3) & 15, start: at, payload, end });
    at = end;
  }
  return found;
}

function leb128(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[start + i] ?? 0;
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return { value, next: start + i + 1 };
  }
  throw new TendonError("bad-data", "an AV1 packet gives a size of over eight bytes");
}

/** The fields that av1C repeats, as far as `color_config` (AV1 specification, 5.5). */
function sequenceHeader(bytes: Uint8Array) {
  const bits = new Bits(bytes);
  const profile = bits.read(3);
  bits.read(1); // still_picture
  const reduced = bits.read(1) === 1;
  const operating = reduced ? { level: bits.read(5), tier: 0 } : operatingPoints(bits);
  skipTools(bits, !reduced);
  return { profile, level: operating.level, tier: operating.tier, ...colorConfig(bits, profile) };
}

function operatingPoints(bits: Bits): { level: number; tier: number } {
  let delayBits = 0;
  let decoderModel = 0;
  if (bits.read(1) === 1) {
    bits.read(32);
    bits.read(32);
    if (bits.read(1) === 1) bits.variable();
    decoderModel = bits.read(1);
    if (decoderModel === 1) {
      delayBits = bits.read(5) + 1;
      bits.read(32);
      bits.read(10);
    }
  }
  const initialDelay = bits.read(1);
  const count = bits.read(5) + 1;
  let level = 0;
  let tier = 0;
  for (let i = 0; i < count; i++) {
    bits.read(12);
    const pointLevel = bits.read(5);
    const pointTier = pointLevel > 7 ? bits.read(1) : 0;
    if (i === 0) [level, tier] = [pointLevel, pointTier];
    if (decoderModel === 1 && bits.read(1) === 1) {
      bits.read(delayBits);
      bits.read(delayBits);
      bits.read(1);
    }
    if (initialDelay === 1 && bits.read(1) === 1) bits.read(4);
  }
  return { level, tier };
}

/** From the frame size to the last tool flag before `color_config`. */
function skipTools(bits: Bits, full: boolean): void {
  const widthBits = bits.read(4) + 1;
  const heightBits = bits.read(4) + 1;
  bits.read(widthBits);
  bits.read(heightBits);
  if (full && bits.read(1) === 1) bits.read(7); // frame ids
  bits.read(3); // 128×128 superblocks, filter intra, intra edge filter
  if (full) {
    bits.read(4); // interintra, masked, warped, dual filter
    const orderHint = bits.read(1);
    if (orderHint === 1) bits.read(2);
    const screenContent = bits.read(1) === 1 ? 2 : bits.read(1);
    if (screenContent > 0 && bits.read(1) === 0) bits.read(1);
    if (orderHint === 1) bits.read(3);
  }
  bits.read(3); // superres, cdef, restoration
}

function colorConfig(bits: Bits, profile: number) {
  const highBitDepth = bits.read(1);
  const twelveBit = profile === 2 && highBitDepth === 1 ? bits.read(1) : 0;
  const mono = profile === 1 ? 0 : bits.read(1);
  const described = bits.read(1) === 1 ? [bits.read(8), bits.read(8), bits.read(8)] : [2, 2, 2];
  const depth = { highBitDepth, twelveBit, mono };
  if (mono === 1) return { ...depth, subX: 1, subY: 1, position: 0 };
  if (described[0] === 1 && described[1] === 13 && described[2] === 0) return { ...depth, subX: 0, subY: 0, position: 0 };
  bits.read(1); // range
  if (profile === 1) return { ...depth, subX: 0, subY: 0, position: 0 };
  if (profile === 0) return { ...depth, subX: 1, subY: 1, position: bits.read(2) };
  const subX = twelveBit === 1 ? bits.read(1) : 1;
  const subY = twelveBit === 1 && subX === 1 ? bits.read(1) : 0;
  return { ...depth, subX, subY, position: subX === 1 && subY === 1 ? bits.read(2) : 0 };
}

/** Reads bits from the most significant on; zeros past the end. */
class Bits {
  #at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) {
      const byte = this.#bytes[this.#at >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  /** `uvlc`: as many leading zeros as bits that follow the one. */
  variable(): number {
    let zeros = 0;
    while (zeros < 32 && this.read(1) === 0) zeros++;
    return zeros >= 32 ? 2 ** 32 - 1 : this.read(zeros) + 2 ** zeros - 1;
  }
}
