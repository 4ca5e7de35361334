import { expect, test } from "vitest";
import { closestPattern, fits, streamsFitting } from "./pattern.ts";

test("a star stands for any run of characters", () => {
  expect(fits("imu.*", "imu.accel.x")).toBe(true);
  expect(fits("*.position", "joint_states.position")).toBe(true);
  expect(fits("a*b*c", "aXXbYbZc")).toBe(true);
  expect(fits("imu.*", "imu")).toBe(false);
  expect(fits("imu", "imu.accel")).toBe(false);
  expect(fits("*", "")).toBe(true);
});

test("the exact name says most, then the longest pattern", () => {
  expect(closestPattern(["*", "imu.*", "imu.accel"], "imu.accel")).toBe("imu.accel");
  expect(closestPattern(["imu.*", "*"], "imu.gyro")).toBe("imu.*");
  expect(closestPattern(["imu.*"], "state")).toBeUndefined();
});

test("a pattern that fits nothing is an error that says what was meant", () => {
  const names = ["observation.state", "action"];
  expect(streamsFitting(["a*"], names, "select.keep[0]")).toEqual(["action"]);
  expect(() => streamsFitting(["actoin"], names, "select.keep[0]")).toThrow(/did you mean "action"/);
});
