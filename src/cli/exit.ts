import type { ErrorCode } from "../core/errors.ts";
import type { RunReport } from "../core/report.ts";

/** What the process's exit code says. */
export const EXIT = {
  /** All went well. Episodes that a decision dropped are no failure: that is what it was asked for. */
  ok: 0,
  /** Something failed, or nothing was kept: the user must act. */
  failed: 1,
  /** The command line or the pipeline is wrong: nothing ran. */
  usage: 2,
  /** The machine lacks a tool, or ran out of disk or memory. */
  machine: 3,
  /** Stopped by Ctrl-C; what was done is kept. */
  cancelled: 130,
} as const;

const OF_ERROR: Record<ErrorCode, number> = {
  "bad-pipeline": EXIT.usage,
  "bad-data": EXIT.failed,
  "not-found": EXIT.failed,
  "missing-tool": EXIT.machine,
  "no-space": EXIT.machine,
  "plugin-failed": EXIT.failed,
  cancelled: EXIT.cancelled,
  internal: EXIT.failed,
};

export function exitOfError(code: ErrorCode): number {
  return OF_ERROR[code];
}

/** A missing tool or a full disk tells more than "something failed". */
export function exitOfReport(report: RunReport): number {
  if (report.failures.some((failure) => OF_ERROR[failure.code] === EXIT.machine)) return EXIT.machine;
  if (report.episodes.failed > 0 || report.totals.failures > 0) return EXIT.failed;
  return report.snapshot === null || report.episodes.kept === 0 ? EXIT.failed : EXIT.ok;
}
