import type { Asked } from "./asked.ts";

/** What every part of the bench is given. */
export interface Given {
  /** The folder of a set by its name. */
  readonly set: (name: string) => Promise<string>;
  /** Starts Python's loader. */
  readonly python: (options: object) => Promise<Asked>;
  readonly threads: number;
  readonly rounds: number;
  readonly seconds: number;
}
