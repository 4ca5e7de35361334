import fc from "fast-check";
import { expect, it } from "vitest";
import { Growing } from "./growing.ts";

it("gives what went in, borrowed and kept or appended, however it is taken", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constantFrom("append", "borrow"), values: fc.uint8Array({ maxLength: 20 }) }),
    fc.record({ do: fc.constant("take"), values: fc.uint8Array({ maxLength: 20 }) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const growing = new Growing<Uint8Array>((count) => new Uint8Array(count));
      const expected: number[] = [];
      const lent = new Uint8Array(20);
      for (const { do: what, values } of steps) {
        if (what === "take") {
          const count = Math.min(values.length, growing.length);
          expect([...growing.take(count)]).toEqual(expected.splice(0, count));
        } else {
          lent.set(values);
          growing[what as "append" | "borrow"](lent.subarray(0, values.length));
          expected.push(...values);
          growing.keep();
          lent.fill(255);
        }
        expect(growing.length).toBe(expected.length);
      }
      expect([...growing.take(growing.length)]).toEqual(expected);
    }),
  );
});
