import { Command } from "commander";
import { EXIT } from "./exit.ts";
import type { Terminal } from "./session.ts";

/** `tendon schema`. */
export function schemaCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("schema")
    .description("Print the JSON Schema of the pipeline file, with which editors complete it.")
    .addHelpText(
      "after",
      "\nExample:\n  $ tendon schema > pipeline.schema.json\n" +
        "  and as the first line of a pipeline: # yaml-language-server: $schema=pipeline.schema.json",
    )
    .action(async () => {
      const { pipelineSchema } = await import("../commands/schema.ts");
      terminal.out(`${JSON.stringify(pipelineSchema(), null, 2)}\n`);
      done(EXIT.ok);
    });
}
