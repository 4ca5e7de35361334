import type { CameraName } from "./robot.ts";

/** What a policy sees at one moment. */
export interface Observation {
  /** The newest picture of each camera, rgb24 `[PICTURE, PICTURE, 3]`. */
  readonly pictures: { readonly [camera in CameraName]: Uint8Array };
  /** Positions in the order of JOINTS, as the joints' sensor says them. */
  readonly state: Float32Array;
}

/** What acts in place of the operator. */
export interface Policy {
  /** Steps of a chunk a second. */
  readonly rateHz: number;
  /** Pictures from one question to the next. */
  readonly execute: number;
  /** The commands from the moment of the head's picture on: `[step, joint]`, joints in the order of JOINTS. */
  act(observation: Observation): Promise<Float32Array>;
}
