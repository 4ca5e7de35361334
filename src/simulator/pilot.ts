import type { Pilot } from "./attempt.ts";
import { PICTURE } from "./film.ts";
import type { Policy } from "./policy.ts";
import type { Recorder } from "./recorder.ts";
import { CAMERAS, type CameraName, JOINTS } from "./robot.ts";
import type { SensorName } from "./sensors.ts";

/** How long a policy may try, s. The operator takes 5 to 8. */
export const LIMIT_SEC = 15;

/** Commands from a moment on, valid once everything that they were made from has arrived. */
interface Chunk {
  readonly fromSec: number;
  readonly arrivesSec: number;
  /** `[step, joint]`. */
  readonly commands: Float32Array;
}

/**
 * Lets a policy tell the robot what to do. It is asked at every `execute`-th picture of the head, with the
 * newest picture of the other camera and the newest joints, which is how `align` pairs them. Its answer holds
 * from when the pictures have arrived until the next one does; between its steps the command goes evenly.
 */
export class PolicyPilot implements Pilot {
  readonly #policy: Policy;
  readonly #pictures: { readonly [camera in CameraName]: Uint8Array };
  readonly #chunks: Chunk[] = [];
  #asked = 0;

  constructor(policy: Policy) {
    this.#policy = policy;
    const picture = () => new Uint8Array(3 * PICTURE * PICTURE);
    this.#pictures = { head: picture(), right_wrist: picture() };
  }

  /** Whether it wants to see a camera's picture of this number. */
  looksAt(picture: number): boolean {
    return picture % this.#policy.execute === 0;
  }

  /** Asks the policy, where a picture of the head has come that it looks at. */
  async see(recorders: readonly Recorder[], timeSec: number): Promise<void> {
    const of = (sensor: SensorName) => recorders.find((recorder) => recorder.sensor.name === sensor)!;
    const head = of("head");
    if (head.count !== this.#asked * this.#policy.execute + 1) return;
    this.#asked++;
    for (const camera of CAMERAS) of(camera).camera!.show(this.#pictures[camera]);
    const state = Float32Array.from(of("joints").last.subarray(0, JOINTS.length));
    const commands = await this.#policy.act({ pictures: this.#pictures, state });
    const arrivesSec = Math.max(...(["joints", ...CAMERAS] as const).map((sensor) => of(sensor).arrivesSec));
    this.#chunks.push({ fromSec: timeSec, arrivesSec, commands });
  }

  command(timeSec: number, into: Float64Array): void {
    while (this.#chunks.length > 1 && this.#chunks[1]!.arrivesSec <= timeSec) this.#chunks.shift();
    const [chunk] = this.#chunks;
    if (!chunk || chunk.arrivesSec > timeSec) return;
    const { fromSec, commands } = chunk;
    const last = commands.length / JOINTS.length - 1;
    const at = Math.min((timeSec - fromSec) * this.#policy.rateHz, last);
    const before = Math.floor(at);
    const after = Math.min(before + 1, last);
    for (let joint = 0; joint < JOINTS.length; joint++) {
      const [from, to] = [commands[before * JOINTS.length + joint]!, commands[after * JOINTS.length + joint]!];
      into[joint] = from + (at - before) * (to - from);
    }
  }
}
