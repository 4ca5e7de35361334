import type { Facts } from "../../../core/episode.ts";
import type { ViewPlan } from "../../../core/part.ts";

/** `robot_type`: the robot's own name where all episodes agree on one, else the embodiment's. */
export function robotOf(view: ViewPlan): { add(facts: Facts): void; end(): string } {
  const names = new Set<string | undefined>();
  return {
    add: (facts) => void names.add(facts.robot),
    end: () => (names.size === 1 ? [...names][0] : undefined) ?? view.embodiment,
  };
}
