import { randomUUID } from "node:crypto";
import { readSync } from "node:fs";
import { type FileHandle, open, readdir } from "node:fs/promises";
import { asTendonError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { canonicalJson } from "../core/json.ts";
import type { Home } from "./home.ts";
import { type LinePlace, openLineLog, readLines, sizeOf } from "./log.ts";
import { checkName } from "./names.ts";

/** A line is `{"k":"KEY","v":VALUE}`: the key stands at a fixed place, so that an index needs no parsing. */
const KEY_AT = '{"k":"'.length;
const FORGOTTEN = Buffer.from('"v":null}');
const QUOTE = 34;
const CLOSING = 125;
const OPEN_FILES_MAX = 32;

/** What is done, by key. Values are JSON. Memory holds the index alone. */
export interface Receipts extends AsyncDisposable {
  readonly size: number;
  has(key: string): boolean;
  /** Null where there is none, or where it cannot be read whole. */
  get(key: string): Promise<Json | null>;
  /** In the file, and known to this `get`, when it resolves. */
  put(key: string, value: Json): Promise<void>;
  /** Undoes a `put`, of whichever writer: what it stood for is not there any more. */
  forget(key: string): Promise<void>;
  /** Learns what other writers appended since. */
  refresh(): Promise<void>;
  /** Makes what was put survive a power cut; closing does it too. */
  flush(): Promise<void>;
}

/**
 * Opens the receipts of a home. Each writer appends to a log of its own, so any number may write at
 * once. A later line of one log wins over an earlier one, and a log that is named later over one named
 * before: runs are named by their time. Two that hold one key hold equal work, or forget it.
 */
export async function openReceipts(home: Home, writer: string): Promise<Receipts> {
  const own = `${checkName(writer)}-${randomUUID()}.jsonl`;
  const log = openLineLog(home.at("receipts", own));
  const index = openIndex();
  const scanned = new Map<string, number>();
  const files = openFiles((name) => home.at("receipts", name));

  const refresh = async () => {
    const names = (await readdir(home.at("receipts"))).filter((name) => name.endsWith(".jsonl") && name !== own);
    for (const name of names.sort()) {
      const path = home.at("receipts", name);
      const from = scanned.get(name) ?? 0;
      if ((await sizeOf(path)) <= from) continue;
      let end = from;
      for await (const { line, offset, bytes } of readLines(path, from)) {
        end = offset + bytes + 1;
        const key = keyOf(line);
        if (key === undefined) continue;
        if (line.subarray(-FORGOTTEN.length).equals(FORGOTTEN)) index.delete(key);
        else index.set(key, name, { offset, bytes });
      }
      scanned.set(name, end);
    }
  };
  await refresh();
  return {
    get size() {
      return index.size;
    },
    has: (key) => index.get(key) !== undefined,
    async get(key) {
      const place = index.get(key);
      if (place === undefined) return null;
      return parse(await files.read(place.name, place), key);
    },
    async put(key, value) {
      if (/["\\]/.test(key)) throw new TypeError(`not a receipt's key: ${key}`);
      const place = await log.append(`{"k":"${key}","v":${canonicalJson(value)}}`);
      index.set(key, own, place);
    },
    async forget(key) {
      await log.append(`{"k":"${key}","v":null}`);
      index.delete(key);
    },
    refresh,
    flush: () => log.flush(),
    async [Symbol.asyncDispose]() {
      await log[Symbol.asyncDispose]();
      await files.close();
    },
  };
}

function keyOf(line: Buffer): string | undefined {
  const end = line.indexOf(QUOTE, KEY_AT);
  if (end < 0 || line[line.length - 1] !== CLOSING || line.toString("latin1", 0, KEY_AT) !== '{"k":"') return undefined;
  return line.toString("utf8", KEY_AT, end);
}

function parse(text: string, key: string): Json | null {
  try {
    const { k, v } = JSON.parse(text) as { k: string; v: Json };
    return k === key ? v : null;
  } catch {
    return null;
  }
}

/** Keys to places, with 12 bytes a place beside the key itself. */
function openIndex() {
  const slots = new Map<string, number>();
  const names: string[] = [];
  let offsets = new Float64Array(1024);
  let lengths = new Uint32Array(1024);
  let sources = new Uint32Array(1024);
  let used = 0;
  return {
    get size() {
      return slots.size;
    },
    get(key: string): (LinePlace & { name: string }) | undefined {
      const slot = slots.get(key);
      if (slot === undefined) return undefined;
      return { name: names[sources[slot]!]!, offset: offsets[slot]!, bytes: lengths[slot]! };
    },
    set(key: string, name: string, { offset, bytes }: LinePlace): void {
      const slot = slots.get(key) ?? used++;
      if (slot === offsets.length) {
        offsets = grown(offsets, new Float64Array(2 * slot));
        lengths = grown(lengths, new Uint32Array(2 * slot));
        sources = grown(sources, new Uint32Array(2 * slot));
      }
      if (names[names.length - 1] !== name) names.push(name);
      slots.set(key, slot);
      offsets[slot] = offset;
      lengths[slot] = bytes;
      sources[slot] = names.length - 1;
    },
    delete: (key: string) => slots.delete(key),
  };
}

function grown<A extends Float64Array | Uint32Array>(old: A, next: A): A {
  next.set(old);
  return next;
}

/** Keeps the last few logs open for reading. */
function openFiles(pathOf: (name: string) => string) {
  const handles = new Map<string, Promise<FileHandle>>();
  const handleOf = (name: string): Promise<FileHandle> => {
    const known = handles.get(name);
    if (known) return known;
    const opened = open(pathOf(name), "r");
    handles.set(name, opened);
    return opened;
  };
  return {
    async read(name: string, { offset, bytes }: LinePlace): Promise<string> {
      try {
        const handle = await handleOf(name);
        const buffer = Buffer.allocUnsafe(bytes);
        const bytesRead = readSync(handle.fd, buffer, 0, bytes, offset);
        return buffer.toString("utf8", 0, bytesRead);
      } catch (cause) {
        handles.delete(name);
        throw asTendonError(cause, "internal", { file: pathOf(name) });
      } finally {
        if (handles.size > OPEN_FILES_MAX) await closeOldest(handles, name);
      }
    },
    async close() {
      for (const handle of handles.values()) await (await handle.catch(() => undefined))?.close();
      handles.clear();
    },
  };
}

async function closeOldest(handles: Map<string, Promise<FileHandle>>, except: string): Promise<void> {
  for (const [name, handle] of handles) {
    if (name === except) continue;
    handles.delete(name);
    await (await handle.catch(() => undefined))?.close();
    return;
  }
}
