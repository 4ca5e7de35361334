import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { asTendonError, TendonError } from "../../core/errors.ts";

const NAMES = z.array(z.string().min(1)).min(1);
const STEPS_MAX = 1024;
const DELTA = z
  .array(z.number().int().min(-1_000_000).max(1_000_000))
  .min(1)
  .max(STEPS_MAX)
  .describe("Rows that a sample holds, from its own row on: `[0]`, or 0 to 15 for a chunk of actions");

const WINDOW = { keys: NAMES.describe("Parts as `modality.json` names them, in the order in which they stand"), delta: DELTA };

/** `keys` and `delta` by GR00T's own names too, and keys with or without what they are keys of in front. */
function window<S extends z.ZodRawShape>(modality: "video" | "state" | "action" | "annotation", shape: S) {
  const plain = (key: unknown) => (typeof key === "string" ? bare(modality, key) : key);
  const lists = ["keys", "sin_cos_embedding_keys", "mean_std_embedding_keys"];
  return z.preprocess((value) => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
    const { modality_keys, delta_indices, ...rest } = value as { [name: string]: unknown };
    const named = {
      ...rest,
      ...(modality_keys !== undefined && { keys: modality_keys }),
      ...(delta_indices !== undefined && { delta: delta_indices }),
    };
    return Object.fromEntries(
      Object.entries(named).flatMap(([name, inner]) => {
        if (inner === null) return [];
        return [[name, lists.includes(name) && Array.isArray(inner) ? inner.map(plain) : inner]];
      }),
    );
  }, z.strictObject(shape));
}

/** `left_arm` of `state.left_arm`. */
function bare(modality: string, key: string): string {
  return key.startsWith(`${modality}.`) ? key.slice(modality.length + 1) : key;
}

const upper = (value: unknown) =>
  typeof value === "string" ? value.toUpperCase().replaceAll("+", "_").replaceAll("-", "_") : value;
const ACTION_CONFIG = z.strictObject({
  rep: z.preprocess(upper, z.enum(["RELATIVE", "DELTA", "ABSOLUTE"])),
  type: z.preprocess(upper, z.enum(["EEF", "NON_EEF"])),
  format: z.preprocess(upper, z.enum(["DEFAULT", "XYZ_ROT6D", "XYZ_ROTVEC"])).default("DEFAULT"),
  state_key: z.preprocess((key) => (typeof key === "string" ? bare("state", key) : (key ?? undefined)), z.string().optional()),
});
export type ActionConfig = z.output<typeof ACTION_CONFIG>;

const LANGUAGE = window("annotation", { ...WINDOW, delta: DELTA.default([0]) });
const DIMS = z.number().int().min(1).max(4096).optional();

const COMMON = {
  video: window("video", WINDOW).optional(),
  language: LANGUAGE.optional(),
  max_state_dim: DIMS.describe("Zeros are put behind the state up to so many numbers"),
  max_action_dim: DIMS.describe("Zeros are put behind the action up to so many numbers"),
};

const N15 = z.strictObject({
  ...COMMON,
  for: z.literal("n1.5"),
  state: window("state", WINDOW).optional(),
  action: window("action", WINDOW).optional(),
  concat: z
    .strictObject({ video: NAMES.optional(), state: NAMES.optional(), action: NAMES.optional() })
    .optional()
    .describe("The order of parts, where it is not that of `keys`"),
  normalise: z
    .record(z.string(), z.enum(["min_max", "q99", "mean_std", "binary"]))
    .default({})
    .describe("How each part is normalised: `state.left_arm: min_max`. A part that is not named is left as it is"),
  sin_cos: z.array(z.string()).default([]).describe("Parts that become sines and cosines: `state.left_arm`"),
});

