import { TendonError } from "../../../core/errors.ts";
import type { ParquetFile } from "../../../formats/parquet/read.ts";
import type { Dataset } from "./dataset.ts";
import type { Entry } from "./entries.ts";

/** Rows `from` to `to` (half-open) of a table. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Where each episode's rows lie in a table, by what the rows themselves say. */
export type Location = (entry: Entry) => RowRange;

/** v2.x keeps one episode a file; v3.0 many, found by their `episode_index`, since files may hold rows that no episode claims. */
export async function locateEpisodes(dataset: Dataset, table: ParquetFile): Promise<Location> {
  if (dataset.version === 2) return () => ({ from: 0, to: table.rows });
  const runs = new Map<number, RowRange[]>();
  let last: number | undefined;
  for await (const { from, rows, columns } of table.read({ columns: ["episode_index"] })) {
    const column = columns.get("episode_index");
    if (column?.kind !== "numbers")
      throw new TendonError("bad-data", "has an episode_index that is no number", { place: { file: table.path } });
    for (let row = 0; row < rows; row++) {
      const index = Number(column.values[row]);
      if (index !== last) start(runs, index, from + row, last);
      last = index;
    }
  }
  if (last !== undefined) end(runs, last, table.rows);
  return (entry) => only(runs.get(entry.index) ?? [], entry, table);
}

function start(runs: Map<number, RowRange[]>, index: number, row: number, before: number | undefined): void {
  if (before !== undefined) end(runs, before, row);
  const list = runs.get(index) ?? [];
  list.push({ from: row, to: row });
  runs.set(index, list);
}

function end(runs: Map<number, RowRange[]>, index: number, row: number): void {
  const list = runs.get(index)!;
  list[list.length - 1] = { from: list.at(-1)!.from, to: row };
}

function only(runs: readonly RowRange[], entry: Entry, table: ParquetFile): RowRange {
  if (runs.length === 1) return runs[0]!;
  const place = { file: table.path };
  if (runs.length === 0)
    throw new TendonError("bad-data", `has no row with episode_index ${entry.index}, which meta/episodes places here`, { place });
  const starts = runs.map(({ from, to }) => `${from} to ${to}`).join(" and ");
  throw new TendonError(
    "bad-data",
    `has episode_index ${entry.index} in rows ${starts}: two episodes with one id; renumber one`,
    {
      place,
    },
  );
}
