import { closeSync, openSync, writeSync } from "node:fs";
import { canonicalJson } from "../core/json.ts";
import { readLines } from "../dataset/log.ts";
import { diskError } from "../io/diskError.ts";

const BLOCK_CHARS = 1 << 16;

/** A list too long for memory or for a message: a file with a JSON value a line. */
export interface ListWriter<T> {
  readonly path: string;
  add(value: T): Promise<void>;
  close(): Promise<void>;
}

/** Lines go to the system's memory a block at a time; a stream would take a few wake-ups of other threads for a short list. */
export function writeList<T>(path: string): ListWriter<T> {
  const file = openSync(path, "w");
  let text = "";
  const write = () => {
    const bytes = Buffer.from(text);
    text = "";
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } catch (cause) {
      throw diskError(cause, path);
    }
  };
  return {
    path,
    async add(value) {
      text += `${canonicalJson(value)}\n`;
      if (text.length >= BLOCK_CHARS) write();
    },
    async close() {
      write();
      closeSync(file);
    },
  };
}

export async function* readList<T>(path: string): AsyncGenerator<T> {
  for await (const { line } of readLines(path)) yield JSON.parse(line.toString("utf8")) as T;
}
