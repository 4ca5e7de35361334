import type { Batch, Want } from "../../../core/batch.ts";
import type { Episode } from "../../../core/episode.ts";
import {
  countPictures,
  noPictures,
  type PictureCounts,
  sampledPictures,
  sampledStride,
} from "../../../kernels/statisticsPictures.ts";
import type { CameraSummary } from "./episode.ts";

/** Counts pixel values of some cameras: LeRobot's sample of frames and pixels, or every pixel. */
export function pictureWatch(_episode: Episode, cameras: readonly string[], frames: number, what: "sampled" | "exact" | "none") {
  const only = what === "sampled" ? sampledPictures(frames) : undefined;
  const wants: Want[] = cameras.map((stream) => ({ stream, as: "frames", format: "rgb24", ...(only && { only }) }));
  const counts: PictureCounts[] = cameras.map(() => noPictures());
  return {
    wants,
    push(camera: number, batch: Batch): void {
      if (batch.kind !== "frames") throw new TypeError(`${cameras[camera]}: asked for frames, got ${batch.kind}`);
      const { height, width } = batch;
      const stride = what === "sampled" ? sampledStride({ height, width }) : 1;
      const shape = { pictures: batch.time.length, height, width, stride };
      counts[camera] = countPictures(counts[camera]!, new Uint8Array(batch.frames), shape);
    },
    counted(stream: string): CameraSummary["counted"] {
      const camera = cameras.indexOf(stream);
      if (camera < 0) return undefined;
      const { pictures, counts: values } = counts[camera]!;
      return { pictures, counts: [...values] };
    },
  };
}
