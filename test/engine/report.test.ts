import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ReportWritten, report } from "../../src/index.ts";
import { removeClips } from "../support/lerobotDataset.ts";
import { type Fixture, HOSTILE, reportFixture } from "../support/reportDataset.ts";

let fixture: Fixture;
let first: ReportWritten;

beforeAll(async () => {
  fixture = await reportFixture();
  first = await report(fixture.home, { out: join(fixture.folder, "first.html") });
}, 120_000);
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
  await removeClips();
});

/** The page's own data, as the browser reads it. */
async function dataIn(path: string) {
  const html = await readFile(path, "utf8");
  const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)!;
  return { html, data: JSON.parse(json!) };
}

describe("a report", () => {
  test("says what it holds, and is as long as it says", async () => {
    expect(first).toMatchObject({
      episodes: { kept: 5, dropped: 1, failed: 0 },
      findings: 2,
      plotted: 6,
      pictured: 6,
      remarks: [],
    });
    expect((await stat(first.path)).size).toBe(first.bytes);
    expect(first.bytes).toBeLessThan(25_000_000);
  });

  test("holds text of the recording only within its data", async () => {
    const { html, data } = await dataIn(first.path);
    expect(data.tasks).toContain(HOSTILE);
    expect(html).not.toContain('onerror="alert');
    expect(html).not.toContain("<img");
    expect(html).toContain("default-src 'none'");
    expect(html.match(/https?:\/\/(?!github|www\.w3\.org)[a-z]/g) ?? []).toEqual([]);
  });

  test("tells the steps with versions, the source, the views and the drop with its reason", async () => {
    const { data } = await dataIn(first.path);
    expect(data.sources).toMatchObject([
      { name: "recorded", plugin: "lerobot", version: "2", path: fixture.source, there: "here", kept: 5, dropped: 1 },
    ]);
    expect(data.steps.map((step: { name: string }) => step.name)).toEqual(
      expect.arrayContaining(["gaps", "stuck", "gate", "split", "lerobot"]),
    );
    expect(data.steps.find((step: { name: string }) => step.name === "gate")).toMatchObject({ version: "1", dropped: 1 });
    expect(data.views).toMatchObject([{ sink: "lerobot", version: "3.0", rows: 300, there: "here" }]);
    const dropped = data.episodes.find((episode: { status: string }) => episode.status === "dropped");
    expect(dropped).toMatchObject({
      id: "recorded/episode_000001",
      by: "decisions[0].gate",
      reason: expect.stringContaining("NaN"),
    });
    expect(dropped.samples).toBeDefined();
    expect(data.coverage.map(({ stream, episodes }: { stream: string; episodes: number }) => [stream, episodes])).toEqual([
      ["observation.state", 5],
      ["action", 5],
    ]);
  });

  test.each([
    ["by its first digits", () => [first.snapshot.slice(0, 9), { home: fixture.home }] as const],
    ["by a view's path", () => [join(fixture.home, "lerobot"), {}] as const],
    ["by a folder within the dataset", () => [join(fixture.home, "snapshots", first.snapshot), {}] as const],
    ["in the folder above, where nothing is named", () => [undefined, { cwd: fixture.folder }] as const],
  ])("finds the snapshot %s", async (_, given) => {
    const [name, options] = given();
    const written = await report(name, { ...options, out: join(fixture.folder, "found.html"), pictures: 0 });
    expect([written.snapshot, written.pictured]).toEqual([first.snapshot, 0]);
  });

  test.each([
    ["0123abcd", /there is no snapshot 0123abcd/],
    ["nowhere/at/all", /neither a path nor the id/],
  ])("of %s is refused with what to do", async (name, message) => {
    await expect(report(name, { home: fixture.home, out: join(fixture.folder, "none.html") })).rejects.toThrow(message);
    await expect(stat(join(fixture.folder, "none.html"))).rejects.toThrow("ENOENT");
  });

  test("that cannot be written is refused before anything is read", async () => {
    const out = join(fixture.folder, "missing", "report.html");
    await expect(report(fixture.home, { out })).rejects.toThrow(/cannot be written here/);
  });

  // The last, since it takes the dataset apart.
  test("of a dataset whose source, view and parts are gone says so and shows what remains", async () => {
    await rm(fixture.source, { recursive: true });
    await rm(join(fixture.home, "views"), { recursive: true });
    const noSource = await report(fixture.home, { out: join(fixture.folder, "second.html") });
    expect(noSource).toMatchObject({ plotted: 6, pictured: 6 });
    expect(noSource.remarks).toEqual([expect.stringContaining(`no longer at ${fixture.source}`)]);
    await rm(join(fixture.home, "parts"), { recursive: true });
    const noParts = await report(fixture.home, { out: join(fixture.folder, "third.html") });
    expect(noParts).toMatchObject({ episodes: { kept: 5, dropped: 1 }, findings: 2, plotted: 0, pictured: 0 });
    expect(noParts.remarks.join()).toMatch(/6 of 6 episodes could not be read.*part was removed/);
    await rm(join(fixture.home, "receipts"), { recursive: true });
    const noReceipts = await report(fixture.home, { out: join(fixture.folder, "fourth.html") });
    expect(noReceipts).toMatchObject({ episodes: { kept: 5, dropped: 1 }, findings: 2, plotted: 0 });
    const { data } = await dataIn(noReceipts.path);
    expect(data.sources[0].there).toBe("gone");
    expect(data.views[0].there).toBe("gone");
  });
});
