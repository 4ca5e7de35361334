import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apply, invert, type Normalisation, type Segment } from "./normalise.ts";

const base = { key: "arm", from: 0, precision: "float64", clip: false, constant: "zero" } as const;
const of = (...segments: Segment[]): Normalisation => ({ tendon: "normalisation 1", tensors: { action: segments } });
const number = fc.double({ min: -100, max: 100, noNaN: true });

/** Bounds and a deviation that are far enough apart to divide by. */
const column = fc.record({ low: number, span: fc.double({ min: 0.01, max: 50, noNaN: true }), still: fc.boolean() });

describe("what was normalised comes back", () => {
  const kinds = fc.constantFrom("min_max", "q01_q99", "mean_std", "none", "sin_cos");
  const steps = fc.integer({ min: 1, max: 4 });
  const columns = fc.array(column, { minLength: 1, maxLength: 5 });
  const relatives = fc.constantFrom(undefined, "joints" as const);

  test("within float error, also told from a state and by statistics of each step", () => {
    fc.assert(
      fc.property(
        kinds,
        steps,
        columns,
        relatives,
        fc.boolean(),
        fc.infiniteStream(number),
        (kind, count, statistics, format, each, more) => {
          const width = statistics.length;
          const rows = (value: (one: (typeof statistics)[number]) => number) =>
            Array.from({ length: each ? count : 1 }, (_, step) => statistics.map((one) => value(one) + 0.001 * step));
          const segment: Segment = {
            ...base,
            kind,
            to: kind === "sin_cos" ? 2 * width : width,
            low: rows(({ low }) => low),
            high: rows(({ low, span }) => low + span),
            mean: rows(({ low }) => low),
            std: rows(({ span }) => span),
            ...(format && { relativeTo: { key: "arm", from: 0, to: width, format } }),
          };
          const state = Float64Array.from({ length: width }, () => more.next().value);
          // An angle comes back within a turn.
          const values = Float64Array.from({ length: count * width }, (_, index) =>
            kind === "sin_cos" ? (format ? state[index % width]! : 0) + more.next().value / 33 : more.next().value,
          );
          const back = invert(of(segment), "action", apply(of(segment), "action", values, state), { arm: state });
          for (const [index, value] of values.entries()) expect(Math.abs(back[index]! - value)).toBeLessThan(1e-9);
        },
      ),
    );
  });

  test("except what was clipped, which comes back as the bound, and what never changes, which comes back as it always is", () => {
    const segment: Segment = {
      ...base,
      kind: "q01_q99",
      to: 3,
      clip: true,
      low: [[0, 0, 5]],
      high: [[10, 10, 5]],
      still: [[0, 0, 1]],
    };
    const values = apply(of(segment), "action", [20, 2.5, 5]);
    expect([...values]).toEqual([1, -0.5, 0]);
    expect([...invert(of(segment), "action", values)]).toEqual([10, 2.5, 5]);
  });
});

test("poses told from a pose come back", () => {
  const vector = fc.tuple(
    number,
    number,
    number,
    fc.double({ min: -1.7, max: 1.7, noNaN: true }),
    fc.double({ min: -1.7, max: 1.7, noNaN: true }),
    fc.double({ min: -1.7, max: 1.7, noNaN: true }),
  );
  const segment: Segment = { ...base, kind: "none", to: 6, relativeTo: { key: "hand", from: 0, to: 6, format: "xyz+rotvec" } };
  fc.assert(
    fc.property(vector, vector, (pose, state) => {
      const back = invert(of(segment), "action", apply(of(segment), "action", pose, state), { hand: state });
      for (const [index, value] of pose.entries()) expect(Math.abs(back[index]! - value)).toBeLessThan(1e-7);
    }),
  );
});

test("parts stand one behind another; sines and cosines are twice as many, padding none", () => {
  const parts: Segment[] = [
    { ...base, key: "hand", kind: "binary", to: 1 },
    { ...base, key: "arm", kind: "sin_cos", from: 1, to: 5 },
    { ...base, key: "", kind: "padding", from: 5, to: 8 },
  ];
  const values = apply(of(...parts), "action", [0.7, 0, Math.PI / 2]);
  const wanted = [1, 0, 1, 1, 0, 0, 0, 0];
  expect(values.length).toBe(8);
  for (const [index, value] of values.entries()) expect(value).toBeCloseTo(wanted[index]!);
  expect([...invert(of(...parts), "action", values)]).toEqual([1, 0, Math.PI / 2]);
});

test("errors say what to give", () => {
  const relative = of({ ...base, kind: "none", to: 2, relativeTo: { key: "arm", from: 0, to: 2, format: "joints" } });
  expect(() => apply(relative, "action", [1, 2])).toThrow("action: arm is told from the state part arm: give the state");
  expect(() => apply(relative, "action", [1, 2], { arm: [1] })).toThrow("the state part arm has 2 numbers (got 1 numbers)");
  expect(() => apply(relative, "actions", [1, 2])).toThrow("nothing says how actions was normalised; there are action");
  expect(() => apply(relative, "action", [1, 2, 3])).toThrow("action has 2 numbers a step: 3 are no whole number of steps");
  const steps = of({ ...base, kind: "min_max", to: 1, low: [[0], [0]], high: [[1], [1]] });
  expect(() => apply(steps, "action", [1, 2, 3])).toThrow("arm has statistics of 2 steps: there is none of step 2");
});
