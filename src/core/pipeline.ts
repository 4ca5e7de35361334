import type { Tier } from "./episode.ts";
import type { SourceStep, Step } from "./plugin.ts";

/** A pipeline as a person writes it, in YAML or TypeScript. */
export interface PipelineInput {
  /** The version of this form. Absent: 1. */
  readonly tendon?: 1;
  /** The home of the snapshots, relative to the pipeline file; views appear in it. */
  readonly dataset: string;
  /** Modules whose named exports are plug-ins, relative to the pipeline file. */
  readonly use?: readonly string[];
  readonly seed?: number;
  readonly sources: { readonly [name: string]: SourceStep };
  readonly stages?: readonly Step[];
  readonly decisions?: readonly Step[];
  readonly sinks: readonly Step[];
}

/** The canonical form: defaults filled, plug-ins known to exist, options valid. Engines run nothing else. */
export interface Pipeline {
  readonly tendon: 1;
  readonly dataset: string;
  readonly use: readonly string[];
  readonly seed: number;
  readonly sources: { readonly [name: string]: { readonly tier: Tier } & { readonly [plugin: string]: unknown } };
  readonly stages: readonly Step[];
  readonly decisions: readonly Step[];
  readonly sinks: readonly Step[];
}

/** The same object as the YAML file gives. Nothing is read or checked until it runs. */
export function pipeline(input: PipelineInput): PipelineInput {
  return input;
}
