import type { PartReader } from "../core/part.ts";
import type { Home } from "./home.ts";

/** Reads what is parked in a home. */
export function partReader(home: Home): PartReader {
  void home;
  throw new Error("being written");
}
