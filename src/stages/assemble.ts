import type { Context } from "../core/context.ts";
import type { Episode } from "../core/episode.ts";
import { defineStage } from "../core/plugin.ts";
import { assembledEpisode } from "./assemble/episode.ts";
import { ASSEMBLE_OPTIONS } from "./assemble/options.ts";
import { type AssemblePlan, planAssemble } from "./assemble/plan.ts";
import { readPreset } from "./assemble/preset.ts";
import { ACTION, type Side } from "./assemble/recipe.ts";

/**
 * Puts joints together by name into `observation.state` and `action`, float32, and says which columns
 * are which part of the body. Where nothing was commanded, the action is the next row's state.
 */
export const assemble = defineStage({
  name: "assemble",
  version: "2",
  about: "Joints by name into observation.state and action",
  example: "assemble: { robot: g1 }\nassemble: { state: [left_arm.position, right_arm.position], action: next-state }",
  options: ASSEMBLE_OPTIONS,
  create: (options) => {
    const preset = options.robot && readPreset(options.robot);
    return {
      schema(input) {
        const plan = planAssemble(input, options, preset);
        return plan === "same" ? input : plan.output;
      },
      each(episode, context) {
        const plan = planAssemble(episode.schema, options, preset);
        if (plan === "same") return episode;
        say(episode, plan, context);
        return assembledEpisode(episode, plan);
      },
      madeOf(stream, input) {
        const plan = planAssemble(input, options, preset);
        const vector = plan === "same" ? undefined : plan.vectors.get(stream as Side);
        return vector ? vector.columns.map(({ stream: from, column }) => ({ stream: from, column })) : [{ stream }];
      },
    };
  },
});

function say(episode: Episode, plan: AssemblePlan, context: Context): void {
  const note = (stream: string, message: string) =>
    context.find({ check: "assemble", severity: "note", episode: episode.id, stream, message });
  if (plan.vectors.get(ACTION)?.next) {
    note(ACTION, "nothing was commanded: each row's action is the next row's state, and the last row's its own");
  }
  for (const columns of plan.leftOut)
    note(columns.split(":")[0]!, `columns left out, being no joint that was asked for: ${columns}`);
}
