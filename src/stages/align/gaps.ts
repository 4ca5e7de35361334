import { type Column, markMissing, missingRuns } from "./columns.ts";

/** A stream that every row must have. */
export interface Required {
  readonly stream: string;
  readonly column: Column;
}

/** Rows `start` to `end` (half-open) stay; `lost` says what became of the others. */
export interface Kept {
  readonly start: number;
  readonly end: number;
  readonly lost: readonly { readonly start: number; readonly end: number; readonly reason: string }[];
}

/** The longest run of rows that have all their inputs; of equal runs the first. */
export function longestRun(required: readonly Required[], rows: number): Kept {
  const gaps = required.flatMap(({ column }) => missingRuns(column)).sort((a, b) => a.start - b.start);
  let [start, end, whole] = [0, 0, 0];
  for (const gap of [...gaps, { start: rows, end: rows }]) {
    if (gap.start - whole > end - start) [start, end] = [whole, gap.start];
    whole = Math.max(whole, gap.end);
  }
  const lost = [
    { start: 0, end: start },
    { start: end, end: rows },
  ].filter((part) => part.end > part.start);
  return { start, end, lost: lost.map((part) => ({ ...part, reason: reasonFor(required, part) })) };
}

/** `rows 0 to 11 (12 rows) cut: 12 lack observation.state`. */
function reasonFor(required: readonly Required[], part: { start: number; end: number }): string {
  const count = part.end - part.start;
  const lacking: string[] = [];
  const any = new Uint8Array(count);
  for (const { stream, column } of required) {
    const own = new Uint8Array(count);
    markMissing(column, own, part.start);
    const missing = own.reduce((sum, one) => sum + one, 0);
    if (missing > 0) lacking.push(`${missing} lack ${stream}`);
    markMissing(column, any, part.start);
  }
  const whole = count - any.reduce((sum, one) => sum + one, 0);
  const beyond = whole > 0 ? `; ${whole} are whole but beyond the gap` : "";
  const range = count === 1 ? `row ${part.start}` : `rows ${part.start} to ${part.end - 1} (${count} rows)`;
  return `${range} cut: ${lacking.join(", ")}${beyond}`;
}
