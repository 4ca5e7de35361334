/** Where the time of threads that decode goes, in milliseconds over all of them, and how much they read. */
export interface Spent {
  /** Opening files and reading coded pictures. */
  readonly storageMs: number;
  readonly decodeMs: number;
  /** Scaling, colours, augmentation. */
  readonly transformMs: number;
  /** Writing pictures into batches. */
  readonly transportMs: number;
  /** Of coded pictures. */
  readonly bytes: number;
}

/** Adds up what is spent. */
export class Spending {
  storageMs = 0;
  decodeMs = 0;
  transformMs = 0;
  transportMs = 0;
  bytes = 0;

  add(more: Spent): void {
    this.storageMs += more.storageMs;
    this.decodeMs += more.decodeMs;
    this.transformMs += more.transformMs;
    this.transportMs += more.transportMs;
    this.bytes += more.bytes;
  }

  /** All so far, as plain data; it begins anew. */
  take(): Spent {
    const { storageMs, decodeMs, transformMs, transportMs, bytes } = this;
    this.storageMs = this.decodeMs = this.transformMs = this.transportMs = this.bytes = 0;
    return { storageMs, decodeMs, transformMs, transportMs, bytes };
  }
}
