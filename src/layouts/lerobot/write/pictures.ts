import type { Batch, FramesBatch, PlanesToRgb, Want } from "../../../core/batch.ts";
import type { Episode } from "../../../core/episode.ts";
import {
  addPictures,
  countPictures,
  noPictures,
  type PictureCounts,
  sampledPictures,
  sampledStride,
} from "../../../kernels/statisticsPictures.ts";
import { PlaneCounts } from "../../../kernels/statisticsPlanes.ts";
import type { CameraSummary } from "./episode.ts";

/** Counts pixel values of some cameras: LeRobot's sample of frames and pixels, or every pixel. */
export function pictureWatch(_episode: Episode, cameras: readonly string[], frames: number, what: "sampled" | "exact" | "none") {
  const only = what === "sampled" ? sampledPictures(frames) : undefined;
  const wants: Want[] = cameras.map((stream) => {
    return { stream, as: "frames", format: "rgb24", ...(only ? { only } : { orPlanes: true }) };
  });
  const counts: CameraCounts[] = cameras.map(() => ({ rgb: noPictures() }));
  return {
    wants,
    push(camera: number, batch: Batch): void {
      if (batch.kind !== "frames") throw new TypeError(`${cameras[camera]}: asked for frames, got ${batch.kind}`);
      if (batch.toRgb) {
        countPlanes(counts[camera]!, batch, batch.toRgb);
        return;
      }
      const { height, width } = batch;
      const stride = what === "sampled" ? sampledStride({ height, width }) : 1;
      const shape = { pictures: batch.time.length, height, width, stride };
      counts[camera]!.rgb = countPictures(counts[camera]!.rgb, new Uint8Array(batch.frames), shape);
    },
    /** Once a camera, at the end. */
    counted(stream: string): CameraSummary["counted"] {
      const camera = cameras.indexOf(stream);
      if (camera < 0) return undefined;
      const { pictures, counts: values } = allCounted(counts[camera]!);
      return { pictures, counts: [...values] };
    },
    abort(): void {
      for (const camera of counts) release(camera);
    },
  };
}

/** Pictures came as RGB or as planes; most often all in one way. */
interface CameraCounts {
  rgb: PictureCounts;
  planes?: PlaneCounts | undefined;
  toRgb?: PlanesToRgb;
}

function countPlanes(camera: CameraCounts, batch: FramesBatch, toRgb: PlanesToRgb): void {
  camera.planes ??= PlaneCounts.take(batch);
  camera.toRgb = toRgb;
  for (let picture = 0; picture < batch.time.length; picture++) {
    camera.planes.push(new Uint8Array(batch.frames, picture * batch.stride, batch.stride), toRgb);
  }
}

function allCounted(camera: CameraCounts): PictureCounts {
  const { rgb, planes, toRgb } = camera;
  if (!planes || !toRgb) return rgb;
  const counted = addPictures(rgb, planes.end(toRgb));
  release(camera);
  return counted;
}

function release(camera: CameraCounts): void {
  camera.planes?.release();
  camera.planes = undefined;
}
