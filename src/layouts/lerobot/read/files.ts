import { createReadStream, type Stats, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { z } from "zod";
import { asTendonError, TendonError } from "../../../core/errors.ts";

/** Metadata larger than this is no metadata. */
const JSON_BYTES_MAX = 64 << 20;
const LINES_BYTES_MAX = 1 << 30;
const ENTRIES_MAX = 5_000_000;

/** Parses a small JSON file with a schema; null where it is not there. */
export async function readJsonFile<T extends z.ZodType>(file: string, schema: T): Promise<z.output<T> | null> {
  const bytes = sizeOf(file);
  if (bytes === null) return null;
  if (bytes > JSON_BYTES_MAX) throw tooLarge(file, bytes, JSON_BYTES_MAX);
  const text = await readFile(file, "utf8").catch((thrown: unknown) => {
    throw asTendonError(thrown, "not-found", { file });
  });
  return parse(text, schema, { file });
}

/** Parses a file of one JSON object a line, empty lines aside; null where it is not there. */
export async function* readJsonLines<T extends z.ZodType>(file: string, schema: T): AsyncGenerator<z.output<T>> {
  const bytes = sizeOf(file);
  if (bytes === null) return;
  if (bytes > LINES_BYTES_MAX) throw tooLarge(file, bytes, LINES_BYTES_MAX);
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() !== "") yield parse(line, schema, { file, line: number });
  }
}

/** Size in bytes; null where there is no such file. */
export function sizeOf(file: string): number | null {
  // At once: to wake another thread costs several times what the system takes to answer.
  let info: Stats | undefined;
  try {
    info = statSync(file, { throwIfNoEntry: false });
  } catch (thrown) {
    throw asTendonError(thrown, "not-found", { file });
  }
  return info?.isFile() ? info.size : null;
}

/** Files below a folder with an ending, as sorted paths relative to `root`; empty where there is no such folder. */
export async function listFiles(root: string, folder: string, ending: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true }).catch(
    (thrown: NodeJS.ErrnoException) => {
      if (thrown.code === "ENOENT" || thrown.code === "ENOTDIR") return [];
      throw asTendonError(thrown, "not-found", { file: join(root, folder) });
    },
  );
  if (entries.length > ENTRIES_MAX)
    throw new TendonError("bad-data", `holds more than ${ENTRIES_MAX} entries`, { place: { file: join(root, folder) } });
  const files = entries.filter((entry) => entry.name.endsWith(ending) && !entry.isDirectory());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(join(root, "/").length).replaceAll("\\", "/")).sort();
}

function parse<T extends z.ZodType>(text: string, schema: T, where: { file: string; line?: number }): z.output<T> {
  const prefix = where.line === undefined ? "" : `line ${where.line}: `;
  const place = { file: where.file };
  if (text.trim() === "") throw new TendonError("bad-data", "is empty: copy it again from where it came", { place });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TendonError("bad-data", `${prefix}is not JSON (${(cause as Error).message}): correct it`, { place, cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const at = issue.path.join(".");
  const got = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
  const what = got === undefined ? `${at || "it"} is missing` : `${at || "it"}: ${issue.message}`;
  throw new TendonError("bad-data", `${prefix}${what}: add or correct it`, { place });
}

function tooLarge(file: string, bytes: number, max: number): TendonError {
  return new TendonError("bad-data", `has ${bytes} bytes, more than the ${max} that such a file may have`, { place: { file } });
}
