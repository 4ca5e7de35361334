import fc from "fast-check";
import { expect, test } from "vitest";
import { TopicIndexBuilder } from "./topicIndex.ts";

test("any order of messages comes out in order of time, equal times in file order, each with its place", () => {
  const property = fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 700 }), (times) => {
    const builder = new TopicIndexBuilder({ left: 1000, max: 1000 }, true);
    for (const [place, time] of times.entries()) builder.add(BigInt(time), place, place + 1, (place % 2) as 0 | 1);
    const { count, time, block, at, key, disorder } = builder.finish();
    const order = times.map((_, place) => place).sort((a, b) => times[a]! - times[b]! || a - b);
    expect(count).toBe(times.length);
    expect([...time]).toEqual(order.map((place) => BigInt(times[place]!)));
    expect([...block]).toEqual(order);
    expect([...at]).toEqual(order.map((place) => place + 1));
    expect([...key!]).toEqual(order.map((place) => place % 2));
    let latest = -1;
    let late = 0;
    for (const each of times) {
      if (each < latest) late++;
      latest = Math.max(latest, each);
    }
    expect(disorder.late).toBe(late);
  });
  fc.assert(property);
});
