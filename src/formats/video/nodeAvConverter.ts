import type { Frame, SoftwareScaleContext } from "node-av";
import { frameBytes, type PixelFormat, type Size } from "../../core/batch.ts";
import { TendonError } from "../../core/errors.ts";
import type { NodeAv } from "./nodeAv.ts";
import { EXACT_SCALING, FAST_SCALING } from "./scaling.ts";

/** How a picture becomes what is wanted: as it is, straight into the caller's memory, or by way of a frame. */
type Way = "same" | "direct" | "tagged";

/**
 * A frame of our own, through which all pictures go: taking hold of the memory of each decoded frame would
 * tell the garbage collector of it every time, which then takes a tenth of the time of decoding.
 */
interface Memory {
  readonly frame: Frame;
  readonly planes: readonly { readonly data: Buffer; readonly lineBytes: number }[];
}

/** Lines of so many pixels are made of whole vectors, whatever the processor's are. */
const VECTOR_PIXELS = 32;

/**
 * Turns decoded pictures into one pixel format and size, scaled where the size changes, honouring
 * the colour tags as the `ffmpeg` command does. `yuv420p` comes out as BT.601 in limited range
 * whatever goes in, which is what an untagged stream means, so that encoding it again keeps colours.
 */
export class PictureConverter {
  readonly #av: NodeAv;
  readonly #format: PixelFormat;
  readonly #size: Size;
  /** What is encoded must not depend on the processor; what is only looked at may, slightly. */
  readonly #exact: boolean;
  readonly #pixels: number;
  readonly #planes: readonly { readonly start: number; readonly end: number; readonly stride: number }[];
  /** Formats, and their names where they are in full range: the untagged way knows the range by the name alone. */
  readonly #fullRange: ReadonlyMap<number, number>;
  #scaler: SoftwareScaleContext | undefined;
  #target: Memory | undefined;
  #source: Memory | undefined;
  #scratch: Buffer | undefined;
  /** What the current scaler was made for. */
  #madeFor = "";

