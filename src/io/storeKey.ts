import { TendonError } from "../core/errors.ts";

const KEY_BYTES_MAX = 1024;

/** Throws where a key could leave its store, or where not every store could hold it. */
export function checkKey(key: string): void {
  const problem = keyProblem(key);
  if (problem !== undefined) {
    throw new TendonError("bad-data", `is not a key: ${problem} (got ${JSON.stringify(key.slice(0, 200))})`);
  }
}

/** Orders keys by their UTF-8 bytes, as object stores do. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function keyProblem(key: string): string | undefined {
  if (key === "") return "it is empty";
  if (Buffer.byteLength(key) > KEY_BYTES_MAX) return `it is longer than ${KEY_BYTES_MAX} bytes`;
  if (key.includes("\\") || /\p{Cc}/u.test(key)) return "it holds a backslash or a control character";
  if (/^[a-z]:/i.test(key)) return "it names a drive";
  const parts = key.split("/");
  if (parts.some((part) => part === "")) return "it has an empty part; write a/b";
  if (parts.some((part) => part === "." || part === "..")) return "it has a part . or ..";
  return undefined;
}
