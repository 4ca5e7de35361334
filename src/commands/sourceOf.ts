import type { JsonObject } from "../core/json.ts";
import type { Found } from "./detect.ts";

/** The source that opens what was found, and its options. */
export function sourceOf(found: Found): { readonly name: "mcap" | "lerobot"; readonly step: JsonObject } {
  return { name: found.kind === "mcap" ? "mcap" : "lerobot", step: { path: found.path } };
}
