import type { PlanesToRgb, Size } from "../../core/batch.ts";
import type { NodeAv } from "./nodeAv.ts";

/** How a strip of blocks of 2 × 2 pixels is laid out that a picture is compared with. */
const STRIP_WIDTH = 128;

/** By size; one answer a thread. */
const answers = new Map<string, PlanesToRgb | undefined>();

/**
 * How planes as they were coded become rgb24 where nothing is known of their colours, as PictureConverter
 * does it; undefined where that is not pixel by pixel. FFmpeg promises nothing here: the way that it takes
 * depends on size and processor, so it is tried with a picture of noise.
 */
export function planesToRgb(av: NodeAv, size: Size): PlanesToRgb | undefined {
  const key = `${size.width} ${size.height}`;
  if (!answers.has(key)) {
    const toRgb: PlanesToRgb = (planes, of, into) => convert(av, { planes, size: of, into });
    answers.set(key, isPixelByPixel(toRgb, size) ? toRgb : undefined);
  }
  return answers.get(key);
}

function convert(av: NodeAv, { planes, size, into }: { planes: Uint8Array; size: Size; into: Uint8Array }): void {
  const { height, width } = size;
  const luma = width * height;
  const memory = Buffer.from(planes.buffer as ArrayBuffer, planes.byteOffset, planes.byteLength);
  const rgb = Buffer.from(into.buffer as ArrayBuffer, into.byteOffset, luma * 3);
  const from = [memory.subarray(0, luma), memory.subarray(luma, luma * 1.25), memory.subarray(luma * 1.25, luma * 1.5)];
  using scaler = new av.SoftwareScaleContext();
  scaler.getContext(width, height, av.AV_PIX_FMT_YUV420P, width, height, av.AV_PIX_FMT_RGB24, av.SWS_BILINEAR);
  const lines = scaler.scaleSync(from, [width, width / 2, width / 2], 0, height, [rgb], [width * 3]);
  if (lines !== height) throw new Error(`planes of ${width}×${height} did not become RGB (${lines})`);
}

/** Whether a picture's pixels come out alike when its blocks stand elsewhere, in a picture of another shape. */
function isPixelByPixel(toRgb: PlanesToRgb, size: Size): boolean {
  if (size.width % 16 !== 0 || size.height % 2 !== 0) return false;
  const blocks = (size.width * size.height) / 4;
  const strip = { width: STRIP_WIDTH, height: Math.ceil(blocks / (STRIP_WIDTH / 2)) * 2 };
  const [from, to] = [size, strip].map(({ width, height }) => ({
    width,
    luma: width * height,
    planes: new Uint8Array(width * height * 1.5),
    rgb: new Uint8Array(width * height * 3),
  })) as [Picture, Picture];
  let state = 1;
  for (let at = 0; at < from.planes.length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    from.planes[at] = state >>> 24;
  }
  for (let block = 0; block < blocks; block++) {
    for (let pixel = 0; pixel < 4; pixel++) to.planes[pixelAt(to, block, pixel)] = from.planes[pixelAt(from, block, pixel)]!;
    to.planes[to.luma + block] = from.planes[from.luma + block]!;
    to.planes[to.luma * 1.25 + block] = from.planes[from.luma * 1.25 + block]!;
  }
  toRgb(from.planes, size, from.rgb);
  toRgb(to.planes, strip, to.rgb);
  for (let at = 0; at < blocks * 4; at++) {
    const [a, b] = [pixelAt(from, at >>> 2, at & 3) * 3, pixelAt(to, at >>> 2, at & 3) * 3];
    for (let channel = 0; channel < 3; channel++) if (from.rgb[a + channel] !== to.rgb[b + channel]) return false;
  }
  return true;
}

interface Picture {
  readonly width: number;
  readonly luma: number;
  readonly planes: Uint8Array;
  readonly rgb: Uint8Array;
}

/** The place of one of four pixels of a block; blocks are numbered as the chroma values are. */
function pixelAt({ width }: Picture, block: number, pixel: number): number {
  const across = width / 2;
  const line = Math.floor(block / across) * 2 + (pixel >>> 1);
  return line * width + (block % across) * 2 + (pixel & 1);
}
