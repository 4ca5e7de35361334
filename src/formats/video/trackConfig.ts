import { EncodedPacketSink, type InputVideoTrack } from "mediabunny";
import type { CodecConfig } from "../../core/batch.ts";
import { TendonError } from "../../core/errors.ts";
import type { RandomReader } from "../../io/reader.ts";
import { av1C, av1CodecString, av1PixelFormat } from "./av1.ts";
import { type Movie, type SampleEntry, sampleEntry } from "./boxes.ts";

/** Mediabunny's names and the containers' own, as FFmpeg names the codec. */
const NAMES: { readonly [name: string]: string } = {
  avc: "h264",
  hevc: "hevc",
  vp8: "vp8",
  vp9: "vp9",
  av1: "av1",
  prores: "prores",
  jpeg: "mjpeg",
  mjpa: "mjpeg",
  "png ": "png",
  V_MJPEG: "mjpeg",
};

/** `objectTypeIndication` of MPEG-4 systems (ISO/IEC 14496-1, table 5). */
const OBJECT_TYPES: { readonly [type: number]: string } = {
  32: "mpeg4",
  33: "h264",
  35: "hevc",
  96: "mpeg2video",
  97: "mpeg2video",
  98: "mpeg2video",
  99: "mpeg2video",
  100: "mpeg2video",
  101: "mpeg2video",
  106: "mpeg1video",
  108: "mjpeg",
  109: "png",
};

/** What a decoder of the track must be told before the first packet. */
export async function readCodecConfig(
  track: InputVideoTrack,
  movie: Movie | undefined,
  reader: RandomReader,
): Promise<CodecConfig> {
  const entry = movie && sampleEntry(movie);
  const codec = await codecName(track, entry, reader);
  const known = await track.getDecoderConfig();
  const description = (await describe(codec, track, entry)) ?? bytesOf(known?.description);
  const pixelFormat = codec === "av1" && description ? av1PixelFormat(description) : undefined;
  const codecString = codec === "av1" && description ? av1CodecString(description) : known?.codec;
  const color = colorOf(await track.getColorSpace());
  return {
    codec,
    width: await track.getCodedWidth(),
    height: await track.getCodedHeight(),
    ...(pixelFormat && { pixelFormat }),
    ...(description && { description }),
    ...(codecString && { codecString }),
    ...(color && { color }),
  };
}

async function codecName(track: InputVideoTrack, entry: SampleEntry | undefined, reader: RandomReader): Promise<string> {
  const known = await track.getCodec();
  const internal = await track.getInternalCodecId();
  const name =
    (known && NAMES[known]) ??
    (entry?.objectType === undefined ? undefined : OBJECT_TYPES[entry.objectType]) ??
    NAMES[entry?.fourcc ?? String(internal)];
  if (name) return name;
  const got = entry?.objectType === undefined ? String(entry?.fourcc ?? internal) : `mp4v with object type ${entry.objectType}`;
  throw new TendonError(
    "bad-data",
    `holds video of a kind that cannot be read here (${got}); re-encode it as H.264 or AV1 in mp4`,
    {
      place: { file: reader.path },
    },
  );
}

async function describe(codec: string, track: InputVideoTrack, entry: SampleEntry | undefined): Promise<Uint8Array | undefined> {
  if (codec !== "av1") return entry?.description;
  // An av1C may leave out the sequence header: the first packet has it always.
  if (entry?.description && entry.description.length > 4) return entry.description;
  const first = await new EncodedPacketSink(track).getFirstPacket();
  return first ? av1C(first.data) : undefined;
}

function bytesOf(source: ArrayBufferLike | ArrayBufferView | undefined): Uint8Array | undefined {
  if (source === undefined) return undefined;
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
  return new Uint8Array(source).slice();
}

function colorOf(space: Awaited<ReturnType<InputVideoTrack["getColorSpace"]>>): CodecConfig["color"] | undefined {
  const color = {
    ...(space.primaries && { primaries: space.primaries }),
    ...(space.transfer && { transfer: space.transfer }),
    ...(space.matrix && { matrix: space.matrix }),
    ...(typeof space.fullRange === "boolean" && { fullRange: space.fullRange }),
  };
  return Object.keys(color).length === 0 ? undefined : color;
}
