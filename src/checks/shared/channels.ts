import type { Motion } from "../../kernels/motion.ts";
import { channelName, type Vector } from "./joints.ts";

/** A stream and what was seen of it. */
export interface Moved {
  readonly vector: Vector;
  readonly motion: Motion;
}

interface Place extends Moved {
  readonly channel: number;
}

/** One measured joint and the command for it, where there is one. */
export interface Channel {
  readonly name: string;
  readonly state: Place;
  readonly command?: Place;
}

/**
 * A command belongs to the joint of the same name; where neither side has names, to the one in the
 * same place of a vector as wide.
 */
export function pairChannels(states: readonly Moved[], actions: readonly Moved[]): Channel[] {
  const byName = new Map<string, Place>();
  for (const action of actions) {
    action.vector.feature.names?.forEach((name, channel) => {
      if (!byName.has(name)) byName.set(name, { ...action, channel });
    });
  }
  return states.flatMap((state) => {
    const twin = actions.find(
      ({ vector }) => vector.width === state.vector.width && (!vector.feature.names || !state.vector.feature.names),
    );
    return Array.from({ length: state.vector.width }, (_, channel): Channel => {
      const name = state.vector.feature.names?.[channel];
      const command = (name !== undefined ? byName.get(name) : undefined) ?? (twin && { ...twin, channel });
      return { name: channelName(state.vector, channel), state: { ...state, channel }, ...(command && { command }) };
    });
  });
}
