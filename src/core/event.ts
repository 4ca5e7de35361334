import type { Finding } from "./finding.ts";
import type { Drop, Failure, View } from "./report.ts";

/** What a run tells while it goes. Observers only listen. */
export type RunEvent =
  | {
      readonly type: "progress";
      readonly act: "gather" | "arrange";
      readonly done: number;
      /** Of what is known so far. */
      readonly total: number;
      /** Whether `total` is final: false while inputs are still listed. */
      readonly whole: boolean;
      readonly rows: number;
      readonly frames: number;
      readonly bytes: number;
    }
  | { readonly type: "episode"; readonly episode: string; readonly outcome: "kept" | "dropped" | "failed" | "reused" }
  | { readonly type: "finding"; readonly finding: Finding }
  | { readonly type: "drop"; readonly drop: Drop }
  | { readonly type: "failure"; readonly failure: Failure }
  | { readonly type: "worker"; readonly what: "started" | "crashed" | "timed out"; readonly message: string }
  | { readonly type: "act"; readonly act: "gather" | "decide" | "arrange" | "commit" }
  | { readonly type: "committed"; readonly snapshot: string; readonly fresh: boolean }
  | { readonly type: "view"; readonly view: View }
  | { readonly type: "log"; readonly level: "debug" | "info" | "warn"; readonly message: string };
