import { randomUUID } from "node:crypto";
import { mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { asTendonError, TendonError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { canonicalJson } from "../core/json.ts";
import { diskError } from "../io/diskError.ts";
import { syncFolder, writeFlushed } from "../io/durable.ts";
import { discard, type Home } from "./home.ts";
import { readLines } from "./log.ts";
import { checkDigest, checkName } from "./names.ts";

const LIST_BLOCK_CHARS = 1 << 18;

/** One committed version: its place in the line of a ref, and the digest of its recipe. */
export interface Version {
  readonly n: number;
  readonly id: string;
}

/** A snapshot's whole content but for the parts themselves. */
export interface SnapshotContent {
  readonly manifest: JsonObject;
  /** Long lists by name, a JSON value a line. */
  readonly lists: { readonly [name: string]: Iterable<Json> | AsyncIterable<Json> };
}

/** The versions of a dataset. */
export interface Snapshots {
  /** Writes it whole or not at all. An id that exists already is the same snapshot and is left as it is. */
  write(id: string, content: SnapshotContent): Promise<void>;
  has(id: string): Promise<boolean>;
  manifest(id: string): Promise<JsonObject>;
  list(id: string, name: string): AsyncIterable<Json>;
  /** The highest version of a ref, or null before the first. */
  head(ref?: string): Promise<Version | null>;
  /** The one commit: true for exactly one of all that race for version n. */
  commit(ref: string, n: number, id: string): Promise<boolean>;
  /** All versions of a ref, oldest first. */
  versions(ref?: string): Promise<readonly Version[]>;
  /** Notes what is not part of the recipe: times, hosts, attempts. */
  note(id: string, entry: JsonObject): Promise<void>;
  notes(id: string): AsyncIterable<Json>;
}

/** Opens the snapshots of a home. */
export function openSnapshots(home: Home): Snapshots {
  const folderOf = (id: string) => home.at("snapshots", checkDigest(id));
  const has = async (id: string) => (await stat(join(folderOf(id), "manifest.json")).catch(() => undefined)) !== undefined;
  const versions = async (ref = "main"): Promise<Version[]> => {
    const found: Version[] = [];
    const prefix = `refs/${checkName(ref)}/`;
    for await (const { key } of home.store.list(prefix)) {
      const n = Number(key.slice(prefix.length));
      if (Number.isSafeInteger(n) && n > 0) found.push({ n, id: (await textOf(home, key)).trim() });
    }
    return found.sort((a, b) => a.n - b.n);
  };
  return {
    async write(id, content) {
      const folder = folderOf(id);
      if (await has(id)) return;
      const staging = home.temporary();
      try {
        await mkdir(staging);
        const files = Object.entries(content.lists).map(([name, values]) =>
          writeFlushed(join(staging, `${checkName(name)}.jsonl`), lines(values)),
        );
        files.push(writeFlushed(join(staging, "manifest.json"), Buffer.from(`${canonicalJson(content.manifest)}\n`)));
        // All at once, so that the disk flushes them together; each ends before any error is told.
        await Promise.allSettled(files);
        await Promise.all(files);
        await syncFolder(staging);
        await rename(staging, folder);
        await syncFolder(home.at("snapshots"));
      } catch (cause) {
        await discard(staging);
        if (!(await has(id))) throw diskError(cause, folder);
      }
    },
    has,
    async manifest(id) {
      const key = `snapshots/${checkDigest(id)}/manifest.json`;
      return parseLine(await textOf(home, key), home.at(key)) as JsonObject;
    },
    async *list(id, name) {
      const path = join(folderOf(id), `${checkName(name)}.jsonl`);
      for await (const { line } of readLines(path)) yield parseLine(line.toString("utf8"), path);
    },
    async head(ref) {
      return (await versions(ref)).at(-1) ?? null;
    },
    async commit(ref, n, id) {
      if (!Number.isSafeInteger(n) || n < 1) throw new TendonError("internal", `not a version: ${n}`);
      if (!(await has(id))) throw new TendonError("internal", `snapshot ${id} was not written before its commit`);
      return home.store.createOnly(`refs/${checkName(ref)}/${n}`, Buffer.from(`${id}\n`));
    },
    versions,
    async note(id, entry) {
      const key = `history/${checkDigest(id)}/${Date.now()}-${randomUUID()}.json`;
      await home.store.write(key, Buffer.from(`${canonicalJson(entry)}\n`));
    },
    async *notes(id) {
      for await (const { key } of home.store.list(`history/${checkDigest(id)}/`)) {
        yield parseLine(await textOf(home, key), home.at(key));
      }
    },
  };
}

async function* lines(values: Iterable<Json> | AsyncIterable<Json>): AsyncGenerator<Uint8Array> {
  let text = "";
  for await (const value of values) {
    text += `${canonicalJson(value)}\n`;
    if (text.length < LIST_BLOCK_CHARS) continue;
    yield Buffer.from(text);
    text = "";
  }
  if (text !== "") yield Buffer.from(text);
}

async function textOf(home: Home, key: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of home.store.read(key)) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

function parseLine(text: string, file: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw asTendonError(new TendonError("bad-data", "is not JSON: it was changed or damaged", { cause }), "bad-data", { file });
  }
}
