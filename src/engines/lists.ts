import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { canonicalJson } from "../core/json.ts";
import { readLines } from "../dataset/log.ts";

/** A list too long for memory or for a message: a file with a JSON value a line. */
export interface ListWriter<T> {
  readonly path: string;
  add(value: T): Promise<void>;
  close(): Promise<void>;
}

export function writeList<T>(path: string): ListWriter<T> {
  const stream = createWriteStream(path);
  const failed = once(stream, "error").then(([error]) => Promise.reject(error as Error));
  failed.catch(() => undefined);
  return {
    path,
    async add(value) {
      if (!stream.write(`${canonicalJson(value)}\n`)) await Promise.race([once(stream, "drain"), failed]);
    },
    async close() {
      stream.end();
      await finished(stream);
    },
  };
}

export async function* readList<T>(path: string): AsyncGenerator<T> {
  for await (const { line } of readLines(path)) yield JSON.parse(line.toString("utf8")) as T;
}