const N17 = z.strictObject({
  ...COMMON,
  for: z.literal("n1.7"),
  state: window("state", {
    ...WINDOW,
    sin_cos_embedding_keys: NAMES.optional(),
    mean_std_embedding_keys: NAMES.optional(),
  }).optional(),
  action: window("action", {
    ...WINDOW,
    mean_std_embedding_keys: NAMES.optional(),
    sin_cos_embedding_keys: z.never("actions have no sines and cosines").optional(),
    action_configs: z.array(ACTION_CONFIG).optional(),
  }).optional(),
  use_percentiles: z
    .boolean()
    .default(true)
    .describe("Bounds are q01 and q99, not min and max. Relative actions keep min and max"),
  clip_outliers: z.boolean().default(true).describe("Holds what is normalised within [-1, 1]"),
  apply_sincos_state_encoding: z.boolean().default(true).describe("Off: `sin_cos_embedding_keys` are not heeded"),
  use_relative_action: z.boolean().default(true).describe("Off: relative actions stay absolute"),
});

/** Other names of the same options. */
const RENAMED: { readonly [theirs: string]: string } = { normalization_modes: "normalise", normalize: "normalise" };

const CONFIG = z.preprocess(
  (value) =>
    value === null || typeof value !== "object" || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).map(([name, inner]) => [RENAMED[name] ?? name, inner])),
  z.discriminatedUnion("for", [N15, N17]),
);

/** What of a GR00T dataset is loaded, and how it is normalised, by the rules of one version of GR00T. */
export type Gr00tConfig = z.output<typeof CONFIG>;
export type Gr00tConfigN15 = z.output<typeof N15>;
export type Gr00tConfigN17 = z.output<typeof N17>;
/** As it is written: in YAML, in JSON, or as an object. */
export type Gr00tConfigInput = z.input<typeof N15> | z.input<typeof N17>;

/** Reads a configuration: the path of a YAML or JSON file, or what stands in one. */
export async function readConfig(given: string | object): Promise<Gr00tConfig> {
  if (typeof given !== "string") return parseConfig(given, "gr00t");
  const file = resolve(given);
  const text = await readFile(file, "utf8").catch((thrown: unknown) => {
    throw asTendonError(thrown, "not-found", { file });
  });
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new TendonError("bad-pipeline", `is neither YAML nor JSON (${(cause as Error).message.split("\n")[0]})`, {
      place: { file },
      cause,
    });
  }
  return parseConfig(value, file);
}

function parseConfig(value: unknown, file: string): Gr00tConfig {
  const parsed = CONFIG.safeParse(value);
  if (parsed.success) return checked(parsed.data, file);
  const lines = parsed.error.issues.map(({ path, message }) => `${path.length > 0 ? `${path.join(".")}: ` : ""}${message}`);
  throw new TendonError("bad-pipeline", lines.join("; "), { place: { file } });
}

/** What a schema cannot say: that lists fit one another. */
function checked(config: Gr00tConfig, file: string): Gr00tConfig {
  const wrong: string[] = [];
  if (!config.video && !config.state && !config.action) wrong.push("names no video, state or action: nothing would be loaded");
  for (const modality of ["video", "state", "action"] as const) {
    const keys = config[modality]?.keys ?? [];
    const twice = keys.find((key, index) => keys.indexOf(key) < index);
    if (twice !== undefined) wrong.push(`${modality}.keys: names ${twice} twice`);
  }
  if (config.for === "n1.7") wrong.push(...wrongN17(config));
  if (wrong.length > 0) throw new TendonError("bad-pipeline", wrong.join("; "), { place: { file } });
  return config;
}

function wrongN17({ state, action }: Gr00tConfigN17): string[] {
  const wrong: string[] = [];
  const configs = action?.action_configs;
  if (configs && configs.length !== action.keys.length)
    wrong.push(`action.action_configs: must be one for each of the ${action.keys.length} keys (got ${configs.length})`);
  const lists = [
    ["state.sin_cos_embedding_keys", state?.sin_cos_embedding_keys, state?.keys],
    ["state.mean_std_embedding_keys", state?.mean_std_embedding_keys, state?.keys],
    ["action.mean_std_embedding_keys", action?.mean_std_embedding_keys, action?.keys],
  ] as const;
  for (const [name, some, keys] of lists)
    for (const key of some ?? []) if (!keys?.includes(key)) wrong.push(`${name}: ${key} is none of the keys ${keys?.join(", ")}`);
  return wrong;
}
