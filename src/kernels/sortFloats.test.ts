import fc from "fast-check";
import { expect, it } from "vitest";
import { sortFloats } from "./sortFloats.ts";

it("sorts as Float32Array.prototype.sort does, to the sign of zero", () => {
  const numbers = fc.float32Array({ noNaN: true, minLength: 500, maxLength: 700 });
  const few = fc.array(fc.constantFrom(0, -0, 1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-45), {
    minLength: 500,
    maxLength: 700,
  });
  fc.assert(
    fc.property(fc.oneof(numbers, few), (given) => {
      const values = Float32Array.from(given);
      const expected = values.toSorted();
      sortFloats(values);
      expect(new Uint32Array(values.buffer)).toEqual(new Uint32Array(expected.buffer));
    }),
  );
});
