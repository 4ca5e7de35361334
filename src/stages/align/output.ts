import type { Batch } from "../../core/batch.ts";

/** The rows of one stream while a pass goes by: samples are pushed in, rows are taken out, in order. */
export interface Output {
  /** The time of the next row to be taken; undefined when all were. */
  readonly nextTime: bigint | undefined;
  push(batch: Batch): void;
  /** Called before the giver reuses the batch pushed last: copies what is still needed. */
  retain(): void;
  /** The next rows, as far as their samples have come; undefined where the next row still waits. Valid until the next call. */
  take(): Batch | undefined;
  /** Called once, when no batch of it is needed any more. */
  close?(): void;
}

/** Samples that go on as they come, beside the rows. */
export interface Passage {
  pass(batch: Batch): Batch | undefined;
}
