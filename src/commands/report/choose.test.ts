import fc from "fast-check";
import { expect, test } from "vitest";
import { evenly, orderOfInterest } from "./choose.ts";
import { limitLists } from "./limit.ts";
import type { EpisodeFacts, FindingFacts } from "./model.ts";

const episode = (id: number, status: EpisodeFacts["status"] = "kept"): EpisodeFacts => ({
  id: `e${id}`,
  status,
  rows: 1,
  seconds: 1,
});
const finding = (place: number, severity: FindingFacts["severity"]): FindingFacts => ({
  check: "gaps",
  severity,
  episode: place,
  message: "m",
});

test("the worst come first, then the others evenly spread", () => {
  const episodes = Array.from({ length: 9 }, (_, id) => episode(id, id === 8 ? "dropped" : "kept"));
  const order = orderOfInterest(episodes, [finding(3, "note"), finding(5, "broken"), finding(5, "note"), finding(1, "risk")]);
  expect(order.slice(0, 4)).toEqual([5, 8, 1, 3]);
  expect(order.slice(4).toSorted((a, b) => a - b)).toEqual([0, 2, 4, 6, 7]);
});

test("evenly keeps each place once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), (count) => {
      const places = Array.from({ length: count }, (_, place) => place);
      expect(evenly(places).toSorted((a, b) => a - b)).toEqual(places);
    }),
  );
});

test("a list that is cut keeps its order, and findings keep their episodes", () => {
  const episodes = Array.from({ length: 10 }, (_, id) => ({ facts: episode(id), startNs: 0n }));
  const findings = [finding(2, "note"), finding(9, "broken"), finding(4, "risk")];
  const contents = { manifest: {}, episodes, findings, drops: [], schemas: [], tasks: [], remarks: [] };
  const cut = limitLists(contents, { episodes: 4, findings: 2 });
  expect(cut.remarks.length).toBe(2);
  const ids = cut.episodes.map(({ facts }) => facts.id);
  expect(ids).toHaveLength(4);
  expect(ids).toEqual(ids.toSorted());
  expect(cut.findings.map((each) => [each.severity, ids[each.episode!]])).toEqual([
    ["broken", "e9"],
    ["risk", "e4"],
  ]);
});
