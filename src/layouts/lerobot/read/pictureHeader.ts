/** What the first bytes of a picture file tell. */
export interface PictureHeader {
  readonly codec: "png" | "mjpeg";
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Reads the header of a PNG or JPEG file; undefined for anything else. */
export function pictureHeader(bytes: Uint8Array): PictureHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 33 && view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a) return pngHeader(view);
  if (bytes.length >= 4 && view.getUint16(0) === 0xffd8) return jpegHeader(view);
  return undefined;
}

/** IHDR follows the signature: width, height, bits, colour type. */
function pngHeader(view: DataView): PictureHeader {
  const channels = [1, 0, 3, 3, 2, 0, 4][view.getUint8(25)] ?? 3;
  return { codec: "png", width: view.getUint32(16), height: view.getUint32(20), channels };
}

/** Walks the segments to the start of frame. */
function jpegHeader(view: DataView): PictureHeader | undefined {
  for (let at = 2; at + 10 <= view.byteLength; ) {
    const marker = view.getUint16(at);
    if (marker < 0xff01 || marker > 0xfffe) return undefined;
    const frame = marker >= 0xffc0 && marker <= 0xffcf && marker !== 0xffc4 && marker !== 0xffc8 && marker !== 0xffcc;
    if (frame)
      return { codec: "mjpeg", height: view.getUint16(at + 5), width: view.getUint16(at + 7), channels: view.getUint8(at + 9) };
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
