/** Pixels across and down. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** The size in the first frame header of a JPEG (ITU-T T.81, B.2.2); undefined where there is none. */
export function jpegSize(bytes: Uint8Array): PixelSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 9 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) at += 1;
    else if (isFrame(marker)) return sized(view.getUint16(at + 7), view.getUint16(at + 5));
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** SOF0 to SOF15, without the tables and extensions that stand between them. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

const PNG_HEAD = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** The size in a PNG's first chunk; `depth` where it is 16-bit grey. */
export function pngSize(bytes: Uint8Array): (PixelSize & { readonly depth: boolean }) | undefined {
  if (bytes.length < 29 || !PNG_HEAD.every((byte, index) => bytes[index] === byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = sized(view.getUint32(16), view.getUint32(20));
  return size && { ...size, depth: bytes[24] === 16 && bytes[25] === 0 };
}

function sized(width: number, height: number): PixelSize | undefined {
  return width > 0 && height > 0 && width <= 32_768 && height <= 32_768 ? { width, height } : undefined;
}
