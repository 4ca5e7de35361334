import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openOnnxPolicy } from "./onnxPolicy.ts";
import { JOINTS } from "./robot.ts";

const folder = mkdtempSync(join(tmpdir(), "tendon-policy-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A protobuf message of fields: whole numbers, and texts or messages. */
type Fields = readonly (readonly [number, number | string | Uint8Array])[];

function message(fields: Fields): Uint8Array {
  const bytes: number[] = [];
  const varint = (value: number) => {
    for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
    bytes.push(value);
  };
  for (const [field, value] of fields) {
    if (typeof value === "number") {
      varint(field * 8);
      varint(value);
      continue;
    }
    const body = typeof value === "string" ? new TextEncoder().encode(value) : value;
    varint(field * 8 + 2);
    varint(body.length);
    for (const byte of body) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

const [FLOAT, UINT8, INT64] = [1, 2, 7];
const value = (name: string, type: number, shape: readonly number[]): Uint8Array => {
  const dims = message(shape.map((size) => [1, message([[1, size]])]));
  const tensor = message([
    [1, type],
    [2, dims],
  ]);
  return message([
    [1, name],
    [2, message([[1, tensor]])],
  ]);
};

const PICTURE = [1, 256, 256, 3];
const SAID = { policy: 1, rateHz: 30, execute: 8, joints: JOINTS };

/** A model that answers one step: it stays where it is, over `divisor`. */
function model(change: { said?: unknown; head?: readonly number[]; name?: string; divisor?: number } = {}): string {
  const { said = SAID, head = PICTURE, name = "observation.state", divisor = 1 } = change;
  const node = (op: string, inputs: readonly string[], output: string) =>
    message([...inputs.map((input) => [1, input] as const), [2, output], [4, op]]);
  const shape = message([
    [1, 3],
    [2, INT64],
    [8, "shape"],
    [9, new Uint8Array(BigInt64Array.of(1n, 1n, BigInt(JOINTS.length)).buffer)],
  ]);
  const over = message([
    [2, FLOAT],
    [8, "divisor"],
    [9, new Uint8Array(Float32Array.of(divisor).buffer)],
  ]);
  const graph = message([
    [1, node("Reshape", [name, "shape"], "still")],
    [1, node("Div", ["still", "divisor"], "action")],
    [2, "policy"],
    [5, shape],
    [5, over],
    [11, value("observation.images.head", UINT8, head)],
    [11, value("observation.images.right_wrist", UINT8, PICTURE)],
    [11, value(name, FLOAT, [1, JOINTS.length])],
    [12, value("action", FLOAT, [1, 1, JOINTS.length])],
  ]);
  const props = message([
    [1, "tendon"],
    [2, typeof said === "string" ? said : JSON.stringify(said)],
  ]);
  const whole: Fields = [[1, 8], [7, graph], [8, message([[2, 17]])], ...(said === null ? [] : ([[14, props]] as const))];
  const file = join(folder, `${Math.random()}.onnx`);
  writeFileSync(file, message(whole));
  return file;
}

const observation = {
  pictures: { head: new Uint8Array(3 * 256 * 256), right_wrist: new Uint8Array(3 * 256 * 256) },
  state: Float32Array.from(JOINTS, (_, joint) => joint / 10),
};

const there = (() => {
  try {
    return createRequire(import.meta.url).resolve("onnxruntime-web") !== "";
  } catch {
    console.warn("skipped: policies that run (npm install --no-save onnxruntime-web@1.30.0)");
    return false;
  }
})();

describe("a policy's file", () => {
  it("that is not there is told so", async () => {
    await expect(openOnnxPolicy(join(folder, "none.onnx"))).rejects.toMatchObject({ code: "not-found" });
  });

  it.skipIf(there)("needs a package, which is named", async () => {
    const missing = { code: "missing-tool", message: expect.stringContaining("npm install onnxruntime-web@") };
    await expect(openOnnxPolicy(model())).rejects.toMatchObject(missing);
  });
});

describe.runIf(there)("a policy", () => {
  it("answers a chunk of commands", async () => {
    await using policy = await openOnnxPolicy(model());
    expect(policy).toMatchObject({ rateHz: 30, execute: 8 });
    expect(await policy.act(observation)).toEqual(observation.state);
  });

  it("that answers no number is told which", async () => {
    await using policy = await openOnnxPolicy(model({ divisor: 0 }));
    await expect(policy.act(observation)).rejects.toThrow(/answered NaN for waist_yaw at step 0/);
  });

  it.each([
    ["another picture", { head: [1, 224, 224, 3] }, /head \(uint8 \[1, 224, 224, 3\]\) does not fit .*\[1, 256, 256, 3\]/],
    ["another input", { name: "depth" }, /wants "depth", which is not given/],
    ["no description", { said: null }, /no "tendon": a policy says what it is/],
    ["a description that is no JSON", { said: "{" }, /metadata_props.tendon is no JSON/],
    ["a rate that is none", { said: { ...SAID, rateHz: 0 } }, /metadata_props.tendon.rateHz: /],
    [
      "another robot",
      { said: { ...SAID, joints: JOINTS.slice(1) } },
      /another robot: joint 0 is waist_pitch, here it is waist_yaw/,
    ],
  ])("with %s is refused", async (_, change, why) => {
    await expect(openOnnxPolicy(model(change))).rejects.toThrow(why);
  });

  it("that is no ONNX is refused", async () => {
    const file = join(folder, "text.onnx");
    writeFileSync(file, "not a model");
    await expect(openOnnxPolicy(file)).rejects.toMatchObject({ code: "bad-data", place: { file } });
  });
});
