import type { Physics } from "./physics.ts";
import type { Side } from "./robot.ts";

/** Where no script says when: a hand told to be closed so far takes, one told to open beyond the other lets go. */
const [CLOSED, OPENED] = [0.2, 0.4];

/** What each hand holds. A hand takes what both its fingers press; a weld then helps their friction, as rubber would. */
export class Grips {
  readonly #world: Physics;
  readonly #held = new Map<Side, string>();

  constructor(world: Physics) {
    this.#world = world;
  }

  /** Whether nobody holds anything. */
  get empty(): boolean {
    return this.#held.size === 0;
  }

  /** The body in a hand. */
  holds(side: Side): string | undefined {
    return this.#held.get(side);
  }

  /** Takes a thing if both fingers press it, and says whether they do. */
  take(side: Side, body: string): boolean {
    const thing = this.#world.body(body);
    const fingers = ["a", "b"].map((finger) => this.#world.body(`${side}_finger_${finger}`));
    if (!fingers.every((finger) => this.#world.contactForce(finger, thing) > 0)) return false;
    this.#world.weld(weldOf(side, body), { body1: this.#world.body(`${side}_hand`), body2: thing });
    this.#held.set(side, body);
    return true;
  }

  /** A hand that is told how far to be open takes the first of some things that it presses, or lets go what it has. */
  follow(side: Side, open: number, bodies: readonly string[]): void {
    const held = this.#held.get(side);
    if (held !== undefined && open > OPENED) this.letGo(side, held);
    if (held === undefined && open < CLOSED) bodies.find((body) => this.take(side, body));
  }

  letGo(side: Side, body: string): void {
    this.#world.weld(weldOf(side, body), undefined);
    this.#held.delete(side);
  }
}

function weldOf(side: Side, body: string): string {
  return `${side}_holds_${body}`;
}
