import { describe, expect, it } from "vitest";
import { findName, parseAsked } from "./names.ts";

const NAMES = ["teleop/day1/7.mcap", "teleop/day2/7.mcap", "teleop/day2/8.mcap"];
const PLACE = { file: "home" };

describe("EPISODE[:ROW]", () => {
  it("is an id, and a row behind the last colon", () => {
    expect(parseAsked("teleop/7.mcap:120")).toEqual({ episode: "teleop/7.mcap", row: 120 });
    expect(parseAsked("teleop/12:30.mcap")).toEqual({ episode: "teleop/12:30.mcap" });
    expect(() => parseAsked("")).toThrow("name an episode");
  });

  it("may be the end of an id, with or without its extension", () => {
    expect(findName("8.mcap", NAMES, PLACE)).toBe("teleop/day2/8.mcap");
    expect(findName("8", NAMES, PLACE)).toBe("teleop/day2/8.mcap");
    expect(findName("day1/7", NAMES, PLACE)).toBe("teleop/day1/7.mcap");
  });

  it("that could be several, or none, is told with those near to it", () => {
    expect(() => findName("7.mcap", NAMES, PLACE)).toThrow("several episodes end in");
    expect(() => findName("9.mcap", NAMES, PLACE)).toThrow('did you mean "7.mcap"? (there are 3: teleop/day1/7.mcap');
    expect(() => findName("a", [], PLACE)).toThrow("remembers no episode");
  });
});
