import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pictureDifference, pictureMoments } from "./image.ts";

const into = new Float64Array(2);

describe("pictures", () => {
  it("have the mean and deviation of their bytes", () => {
    pictureMoments(Uint8Array.of(255, 1, 3, 255), 1, 3, into);
    expect([...into]).toEqual([2, 1]);
    pictureMoments(new Uint8Array(4), 2, 2, into);
    expect([...into]).toEqual([0, 0]);
  });

  it("differ by the mean and the largest of their differences", () => {
    pictureDifference({ a: Uint8Array.of(9, 10, 20), aStart: 1, b: Uint8Array.of(13, 20, 9), bStart: 0, length: 2 }, into);
    expect([...into]).toEqual([1.5, 3]);
  });

  it("differ alike in both directions, and from themselves by nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.infiniteStream(fc.nat(255)), (a, more) => {
        const b = Uint8Array.from(a, () => more.next().value!);
        const length = a.length;
        pictureDifference({ a, aStart: 0, b, bStart: 0, length }, into);
        const forth = [...into];
        pictureDifference({ a: b, aStart: 0, b: a, bStart: 0, length }, into);
        expect([...into]).toEqual(forth);
        pictureDifference({ a, aStart: 0, b: a, bStart: 0, length }, into);
        expect([...into]).toEqual([0, 0]);
      }),
    );
  });

  it("are read from shared memory", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    shared.fill(9);
    pictureMoments(shared, 0, 4, into);
    expect([...into]).toEqual([9, 0]);
  });
});
