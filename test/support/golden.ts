import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { digest } from "../../src/core/digest.ts";

const FILE = new URL("../golden.json", import.meta.url);

/**
 * Holds a plug-in to its version: what it gives for the suite's inputs has the digest that stands in
 * `test/golden.json` under its name and version. Receipts are found by the version, so an output that
 * changes without a new one would never be computed anew. `TENDON_GOLDEN=add` adds those that are not
 * there; none is ever replaced.
 */
export function expectGolden(
  plugin: { readonly kind: string; readonly name: string; readonly version: string },
  output: unknown,
): void {
  const key = `${plugin.kind} ${plugin.name} ${plugin.version}`;
  const known = JSON.parse(readFileSync(FILE, "utf8")) as Record<string, string>;
  const got = digest(output);
  if (known[key] === undefined && process.env.TENDON_GOLDEN === "add") {
    const all = Object.entries({ ...known, [key]: got }).sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
    return;
  }
  const what =
    known[key] === undefined
      ? "is new: add it with TENDON_GOLDEN=add"
      : "gives something else: raise its version, then TENDON_GOLDEN=add";
  expect(got, `${key} ${what}`).toBe(known[key]);
}
