import type { CodecConfig, PacketsBatch } from "../../core/batch.ts";

/** Codecs that a stream of Matroska can carry here, and their names in it. */
const CODEC_IDS: { readonly [codec: string]: string } = {
  h264: "V_MPEG4/ISO/AVC",
  hevc: "V_MPEGH/ISO/HEVC",
  av1: "V_AV1",
  vp8: "V_VP8",
  vp9: "V_VP9",
  mpeg4: "V_MPEG4/ISO/ASP",
  mpeg1video: "V_MPEG1",
  mpeg2video: "V_MPEG2",
  mjpeg: "V_MJPEG",
  png: "V_MS/VFW/FOURCC",
  rawvideo: "V_UNCOMPRESSED",
};

/** Raw pixels by the four letters that FFmpeg knows them by. */
const PIXELS: { readonly [pixelFormat: string]: readonly number[] } = {
  rgb24: letters("RGB", 24),
  bgr24: letters("BGR", 24),
  rgba: letters("RGBA"),
  bgra: letters("BGRA"),
  gray: letters("Y800"),
  gray16le: letters("Y1", 0, 16),
  gray16be: [16, 0, ...letters("1Y")],
};

const MATRICES: { readonly [name: string]: number } = { rgb: 0, bt709: 1, bt470bg: 5, smpte170m: 6, "bt2020-ncl": 9 };

/** Whether such packets can be sent to another process. */
export function canStream({ codec, pixelFormat }: CodecConfig): boolean {
  return CODEC_IDS[codec] !== undefined && (codec !== "rawvideo" || PIXELS[pixelFormat ?? ""] !== undefined);
}

/** What a live Matroska stream of one video track begins with (RFC 9559). Its times count microseconds. */
export function streamHeader(config: CodecConfig): Uint8Array {
  const ebml = element(
    0x1a45dfa3,
    number(0x4286, 1),
    number(0x42f7, 1),
    text(0x4282, "matroska"),
    number(0x4287, 4),
    number(0x4285, 2),
  );
  const segment = Uint8Array.of(0x18, 0x53, 0x80, 0x67, 1, 255, 255, 255, 255, 255, 255, 255);
  const info = element(0x1549a966, number(0x2ad7b1, 1000), text(0x4d80, "tendon"), text(0x5741, "tendon"));
  const setup = privateData(config);
  const track = element(
    0xae,
    number(0xd7, 1),
    number(0x73c5, 1),
    number(0x83, 1),
    text(0x86, CODEC_IDS[config.codec]!),
    ...(setup ? [element(0x63a2, setup)] : []),
    element(0xe0, number(0xb0, config.width), number(0xba, config.height), ...pixels(config), ...colour(config)),
  );
  return Buffer.concat([ebml, segment, info, element(0x1654ae6b, track)]);
}

/** Packet `place` of a batch, shown at `microseconds` (not negative), as a cluster of its own. */
export function streamPacket(batch: PacketsBatch, place: number, microseconds: number): Uint8Array {
  const bytes = batch.bytes.subarray(Number(batch.offsets[place]), Number(batch.offsets[place + 1]));
  const head = Uint8Array.of(0x81, 0, 0, batch.key[place] === 1 ? 0x80 : 0);
  return element(0x1f43b675, number(0xe7, microseconds), element(0xa3, head, bytes));
}

function privateData({ codec, description, width, height }: CodecConfig): Uint8Array | undefined {
  if (codec !== "png") return description;
  // BITMAPINFOHEADER, as Video for Windows names codecs by four letters.
  const header = Buffer.alloc(40);
  header.writeUInt32LE(40, 0);
  header.writeInt32LE(width, 4);
  header.writeInt32LE(height, 8);
  header.writeUInt16LE(1, 12);
  header.writeUInt16LE(24, 14);
  header.write("MPNG", 16, "latin1");
  return header;
}

function pixels({ codec, pixelFormat }: CodecConfig): Uint8Array[] {
  return codec === "rawvideo" ? [element(0x2eb524, Uint8Array.from(PIXELS[pixelFormat!]!))] : [];
}

function letters(text: string, ...more: readonly number[]): number[] {
  return [...Buffer.from(text, "latin1"), ...more];
}

function colour({ color }: CodecConfig): Uint8Array[] {
  const matrix = MATRICES[color?.matrix ?? ""];
  const range = color?.fullRange === undefined ? [] : [number(0x55b9, color.fullRange ? 2 : 1)];
  if (matrix === undefined && range.length === 0) return [];
  return [element(0x55b0, ...(matrix === undefined ? [] : [number(0x55b1, matrix)]), ...range)];
}

function element(id: number, ...parts: Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const length = Uint8Array.of(1, 0, ...[5, 4, 3, 2, 1, 0].map((place) => Math.floor(size / 256 ** place) & 255));
  return Buffer.concat([bigEndian(id), length, ...parts]);
}

function number(id: number, value: number): Uint8Array {
  return element(id, bigEndian(value));
}

function text(id: number, letters: string): Uint8Array {
  return element(id, Buffer.from(letters, "latin1"));
}

function bigEndian(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}
