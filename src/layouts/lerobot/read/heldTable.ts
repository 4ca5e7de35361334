import type { ParquetFile, ParquetRows, ParquetSelection } from "../../../formats/parquet/read.ts";

const ROWS_MAX = 2048;
const BYTES_MAX = 4 << 20;

/**
 * The same table, whose numbers are read once for all who ask for all rows of some columns where it is
 * small: a query costs more than an episode's numbers. What is read this way is shared by its readers.
 */
export function heldTable(table: ParquetFile): ParquetFile {
  if (table.rows > ROWS_MAX || table.sizeBytes > BYTES_MAX) return table;
  const numbers = table.fields.filter(({ type }) => type.kind === "numbers").map(({ name }) => name);
  let held: Promise<ParquetRows[] | undefined> | undefined;
  return { ...table, read };

  async function* read(selection: ParquetSelection = {}): AsyncGenerator<ParquetRows> {
    const { columns, from = 0, to = table.rows } = selection;
    const whole = from <= 0 && to >= table.rows && columns?.every((name) => numbers.includes(name));
    // A broken column that nobody asks for is nobody's error: each reads by itself then.
    if (whole) held ??= Array.fromAsync(table.read({ columns: numbers })).catch(() => undefined);
    const all = whole ? await held : undefined;
    if (columns && all) for (const rows of all) yield { ...rows, columns: chosen(rows, columns) };
    else yield* table.read(selection);
  }
}

function chosen(rows: ParquetRows, columns: readonly string[]): ParquetRows["columns"] {
  return new Map(columns.map((name) => [name, rows.columns.get(name)!]));
}
