import type { Picture } from "./pictures.ts";
import type { Refusal } from "./refusal.ts";

/** A picture as a camera driver publishes it: rows of pixels, `step` bytes from one to the next. */
export interface RawPicture {
  readonly encoding: string;
  readonly width: number;
  readonly height: number;
  readonly step: number;
  readonly bigEndian: boolean;
  readonly data: Uint8Array;
}

/** Names of ROS and Foxglove, FFmpeg's for the same, and the bytes of a pixel. 16UC1 is depth in mm. */
const ENCODINGS: { readonly [encoding: string]: readonly [pixelFormat: string, bytes: number] } = {
  rgb8: ["rgb24", 3],
  bgr8: ["bgr24", 3],
  "8UC3": ["bgr24", 3],
  rgba8: ["rgba", 4],
  bgra8: ["bgra", 4],
  mono8: ["gray", 1],
  "8UC1": ["gray", 1],
  mono16: ["gray16", 2],
  "16UC1": ["gray16", 2],
};
const SIDE_MAX = 32_768;

/** A packet of `rawvideo`: the rows without what stands between them. */
export function rawPicture({ encoding, width, height, step, bigEndian, data }: RawPicture): Picture | Refusal {
  const known = ENCODINGS[encoding];
  if (!known) {
    const names = Object.keys(ENCODINGS).join(", ");
    return { refused: `its raw pictures are "${encoding}"; known are ${names}: record the compressed topic of this camera` };
  }
  const [name, bytes] = known;
  const whole = [width, height].every((side) => Number.isInteger(side) && side > 0 && side <= SIDE_MAX);
  if (!whole) return { refused: `says that its picture has ${width}x${height} pixels` };
  const row = width * bytes;
  const needed = step * (height - 1) + row;
  if (step < row || data.length < needed)
    return { refused: `says ${width}x${height} pixels of ${encoding} in rows of ${step} bytes, and holds ${data.length} bytes` };
  const depth = name === "gray16";
  const pixelFormat = depth ? `${name}${bigEndian ? "be" : "le"}` : name;
  const config = { codec: "rawvideo", width, height, pixelFormat, ...(depth && { depth }) };
  return { packet: step === row ? data.subarray(0, needed) : packed({ data, height, step, row }), key: true, config };
}

function packed({ data, height, step, row }: { data: Uint8Array; height: number; step: number; row: number }): Uint8Array {
  const packet = new Uint8Array(row * height);
  for (let line = 0; line < height; line++) packet.set(data.subarray(line * step, line * step + row), line * row);
  return packet;
}
