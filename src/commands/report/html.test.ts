import { Script } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonInScript } from "./html.ts";
import { pageScript, pageStyle } from "./link.ts";

test("no text ends the block that holds it, and all of it comes back", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("</script>", "<!--<script", "\u2028")), (text) => {
      const written = jsonInScript({ text });
      expect(written).not.toMatch(/[<\u2028\u2029]/);
      expect(JSON.parse(written)).toEqual({ text });
    }),
  );
});

test("the page is one script that is whole: nothing in it is imported or exported", () => {
  const script = pageScript();
  expect(script).not.toMatch(/^\s*(import|export) /m);
  expect(() => new Script(script)).not.toThrow();
});

test("the page puts no markup together, and loads nothing", () => {
  expect(pageScript()).not.toMatch(
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|fetch\(|XMLHttpRequest|import\(/,
  );
  expect(pageStyle()).not.toMatch(/url\(|@import/);
});
