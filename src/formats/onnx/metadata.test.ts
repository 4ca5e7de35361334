import { expect, test } from "vitest";
import { onnxMetadata } from "./metadata.ts";

const text = (value: string) => [...new TextEncoder().encode(value)];
const field = (number: number, bytes: readonly number[]) => [number * 8 + 2, bytes.length, ...bytes];

test("finds what a model says of itself among its other fields", () => {
  const graph = Array.from({ length: 100 }, () => 0x72);
  const model = Uint8Array.from([
    // ir_version 136, a varint of two bytes.
    8,
    0x88,
    0x01,
    ...field(7, graph),
    ...field(14, [...field(1, text("tendon")), ...field(2, text('{"policy":1}'))]),
    ...field(14, [...field(1, text("author")), ...field(2, text("Zoë"))]),
  ]);
  expect([...onnxMetadata(model)]).toEqual([
    ["tendon", '{"policy":1}'],
    ["author", "Zoë"],
  ]);
});

test.each([
  ["no protobuf", text("not a model")],
  ["a field that goes on beyond the end", [14 * 8 + 2, 100, 1, 2]],
  ["a number without end", Array.from({ length: 20 }, () => 0xff)],
])("refuses %s", (_, bytes) => {
  expect(() => onnxMetadata(Uint8Array.from(bytes))).toThrow(/is no ONNX model, or is cut short/);
});

test("of an empty file nothing is known", () => {
  expect([...onnxMetadata(new Uint8Array())]).toEqual([]);
});