  constructor(av: NodeAv, format: PixelFormat, size: Size) {
    this.#av = av;
    this.#format = format;
    this.#size = size;
    this.#exact = format === "yuv420p";
    const names = { rgb24: "rgb24", gray8: "gray", gray16: "gray16le", yuv420p: "yuv420p" } as const;
    this.#pixels = av.avGetPixFmtFromName(names[format]);
    this.#planes = planesOf(format, size);
    this.#fullRange = new Map([
      [av.AV_PIX_FMT_YUV420P, av.AV_PIX_FMT_YUVJ420P],
      [av.AV_PIX_FMT_YUV422P, av.AV_PIX_FMT_YUVJ422P],
      [av.AV_PIX_FMT_YUV444P, av.AV_PIX_FMT_YUVJ444P],
      [av.AV_PIX_FMT_YUVJ420P, av.AV_PIX_FMT_YUVJ420P],
      [av.AV_PIX_FMT_YUVJ422P, av.AV_PIX_FMT_YUVJ422P],
      [av.AV_PIX_FMT_YUVJ444P, av.AV_PIX_FMT_YUVJ444P],
    ]);
  }

  /** `into` has exactly the bytes of one picture. */
  convert(picture: Frame, into: Uint8Array): void {
    if (this.#writesThrough(picture)) this.#check(this.#scaleInto(picture, into));
    else {
      this.#fill(picture);
      this.#copy(into);
    }
  }

  /** The picture in memory of this converter, without padding. The next one takes its place. */
  converted(picture: Frame): Uint8Array {
    this.#fill(picture);
    const [{ data, lineBytes } = { data: undefined, lineBytes: 0 }] = this.#target!.planes;
    const [plane] = this.#planes;
    if (data && this.#planes.length === 1 && lineBytes === plane!.stride) return data.subarray(0, plane!.end);
    this.#scratch ??= Buffer.alloc(this.#planes.at(-1)!.end);
    this.#copy(this.#scratch);
    return this.#scratch;
  }

  /** Converts into the target. */
  #fill(picture: Frame): void {
    this.#check(this[this.#wayOf(picture)](picture));
  }

  #check(result: number): void {
    if (result >= 0) return;
    const why = this.#av.FFmpegError.strerror(result);
    throw new TendonError("bad-data", `a picture cannot be converted to ${this.#format} (${why})`);
  }

  /** Whether the picture is what this makes of pictures of unknown colours: 4:2:0, BT.601 in limited range, of this size. */
  isPlain(picture: Frame): boolean {
    return picture.format === this.#av.AV_PIX_FMT_YUV420P && !this.#resizes(picture) && this.#knowsNoColor(picture);
  }

  close(): void {
    this.#scaler?.freeContext();
    this.#target?.frame.free();
    this.#source?.frame.free();
    this.#scaler = undefined;
    this.#target = undefined;
    this.#source = undefined;
    this.#madeFor = "";
  }

  #wayOf(picture: Frame): Way {
    const av = this.#av;
    const full = picture.colorRange === av.AVCOL_RANGE_JPEG;
    const plain = this.#knowsNoColor(picture);
    if (!this.#resizes(picture) && picture.format === this.#pixels && (plain || this.#format !== "yuv420p")) return "same";
    // Grey is luma in full range, whatever the matrix. With tags, swscale would go by way of RGB.
    if (this.#format.startsWith("gray") && (!full || this.#fullRange.has(picture.format))) return "direct";
    // What swscale takes for granted without being told.
    return plain && picture.format === av.AV_PIX_FMT_YUV420P ? "direct" : "tagged";
  }

  /** Untagged, or tagged as what is taken for granted then. */
  #knowsNoColor({ colorRange, colorSpace }: Frame): boolean {
    const av = this.#av;
    if (colorRange === av.AVCOL_RANGE_JPEG) return false;
    return (
      colorSpace === av.AVCOL_SPC_UNSPECIFIED || colorSpace === av.AVCOL_SPC_BT470BG || colorSpace === av.AVCOL_SPC_SMPTE170M
    );
  }

  #resizes({ width, height }: Frame): boolean {
    return width !== this.#size.width || height !== this.#size.height;
  }

  same(picture: Frame): number {
    if (this.#madeFor !== "same") {
      this.close();
      this.#target = this.#newTarget();
      this.#madeFor = "same";
    }
    return this.#target!.frame.copy(picture);
  }

  /** At the same size. swscale writes whole vectors: where a line is not made of them, also what lies behind it. */
  #writesThrough(picture: Frame): boolean {
    const whole = this.#format === "rgb24" && this.#size.width % VECTOR_PIXELS === 0 && !this.#resizes(picture);
    return whole && picture.format === this.#av.AV_PIX_FMT_YUV420P && this.#wayOf(picture) === "direct";
  }

  /** As `direct`, but the coded picture is copied instead of the converted one, which is twice as large. */
  #scaleInto(picture: Frame, into: Uint8Array): number {
    this.#openDirect(picture);
    const { width, height, format } = picture;
    this.#source ??= this.#newMemory(format, { width, height });
    const { frame, planes } = this.#source;
    const copied = frame.copy(picture);
    if (copied < 0) return copied;
    const [data, lineBytes] = [planes.map((plane) => plane.data), planes.map((plane) => plane.lineBytes)];
    return this.#scaler!.scaleSync(data, lineBytes, 0, height, [into as Buffer], [this.#planes[0]!.stride]);
  }

  direct(picture: Frame): number {
    this.#openDirect(picture);
    return this.#scaler!.scaleFrameSync(this.#target!.frame, picture);
  }

  #openDirect(picture: Frame): void {
    const { width, height } = picture;
    const full = picture.colorRange === this.#av.AVCOL_RANGE_JPEG;
    const format = (full && this.#fullRange.get(picture.format)) || picture.format;
    const madeFor = `direct ${width} ${height} ${format}`;
    if (madeFor === this.#madeFor) return;
    this.close();
    this.#scaler = new this.#av.SoftwareScaleContext();
    const { width: toWidth, height: toHeight } = this.#size;
    const { SWS_AREA, SWS_BILINEAR, SWS_ACCURATE_RND, SWS_BITEXACT } = this.#av;
    const flags = this.#exact ? SWS_AREA | SWS_ACCURATE_RND | SWS_BITEXACT : SWS_BILINEAR;
    this.#scaler.getContext(width, height, format as never, toWidth, toHeight, this.#pixels as never, flags as never);
    this.#target = this.#newTarget();
    this.#madeFor = madeFor;
  }

  tagged(picture: Frame): number {
    if (this.#madeFor !== "tagged") {
      this.close();
      this.#scaler = new this.#av.SoftwareScaleContext();
      this.#scaler.allocContext();
      this.#scaler.setOption("sws_flags", this.#exact ? EXACT_SCALING : FAST_SCALING, this.#av.AV_OPT_TYPE_STRING);
      this.#target = this.#newTarget();
      this.#madeFor = "tagged";
    }
    // The other way knows no chroma siting: one video must not be sampled in two manners.
    picture.chromaLocation = this.#av.AVCHROMA_LOC_UNSPECIFIED;
    return this.#scaler!.scaleFrameSync(this.#target!.frame, picture);
  }

  #copy(into: Uint8Array): void {
    for (const [index, { start, end, stride }] of this.#planes.entries()) {
      const { data, lineBytes } = this.#target!.planes[index]!;
      if (lineBytes === stride) {
        into.set(data.subarray(0, end - start), start);
        continue;
      }
      for (let from = 0, to = start; to < end; from += lineBytes, to += stride) into.set(data.subarray(from, from + stride), to);
    }
  }

  #newTarget(): Memory {
    const target = this.#newMemory(this.#pixels, this.#size);
    if (this.#format === "yuv420p") {
      target.frame.colorRange = this.#av.AVCOL_RANGE_MPEG;
      target.frame.colorSpace = this.#av.AVCOL_SPC_SMPTE170M;
    } else target.frame.colorRange = this.#av.AVCOL_RANGE_JPEG;
    return target;
  }

  #newMemory(format: number, { width, height }: Size): Memory {
    const frame = new this.#av.Frame();
    frame.alloc();
    frame.width = width;
    frame.height = height;
    frame.format = format as never;
    frame.getBuffer(0);
    const lineBytes = frame.linesize;
    return { frame, planes: (frame.data ?? []).map((data, plane) => ({ data, lineBytes: lineBytes[plane]! })) };
  }
}

function planesOf(format: PixelFormat, size: Size): { start: number; end: number; stride: number }[] {
  const all = frameBytes(format, size);
  if (format !== "yuv420p") return [{ start: 0, end: all, stride: all / size.height }];
  const luma = size.width * size.height;
  const stride = Math.ceil(size.width / 2);
  const chroma = stride * Math.ceil(size.height / 2);
  return [
    { start: 0, end: luma, stride: size.width },
    { start: luma, end: luma + chroma, stride },
    { start: luma + chroma, end: all, stride },
  ];
}
