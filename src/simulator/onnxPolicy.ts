import { z } from "zod";
import { TendonError } from "../core/errors.ts";
import { type OnnxModel, type OnnxTensor, type OnnxValue, openOnnx } from "../formats/onnx/runtime.ts";
import { PICTURE } from "./film.ts";
import type { Policy } from "./policy.ts";
import { CAMERAS, JOINTS } from "./robot.ts";

/** Where a policy's file says what it is, in `metadata_props`. */
const METADATA_KEY = "tendon";
const RATE_MAX_HZ = 1000;

const description = z.object({
  policy: z.literal(1).describe("The version of this description"),
  rateHz: z.number().positive().max(RATE_MAX_HZ).describe("Steps of a chunk a second"),
  execute: z.number().int().positive().describe("Pictures from one question to the next"),
  joints: z.array(z.string()).describe("The joints of state and action, in their order"),
});

const PICTURE_SHAPE = [1, PICTURE, PICTURE, 3];
const INPUTS: readonly OnnxValue[] = [
  ...CAMERAS.map((camera) => ({ name: `observation.images.${camera}`, type: "uint8", shape: PICTURE_SHAPE })),
  { name: "observation.state", type: "float32", shape: [1, JOINTS.length] },
];

/**
 * A policy from an ONNX file: raw pictures and joint positions in, a chunk of joint commands `[1, step, joint]`
 * out as `action`; what it normalises it normalises inside. docs/simulate.md says what its metadata hold.
 */
export async function openOnnxPolicy(file: string): Promise<Policy & AsyncDisposable> {
  const model = await openOnnx(file);
  const { rateHz, execute } = describe(model, file);
  checkInputs(model, file);
  return {
    rateHz,
    execute,
    async act({ pictures, state }) {
      const seen = CAMERAS.map((camera) => {
        const picture: OnnxTensor = { type: "uint8", data: pictures[camera], dims: PICTURE_SHAPE };
        return [`observation.images.${camera}`, picture] as const;
      });
      const joints = { type: "float32", data: state, dims: [1, JOINTS.length] };
      const { action } = await model.run({ ...Object.fromEntries(seen), "observation.state": joints });
      return checkedAction(action, file);
    },
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

function describe({ metadata }: OnnxModel, file: string): z.output<typeof description> {
  const text = metadata.get(METADATA_KEY);
  const example = `{"policy": 1, "rateHz": 30, "execute": 8, "joints": ["${JOINTS[0]}", …]}`;
  if (text === undefined)
    throw wrong(file, `its metadata_props have no "${METADATA_KEY}": a policy says what it is, as ${example}`);
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch (cause) {
    throw wrong(file, `metadata_props.${METADATA_KEY} is no JSON (got ${text.slice(0, 80)}): write ${example}`, cause);
  }
  const parsed = description.safeParse(said);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw wrong(file, `metadata_props.${[METADATA_KEY, ...path].join(".")}: ${message}; write ${example}`);
  }
  const { joints } = parsed.data;
  const off = JOINTS.findIndex((joint, index) => joints[index] !== joint);
  if (off < 0 && joints.length === JOINTS.length) return parsed.data;
  const got = off < 0 ? `${joints.length} joints` : `joint ${off} is ${joints[off] ?? "missing"}, here it is ${JOINTS[off]}`;
  throw wrong(file, `it is for another robot: ${got}; the ${JOINTS.length} joints are ${JOINTS.join(", ")}`);
}

function checkInputs({ inputs, outputs }: OnnxModel, file: string): void {
  const known = INPUTS.map(({ name }) => name);
  for (const input of inputs) {
    const wanted = INPUTS.find(({ name }) => name === input.name);
    if (!wanted) throw wrong(file, `it wants "${input.name}", which is not given: there are ${known.join(", ")}`);
    if (input.type !== wanted.type || !fits(input.shape, wanted.shape))
      throw wrong(file, `its input ${shown(input)} does not fit what is given, ${shown(wanted)}`);
  }
  const missing = known.find((name) => inputs.every((input) => input.name !== name));
  if (missing !== undefined) throw wrong(file, `it has no input "${missing}": a policy takes ${known.join(", ")}`);
  const action = outputs.find(({ name }) => name === "action");
  if (!action) throw wrong(file, `it gives ${outputs.map(({ name }) => name).join(", ")}, but no "action"`);
  if (action.type !== "float32" || !fits(action.shape, [1, "steps", JOINTS.length]))
    throw wrong(file, `its output ${shown(action)} is not float32 [1, steps, ${JOINTS.length}]`);
}

/** Sizes that either side leaves open fit anything. */
function fits(shape: readonly (number | string)[], wanted: readonly (number | string)[]): boolean {
  if (shape.length !== wanted.length) return false;
  return shape.every((size, index) => typeof size === "string" || typeof wanted[index] === "string" || size === wanted[index]);
}

function shown({ name, type, shape }: OnnxValue): string {
  return `${name} (${type} [${shape.join(", ")}])`;
}

function checkedAction(action: OnnxTensor | undefined, file: string): Float32Array {
  const [, steps = 0, width] = action?.dims ?? [];
  if (!action || !(action.data instanceof Float32Array) || width !== JOINTS.length || Number(steps) < 1)
    throw wrong(file, `it answered [${action?.dims.join(", ") ?? ""}] instead of [1, steps, ${JOINTS.length}]`);
  const off = action.data.findIndex((value) => !Number.isFinite(value));
  if (off < 0) return action.data;
  const [step, joint] = [Math.floor(off / JOINTS.length), JOINTS[off % JOINTS.length]];
  throw wrong(file, `it answered ${action.data[off]} for ${joint} at step ${step} of its chunk: such a command cannot be sent`);
}

function wrong(file: string, message: string, cause?: unknown): TendonError {
  return new TendonError("bad-data", message, { place: { file }, cause });
}
