import type { Column } from "./columns.ts";

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
  const lacks = new Uint8Array(rows);
  for (const { column } of required) {
    if (!column.missing) continue;
    for (let row = 0; row < rows; row++) if (column.first[row]! < 0) lacks[row] = 1;
  }
  let start = 0;
  let end = 0;
  for (let row = 0, begun = 0; row < rows; row++) {
    if (lacks[row]) begun = row + 1;
    else if (row + 1 - begun > end - start) [start, end] = [begun, row + 1];
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
  let whole = count;
  const lacking: string[] = [];
  const complete = new Uint8Array(count).fill(1);
  for (const { stream, column } of required) {
    if (!column.missing) continue;
    let missing = 0;
    for (let row = part.start; row < part.end; row++) {
      if (column.first[row]! >= 0) continue;
      missing++;
      complete[row - part.start] = 0;
    }
    if (missing > 0) lacking.push(`${missing} lack ${stream}`);
  }
  for (const one of complete) whole -= 1 - one;
  const beyond = whole > 0 ? `; ${whole} are whole but beyond the gap` : "";
  const range = count === 1 ? `row ${part.start}` : `rows ${part.start} to ${part.end - 1} (${count} rows)`;
  return `${range} cut: ${lacking.join(", ")}${beyond}`;
}
