import { join } from "node:path";
import { expect, test } from "vitest";
import { openCodecs } from "../../src/formats/video/codecs.ts";
import { openVideo } from "../../src/formats/video/demux.ts";
import { align, assemble, check, gr00t, lerobot, mcap, pipeline, run } from "../../src/index.ts";
import { decode } from "../conformance/movingPicture.ts";
import { temporaryFolder } from "../support/readMcap.ts";
import { ros2Topic, stamp, steady, writeMcap } from "../support/writeMcap.ts";

const START = 1_700_000_000_000_000_000n;
const [WIDTH, HEIGHT] = [64, 48];

test("raw pictures of a robot become both views, in their colours and encoded once", async () => {
  await using folder = await temporaryFolder();
  const header = (log: bigint) => ({ stamp: stamp(log), frame_id: "" });
  // Each picture is of one blue, red growing with its number; the driver publishes blue first.
  const images = steady(START, 10, 30).map((log, at) => {
    const data = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, place) => [180, 60, at * 7][place % 3]!);
    const shape = { height: HEIGHT, width: WIDTH, encoding: "bgr8", is_bigendian: 0, step: WIDTH * 3 };
    return { log, value: { header: header(log), ...shape, data } };
  });
  const joints = steady(START, 20, 60).map((log, at) => {
    return { log, value: { header: header(log), name: ["a"], position: [at], velocity: [], effort: [] } };
  });
  await writeMcap(join(folder.path, "raw.mcap"), [
    ros2Topic("/head/image_raw", "sensor_msgs/msg/Image", images),
    ros2Topic("/joint_states", "sensor_msgs/msg/JointState", joints),
  ]);
  const report = await run(
    pipeline({
      dataset: join(folder.path, "home"),
      sources: { robot: mcap({ path: join(folder.path, "raw.mcap") }) },
      stages: [align(), assemble(), check({ stuck: false })],
      sinks: [lerobot(), gr00t()],
    }),
    { workers: 1 },
  );
  expect(report.failures).toEqual([]);
  expect(report.episodes).toMatchObject({ kept: 1, dropped: 0 });
  const camera = "observation.images.head";
  const [joined, own] = report.views.map(({ path }) => path);
  for (const path of [
    join(joined!, "videos", camera, "chunk-000", "file-000.mp4"),
    join(own!, "videos", "chunk-000", camera, "episode_000000.mp4"),
  ]) {
    const video = await openVideo(path);
    expect([video.config.codec, video.config.width, video.frames]).toEqual(["h264", WIDTH, 30]);
    const { wants } = await decode(await openCodecs(), video.packets(), [{ format: "rgb24" }]);
    for (const [at, frame] of wants[0]!.frames.entries()) {
      const middle = ((HEIGHT / 2) * WIDTH + WIDTH / 2) * 3;
      const [red, green, blue] = frame.subarray(middle, middle + 3);
      for (const [got, expected] of [
        [red!, at * 7],
        [green!, 60],
        [blue!, 180],
      ])
        expect(Math.abs(got! - expected!)).toBeLessThan(8);
    }
    await video.close();
  }
});
