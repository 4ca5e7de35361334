import { expect, test } from "vitest";
import type { Want } from "../core/batch.ts";
import { memoryEpisode } from "../core/memoryEpisode.ts";
import type { Seat } from "./pass.ts";
import { pass } from "./pass.ts";
import { tapEpisode } from "./tap.ts";

const STATE: Want = { stream: "state", as: "rows" };
const SIGNAL = new AbortController().signal;

function episode(rows = 10) {
  const time = BigInt64Array.from({ length: rows }, (_, row) => BigInt(row));
  const schema = { key: "one", embodiment: "test", features: { state: { dtype: "float32" as const, shape: [1] } } };
  return memoryEpisode({
    id: "e",
    schema,
    streams: { state: { kind: "rows", time, values: Float32Array.from(time, Number) } },
    batchRows: 3,
  });
}

function seat(path: string, fail?: { at: number }): Seat & { readonly seen: number[] } {
  const seen: number[] = [];
  return {
    path,
    seen,
    watcher: {
      wants: [STATE],
      push(_, batch) {
        if (batch.kind === "rows") seen.push(...Array.from(batch.values as Float32Array));
        if (fail && seen.length >= fail.at) throw new Error("this watcher gave up");
      },
      close: () => seen.length,
      abort: () => undefined,
    },
  };
}

const ALL = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const tally = () => ({ rows: 0, frames: 0, bytes: 0 });

test("watchers at a tap and behind it see one pass", async () => {
  let reads = 0;
  const source = episode();
  const read = (...given: Parameters<typeof source.read>) => {
    reads++;
    return source.read(...given);
  };
  const counted = { ...source, read };
  const [above, below] = [seat("tap"), seat("end")];
  const tap = tapEpisode(counted, [above], SIGNAL);
  await pass(tap.episode, [below], tally(), SIGNAL);
  await tap.finish(tally());
  expect([above.seen, below.seen, reads]).toEqual([ALL, ALL, 1]);
  expect(above.outcome).toEqual({ value: 10 });
});

test("a watcher sees the whole span where downstream asks for a range or stops early", async () => {
  for (const range of [{ start: 4n, end: 7n }, undefined]) {
    const above = seat("tap");
    const tap = tapEpisode(episode(), [above], SIGNAL);
    const got: number[] = [];
    for await (const { batch } of tap.episode.read([STATE], range)) {
      if (batch.kind === "rows") got.push(...Array.from(batch.values as Float32Array));
      if (!range) break;
    }
    expect(got).toEqual(range ? [4, 5, 6] : [0, 1, 2]);
    expect(above.seen).toEqual(ALL);
    expect(above.outcome).toEqual({ value: 10 });
  }
});

test("where nobody reads, the tap reads for its watchers", async () => {
  const above = seat("tap");
  await tapEpisode(episode(), [above], SIGNAL).finish(tally());
  expect(above.outcome).toEqual({ value: 10 });
});

test("a watcher that throws is out, and the others go on", async () => {
  const [bad, good] = [seat("bad", { at: 3 }), seat("good")];
  await pass(episode(), [bad, good], tally(), SIGNAL);
  expect(bad.outcome).toMatchObject({ error: { message: "this watcher gave up" } });
  expect(good.outcome).toEqual({ value: 10 });
});

test("a stop ends the pass and aborts its watchers", async () => {
  const abort = new AbortController();
  const watching = seat("one");
  abort.abort();
  await expect(pass(episode(), [watching], tally(), abort.signal)).rejects.toThrow(/abort/);
  expect(watching.outcome).toHaveProperty("error");
});
