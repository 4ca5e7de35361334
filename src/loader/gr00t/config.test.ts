import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const N17 = `
for: n1.7
video: { delta_indices: [-15, 0], modality_keys: [ego_view] }
state:
  modality_keys: [state.left_arm, gripper]
  delta_indices: [0]
  sin_cos_embedding_keys: [left_arm]
  mean_std_embedding_keys: null
action:
  keys: [action.left_arm, gripper]
  delta: [0, 1]
  action_configs:
    - { rep: relative, type: non_eef, format: default, state_key: null }
    - { rep: ABSOLUTE, type: NON_EEF, format: xyz+rot6d, state_key: state.gripper }
language: { modality_keys: [annotation.human.task_description], delta_indices: [0] }
`;

test("YAML and JSON say the same, by our names and by GR00T's", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tendon-config-"));
  const file = join(folder, "modality.yaml");
  await writeFile(file, N17);
  const config = await readConfig(file);
  expect(config).toMatchObject({
    for: "n1.7",
    video: { keys: ["ego_view"], delta: [-15, 0] },
    state: { keys: ["left_arm", "gripper"], sin_cos_embedding_keys: ["left_arm"] },
    action: {
      action_configs: [
        { rep: "RELATIVE", type: "NON_EEF", format: "DEFAULT" },
        { format: "XYZ_ROT6D", state_key: "gripper" },
      ],
    },
    language: { keys: ["human.task_description"] },
    use_percentiles: true,
  });
  await writeFile(file, JSON.stringify(config));
  expect(await readConfig(file)).toEqual(config);
  await rm(folder, { recursive: true });
});

test("N1.5 names how each part is normalised", async () => {
  const config = await readConfig({
    for: "n1.5",
    state: { keys: ["state.arm"], delta: [0] },
    normalization_modes: { "state.arm": "q99" },
  });
  expect(config).toMatchObject({ state: { keys: ["arm"] }, normalise: { "state.arm": "q99" }, sin_cos: [] });
});

test.each([
  [{ for: "n1.6" }, "gr00t: for: "],
  [{ for: "n1.5" }, "names no video, state or action: nothing would be loaded"],
  [{ for: "n1.5", state: { keys: ["arm", "state.arm"], delta: [0] } }, "state.keys: names arm twice"],
  [{ for: "n1.5", state: { keys: ["arm"], delta: [0], use_percentiles: true } }, "use_percentiles"],
  [
    { for: "n1.7", action: { keys: ["arm", "hand"], delta: [0], action_configs: [{ rep: "DELTA", type: "EEF" }] } },
    "action.action_configs: must be one for each of the 2 keys (got 1)",
  ],
  [
    { for: "n1.7", state: { keys: ["arm"], delta: [0], sin_cos_embedding_keys: ["hand"] } },
    "state.sin_cos_embedding_keys: hand is none of the keys arm",
  ],
  [{ for: "n1.7", action: { keys: ["arm"], delta: [0], sin_cos_embedding_keys: ["arm"] } }, "actions have no sines and cosines"],
])("%j is refused", async (config, message) => {
  const thrown = await readConfig(config).catch((error: Error & { place: { file: string } }) => error);
  expect(`${(thrown as unknown as { place: { file: string } }).place.file}: ${(thrown as Error).message}`).toContain(message);
});

test("a file that is not there, and one that is no YAML", async () => {
  await expect(readConfig("nowhere/modality.yaml")).rejects.toMatchObject({ code: "not-found" });
  const folder = await mkdtemp(join(tmpdir(), "tendon-config-"));
  await writeFile(join(folder, "bad.yaml"), "a: [");
  await expect(readConfig(join(folder, "bad.yaml"))).rejects.toThrow("is neither YAML nor JSON");
  await rm(folder, { recursive: true });
});
