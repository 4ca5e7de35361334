import type { FromWorker, ToWorker } from "../protocol.ts";

/** Supervisor to host. */
export type ToHost =
  | { readonly do: "start"; readonly worker: number; readonly entry: string; readonly heapMb: number }
  | { readonly do: "post"; readonly worker: number; readonly message: ToWorker }
  | { readonly do: "kill"; readonly worker: number };

/** Host to supervisor. */
export type FromHost =
  | { readonly worker: number; readonly message: FromWorker }
  | { readonly worker: number; readonly exited: string };
