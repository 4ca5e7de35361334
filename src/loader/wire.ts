import { z } from "zod";
import { type ErrorPlace, TendonError } from "../core/errors.ts";
import { didYouMean } from "../core/suggest.ts";
import type { Field } from "./layout.ts";
import type { LoaderOptions, LoaderState } from "./types.ts";

/** One message is a line of JSON. A batch of thousands of long instructions stays far below. */
export const LINE_BYTES_MAX = 16 << 20;

const whole = z.int().nonnegative();
const STATE = z.looseObject({ tendon: z.string(), order: z.string(), seed: whole, batch: whole });
const WEIGHTS = z.record(z.string(), z.number());
const OFFSETS = z.record(z.string(), z.array(z.number()));
const PART = z.strictObject({
  path: z.string().min(1),
  weight: z.number().optional(),
  tier: z.string().optional(),
  tag: z.string().optional(),
});
const OPTIONS = z.strictObject({
  path: z.union([z.string().min(1), z.array(z.union([z.string().min(1), PART])).min(1)]),
  batchSize: z.number(),
  windows: OFFSETS.optional(),
  deltaTimestamps: OFFSETS.optional(),
  nativeWindows: OFFSETS.optional(),
  seed: z.number().optional(),
  size: z.strictObject({ height: z.number(), width: z.number() }).optional(),
  order: z
    .union([
      z.enum(["sequential", "local", "uniform"]),
      z.number(),
      z.strictObject({ run: z.int().positive(), runsPerGroup: z.int().positive() }),
    ])
    .optional(),
  edges: z.enum(["hold", "drop"]).optional(),
  gr00t: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional(),
  normalise: z.record(z.string(), z.enum(["min_max", "q01_q99", "mean_std"])).optional(),
  augment: z.record(z.string(), z.unknown()).optional(),
  segments: z.enum(["episode", "sub_tasks"]).optional(),
  tail: z.enum(["drop", "wrap", "pad"]).optional(),
  tiers: WEIGHTS.optional(),
  temperature: z.number().optional(),
  rank: z.number().optional(),
  world: z.number().optional(),
  stride: z.strictObject({ index: z.number(), count: z.number() }).optional(),
  epochs: z.number().optional(),
  state: STATE.optional(),
  onError: z.enum(["stop", "skip"]).optional(),
  verify: z.boolean().optional(),
  threads: z.number().optional(),
});
const OPEN = z.strictObject({
  open: z.record(z.string(), z.unknown()),
  files: z.array(z.int().min(3)).min(1).max(64),
  parent: z.int().positive(),
  held: z.int().min(0).max(4096),
});
const LATER = z.union([z.strictObject({ memory: z.literal("ready") }), z.strictObject({ release: whole })]);

/** The first message: what to load, and the descriptors of the files that hold the slots. */
export interface Open {
  readonly options: LoaderOptions;
  readonly files: readonly number[];
  readonly held: number;
}

/** Every other message. */
export type Later = { readonly memory: "ready" } | { readonly release: number };

/** What is known before the first batch. */
export interface OpenedMessage {
  readonly slots: number;
  readonly slotBytes: number;
  readonly fields: readonly Field[];
  readonly samples: number;
  readonly batchesPerEpoch: number;
  readonly state: LoaderState;
  readonly about: object;
}

/** A batch that stands whole in its slot. `task_index` points into `tasks`. */
export interface BatchMessage {
  readonly slot: number;
  readonly index: number;
  readonly epoch: number;
  readonly tasks: readonly (string | null)[];
  readonly skipped?: readonly { readonly sample: number; readonly reason: string }[];
}

/** All that this side says. */
export type Said =
  | { readonly opened: OpenedMessage }
  | { readonly batch: BatchMessage }
  | { readonly note: string }
  | { readonly end: true }
  | { readonly error: { readonly code: string; readonly message: string; readonly place: ErrorPlace } };

export function parseOpen(message: unknown): Open {
  const { open, files, held } = checked(OPEN, message, []);
  const options = checked(OPTIONS, open, Object.keys(OPTIONS.shape));
  // JSON holds no undefined: what is optional is absent.
  return { options: options as LoaderOptions, files, held };
}

export function parseLater(message: unknown): Later {
  return checked(LATER, message, []) as Later;
}

/** The first thing that is wrong, with its path and the nearest name there is. */
function checked<T>(schema: z.ZodType<T>, value: unknown, known: readonly string[]): T {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const at = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const candidates = at.length === 0 ? known : [];
    throw new TendonError("bad-pipeline", `there is no such option${didYouMean(key, candidates)}`, {
      place: { path: [...at, key].join(".") },
    });
  }
  const got = issue.input === undefined ? "" : ` (got ${JSON.stringify(issue.input).slice(0, 80)})`;
  throw new TendonError("bad-pipeline", `${issue.message}${got}`, { place: { path: at.join(".") } });
}
