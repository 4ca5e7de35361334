import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TendonError } from "../../src/core/errors.ts";
import { openFileStore } from "../../src/io/fileStore.ts";
import { openMemoryStore } from "../../src/io/memoryStore.ts";
import type { Store } from "../../src/io/store.ts";

const IMPLEMENTATIONS: { readonly [name: string]: (folder: string) => Store } = {
  file: (folder) => openFileStore(join(folder, "store")),
  memory: () => openMemoryStore(),
};

const text = (value: string) => Buffer.from(value);

async function contents(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece.slice());
  return Buffer.concat(all);
}

async function keysOf(store: Store, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, after)) keys.push(key);
  return keys;
}

const KEY_PART = fc.stringMatching(/^[a-zA-Z0-9é_ -]{1,6}$/);
/** Keys whose parts differ in a digit for their depth, so that no key is a folder of another. */
const KEYS = fc.uniqueArray(
  fc
    .array(KEY_PART, { minLength: 1, maxLength: 4 })
    .map((parts) => parts.map((part, depth) => (depth === parts.length - 1 ? `${part}.f` : `${part}.d`)).join("/")),
  { minLength: 1, maxLength: 20 },
);

describe.each(Object.entries(IMPLEMENTATIONS))("a store in %s", (_name, open) => {
  let folder: string;
  let store: Store;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tendon-store-"));
    store = open(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("gives back what was written, whole or in pieces", async () => {
    const entry = await store.write("a/b/c.bin", text("hello"));
    expect(entry).toMatchObject({ key: "a/b/c.bin", bytes: 5 });
    expect((await contents(store.read("a/b/c.bin"))).toString()).toBe("hello");
    async function* pieces() {
      yield text("one ");
      yield text("");
      yield text("two");
    }
    await store.write("a/b/c.bin", pieces());
    expect((await contents(store.read("a/b/c.bin"))).toString()).toBe("one two");
    await store.write("empty", new Uint8Array(0));
    expect((await store.stat("empty"))?.bytes).toBe(0);
    expect(await contents(store.read("empty"))).toHaveLength(0);
  });

  it("reads half-open ranges", async () => {
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 251));
    await store.write("big", bytes);
    await fc.assert(
      fc.asyncProperty(fc.nat(3_100_000), fc.nat(3_100_000), async (a, b) => {
        const range = { start: Math.min(a, b), end: Math.max(a, b) };
        expect((await contents(store.read("big", { range }))).equals(bytes.subarray(range.start, range.end))).toBe(true);
      }),
      { numRuns: 12 },
    );
    expect(await contents(store.read("big", { range: { start: 2_999_990 } }))).toHaveLength(10);
  });

  it("says what is not there", async () => {
    expect(await store.stat("nothing/here")).toBeNull();
    await expect(contents(store.read("nothing/here"))).rejects.toMatchObject({ code: "not-found" });
    await expect(store.local("nothing")).rejects.toMatchObject({ code: "not-found" });
    await expect(store.copy("nothing", "somewhere")).rejects.toMatchObject({ code: "not-found" });
    expect(await store.stat("somewhere")).toBeNull();
    await store.remove("nothing/here");
  });

  it("changes the version with the bytes, and refuses to read another", async () => {
    const first = await store.write("k", text("first"));
    expect((await store.stat("k"))?.version).toBe(first.version);
    expect((await contents(store.read("k", { ifVersion: first.version }))).toString()).toBe("first");
    const second = await store.write("k", text("other"));
    expect(second.version).not.toBe(first.version);
    await expect(contents(store.read("k", { ifVersion: first.version }))).rejects.toMatchObject({ code: "not-found" });
  });

  it("lets exactly one of sixteen creators win, with its own bytes", async () => {
    for (let round = 0; round < 5; round++) {
      const key = `refs/main/${round}`;
      const won = await Promise.all(Array.from({ length: 16 }, (_, index) => store.createOnly(key, text(`writer ${index}`))));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await contents(store.read(key))).toString()).toBe(`writer ${won.indexOf(true)}`);
      expect(await store.createOnly(key, text("late"))).toBe(false);
      expect((await contents(store.read(key))).toString()).toBe(`writer ${won.indexOf(true)}`);
    }
    expect(await keysOf(store, "refs/")).toHaveLength(5);
  });

  it("leaves what was there when a body throws", async () => {
    await store.write("k", text("old"));
    async function* breaks() {
      yield text("half");
      throw new Error("the camera fell over");
    }
    await expect(store.write("k", breaks())).rejects.toThrow("the camera fell over");
    expect((await contents(store.read("k"))).toString()).toBe("old");
    await expect(store.write("new", breaks())).rejects.toThrow("the camera fell over");
    expect(await keysOf(store, "")).toEqual(["k"]);
  });

  it("copies, and keeps the copy apart from its origin", async () => {
    await store.write("a", text("same"));
    expect(await store.copy("a", "b/c")).toMatchObject({ key: "b/c", bytes: 4 });
    await store.write("a", text("changed"));
    expect((await contents(store.read("b/c"))).toString()).toBe("same");
  });

  it("lends a local file with the bytes", async () => {
    await store.write("a/clip.mp4", text("pictures"));
    await using file = await store.local("a/clip.mp4");
    expect(await readFile(file.path, "utf8")).toBe("pictures");
    expect(file.path.endsWith("clip.mp4")).toBe(true);
  });

  it("lists in the order of the keys' bytes, from any key on", async () => {
    await fc.assert(
      fc.asyncProperty(KEYS, fc.nat(19), async (keys, at) => {
        const fresh = open(await mkdtemp(join(folder, "list-")));
        for (const key of keys) await fresh.write(key, text(key));
        const sorted = keys.toSorted((a, b) => Buffer.compare(text(a), text(b)));
        expect(await keysOf(fresh, "")).toEqual(sorted);
        const after = sorted[at % sorted.length]!;
        expect(await keysOf(fresh, "", after)).toEqual(sorted.slice((at % sorted.length) + 1));
        const prefix = after.slice(0, Math.ceil(after.length / 2));
        expect(await keysOf(fresh, prefix)).toEqual(sorted.filter((key) => key.startsWith(prefix)));
      }),
      { numRuns: 40 },
    );
  });

  it("removes", async () => {
    await store.write("a/b", text("x"));
    await store.remove("a/b");
    expect(await store.stat("a/b")).toBeNull();
    expect(await keysOf(store, "")).toEqual([]);
  });

  it.each(["", "/a", "a/", "a//b", ".", "..", "../a", "a/../../b", "a/./b", "a\\b", "C:/x", "a\0b", "a\nb", "x".repeat(1025)])(
    "refuses the key %j everywhere",
    async (key) => {
      const attempts: (() => Promise<unknown>)[] = [
        () => store.stat(key),
        () => contents(store.read(key)),
        () => store.write(key, text("x")),
        () => store.createOnly(key, text("x")),
        () => store.copy(key, "ok"),
        () => store.local(key),
        () => store.remove(key),
      ];
      for (const attempt of attempts) await expect(attempt()).rejects.toBeInstanceOf(TendonError);
      await store.write("here", text("x"));
      await expect(store.copy("here", key)).rejects.toBeInstanceOf(TendonError);
      expect((await readdir(folder)).filter((name) => name !== "store")).toEqual([]);
    },
  );
});

