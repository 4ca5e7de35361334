import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PacketsBatch } from "../core/batch.ts";
import { writeMp4 } from "../formats/video/mux.ts";
import { cameraOf, type Film, PICTURE } from "./film.ts";
import type { SensorLog } from "./recorder.ts";
import type { CameraName } from "./robot.ts";
import { CAMERA_HZ } from "./sensors.ts";
import type { SimulatedEpisode } from "./simulate.ts";

/** One clip of one camera. */
export interface ClipTruth {
  readonly clip: string;
  readonly video: string;
  readonly camera: string;
  readonly caption: string;
  readonly frames: number;
}

/**
 * Writes an episode as a neural simulator would give it: for each camera `videos/NAME.mp4` with its
 * caption in `captions/NAME.txt` and its camera in `cameras/NAME.json` (intrinsics in pixels, and for
 * every frame the camera's pose in the world). docs/simulate.md has the layout.
 */
export async function writeClips(out: string, episode: SimulatedEpisode): Promise<ClipTruth[]> {
  const clips: ClipTruth[] = [];
  for (const folder of ["videos", "captions", "cameras"]) await mkdir(join(out, folder), { recursive: true });
  for (const log of episode.logs) {
    if (log.film) clips.push(await writeClip(out, episode, { ...log, film: log.film }));
  }
  return clips;
}

async function writeClip(out: string, episode: SimulatedEpisode, log: SensorLog & { readonly film: Film }): Promise<ClipTruth> {
  const { film, sensor } = log;
  const clip = `${episode.plan.name}_${sensor.name}`;
  await writeMp4(join(out, "videos", `${clip}.mp4`), film.config, packetsOf(film), { rateHz: CAMERA_HZ });
  const caption = captionOf(episode, sensor.name as CameraName);
  await writeFile(join(out, "captions", `${clip}.txt`), `${caption}\n`);
  const { fx, fy, cx, cy } = cameraOf(sensor.name as CameraName);
  const camera = {
    width: PICTURE,
    height: PICTURE,
    intrinsics: { fx, fy, cx, cy },
    convention: "camera to world; x right, y down, z forward; metres; rotation row by row",
    rateHz: CAMERA_HZ,
    poses: Array.from(film.poses, ({ position, rotation }) => ({
      position: Array.from(position),
      rotation: Array.from(rotation),
    })),
  };
  await writeFile(join(out, "cameras", `${clip}.json`), `${JSON.stringify(camera)}\n`);
  return { clip, video: `videos/${clip}.mp4`, camera: `cameras/${clip}.json`, caption, frames: film.packets.length };
}

const VIEWS: { readonly [camera in CameraName]: string } = {
  head: "Seen from the head of a humanoid robot",
  right_wrist: "Seen from the right wrist of a humanoid robot",
};

function captionOf({ instruction, plan, outcome }: SimulatedEpisode, camera: CameraName): string {
  const end = outcome.success ? "The robot succeeds." : "The robot fails.";
  const things = plan.task.scene.things.map(({ colour, form }) => `a ${colour.name} ${form.word}`);
  return `${VIEWS[camera]}: ${instruction}. On the table: ${things.join(", ")}. ${end}`;
}

/** Shown at an even rate from 0 on, as generated video is. */
async function* packetsOf({ packets, config }: Film): AsyncGenerator<PacketsBatch> {
  const time = BigInt64Array.from(packets, (_, index) => BigInt(Math.round((index * 1e9) / CAMERA_HZ)));
  const offsets = new BigInt64Array(packets.length + 1);
  packets.forEach(({ bytes }, index) => {
    offsets[index + 1] = offsets[index]! + BigInt(bytes.length);
  });
  const key = Uint8Array.from(packets, (packet) => (packet.key ? 1 : 0));
  const bytes = Buffer.concat(packets.map((packet) => packet.bytes));
  yield { kind: "packets", time, decodeTime: time, offsets, key, bytes, config };
}
