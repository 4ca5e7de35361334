import { join } from "node:path";
import { z } from "zod";
import { TendonError } from "../../../core/errors.ts";
import { openParquet } from "../../../formats/parquet/read.ts";
import { readJsonLines, sizeOf } from "./files.ts";
import type { Note } from "./notes.ts";

/** Instructions by `task_index`. */
export type Tasks = ReadonlyMap<number, string>;

const TASKS_MAX = 10_000_000;
const taskLine = z.looseObject({ task_index: z.number().int() });

/** Reads `meta/tasks.jsonl` (v2.x) or `meta/tasks.parquet` (v3.0). No file: no tasks, and a note. */
export async function readTasks(root: string, version: 2 | 3, note: Note): Promise<Tasks> {
  const tasks = new Map<number, string>();
  const add = (index: number, text: string) => {
    const before = tasks.get(index);
    if (before !== undefined && before !== text)
      note("risk", `tasks: task_index ${index} stands for "${before}" and for "${text}"; the first is taken`);
    else tasks.set(index, text);
    if (tasks.size > TASKS_MAX) throw new TendonError("bad-data", `has more than ${TASKS_MAX} tasks`, { place: { file: root } });
  };
  if (version === 3) await readTable(join(root, "meta/tasks.parquet"), add, note);
  else await readLines(join(root, "meta/tasks.jsonl"), add, note);
  return tasks;
}

async function readLines(file: string, add: (index: number, text: string) => void, note: Note): Promise<void> {
  if (sizeOf(file) === null) return note("risk", "meta/tasks.jsonl is missing: rows have a task_index but no text");
  const odd = new Set<string>();
  for await (const line of readJsonLines(file, taskLine)) {
    const { task_index: index, task, ...others } = line as Record<string, unknown> & { task_index: number };
    const [key, text] = typeof task === "string" ? ["task", task] : (Object.entries(others).find(isText) ?? []);
    if (text === undefined) {
      note("risk", `meta/tasks.jsonl: task_index ${index} has no text`);
      continue;
    }
    if (key !== "task" && key !== undefined) odd.add(key);
    add(index, text as string);
  }
  for (const key of odd)
    note("risk", `meta/tasks.jsonl holds its texts under "${key}" instead of "task": LeRobot cannot read them`);
}

function isText(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === "string";
}

/** The text is the pandas index: a column `task`, or `__index_level_0__` in older files. */
async function readTable(file: string, add: (index: number, text: string) => void, note: Note): Promise<void> {
  if (sizeOf(file) === null) return note("risk", "meta/tasks.parquet is missing: rows have a task_index but no text");
  const table = await openParquet(file);
  const texts = table.fields.filter((field) => field.type.kind === "text").map((field) => field.name);
  const text = ["task", "__index_level_0__"].find((name) => texts.includes(name)) ?? texts[0];
  if (text === undefined || !table.fields.some((field) => field.name === "task_index"))
    throw new TendonError(
      "bad-data",
      `needs columns task_index and task; there are ${table.fields.map((f) => f.name).join(", ")}`,
      {
        place: { file },
      },
    );
  for await (const row of table.objects({ columns: ["task_index", text] })) add(Number(row.task_index), String(row[text]));
}
