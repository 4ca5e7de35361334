import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TendonError } from "../core/errors.ts";
import { writeFlushed } from "./durable.ts";
import type { Body, Entry, Store } from "./store.ts";
import { checkKey, compareKeys } from "./storeKey.ts";

/** A store that lives as long as the process: for tests, and for small things that need no disk. */
export function openMemoryStore(): Store {
  const objects = new Map<string, { bytes: Uint8Array; version: string }>();
  let writes = 0;
  const put = (key: string, bytes: Uint8Array): Entry => {
    objects.set(key, { bytes, version: `${++writes}-${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}` });
    return entryOf(key);
  };
  const entryOf = (key: string): Entry => {
    const { bytes, version } = held(key);
    return { key, bytes: bytes.byteLength, version };
  };
  const held = (key: string) => {
    checkKey(key);
    const object = objects.get(key);
    if (object === undefined) throw new TendonError("not-found", "there is no such object", { place: { file: key } });
    return object;
  };
  return {
    async stat(key) {
      checkKey(key);
      return objects.has(key) ? entryOf(key) : null;
    },
    async *read(key, options = {}) {
      const { bytes, version } = held(key);
      if (options.ifVersion !== undefined && options.ifVersion !== version) {
        throw new TendonError("not-found", "was changed since it was looked at; run again", { place: { file: key } });
      }
      const piece = bytes.slice(options.range?.start ?? 0, options.range?.end ?? bytes.byteLength);
      if (piece.byteLength > 0) yield piece;
    },
    async write(key, body) {
      checkKey(key);
      return put(key, await whole(body));
    },
    async createOnly(key, bytes) {
      checkKey(key);
      if (objects.has(key)) return false;
      put(key, bytes.slice());
      return true;
    },
    async copy(from, to) {
      checkKey(to);
      return put(to, held(from).bytes);
    },
    async local(key) {
      const { bytes } = held(key);
      const folder = await mkdtemp(join(tmpdir(), "tendon-object-"));
      const path = join(folder, key.slice(key.lastIndexOf("/") + 1));
      await writeFlushed(path, bytes);
      return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
    },
    async *list(prefix, after) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys);
      for (const key of keys) {
        if ((after === undefined || compareKeys(key, after) > 0) && objects.has(key)) yield entryOf(key);
      }
    },
    async remove(key) {
      checkKey(key);
      objects.delete(key);
    },
  };
}

async function whole(body: Body): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body.slice();
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}
