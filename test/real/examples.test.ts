import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPipelineFile } from "../../src/commands/pipelineFile.ts";
import { canonicalPipeline } from "../../src/core/canonical.ts";
import { run } from "../../src/index.ts";
import { builtIns } from "../../src/plugins.ts";
import { writeHumanoidMcap } from "../support/humanoidMcap.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));
const data = process.env.TENDON_TEST_DATA;
const names = (await readdir(EXAMPLES)).filter((name) => name.endsWith(".yaml")).map((name) => name.replace(".yaml", ""));
if (data === undefined) console.warn("skipped: examples over real recordings (set TENDON_TEST_DATA to their folder)");

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "tendon-examples-"));
  await mkdir(join(scratch, "recordings"));
  await writeHumanoidMcap(join(scratch, "recordings", "first.mcap"), { seconds: 3 });
  await writeHumanoidMcap(join(scratch, "recordings", "second.mcap"), { seconds: 2, task: "put the cup back" });
  process.env.RECORDINGS = join(scratch, "recordings");
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe.each(names)("%s", (name) => {
  const needsData = name !== "mcap-to-gr00t";

  it.skipIf(needsData && data === undefined)(
    "gives one pipeline and one snapshot id in YAML and in TypeScript",
    async () => {
      const yaml = await readForm(name, "yaml");
      const code = await readForm(name, "ts");
      expect(canonicalPipeline(yaml, builtIns)).toEqual(canonicalPipeline(code, builtIns));

      const fromYaml = await run({ ...yaml, dataset: join(scratch, name, "yaml") }, { workers: 2 });
      const fromCode = await run({ ...code, dataset: join(scratch, name, "ts") }, { workers: 1 });
      expect(fromYaml.snapshot).toMatch(/^[0-9a-f]{64}$/);
      expect(fromCode.snapshot).toBe(fromYaml.snapshot);
      expect(fromYaml.failures).toEqual([]);
      expect(fromYaml.views.length).toBe(yaml.sinks.length);
    },
    600_000,
  );
});

async function readForm(name: string, form: "yaml" | "ts") {
  process.env.TENDON_OUT = scratch;
  // Variables are filled when a file is read; a module reads them when it is first imported, after beforeAll.
  return (await readPipelineFile(join(EXAMPLES, `${name}.${form}`))).input;
}
