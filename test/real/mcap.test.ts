import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesOf, readMcap, rowsOf, timesOf } from "../support/readMcap.ts";

const data = process.env["TENDON_TEST_DATA"];
if (data === undefined) console.warn("skipped: real MCAP files (set TENDON_TEST_DATA)");

/** Counted by Python's mcap 1.6.0: messages by topic, and first and last log time. */
const TRUTH: { readonly [file: string]: { readonly [topic: string]: readonly [number, bigint, bigint] } } = {
  "custom-camera-model.mcap": {
    "/image/compressed": [10, 1_747_930_377_103n, 1_748_830_377_120n],
    "/camera_calibration": [10, 1_747_930_377_103n, 1_748_830_377_120n],
  },
  "example_logs.mcap": {
    mouse: [111, 1_740_566_235_448_000_000n, 1_740_566_238_556_000_000n],
    "/rosout": [1000, 1_740_566_235_448_000_000n, 1_740_566_238_556_000_000n],
  },
  "rosbag2/cdr_test_0.mcap": {
    "/test_topic": [3, 1_586_406_456_763_032_325n, 1_586_406_456_863_382_628n],
    "/array_topic": [4, 1_586_406_456_782_683_500n, 1_586_406_456_914_169_506n],
  },
  "rosbag2/rewriter_a_0.mcap": {
    a_empty: [100, 0n, 100_000_000n],
    b_basictypes: [50, 1_000_000n, 99_000_000n],
  },
  "rosbag2/bag_with_topics_and_service_events.mcap": {
    "/test_service1/_service_event": [4, 1_699_345_836_270_074_454n, 1_699_345_836_280_381_185n],
    "/test_topic2": [1, 1_699_345_836_340_728_398n, 1_699_345_836_340_728_398n],
  },
  "rosbag2/talker.mcap": {
    "/rosout": [10, 1_585_866_235_112_411_371n, 1_585_866_239_612_761_798n],
    "/topic": [10, 1_585_866_235_112_609_068n, 1_585_866_239_643_508_139n],
  },
};

/** The first stream of a topic. */
const STREAMS: { readonly [topic: string]: string } = {
  "/image/compressed": "observation.images.camera",
  "/camera_calibration": "camera_calibration",
  mouse: "mouse.clientX",
  "/rosout": "rosout",
  "/test_service1/_service_event": "test_service1._service_event",
};

describe.skipIf(data === undefined)("real recordings", () => {
  const logs = join(data ?? "", "logs");

  test.each(Object.entries(TRUTH))("%s holds what Python's mcap counts", async (file, topics) => {
    const read = await readMcap({ path: join(logs, file), time: "log" });
    expect(read.bad).toEqual([]);
    const [episode] = read.episodes;
    for (const [topic, [count, first, last]] of Object.entries(topics)) {
      const stream = STREAMS[topic] ?? topic.replace(/^\//, "");
      const times = timesOf(episode!, stream);
      expect({ topic, count: times.length, first: times[0], last: times.at(-1) }).toEqual({ topic, count, first, last });
      expect([...(await episode!.episode.times(stream)).time]).toEqual(times);
    }
  });

  test("a wrong encoding name is refused with the name and what to do", async () => {
    const { bad, episodes } = await readMcap({ path: join(logs, "rosbag2/wrong_rmw_test_0.mcap") });
    expect(episodes).toEqual([]);
    expect(bad.map(({ message }) => message)).toEqual([
      'nothing of it can be read: topics /array_topic, /test_topic: its message encoding is "wrong_format"; known are cdr, ros1, protobuf, json. If the recorder wrote a wrong name, rewrite the file with the right one',
    ]);
  });

  test("a recording split over three files is one episode, in order", async () => {
    const { episodes } = await readMcap({ path: join(logs, "rosbag2_mcap_multi") });
    expect(episodes.map(({ episode }) => episode.id)).toEqual(["multiple_files/multiple_files"]);
    const said = bytesOf(episodes[0]!, "chatter").map((bytes) => new TextDecoder().decode(bytes));
    expect(said.length).toBe(3177);
    expect(new Set(said)).toEqual(new Set(["test"]));
    const times = timesOf(episodes[0]!, "chatter");
    expect(times).toEqual(times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
  });

  test("pictures are the JPEGs of the file, at the size that their headers say", async () => {
    const { episodes, schemas } = await readMcap({ path: join(logs, "custom-camera-model.mcap") });
    expect(schemas[0]!.features["observation.images.camera"]).toMatchObject({ shape: [360, 520, 3], video: { codec: "mjpeg" } });
    for (const picture of bytesOf(episodes[0]!, "observation.images.camera")) {
      expect([...picture.subarray(0, 2), ...picture.subarray(-2)]).toEqual([0xff, 0xd8, 0xff, 0xd9]);
    }
  });

  test("texts and numbers are those that Python reads", async () => {
    const talker = await readMcap({ path: join(logs, "rosbag2/talker.mcap") });
    const said = bytesOf(talker.episodes[0]!, "topic").map((bytes) => new TextDecoder().decode(bytes));
    expect(said).toEqual(Array.from({ length: 10 }, (_, index) => `Hello, world! ${index}`));
    const { episodes } = await readMcap({ path: join(logs, "example_logs.mcap") });
    const sum = (stream: string) => rowsOf(episodes[0]!, stream).reduce((total, [value]) => total + Number(value), 0);
    expect([sum("mouse.clientX"), sum("mouse.clientY")]).toEqual([179_523, 113_731]);
  });
});
