import { readdir } from "node:fs/promises";
import type { Json } from "../core/json.ts";
import type { Home } from "./home.ts";
import { readLines } from "./log.ts";

/** The values of receipts whose JSON holds one of these texts, in the order in which they were put. Reads every receipt: for people who ask about one episode. */
export async function* findReceipts(home: Home, texts: readonly string[]): AsyncGenerator<Json> {
  const needles = texts.map((text) => Buffer.from(text));
  const names = await readdir(home.at("receipts")).catch(() => []);
  for (const name of names.filter((each) => each.endsWith(".jsonl")).sort()) {
    for await (const { line } of readLines(home.at("receipts", name))) {
      if (!needles.some((needle) => line.includes(needle))) continue;
      const value = parsed(line.toString("utf8"));
      if (value !== undefined) yield value;
    }
  }
}

function parsed(text: string): Json | undefined {
  try {
    return (JSON.parse(text) as { v?: Json }).v;
  } catch {
    return undefined;
  }
}
