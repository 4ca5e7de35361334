import type { PipelineInput } from "../../core/pipeline.ts";

/** What `init` prints with `--json`. */
export interface InitReport {
  /** Absolute. */
  readonly folder: string;
  readonly files: number;
  /** Whether the search ended before the folder did. */
  readonly cut: boolean;
  /** Every kind of thing that was met, those that Tendon reads first. */
  readonly seen: readonly SeenKind[];
  readonly pipelines: readonly InitPipeline[];
  /** Recordings of which no dataset can be made, and why. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

export interface SeenKind {
  /** `MCAP`, `LeRobot`, `ROS 1 bag`, … */
  readonly kind: string;
  readonly count: number;
  /** Relative to the folder, the first few. */
  readonly examples: readonly string[];
  readonly readable: boolean;
  /** What to do with it, where Tendon cannot read it. */
  readonly advice?: string;
}

export interface InitPipeline {
  /** Absolute. */
  readonly file: string;
  readonly kind: "mcap" | "lerobot";
  readonly robot: string;
  /** Recordings or datasets, and how many of them were looked at. */
  readonly recordings: number;
  readonly looked: number;
  readonly cameras: readonly Guess[];
  readonly state: readonly Guess[];
  readonly action: readonly Guess[];
  readonly language: readonly Guess[];
  /** A preset of `assemble`, where the joints are one's. */
  readonly preset?: string;
  /** What could not be decided: lines marked `# TENDON?:` in the file. */
  readonly open: readonly string[];
  readonly notes: readonly string[];
  readonly pipeline: PipelineInput;
}

/** A stream, and why it is taken for what it is. */
export interface Guess {
  readonly stream: string;
  readonly evidence: string;
}
