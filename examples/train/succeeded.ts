import { defineDecision } from "tendon";
import { z } from "zod";

/** Drops attempts that failed at their task, where the recording says so. */
export const succeeded = defineDecision({
  name: "succeeded",
  version: "1",
  about: "Drops attempts that failed at their task",
  example: "- succeeded: {}",
  options: z.strictObject({}),
  create: () => ({
    async *decide(seen) {
      for await (const { episode, facts } of seen)
        yield facts.success === false
          ? { episode, keep: false, reason: `failed: ${facts.task ?? "its task"}` }
          : { episode, keep: true };
    },
  }),
});
