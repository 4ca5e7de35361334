import fc from "fast-check";
import { expect, test } from "vitest";
import { below, keyOf, rootKey } from "./key.ts";
import { permutation } from "./permutation.ts";

const key = (seed: number) => keyOf(rootKey({ dataset: "d", seed }), { level: 1, epoch: 0 });

test("every number stands once, for every small size", () => {
  for (let size = 0; size <= 130; size++) {
    const order = permutation(size, key(size));
    const all = new Float64Array(size);
    order.fill(all, 0);
    expect(all.toSorted()).toEqual(Float64Array.from({ length: size }, (_, place) => place));
  }
});

test("a large one gives different numbers inside, and the same again", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1e6, max: 2 ** 48 }), fc.nat(), fc.nat(), (size, seed, start) => {
      const order = permutation(size, key(seed));
      const from = start % (size - 1000);
      const some = new Float64Array(1000);
      order.fill(some, from);
      expect(new Set(some).size).toBe(1000);
      expect(some.every((each) => Number.isInteger(each) && each >= 0 && each < size)).toBe(true);
      expect(order.at(from + 7)).toBe(some[7]);
    }),
  );
});

test("draws below a bound are spread evenly", () => {
  const counts = new Float64Array(10);
  for (let epoch = 0; epoch < 5000; epoch++) counts[below(10, keyOf(rootKey({ dataset: "d", seed: 1 }), { level: 1, epoch }))]!++;
  const chi = counts.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
  // 9 degrees of freedom: exceeded once in a thousand.
  expect(chi).toBeLessThan(27.9);
});

// What a second implementation must give; docs/loader.md says how.
test("test vectors", () => {
  const root = rootKey({ dataset: "0123456789abcdef", seed: 42 });
  const runs = keyOf(root, { level: 2, epoch: 3, group: 5 });
  const order = permutation(1000, runs);
  expect([root, runs, Array.from({ length: 8 }, (_, place) => order.at(place))]).toMatchInlineSnapshot(`
    [
      {
        "a": -914295823,
        "b": 1656848900,
      },
      {
        "a": 880198470,
        "b": -138806457,
      },
      [
        148,
        213,
        14,
        331,
        220,
        162,
        189,
        276,
      ],
    ]
  `);
});

test("what is no position is refused, and never sought for ever", () => {
  const ten = permutation(10, { a: 1, b: 2 });
  for (const position of [-1, 10, 1e9, Number.NaN]) expect(() => ten.at(position)).toThrow("is not in [0, 10)");
  expect(() => ten.fill(new Float64Array(11), 0)).toThrow("position 10 is not in [0, 10)");
});
