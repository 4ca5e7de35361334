import { z } from "zod";
import type { Check } from "./check.ts";
import type { Decision } from "./decision.ts";
import type { Tier } from "./episode.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Sink } from "./sink.ts";
import type { Source } from "./source.ts";
import type { Stage } from "./stage.ts";

/** A step of a pipeline as plain data: `{ align: { rateHz: 15 } }`. */
export type Step = { readonly [name: string]: JsonObject };

/** A source as plain data: a step, and the tier of the data pyramid it belongs to. */
export type SourceStep = { readonly tier?: Tier } & { readonly [name: string]: JsonObject | Tier | undefined };

/** What a plug-in may use at once. */
export interface Resources {
  readonly cpu?: number;
  readonly memoryBytes?: number;
  readonly gpu?: number;
  readonly scratchBytes?: number;
}

interface Definition<Options extends z.ZodObject> {
  /** As it stands in a pipeline: lower case, one word. */
  readonly name: string;
  /** Raised when its output changes for equal input. */
  readonly version: string;
  /** One line for `--help` and the JSON Schema. */
  readonly about: string;
  /** A YAML snippet that stands in the docs. */
  readonly example: string;
  /** Types the code, checks the YAML, documents the command line. A strict object. */
  readonly options: Options;
  resources?(options: z.output<Options>): Resources;
  /** Whether equal input gives equal bytes on every machine (the default), or only the same recipe. */
  readonly repeats?: "bits" | "recipe";
}

type Makes<Options extends z.ZodObject, Made> = Definition<Options> & { create(options: z.output<Options>): Made };

/** A plug-in is its definition, and a builder of its step. */
export type Plugin<Kind extends string, Options extends z.ZodObject, Made, Built> = Makes<Options, Made> & {
  readonly kind: Kind;
  (options?: z.input<Options>): Built;
};

export type SourcePlugin<O extends z.ZodObject = z.ZodObject> = Plugin<"source", O, Source, SourceStep>;
export type StagePlugin<O extends z.ZodObject = z.ZodObject> = Plugin<"stage", O, Stage, Step>;
export type CheckPlugin<O extends z.ZodObject = z.ZodObject> = Plugin<"check", O, Check, Step>;
export type DecisionPlugin<O extends z.ZodObject = z.ZodObject> = Plugin<"decision", O, Decision<Json, unknown>, Step>;
export type SinkPlugin<O extends z.ZodObject = z.ZodObject> = Plugin<"sink", O, Sink<Json>, Step>;

/** A plug-in as the registry holds it: whatever its options are, without its builder. */
export type Registered<Kind extends string, Made> = Makes<z.ZodObject, Made> & { readonly kind: Kind };
export type AnyPlugin =
  | Registered<"source", Source>
  | Registered<"stage", Stage>
  | Registered<"check", Check>
  | Registered<"decision", Decision<Json, unknown>>
  | Registered<"sink", Sink<Json>>;

/** Declares a source: one file, one export. */
export function defineSource<O extends z.ZodObject>(definition: Makes<O, Source>): SourcePlugin<O> {
  return tag("source", definition) as SourcePlugin<O>;
}

/** Declares a stage. Every stage takes `only`, which is handled by the run. */
export function defineStage<O extends z.ZodObject>(definition: Makes<O, Stage>): StagePlugin<O> {
  const options = definition.options.extend({ only: ONLY }) as unknown as O;
  const extended = { ...definition, options };
  return tag("stage", extended) as unknown as StagePlugin<O>;
}

/** Declares a check. */
export function defineCheck<O extends z.ZodObject>(definition: Makes<O, Check>): CheckPlugin<O> {
  return tag("check", definition) as CheckPlugin<O>;
}

/** Declares a decision. */
export function defineDecision<O extends z.ZodObject, S extends Json, M>(
  definition: Makes<O, Decision<S, M>>,
): DecisionPlugin<O> {
  return tag("decision", definition) as unknown as DecisionPlugin<O>;
}

/** Declares a sink. */
export function defineSink<O extends z.ZodObject, P extends Json>(definition: Makes<O, Sink<P>>): SinkPlugin<O> {
  return tag("sink", definition) as unknown as SinkPlugin<O>;
}

/** To which episodes a stage applies: all, unless a source or an embodiment is named. */
export const ONLY = z
  .strictObject({
    source: z.string().optional().describe("Only episodes of this source"),
    embodiment: z.string().optional().describe("Only episodes of this robot"),
  })
  .optional()
  .describe("Apply this step to some episodes only");

/** Marks an option that says where something lies, or how fast to go: it cannot affect results. Call it last. */
export function unfingerprinted<T extends z.ZodType>(schema: T): T {
  return schema.meta({ ...schema.meta(), fingerprint: "none" });
}

/** Marks an option that is the path of an input file: its content counts, not its path. Call it last. */
export function contentFingerprinted<T extends z.ZodType>(schema: T): T {
  return schema.meta({ ...schema.meta(), fingerprint: "content" });
}

function tag(kind: string, definition: { readonly name: string }): unknown {
  const build = (options: object = {}) => ({ [definition.name]: options });
  for (const [key, value] of Object.entries({ ...definition, kind })) {
    Object.defineProperty(build, key, { value, enumerable: true });
  }
  return build;
}
