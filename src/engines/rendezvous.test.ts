import { expect, test } from "vitest";
import { rendezvous, STOPPED } from "./rendezvous.ts";

test("the producer goes on only when the consumer asks for more", async () => {
  const told: string[] = [];
  const items = rendezvous<number>(async (emit) => {
    for (let item = 0; item < 3; item++) {
      await emit(item);
      told.push(`released ${item}`);
    }
  });
  for await (const item of items) told.push(`got ${item}`);
  expect(told).toEqual(["got 0", "released 0", "got 1", "released 1", "got 2", "released 2"]);
});

test("a consumer that leaves early unwinds the producer before it is done", async () => {
  const told: unknown[] = [];
  const items = rendezvous<number>(async (emit) => {
    try {
      for (let item = 0; ; item++) await emit(item);
    } catch (error) {
      told.push(error);
      await new Promise((resolve) => setImmediate(resolve));
      told.push("unwound");
      throw error;
    }
  });
  for await (const item of items) if (item === 1) break;
  expect(told).toEqual([STOPPED, "unwound"]);
});

test("a producer's error reaches the consumer behind what it gave", async () => {
  const got: number[] = [];
  const reading = async () => {
    for await (const item of rendezvous<number>(async (emit) => {
      await emit(1);
      throw new Error("broken");
    }))
      got.push(item);
  };
  await expect(reading()).rejects.toThrow("broken");
  expect(got).toEqual([1]);
});
