import { asTendonError, TendonError } from "../core/errors.ts";

/** What a write to the disk threw, with the file and what to do about it. */
export function diskError(thrown: unknown, file: string): TendonError {
  if (thrown instanceof TendonError) return asTendonError(thrown, thrown.code, { file });
  const system = (thrown as NodeJS.ErrnoException)?.code ?? "";
  const [code, message] = told(system) ?? [undefined, undefined];
  if (code === undefined) return asTendonError(thrown, "internal", { file });
  return new TendonError(code, message, { place: { file }, cause: thrown });
}

function told(system: string): ["no-space" | "not-found", string] | undefined {
  if (system === "ENOSPC") return ["no-space", "the disk is full; free some space and run again (what is finished is kept)"];
  if (system === "EDQUOT")
    return ["no-space", "the disk quota is used up; free some space and run again (what is finished is kept)"];
  if (system === "EMFILE" || system === "ENFILE") return ["no-space", "too many open files; raise `ulimit -n` and run again"];
  if (system === "EACCES" || system === "EPERM" || system === "EROFS") {
    return ["not-found", `may not be written (${system}); change its permissions or choose another folder`];
  }
  if (system === "ENOTDIR") return ["not-found", "a part of this path is a file, not a folder"];
  if (system === "EISDIR") return ["not-found", "is a folder, not a file"];
  if (system === "EEXIST") return ["not-found", "a file of this name stands in the way"];
  return undefined;
}
