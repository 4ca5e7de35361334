/** What kind of thing went wrong; the exit code and the retry follow from it. */
export type ErrorCode =
  /** The pipeline, an option or an argument is wrong: the user edits and runs again. */
  | "bad-pipeline"
  /** A recording is broken: the same bytes give the same error, so it is not tried again. */
  | "bad-data"
  /** Something is not there, or may not be read. */
  | "not-found"
  /** Something must be installed first. */
  | "missing-tool"
  /** The disk, the memory or another limit of the machine ran out. */
  | "no-space"
  /** A plug-in or worker threw, took too long, or took its process down: may be tried again. */
  | "plugin-failed"
  /** The user or a signal stopped it. */
  | "cancelled"
  /** A fault of ours. */
  | "internal";

/** Where an error was met: any part of it may be unknown. */
export interface ErrorPlace {
  readonly file?: string;
  /** Byte offset in `file`. */
  readonly offset?: number;
  readonly episode?: string;
  readonly stream?: string;
  /** A place in the pipeline, such as `stages[1].align.rateHz`. */
  readonly path?: string;
}

/**
 * Every error that a user sees. The message says what is wrong, what was got and what to do;
 * `place` says where.
 */
export class TendonError extends Error {
  override readonly name = "TendonError";
  readonly code: ErrorCode;
  readonly place: ErrorPlace;

  constructor(code: ErrorCode, message: string, options: { place?: ErrorPlace; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.place = options.place ?? {};
  }
}

/** Any thrown thing as a TendonError; one of ours keeps its code and gains the parts of `place` that it lacks. */
export function asTendonError(thrown: unknown, code: ErrorCode, place: ErrorPlace = {}): TendonError {
  if (thrown instanceof TendonError) {
    const merged = { ...place, ...thrown.place };
    const known = Object.keys(merged).length === Object.keys(thrown.place).length;
    return known ? thrown : new TendonError(thrown.code, thrown.message, { place: merged, cause: thrown.cause });
  }
  const system = thrown as NodeJS.ErrnoException;
  const fromSystem: Record<string, ErrorCode> = {
    ENOENT: "not-found",
    EACCES: "not-found",
    EPERM: "not-found",
    ENOSPC: "no-space",
    EDQUOT: "no-space",
  };
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new TendonError(fromSystem[system?.code ?? ""] ?? code, message, { place, cause: thrown });
}

/** The place as a prefix of a message: `recording.mcap at byte 120, stream imu: `. Empty where nothing is known. */
export function placeText(place: ErrorPlace): string {
  const parts: string[] = [];
  if (place.path) parts.push(place.path);
  if (place.file) parts.push(place.offset === undefined ? place.file : `${place.file} at byte ${place.offset}`);
  if (place.episode) parts.push(`episode ${place.episode}`);
  if (place.stream) parts.push(`stream ${place.stream}`);
  return parts.length === 0 ? "" : `${parts.join(", ")}: `;
}
