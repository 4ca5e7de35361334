import type { PixelSize } from "./imageSize.ts";

/**
 * The picture size in the sequence parameter set of an avcC (ITU-T H.264, 7.3.2.1.1). Undefined
 * where it cannot be read or is not 8-bit 4:2:0, which is all that recorders of robots write.
 */
export function spsInfo(avcC: Uint8Array): PixelSize | undefined {
  const length = (avcC[6]! << 8) | avcC[7]!;
  try {
    return parseSps(new Bits(withoutEmulation(avcC.subarray(8, 8 + length))));
  } catch {
    return undefined;
  }
}

const WITH_CHROMA: ReadonlySet<number> = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

function parseSps(bits: Bits): PixelSize | undefined {
  bits.skip(8);
  const profile = bits.read(8);
  bits.skip(16);
  bits.golomb();
  if (WITH_CHROMA.has(profile) && !plainChroma(bits)) return undefined;
  bits.golomb();
  skipOrder(bits);
  bits.golomb();
  bits.skip(1);
  const widthBlocks = bits.golomb() + 1;
  const heightMaps = bits.golomb() + 1;
  const framesOnly = bits.read(1);
  if (framesOnly === 0) bits.skip(1);
  bits.skip(1);
  const crop = bits.read(1) === 1 ? [bits.golomb(), bits.golomb(), bits.golomb(), bits.golomb()] : [0, 0, 0, 0];
  const [left, right, top, bottom] = crop as [number, number, number, number];
  const width = widthBlocks * 16 - 2 * (left + right);
  const height = heightMaps * 16 * (2 - framesOnly) - 2 * (2 - framesOnly) * (top + bottom);
  return width > 0 && height > 0 && width <= 32_768 && height <= 32_768 ? { width, height } : undefined;
}

/** Chroma format, bit depths and scaling lists; whether they are 4:2:0 of 8 bits. */
function plainChroma(bits: Bits): boolean {
  const chroma = bits.golomb();
  if (chroma !== 1) return false;
  const deep = bits.golomb() + bits.golomb();
  bits.skip(1);
  if (bits.read(1) === 1) skipScalingLists(bits);
  return deep === 0;
}

function skipScalingLists(bits: Bits): void {
  for (let list = 0; list < 8; list++) {
    if (bits.read(1) === 1) skipScaling(bits, list < 6 ? 16 : 64);
  }
}

function skipScaling(bits: Bits, size: number): void {
  let last = 8;
  let next = 8;
  for (let index = 0; index < size; index++) {
    if (next !== 0) next = (last + bits.signed() + 256) % 256;
    last = next === 0 ? last : next;
  }
}

function skipOrder(bits: Bits): void {
  const type = bits.golomb();
  if (type === 0) bits.golomb();
  if (type !== 1) return;
  bits.skip(1);
  bits.golomb();
  bits.golomb();
  const count = bits.golomb();
  if (count > 255) throw new RangeError("too many reference frames");
  for (let index = 0; index < count; index++) bits.golomb();
}

/** Takes out the bytes that keep start codes from arising inside a unit (7.4.1). */
function withoutEmulation(unit: Uint8Array): Uint8Array {
  return unit.filter((byte, index) => !(byte === 3 && unit[index - 1] === 0 && unit[index - 2] === 0));
}

class Bits {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  skip(count: number): void {
    this.#at += count;
  }

  read(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit++, this.#at++) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw new RangeError("the parameter set ends too soon");
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  /** An unsigned Exp-Golomb number (9.1). */
  golomb(): number {
    let zeros = 0;
    while (this.read(1) === 0) if (++zeros > 31) throw new RangeError("no Exp-Golomb number");
    return 2 ** zeros - 1 + this.read(zeros);
  }

  signed(): number {
    const value = this.golomb();
    return value % 2 === 0 ? -value / 2 : (value + 1) / 2;
  }
}