describe("a store in a folder", () => {
  it("does not follow a symbolic link out of it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tendon-store-"));
    await mkdir(join(folder, "outside"));
    await writeFile(join(folder, "outside", "secret"), "secret");
    await mkdir(join(folder, "store"));
    await symlink(join(folder, "outside"), join(folder, "store", "link"));
    await symlink(join(folder, "outside", "secret"), join(folder, "store", "file"));
    const store = openFileStore(join(folder, "store"));
    await expect(contents(store.read("link/secret"))).rejects.toMatchObject({ code: "bad-data" });
    await expect(contents(store.read("file"))).rejects.toMatchObject({ code: "bad-data" });
    await expect(store.write("link/more", text("x"))).rejects.toMatchObject({ code: "bad-data" });
    await expect(store.remove("link/secret")).rejects.toMatchObject({ code: "bad-data" });
    expect(await readdir(join(folder, "outside"))).toEqual(["secret"]);
    await rm(folder, { recursive: true });
  });

  it("says that a folder stands where a file should", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tendon-store-"));
    const store = openFileStore(folder);
    await store.write("a/b", text("x"));
    await expect(store.write("a", text("x"))).rejects.toMatchObject({ place: { file: join(folder, "a") } });
    await expect(store.write("a/b/c", text("x"))).rejects.toMatchObject({ code: "not-found" });
    expect(await keysOf(store, "")).toEqual(["a/b"]);
    await rm(folder, { recursive: true });
  });
});
