import type { NumberArray } from "../../../core/batch.ts";
import type { ReadColumn } from "../../../formats/parquet/read.ts";
import type { Note } from "./notes.ts";
import { some } from "./notes.ts";
import type { EpisodeRows } from "./rows.ts";
import { rowTime } from "./rowTime.ts";
import { RAW_TIME } from "./streams.ts";

/** How far a raw time may lie from its place: LeRobot's own tolerance. */
const TOLERANCE_SEC = 1e-4;
const TASKS_MAX = 1000;

/** Reads the columns that say where a row stands, and says where they disagree. Gives the task indices in use. */
export async function probeRows(rows: EpisodeRows, index: number, note: Note): Promise<number[]> {
  const names = ["timestamp", "task_index", "episode_index", "frame_index"];
  const numeric = rows.table.fields.filter(
    ({ name, type }) => names.includes(name) && type.kind === "numbers" && type.lists === 0,
  );
  const single = numeric.map(({ name }) => name);
  const clock = new ClockProbe(rows.rateHz);
  const tasks = new Set<number>();
  const places = { episode: new PlaceProbe(() => index), frame: new PlaceProbe((row) => row) };
  for await (const part of rows.table.read({ columns: single, from: rows.from, to: rows.to })) {
    const first = part.from - rows.from;
    const values = (name: string) => numbersOf(part.columns.get(name));
    clock.add(values("timestamp"), first);
    places.episode.add(values("episode_index"), first);
    places.frame.add(values("frame_index"), first);
    const seen = values("task_index");
    let last: number | bigint | undefined;
    for (let row = 0; seen && row < seen.length && tasks.size < TASKS_MAX; row++) {
      if (seen[row] !== last) tasks.add(Number(seen[row]));
      last = seen[row];
    }
  }
  if (single.includes("timestamp")) clock.tell(note);
  places.episode.tell((row, got) =>
    note("risk", `row ${row} says episode_index ${got}, the episode is ${index}: the files may have been renamed`),
  );
  places.frame.tell((row, got) =>
    note("risk", `row ${row} says frame_index ${got}: rows may be missing or out of order; they are read in file order`),
  );
  const unknown = [...tasks].filter((task) => !rows.tasks.has(task));
  if (unknown.length > 0) note("risk", `task_index ${some(unknown)} stands in no tasks file: these rows have no instruction`);
  return [...tasks].sort((a, b) => a - b);
}

function numbersOf(column: ReadColumn | undefined): NumberArray | undefined {
  return column?.kind === "numbers" ? column.values : undefined;
}

/** Finds the first row that does not say what it should. */
class PlaceProbe {
  readonly #expected: (row: number) => number;
  #wrong: { row: number; got: number } | undefined;

  constructor(expected: (row: number) => number) {
    this.#expected = expected;
  }

  add(values: NumberArray | undefined, first: number): void {
    if (!values || this.#wrong) return;
    for (let row = 0; row < values.length; row++) {
      if (Number(values[row]) === this.#expected(first + row)) continue;
      this.#wrong = { row: first + row, got: Number(values[row]) };
      return;
    }
  }

  tell(say: (row: number, got: number) => void): void {
    if (this.#wrong) say(this.#wrong.row, this.#wrong.got);
  }
}

/** Compares raw times with i / rate. */
class ClockProbe {
  readonly #rateHz: number;
  #start: number | undefined;
  #last = 0;
  #uneven = 0;
  #worst = { row: 0, step: 0, off: 0 };
  #back: number | undefined;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  add(values: NumberArray | undefined, first: number): void {
    if (!values) return;
    const period = 1 / this.#rateHz;
    const rounding = values instanceof Float32Array ? 2 ** -23 : 0;
    for (let row = 0; row < values.length; row++) {
      const time = Number(values[row]);
      if (this.#start === undefined) this.#start = time;
      else {
        const step = time - this.#last;
        const off = Math.abs(step - period);
        if (!(off <= TOLERANCE_SEC + rounding * Math.abs(time))) this.#uneven++;
        if (!(off <= this.#worst.off)) this.#worst = { row: first + row, step, off };
        if (!(step > 0)) this.#back ??= first + row;
      }
      this.#last = time;
    }
  }

  tell(note: Note): void {
    const start = this.#start ?? 0;
    const period = 1 / this.#rateHz;
    if (!(Math.abs(start) <= TOLERANCE_SEC)) {
      const frame = Math.abs(start - period) <= TOLERANCE_SEC ? ", one frame period," : "";
      note(
        "risk",
        `timestamps start at ${round(start)} s${frame} instead of 0; row i is paired with frame i all the same, and the raw times are kept`,
        {
          stream: RAW_TIME,
        },
      );
    }
    const { row, step } = this.#worst;
    const at = { stream: RAW_TIME, startNs: `${rowTime(row - 1, this.#rateHz)}`, endNs: `${rowTime(row + 1, this.#rateHz)}` };
    if (this.#back !== undefined)
      note(
        "risk",
        `timestamps do not ascend: row ${this.#back} is not later than the row before; rows are taken in file order`,
        at,
      );
    if (this.#uneven > 0)
      note(
        "risk",
        `${this.#uneven} timestamps do not follow the row before by ${round(period)} s; the worst, at row ${row}, by ${round(step)} s`,
        at,
      );
  }
}

function round(seconds: number): number {
  return Number.isFinite(seconds) ? Number(seconds.toPrecision(6)) : seconds;
}
