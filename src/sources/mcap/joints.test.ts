import { expect, test } from "vitest";
import { Rows } from "./column.ts";
import { jointStateOffers, trajectoryOffers } from "./joints.ts";

test("a joint state without velocities offers positions alone", () => {
  const offers = jointStateOffers({ name: ["a", "b"], position: [1, 2], velocity: [], effort: [] });
  expect(offers).toMatchObject([{ suffix: "position", feature: { shape: [2], names: ["a", "b"], unit: "rad" } }]);
});

test("joint states that cannot be told apart are refused", () => {
  expect(jointStateOffers({ name: [], position: [] })).toEqual({ refused: "its first message names no joints" });
  expect(jointStateOffers({ name: ["a", "a"], position: [1, 2] })).toEqual({
    refused: 'its first message names the joint "a" twice',
  });
});

test("null in a list is missing, not zero", () => {
  const offers = jointStateOffers({ name: ["a", "b"], position: [1, 2] });
  if ("refused" in offers || offers[0]?.column.as !== "rows") throw new TypeError("no rows");
  const rows = new Rows("float64", 2, 1, new Map());
  offers[0].column.read({ name: ["a", "b"], position: [null, 4] }, rows);
  expect([...rows.values]).toEqual([Number.NaN, 4]);
  expect([...rows.valid!]).toEqual([0, 1]);
});

test("a trajectory of one point is a command, one of more is a plan", () => {
  const point = { positions: [1, 2], velocities: [], effort: [] };
  expect(trajectoryOffers({ joint_names: ["a", "b"], points: [point] })).toMatchObject([{ suffix: "position" }]);
  expect(trajectoryOffers({ joint_names: ["a", "b"], points: [point, point] })).toEqual({
    refused: "its first message has 2 points: only trajectories of one point are commands",
  });
});

test("a later trajectory is put in order by name", () => {
  const offers = trajectoryOffers({ joint_names: ["a", "b"], points: [{ positions: [1, 2] }] });
  if ("refused" in offers || offers[0]?.column.as !== "rows") throw new TypeError("no rows");
  const rows = new Rows("float64", 2, 1, new Map());
  offers[0].column.read({ joint_names: ["b", "a"], points: [{ positions: [4, 3] }] }, rows);
  expect([...rows.values]).toEqual([3, 4]);
});
