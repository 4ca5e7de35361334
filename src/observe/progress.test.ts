import { expect, it } from "vitest";
import type { RunEvent } from "../core/event.ts";
import { byteText, durationText } from "./numbers.ts";
import { progressLine, startProgress } from "./progress.ts";

const going = (done: number, total = 20): RunEvent & { type: "progress" } => ({
  type: "progress",
  act: "gather",
  done,
  total,
  whole: true,
  rows: done * 100,
  frames: done * 100,
  bytes: done * 1e6,
});

it("tells rate and time left", () => {
  expect(progressLine(going(5), { seconds: 10, doneAtStart: 0 })).toBe("gathering 5/20  25 %  50 frames/s  500 kB/s  30 s left");
  expect(progressLine(going(5), { seconds: 0, doneAtStart: 5 })).toBe("gathering 5/20  25 %");
});

it("promises no time while inputs are still listed", () => {
  const line = progressLine({ ...going(5), whole: false }, { seconds: 10, doneAtStart: 0 });
  expect(line).toBe("gathering 5 of at least 20  50 frames/s  500 kB/s");
});

it("writes over one line on a terminal, and lines of text go above it", () => {
  const { text, progress, wait } = watched(true);
  progress.event(going(1));
  wait(200);
  progress.event(going(2));
  progress.say("a remark");
  progress.end();
  expect(text().replaceAll("\r\u001b[2K", "<")).toBe(
    "gathering 1/20  5 %<gathering 2/20  10 %<a remark\n".replace("2/20  10 %", "2/20  10 %"),
  );
});

it("writes plain lines now and then elsewhere", () => {
  const { text, progress, wait } = watched(false);
  for (let done = 1; done <= 20; done++) {
    progress.event(going(done));
    wait(1000);
  }
  expect(text().split("\n").filter(Boolean).length).toBe(4);
  expect(text()).not.toContain("\r");
});

it("tells the first drops and failures, and that there are more", () => {
  const { text, progress } = watched(false);
  for (let i = 0; i < 100; i++) progress.event({ type: "drop", drop: { episode: `e${i}`, reason: "too short", by: "gate" } });
  const lines = text().trimEnd().split("\n");
  expect(lines[0]).toBe("dropped e0: too short");
  expect(lines).toHaveLength(40);
  expect(lines.at(-1)).toContain("more");
});

it("says sizes and times as people do", () => {
  expect([0, 999, 1500, 123_456_789].map(byteText)).toEqual(["0 B", "999 B", "1.5 kB", "123 MB"]);
  expect([0.25, 59.4, 200, 7500].map(durationText)).toEqual(["0.3 s", "59 s", "3 min 20 s", "2 h 05 min"]);
});

function watched(terminal: boolean) {
  let written = "";
  let now = 0;
  const progress = startProgress({
    write: (text) => {
      written += text;
    },
    terminal,
    columns: 80,
    nowMs: () => now,
  });
  return {
    progress,
    text: () => written,
    wait: (ms: number) => {
      now += ms;
    },
  };
}
