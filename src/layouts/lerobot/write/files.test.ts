import fc from "fast-check";
import { expect, test } from "vitest";
import { fileGroups } from "./files.ts";

const item = fc.record({ bytes: fc.integer({ min: 1, max: 60 }), units: fc.nat({ max: 9 }), kind: fc.constantFrom("a", "b") });

test("every item stands once, in order, in a file of its kind that is not too large", () => {
  fc.assert(
    fc.property(fc.array(item), (items) => {
      const groups = fileGroups<number>(100);
      const closed = [];
      const told = items.map((size, at) => {
        const added = groups.add(at, size);
        if (added.closed) closed.push(added.closed);
        return added;
      });
      closed.push(...groups.end());
      expect(closed.map(({ file }) => file).toSorted((a, b) => a - b)).toEqual([...closed.keys()]);
      for (const { file, items: inFile } of closed) {
        let units = 0;
        let bytes = 0;
        for (const at of inFile) {
          expect(told[at]).toMatchObject({ file, before: units });
          expect(items[at]!.kind).toBe(items[inFile[0]!]!.kind);
          units += items[at]!.units;
          bytes += items[at]!.bytes;
        }
        expect(bytes <= 100 || inFile.length === 1).toBe(true);
        expect(inFile).toEqual(inFile.toSorted((a, b) => a - b));
      }
      expect(closed.flatMap(({ items: inFile }) => inFile).toSorted((a, b) => a - b)).toEqual([...items.keys()]);
    }),
  );
});
