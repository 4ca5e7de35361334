import { spawn, spawnSync } from "node:child_process";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openBuiltFiles } from "./files.ts";
import { openHome, RESERVED } from "./home.ts";
import { listQuarantine, openQuarantine } from "./quarantine.ts";
import { openSnapshots } from "./snapshots.ts";
import { ownName } from "./temporary.ts";
import { openViews } from "./views.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-home-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ID = "a1".repeat(32);
const OTHER = "b2".repeat(32);
const isRoot = process.getuid?.() === 0;

describe("a home", () => {
  it("is made of a missing or an empty folder, and opened again as it is", async () => {
    const home = await openHome(join(folder, "new/set"));
    expect(await readdir(home.path)).toEqual(expect.arrayContaining([...RESERVED]));
    const before = await readFile(home.at("home.json"), "utf8");
    await Promise.all(Array.from({ length: 4 }, () => openHome(home.path)));
    expect(await readFile(home.at("home.json"), "utf8")).toBe(before);
    await openHome(folder.concat("/empty"));
  });

  it("is not made of a folder that holds something else, and says what", async () => {
    await writeFile(join(folder, "holiday.jpg"), "x");
    await expect(openHome(folder)).rejects.toMatchObject({
      code: "bad-pipeline",
      message: expect.stringContaining("holiday.jpg"),
    });
    expect(await readdir(folder)).toEqual(["holiday.jpg"]);
    await expect(openHome(join(folder, "holiday.jpg"))).rejects.toMatchObject({ code: "not-found" });
    await expect(openHome(join(folder, "holiday.jpg", "deeper"))).rejects.toMatchObject({ code: "not-found" });
  });

  it("of another format is refused", async () => {
    await openHome(folder);
    await writeFile(join(folder, "home.json"), '{"tendon":"home","format":99}');
    await expect(openHome(folder)).rejects.toThrow(/format 99/);
    await writeFile(join(folder, "home.json"), '{"name":"other"}');
    await expect(openHome(folder)).rejects.toMatchObject({ code: "bad-data" });
  });

  it.skipIf(isRoot)("that may not be written says so", async () => {
    await chmod(folder, 0o555);
    await expect(openHome(join(folder, "set"))).rejects.toThrow(/may not be written/);
    await chmod(folder, 0o755);
  });

  it("sweeps what a killed process left, and nothing of one that lives", async () => {
    const home = await openHome(folder);
    const mine = home.temporary();
    await mkdir(mine);
    const script = `
      import { writeFileSync } from "node:fs";
      const { openHome } = await import(${JSON.stringify(new URL("./home.ts", import.meta.url).href)});
      const home = await openHome(${JSON.stringify(folder)});
      writeFileSync(home.temporary(), "half");
      console.log("ready");
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await openHome(folder);
    expect(await readdir(home.at("tmp"))).toHaveLength(2);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    await openHome(folder);
    expect(await readdir(home.at("tmp"))).toEqual([expect.stringContaining(ownName())]);
  });

  it("of a process with the same id that started at another time is swept too", async () => {
    const home = await openHome(folder);
    const [pid, start, host] = ownName().split("-");
    await writeFile(home.at("tmp", `${pid}-${Number(start) + 1}-${host}-x`), "half");
    await writeFile(home.at("tmp", `${pid}-${start}-elsewhere-x`), "of another machine, just now");
    await openHome(folder);
    expect(await readdir(home.at("tmp"))).toEqual([`${pid}-${start}-elsewhere-x`]);
  });
});

describe("snapshots", () => {
  const content = { manifest: { parent: null, n: 1 }, lists: { episodes: [{ id: "a" }, { id: "b" }], drops: [] } };

  it("are written whole, read back, and committed by one of many", async () => {
    const snapshots = openSnapshots(await openHome(folder));
    expect(await snapshots.head()).toBeNull();
    await Promise.all([snapshots.write(ID, content), snapshots.write(ID, content), snapshots.write(OTHER, content)]);
    expect(await snapshots.manifest(ID)).toEqual(content.manifest);
    expect(await Array.fromAsync(snapshots.list(ID, "episodes"))).toEqual([{ id: "a" }, { id: "b" }]);
    expect(await Array.fromAsync(snapshots.list(ID, "drops"))).toEqual([]);
    const won = await Promise.all([ID, OTHER, ID, OTHER].map((id) => snapshots.commit("main", 1, id)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await snapshots.head()).toEqual({ n: 1, id: [ID, OTHER, ID, OTHER][won.indexOf(true)] });
    for (let n = 2; n <= 11; n++) expect(await snapshots.commit("main", n, ID)).toBe(true);
    expect(await snapshots.head("main")).toEqual({ n: 11, id: ID });
    expect((await snapshots.versions()).map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it("leave nothing where a list throws, and cannot be committed unwritten", async () => {
    const home = await openHome(folder);
    const snapshots = openSnapshots(home);
    async function* breaks() {
      yield { id: "a" };
      throw new Error("no more");
    }
    await expect(snapshots.write(ID, { manifest: {}, lists: { episodes: breaks() } })).rejects.toThrow("no more");
    expect(await snapshots.has(ID)).toBe(false);
    expect([...(await readdir(home.at("tmp"))), ...(await readdir(home.at("snapshots")))]).toEqual([]);
    await expect(snapshots.commit("main", 1, ID)).rejects.toThrow(/not written/);
  });

  it("keep notes beside what is hashed", async () => {
    const snapshots = openSnapshots(await openHome(folder));
    await snapshots.note(ID, { host: "a" });
    await snapshots.note(ID, { host: "b" });
    const notes = await Array.fromAsync(snapshots.notes(ID));
    expect(notes).toEqual(expect.arrayContaining([{ host: "a" }, { host: "b" }]));
  });
});

describe("built files", () => {
  it("are placed once, known by their receipt, and shared read-only", async () => {
    const home = await openHome(folder);
    const files = openBuiltFiles(home);
    expect(await files.receipt(ID)).toBeNull();
    const temporary = home.temporary();
    await writeFile(temporary, "parquet");
    const built = await files.place(ID, temporary, { rows: 3 });
    expect(built).toMatchObject({ bytes: 7, result: { rows: 3 } });
    expect(built.sha256).toBe(spawnSync("sha256sum", { input: "parquet", encoding: "utf8" }).stdout.slice(0, 64));
    const again = home.temporary();
    await writeFile(again, "parquet");
    expect(await files.place(ID, again, { rows: 3 })).toEqual(built);
    expect(await readdir(home.at("tmp"))).toEqual([]);
    await files.give(ID, join(folder, "v1/data/file.parquet"), "link");
    await files.give(ID, join(folder, "v1/meta/copy.parquet"), "copy");
    const [link, copy] = [await stat(join(folder, "v1/data/file.parquet")), await stat(join(folder, "v1/meta/copy.parquet"))];
    expect([link.mode & 0o777, link.nlink, copy.mode & 0o777, copy.nlink]).toEqual([0o444, 2, 0o644, 1]);
    expect(await readFile(join(folder, "v1/meta/copy.parquet"), "utf8")).toBe("parquet");
  });

  it("whose bytes are gone or cut short count as not built", async () => {
    const home = await openHome(folder);
    const files = openBuiltFiles(home);
    const temporary = home.temporary();
    await writeFile(temporary, "parquet");
    await files.place(ID, temporary, null);
    await chmod(home.at("files", "a1", ID), 0o644);
    await writeFile(home.at("files", "a1", ID), "parq");
    expect(await files.receipt(ID)).toBeNull();
    await rm(home.at("files", "a1", ID));
    expect(await files.receipt(ID)).toBeNull();
    await expect(files.give(ID, join(folder, "x"), "link")).rejects.toThrow(/run again/);
    await expect(files.receipt("../../x")).rejects.toMatchObject({ code: "bad-data" });
  });
});

describe("views", () => {
  async function staged(temporary: string, text: string): Promise<string> {
    await mkdir(join(temporary, "g1/meta"), { recursive: true });
    await writeFile(join(temporary, "g1/data.parquet"), text);
    await writeFile(join(temporary, "g1/meta/info.json"), text);
    return temporary;
  }

  it("appear whole, and the name that the user knows turns to the newest", async () => {
    const home = await openHome(folder);
    const views = openViews(home);
    const first = { snapshot: ID, sink: "gr00t" };
    expect(await views.has(first)).toBe(false);
    await views.publish(first, await staged(home.temporary(), "one"));
    expect(await readFile(home.at("gr00t/g1/meta/info.json"), "utf8")).toBe("one");
    expect((await stat(home.at("gr00t/g1/data.parquet"))).mode & 0o222).toBe(0);
    expect((await stat(home.at("gr00t/g1/meta/info.json"))).mode & 0o200).toBe(0o200);
    await views.publish({ snapshot: OTHER, sink: "gr00t" }, await staged(home.temporary(), "two"));
    expect(await readFile(home.at("gr00t/g1/meta/info.json"), "utf8")).toBe("two");
    expect(await readFile(join(views.pathOf(first), "g1/meta/info.json"), "utf8")).toBe("one");
    await views.publish(first, await staged(home.temporary(), "again"));
    expect(await readFile(home.at("gr00t/g1/meta/info.json"), "utf8")).toBe("one");
    expect(await readlink(home.at("gr00t"))).toBe(`views/${ID}/gr00t`);
    expect(await readdir(home.at("tmp"))).toEqual([]);
  });

  it("never touch what the user put there, and take no name of the home's own", async () => {
    const home = await openHome(folder);
    const views = openViews(home);
    await mkdir(home.at("lerobot"));
    await writeFile(home.at("lerobot/mine"), "x");
    const view = { snapshot: ID, sink: "lerobot" };
    await expect(views.publish(view, await staged(home.temporary(), "x"))).rejects.toThrow(/in the way/);
    expect((await lstat(home.at("lerobot"))).isDirectory()).toBe(true);
    for (const sink of ["parts", "home.json", "../x", "a/b", ".."]) {
      await expect(views.publish({ snapshot: ID, sink }, home.temporary())).rejects.toThrow(/sink may not|not a name/);
    }
  });
});

describe("the quarantine", () => {
  it("lists what failed, of every writer", async () => {
    const home = await openHome(folder);
    const failure = { episode: "e", step: "stages[0].align", code: "bad-data", message: "m", place: {}, attempt: 1 } as const;
    for (const writer of ["run-0", "run-1"]) {
      await using quarantine = openQuarantine(home, writer);
      for (const attempt of [1, 2])
        await quarantine.put({ ...failure, attempt, run: writer, payload: { key: "a.mcap" }, atMs: 5 });
    }
    const listed = await Array.fromAsync(listQuarantine(home));
    expect(listed.map(({ run, attempt }) => `${run} ${attempt}`)).toEqual(["run-0 1", "run-0 2", "run-1 1", "run-1 2"]);
    expect(listed[0]).toMatchObject({ ...failure, payload: { key: "a.mcap" } });
  });
});
