/**
 * `broken`: a trainer would learn something false. `risk`: look at it. `note`: worth knowing.
 */
export type Severity = "broken" | "risk" | "note";

/** One thing that a check or a source saw. */
export interface Finding {
  /** The check's name, or the source's. */
  readonly check: string;
  readonly severity: Severity;
  /** Absent: about the whole dataset. */
  readonly episode?: string;
  readonly stream?: string;
  /** Nanoseconds of the episode's clock, as strings; half-open. */
  readonly startNs?: string;
  readonly endNs?: string;
  /** For a person: what was seen, with its numbers. */
  readonly message: string;
}

/** What one check has to say of one episode. */
export interface CheckResult {
  readonly findings: readonly Finding[];
  /** Numbers for decisions, by name. */
  readonly scores?: { readonly [name: string]: number };
}
