import type { HandPose } from "./reach.ts";
import { turnedTowards } from "./rotation.ts";

interface Key extends HandPose {
  readonly atSec: number;
}

/** What one hand is told over time: poses joined by the smoothest motion, and how far it is open. Built from front to back. */
export class Track {
  readonly #keys: Key[];
  readonly #grips: { readonly atSec: number; readonly open: number }[] = [{ atSec: 0, open: 1 }];
  #nowSec = 0;

  constructor(start: HandPose) {
    this.#keys = [{ ...start, atSec: 0 }];
  }

  /** When what was added so far ends. */
  get endSec(): number {
    return this.#nowSec;
  }

  /** Goes on to a pose. */
  move(seconds: number, position: readonly number[], rotation: readonly number[]): this {
    this.#nowSec += seconds;
    this.#keys.push({ atSec: this.#nowSec, position, rotation });
    return this;
  }

  wait(seconds: number): this {
    const { position, rotation } = this.#keys.at(-1)!;
    return this.move(seconds, position, rotation);
  }

  /** Waits until a time that is not past. */
  until(atSec: number): this {
    return this.wait(Math.max(0, atSec - this.#nowSec));
  }

  /** Opens (1) or closes (0) while it stands. */
  grip(seconds: number, open: number): this {
    const before = this.#grips.at(-1)!.open;
    this.#grips.push({ atSec: this.#nowSec, open: before }, { atSec: this.#nowSec + seconds, open });
    return this.wait(seconds);
  }

  poseAt(timeSec: number): HandPose {
    const after = this.#keys.findIndex(({ atSec }) => atSec > timeSec);
    if (after <= 0) return after === 0 ? this.#keys[0]! : this.#keys.at(-1)!;
    const [from, to] = [this.#keys[after - 1]!, this.#keys[after]!];
    const part = minimumJerk((timeSec - from.atSec) / (to.atSec - from.atSec));
    return {
      position: from.position.map((value, index) => value + part * (to.position[index]! - value)),
      rotation: turnedTowards(from.rotation, to.rotation, part),
    };
  }

  openAt(timeSec: number): number {
    const after = this.#grips.findIndex(({ atSec }) => atSec > timeSec);
    if (after < 0) return this.#grips.at(-1)!.open;
    const [from, to] = [this.#grips[after - 1]!, this.#grips[after]!];
    return from.open + minimumJerk((timeSec - from.atSec) / (to.atSec - from.atSec)) * (to.open - from.open);
  }
}

/** From 0 to 1 with the least jerk (Flash and Hogan, 1985). */
function minimumJerk(part: number): number {
  return part ** 3 * (10 - 15 * part + 6 * part ** 2);
}
