import { permutation } from "../../src/loader/order/permutation.ts";
import { sayTable } from "../support/say.ts";

/** Positions a second of the keyed permutation. */
export async function measurePermutation(): Promise<void> {
  const table = [["permutation of", "positions/s", "wanted"]];
  for (const size of [6_625, 10_000_000, 3_000_000_000]) {
    const shuffled = permutation(size, { a: 1, b: 2 });
    const target = new Float64Array(Math.min(size, 1 << 20));
    const fills = Math.ceil((1 << 23) / target.length);
    shuffled.fill(target, 0);
    const start = performance.now();
    for (let fill = 0; fill < fills; fill++) shuffled.fill(target, 0);
    const perSecond = (fills * target.length) / ((performance.now() - start) / 1000);
    table.push([size.toExponential(1), perSecond.toExponential(1), "≥ 1e7"]);
  }
  console.log("");
  sayTable(table);
}
