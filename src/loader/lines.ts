import type { Readable } from "node:stream";
import { TendonError } from "../core/errors.ts";
import { LINE_BYTES_MAX } from "./wire.ts";

/** Messages as they come, one a line of JSON. A line that never ends is refused before it fills the memory. */
export async function* messagesOf(input: Readable): AsyncGenerator<unknown> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of input as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
      yield parse(rest.toString("utf8", start, end));
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > LINE_BYTES_MAX) throw new TendonError("internal", `got a message of more than ${LINE_BYTES_MAX >> 20} MiB`);
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new TendonError("internal", `got a message that is no JSON: ${line.slice(0, 80)}`, { cause });
  }
}
