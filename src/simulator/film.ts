import type { CodecConfig, Encoding, FramesBatch, PacketsBatch } from "../core/batch.ts";
import { frameBytes } from "../core/batch.ts";
import type { Codecs, Encoder } from "../core/codecs.ts";
import { boxBlur } from "../kernels/blur.ts";
import { rgbToYuv420p, yuv420pToRgb } from "../kernels/yuv.ts";
import type { Fault } from "./faults.ts";
import type { Physics } from "./physics.ts";
import { Random } from "./random.ts";
import { type Camera, type CameraPose, openRasteriser, type Rasteriser } from "./rasteriser.ts";
import { CAMERA_FOVY, CAMERAS, type CameraName } from "./robot.ts";
import { CAMERA_HZ } from "./sensors.ts";

/** Pictures are square, of this many pixels a side. */
export const PICTURE = 256;
/** What the camera of a robot sends: key frames often enough to open anywhere, as our own sinks write them. */
const ENCODING: Encoding = { codec: "h264", pixelFormat: "yuv420p", group: 8, quality: 23 };
/** Grey levels by which a pixel is off, at most. */
const GRAIN = 2;
const GRAINS = 1 << 17;

/** One coded picture. */
export interface Packet {
  readonly bytes: Uint8Array;
  readonly key: boolean;
}

/** Everything one camera took. */
export interface Film {
  readonly packets: readonly Packet[];
  readonly config: CodecConfig;
  /** Where the camera was in the world for each picture. */
  readonly poses: readonly CameraPose[];
}

/** The intrinsics of a camera of the robot. */
export function cameraOf(name: CameraName): Camera {
  const focal = PICTURE / 2 / Math.tan((CAMERA_FOVY[name] * Math.PI) / 360);
  return { width: PICTURE, height: PICTURE, fx: focal, fy: focal, cx: PICTURE / 2, cy: PICTURE / 2 };
}

/** Draws a world; shared by its cameras. */
export class Studio {
  readonly #world: Physics;
  readonly #rasteriser: Rasteriser;
  readonly #poses: Float64Array;

  constructor(world: Physics) {
    this.#world = world;
    this.#rasteriser = openRasteriser(world.geoms);
    this.#poses = new Float64Array(12 * world.geoms.length);
  }

  poseOf(camera: CameraName): CameraPose {
    return this.#world.cameraPose(this.#world.camera(camera));
  }

  draw(camera: CameraName, into: Uint8Array): void {
    this.#world.geomPoses(this.#poses);
    this.#rasteriser.render(this.#poses, cameraOf(camera), this.poseOf(camera), into);
  }
}

interface FilmOptions {
  readonly studio: Studio;
  /** Absent: nothing is kept of what the camera shows. */
  readonly codecs?: Codecs;
  readonly faults: readonly Fault[];
  readonly seed: number;
  readonly noise: "usual" | "none";
}

/** One camera: draws, spoils as its faults say, and encodes. */
export class FilmCamera implements AsyncDisposable {
  readonly #name: CameraName;
  readonly #studio: Studio;
  readonly #encoder: Encoder | undefined;
  readonly #faults: readonly Fault[];
  readonly #grain: Random;
  readonly #grains: Int8Array | undefined;
  readonly #rgb = new Uint8Array(3 * PICTURE * PICTURE);
  readonly #frames: SharedArrayBuffer;
  readonly #yuv: Uint8Array;
  readonly #packets: Packet[] = [];
  readonly #poses: CameraPose[] = [];
  #config: CodecConfig | undefined;
  #count = 0;

  static async open(name: CameraName, options: FilmOptions): Promise<FilmCamera> {
    return new FilmCamera(name, await options.codecs?.encoder(ENCODING, { width: PICTURE, height: PICTURE }, CAMERA_HZ), options);
  }

  private constructor(name: CameraName, encoder: Encoder | undefined, about: FilmOptions) {
    this.#name = name;
    this.#studio = about.studio;
    this.#encoder = encoder;
    this.#faults = about.faults.filter(({ kind, sensor }) => sensor === name || kind === "swapped");
    this.#grain = new Random(about.seed, `grain of ${name}`);
    this.#grains = about.noise === "usual" ? drawGrains(this.#grain) : undefined;
    this.#frames = new SharedArrayBuffer(frameBytes("yuv420p", { width: PICTURE, height: PICTURE }));
    this.#yuv = new Uint8Array(this.#frames);
  }

  /** Takes the picture of this moment. Where nothing is kept, `unseen` ones are not drawn; all that follows is as if they were. */
  async shoot(timeSec: number, unseen = false): Promise<void> {
    const fault = (kind: Fault["kind"]) =>
      this.#faults.find((each) => each.kind === kind && timeSec >= each.startSec && timeSec < each.endSec);
    this.#poses.push(this.#studio.poseOf(this.#name));
    if (!fault("frozen") || this.#count === 0) this.#expose(fault, unseen && !this.#encoder);
    const time = BigInt64Array.of(BigInt(this.#count++));
    if (!this.#encoder) return;
    const frames: FramesBatch = {
      kind: "frames",
      time,
      frames: this.#frames,
      format: "yuv420p",
      height: PICTURE,
      width: PICTURE,
      stride: this.#frames.byteLength,
    };
    await this.#encoder.push(frames, this.#keep);
  }

  /** The last picture as it left the camera, rgb24 `[PICTURE, PICTURE, 3]`. */
  show(into: Uint8Array): void {
    yuv420pToRgb(this.#yuv, into, { width: PICTURE, height: PICTURE });
  }

  /** What was taken, once no more pictures come. */
  async develop(): Promise<Film | undefined> {
    await this.#encoder?.flush(this.#keep);
    return this.#encoder && { packets: this.#packets, config: this.#config!, poses: this.#poses };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#encoder?.[Symbol.asyncDispose]();
  }

  #expose(fault: (kind: Fault["kind"]) => Fault | undefined, unseen: boolean): void {
    const grain = this.#grains ? this.#grain.below(GRAINS - PICTURE * PICTURE) : 0;
    if (unseen) return;
    if (fault("black")) this.#rgb.fill(0);
    else this.#studio.draw(fault("swapped") ? CAMERAS.find((other) => other !== this.#name)! : this.#name, this.#rgb);
    const blurred = fault("blurred");
    if (blurred) boxBlur(this.#rgb, { width: PICTURE, height: PICTURE, channels: 3 }, Math.round(blurred.value!));
    rgbToYuv420p(this.#rgb, this.#yuv, { width: PICTURE, height: PICTURE });
    if (this.#grains) addGrain(this.#yuv, this.#grains, grain);
  }

  readonly #keep = async (batch: PacketsBatch): Promise<void> => {
    this.#config ??= batch.config;
    for (let index = 0; index < batch.time.length; index++) {
      const bytes = batch.bytes.slice(Number(batch.offsets[index]), Number(batch.offsets[index + 1]));
      this.#packets.push({ bytes, key: batch.key[index] === 1 });
    }
  };
}

/** A strip of grain that is laid over pictures, another part of it each time. */
function drawGrains(random: Random): Int8Array {
  return Int8Array.from({ length: GRAINS }, () => Math.round(random.between(-GRAIN, GRAIN)));
}

function addGrain(luma: Uint8Array, grains: Int8Array, from: number): void {
  for (let pixel = 0; pixel < PICTURE * PICTURE; pixel++) {
    const value = luma[pixel]! + grains[from + pixel]!;
    luma[pixel] = value < 16 ? 16 : Math.min(value, 235);
  }
}
