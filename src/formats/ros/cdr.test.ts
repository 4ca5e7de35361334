import { parse } from "@foxglove/rosmsg";
import { MessageWriter } from "@foxglove/rosmsg2-serialization";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cdrDecoder } from "./cdr.ts";

const DEFINITION = `
Header header
string[] name
bool flag
float64[] position
uint8 small
int64 big
float32[3] fixed
Point[] points
string text
Empty nothing
uint16[] counts
float64 last
================================================================================
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
================================================================================
MSG: test/Point
float64 x
float64[] more
================================================================================
MSG: test/Empty
`;
const SCHEMA = new TextEncoder().encode(DEFINITION);
const writer = new MessageWriter(parse(DEFINITION, { ros2: true }));

const text = fc.string({ unit: "grapheme-ascii", maxLength: 9 });
const messages = fc.record({
  header: fc.record({
    stamp: fc.record({ sec: fc.integer({ min: 0, max: 2 ** 31 - 1 }), nanosec: fc.integer({ min: 0, max: 999_999_999 }) }),
    frame_id: text,
  }),
  name: fc.array(text, { maxLength: 4 }),
  flag: fc.boolean(),
  position: fc.array(fc.double({ noNaN: true }), { maxLength: 5 }),
  small: fc.integer({ min: 0, max: 255 }),
  big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fixed: fc.array(fc.float({ noNaN: true }), { minLength: 3, maxLength: 3 }),
  points: fc.array(fc.record({ x: fc.double({ noNaN: true }), more: fc.array(fc.double({ noNaN: true }), { maxLength: 3 }) }), {
    maxLength: 3,
  }),
  text,
  nothing: fc.constant({}),
  counts: fc.array(fc.integer({ min: 0, max: 65_535 }), { maxLength: 3 }),
  last: fc.double({ noNaN: true }),
});
const FIELDS = [
  "header",
  "name",
  "flag",
  "position",
  "small",
  "big",
  "fixed",
  "points",
  "text",
  "nothing",
  "counts",
  "last",
] as const;

test("any choice of fields reads as the full decoder reads them", () => {
  const decoder = cdrDecoder("ros2msg", SCHEMA);
  const property = fc.property(fc.subarray([...FIELDS]), fc.array(messages, { minLength: 1, maxLength: 3 }), (fields, all) => {
    const only = decoder.only!(fields);
    for (const message of all) {
      const bytes = writer.writeMessage(message);
      const whole = decoder.decode(bytes) as { [field: string]: unknown };
      expect(only(bytes)).toEqual(Object.fromEntries(fields.toSorted(inOrder).map((field) => [field, whole[field]])));
    }
  });
  fc.assert(property);
});

function inOrder(a: (typeof FIELDS)[number], b: (typeof FIELDS)[number]): number {
  return FIELDS.indexOf(a) - FIELDS.indexOf(b);
}

test("the stamp is read without the rest", () => {
  const decoder = cdrDecoder("ros2msg", SCHEMA);
  const property = fc.property(messages, (message) => {
    const { sec, nanosec } = message.header.stamp;
    expect(decoder.stamp!(writer.writeMessage(message))).toBe(BigInt(sec) * 1_000_000_000n + BigInt(nanosec));
  });
  fc.assert(property);
});

test("a message that is cut anywhere throws, and never reads the bytes behind it", () => {
  const decoder = cdrDecoder("ros2msg", SCHEMA);
  const only = decoder.only!(["last"]);
  const property = fc.property(messages, fc.double({ min: 0, max: 1, maxExcluded: true }), (message, share) => {
    const bytes = writer.writeMessage(message);
    // The whole message stays in the buffer, as a neighbour's would.
    const cut = bytes.subarray(0, Math.floor(bytes.length * share));
    expect(() => decoder.decode(cut)).toThrow();
    expect(() => only(cut)).toThrow();
  });
  fc.assert(property);
});
