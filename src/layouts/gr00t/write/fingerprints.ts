import { createHash } from "node:crypto";
import type { InfoFeature } from "../../lerobot/write/columns.ts";

/**
 * N1.7's `__fingerprints__`: without them its loader takes `stats.json` for stale and computes it
 * anew. SHA-256 of the JSON of feature, dtype and shape, keys sorted, no white space, as its stats.py
 * makes it with `json.dumps(..., sort_keys=True, separators=(",", ":"))`.
 */
export function statisticsFingerprints(features: { readonly [name: string]: InfoFeature }, of: readonly string[]) {
  return Object.fromEntries(
    of.map((feature) => {
      const { dtype, shape } = features[feature]!;
      const text = ascii(JSON.stringify({ dtype, feature, shape }));
      return [feature, `sha256:${createHash("sha256").update(text).digest("hex")}`];
    }),
  );
}

/** Python's json.dumps escapes all that is not ASCII. */
function ascii(text: string): string {
  return text.replace(/[\u007f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
