import type { EpisodeSchema } from "../../../core/feature.ts";
import type { ParkedPackets } from "../../../core/part.ts";
import type { InfoFeature } from "./columns.ts";
import type { CameraSummary } from "./episode.ts";

/** What is true of one camera's pictures in all episodes of a view. */
export interface CameraFacts {
  add(packets: ParkedPackets, camera: CameraSummary): void;
  feature(): InfoFeature;
}

/** A key of `info` stands only where it holds for every episode: a view may copy AV1 here and encode H.264 there. */
export function cameraFacts(schema: EpisodeSchema, stream: string, rateHz: number): CameraFacts {
  const codecs = new Set<string>();
  const formats = new Set<string>();
  const groups = new Set<number | undefined>();
  const qualities = new Set<number | undefined>();
  const only = <T>(values: ReadonlySet<T>) => (values.size === 1 ? [...values][0] : undefined);
  return {
    add(packets, camera) {
      const encoding = packets.encoding === "as recorded" ? undefined : packets.encoding;
      codecs.add(packets.codec);
      formats.add(camera.pixelFormat);
      groups.add(encoding?.group);
      qualities.add(encoding?.quality);
    },
    feature() {
      const [height = 0, width = 0] = schema.features[stream]!.shape as readonly number[];
      const told = {
        "video.height": height,
        "video.width": width,
        "video.codec": only(codecs),
        "video.pix_fmt": only(formats),
        "video.is_depth_map": false,
        "video.fps": rateHz,
        "video.channels": 3,
        "video.g": only(groups),
        "video.crf": only(qualities),
        has_audio: false,
      };
      const info = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
      return {
        dtype: "video",
        shape: [height, width, 3],
        names: ["height", "width", "channels"],
        info: info as NonNullable<InfoFeature["info"]>,
      };
    },
  };
}
