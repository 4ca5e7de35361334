import { createHash } from "node:crypto";
import { canonicalJson } from "./json.ts";

/** SHA-256 of the canonical JSON of a value, in lower-case hex. */
export function digest(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** A digest that grows as bytes go by; `end` gives lower-case hex. */
export function startDigest(): { add(bytes: Uint8Array | string): void; end(): string } {
  const hash = createHash("sha256");
  return {
    add: (bytes) => void hash.update(bytes),
    end: () => hash.digest("hex"),
  };
}
