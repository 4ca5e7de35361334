import type { Finding, Severity } from "../../../core/finding.ts";

/** Says what was seen of a dataset or an episode. */
export type Note = (severity: Severity, message: string, at?: Pick<Finding, "stream" | "startNs" | "endNs">) => void;

/** The name under which this reader reports. */
export const READER = "lerobot";

/** Collects notes as findings, of one episode where one is named. Equal ones are kept once. */
export function collectNotes(episode?: string): { readonly note: Note; readonly findings: Finding[] } {
  const findings: Finding[] = [];
  const said = new Set<string>();
  const note: Note = (severity, message, at) => {
    const key = `${at?.stream ?? ""} ${message}`;
    if (said.has(key)) return;
    said.add(key);
    findings.push({ check: READER, severity, ...(episode !== undefined && { episode }), ...at, message });
  };
  return { note, findings };
}

/** A few names of many, for a message. */
export function some(names: readonly (string | number)[], max = 5): string {
  const more = names.length - max;
  return more > 0 ? `${names.slice(0, max).join(", ")} and ${more} more` : names.join(", ");
}
