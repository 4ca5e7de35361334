import { TendonError } from "../core/errors.ts";

/** A digest as it names a file: 64 hexadecimal digits. Throws for anything else. */
export function checkDigest(key: string): string {
  if (/^[0-9a-f]{64}$/.test(key)) return key;
  throw new TendonError("bad-data", `is not a digest (got ${JSON.stringify(key.slice(0, 80))})`);
}

/** One part of a path, such as a sink's name: letters, digits, `.`, `_` and `-`, and not only dots. */
export function checkName(name: string): string {
  if (/^[a-z0-9_-][a-z0-9._-]{0,127}$/i.test(name)) return name;
  const got = JSON.stringify(name.slice(0, 80));
  throw new TendonError("bad-data", `is not a name: use letters, digits, ".", "_" and "-" (got ${got})`);
}

/** Where a digest's file stands: `ab/abcd…`, so that no folder grows without end. */
export function sharded(key: string): [string, string] {
  checkDigest(key);
  return [key.slice(0, 2), key];
}
