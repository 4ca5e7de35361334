import type { PartReader } from "../core/part.ts";
import type { LifeNote } from "./protocol.ts";

/** One sign in so long is enough. */
const SIGN_EVERY_MS = 250;

/** Tells the supervisor that an operation goes on, and in which step of the pipeline, so that silence alone counts as a stall. */
export class Life {
  readonly #note: (note: LifeNote) => void;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(note: (note: LifeNote) => void) {
    this.#note = note;
  }

  /** What is under way from now on, as in errors: `sinks[0].gr00t`. */
  step(step: string): void {
    this.#lastMs = performance.now();
    this.#note({ note: "alive", step });
  }

  sign(): void {
    const now = performance.now();
    if (now - this.#lastMs < SIGN_EVERY_MS) return;
    this.#lastMs = now;
    this.#note({ note: "alive" });
  }

  /** The same items; each of them is a sign. */
  async *each<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const item of items) {
      this.sign();
      yield item;
    }
  }

  /** The same thing; each use of it is a sign. */
  used<T extends object>(thing: T): T {
    return new Proxy(thing, {
      get: (target, member) => {
        this.sign();
        return Reflect.get(target, member) as unknown;
      },
    });
  }

  /** The same parts; each batch of them is a sign. */
  read(parts: PartReader): PartReader {
    return {
      table: (key) => this.each(parts.table(key)),
      packets: (key) => this.each(parts.packets(key)),
      packetTimes: (key) => this.each(parts.packetTimes(key)),
    };
  }
}
