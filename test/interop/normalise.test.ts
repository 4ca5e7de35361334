import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { apply, invert, type Normalisation, type Segment } from "../../src/loader/normalise.ts";
import { ask, openScratch, pythonOf } from "./support.ts";

const python = pythonOf("readers");
const scratch = openScratch();
afterAll(() => scratch.remove());

/** No zeros, of which no rotation can be made. */
const number = fc.integer({ min: 1, max: 20_000 }).chain((whole) => fc.constantFrom(whole / 1000, -whole / 1000));
const kind = fc.constantFrom("none", "min_max", "q01_q99", "mean_std", "sin_cos", "binary");
const format = fc.constantFrom(undefined, "joints", "xyz+rot6d", "xyz+rotvec");
const anyPart = fc.record({
  kind,
  format,
  width: fc.integer({ min: 1, max: 4 }),
  precision: fc.constantFrom("float32", "float64"),
  clip: fc.boolean(),
  constant: fc.constantFrom("zero", "keep"),
  each: fc.boolean(),
  still: fc.boolean(),
});
/** A pose that is clipped, or made of zeros and ones, may be none. */
const part = anyPart.filter(
  ({ kind: how, format: told, clip }) => told === undefined || told === "joints" || (how !== "binary" && !clip),
);
const tensor = fc.record({
  parts: fc.array(part, { minLength: 1, maxLength: 4 }),
  steps: fc.integer({ min: 1, max: 4 }),
  padding: fc.nat(3),
});

it.skipIf(python === undefined)("Python and TypeScript normalise alike, and undo it alike, in 1,000 cases", async () => {
  const cases = fc.sample(fc.tuple(tensor, fc.infiniteStream(number)), { numRuns: 1000, seed: 20_261_127 });
  const lines = cases.map(([{ parts, steps, padding }, more]) => {
    const next = (count: number) => Array.from({ length: count }, () => more.next().value);
    const { segments, stateWidth, rawWidth } = segmentsOf(parts, { steps, padding, next });
    const normalisation: Normalisation = { tendon: "normalisation 1", tensors: { action: segments } };
    const [state, values] = [next(stateWidth), next(steps * rawWidth)];
    const applied = apply(normalisation, "action", values, state);
    const inverted = invert(normalisation, "action", applied, state);
    return JSON.stringify({
      normalisation,
      state,
      tensors: [["action", steps, values, { applied: [...applied], inverted: [...inverted] }]],
    });
  });
  const found = await ask(python!, scratch, "normalise.py", [], lines.map((line) => `${line}\n`).join(""));
  expect(found.cases).toBe(1000);
  const { apply: ahead, invert: back } = found.farthest as { apply: number; invert: number };
  expect(ahead).toBeLessThan(2e-7);
  expect(back).toBeLessThan(1e-9);
});

type Part = typeof part extends fc.Arbitrary<infer One> ? One : never;

function segmentsOf(parts: readonly Part[], given: { steps: number; padding: number; next: (count: number) => number[] }) {
  const { steps, padding, next } = given;
  const segments: Segment[] = [];
  let [from, rawWidth, stateWidth] = [0, 0, 0];
  for (const [index, { kind: how, format: told, width: some, precision, clip, constant, each, still }] of parts.entries()) {
    const width = told === "xyz+rot6d" ? 9 : told === "xyz+rotvec" ? 6 : some;
    const rows = (of: () => number[]) => Array.from({ length: each ? steps : 1 }, of);
    const low = rows(() => next(width));
    const span = low.map((row) => row.map((_, column) => (still && column === 0 ? 0 : 0.1 + Math.abs(next(1)[0]!))));
    const to = from + (how === "sin_cos" ? 2 : 1) * width;
    segments.push({
      key: `part ${index}`,
      from,
      to,
      kind: how,
      precision,
      clip,
      constant,
      ...(how === "mean_std"
        ? { mean: low, std: span }
        : { low, high: low.map((row, step) => row.map((value, column) => value + span[step]![column]!)) }),
      still: span.map((row) => row.map((value) => Number(value === 0))),
      ...(told && { relativeTo: { key: `part ${index}`, from: stateWidth, to: stateWidth + width, format: told } }),
    });
    [from, rawWidth, stateWidth] = [to, rawWidth + width, stateWidth + width];
  }
  if (padding > 0)
    segments.push({ key: "", from, to: from + padding, kind: "padding", precision: "float32", clip: false, constant: "zero" });
  return { segments, rawWidth, stateWidth };
}
