import { expect, test } from "vitest";
import { chooseTime, nominalRate } from "./clock.ts";

const SECOND = 1_000_000_000n;

test("auto takes the header's time where it is of the recorder's clock", () => {
  const log = 1_700_000_000n * SECOND;
  expect(chooseTime("auto", { header: log - SECOND, log })).toEqual({ time: "header" });
  expect(chooseTime("auto", { header: undefined, log })).toEqual({ time: "log" });
  expect(chooseTime("auto", { header: 12n * SECOND, log })).toMatchObject({
    time: "log",
    why: expect.stringContaining("1699999988 s away"),
  });
  expect(chooseTime("header", { header: 12n * SECOND, log })).toEqual({ time: "header" });
  expect(chooseTime("publish", { header: log, log })).toEqual({ time: "publish" });
});

test.each([
  { rate: 30, jitter: 2, nominal: 30 },
  { rate: 29.97, jitter: 0, nominal: 30 },
  { rate: 27, jitter: 0, nominal: 27 },
  { rate: 3.3, jitter: 0, nominal: 3.3 },
])("$rate Hz with $jitter ms of jitter is $nominal Hz", ({ rate, jitter, nominal }) => {
  const times = Array.from({ length: 32 }, (_, index) =>
    BigInt(Math.round((index * 1e9) / rate + ((index * 7) % 3) * jitter * 1e5)),
  );
  expect(nominalRate(times)).toBe(nominal);
});

test("too few times tell no rate", () => {
  expect(nominalRate([])).toBeUndefined();
  expect(nominalRate([1n, 2n])).toBeUndefined();
  expect(nominalRate([5n, 5n, 5n, 5n])).toBeUndefined();
});
