import type { CodecConfig, Delivery, Want } from "./batch.ts";
import type { EpisodeSchema } from "./feature.ts";
import type { Finding } from "./finding.ts";
import type { Json } from "./json.ts";
import type { Clock, TimeRange } from "./time.ts";

/** Source name / partition key relative to the source's root / natural key or ordinal; never an absolute path. */
export type EpisodeId = string;

/** The data pyramid: text and human video, simulation, teleoperation. */
export type Tier = "web" | "synthetic" | "real";

/** What is known about an episode as a whole. Times are strings of nanoseconds. */
export interface Facts {
  readonly source: string;
  readonly tier: Tier;
  /** The instruction, where one holds for the whole episode. */
  readonly task?: string;
  /** The robot's own name in the recording. */
  readonly robot?: string;
  /** Where it was read: a path relative to the source's root, and what names the episode in it. */
  readonly origin: { readonly file: string; readonly key?: string };
  readonly [fact: string]: Json | undefined;
}

/** Per-channel statistics of pictures in 0..1, `[channel]` each, as LeRobot keeps them; or of a vector, `[width]`. */
export interface StreamStatistics {
  readonly count: number;
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly quantiles?: { readonly [name: string]: readonly number[] };
}

/** Whether a video stream's coded pictures can be taken as they are. */
export type Copy =
  | {
      readonly can: true;
      readonly config: CodecConfig;
      readonly bFrames: boolean;
      /** Statistics that came with the recording and still describe just these pictures. */
      readonly carried?: StreamStatistics;
    }
  | { readonly can: false; readonly reason: string };

/** When a stream has samples; known before anything is decoded. */
export interface StreamTimes {
  /** Ascending, one a sample, in presentation order. */
  readonly time: BigInt64Array;
  /** Video only: 1 where the frame can be decoded without an earlier one. */
  readonly key?: Uint8Array;
  /** Video only. */
  readonly copy?: Copy;
}

/**
 * One attempt at a task. Holding an episode holds no samples. `read` may be called more than once;
 * each call is one pass over the recording.
 */
export interface Episode {
  readonly id: EpisodeId;
  /** The episode this one was cut from. */
  readonly parent?: EpisodeId;
  readonly clock: Clock;
  readonly span: TimeRange;
  readonly facts: Facts;
  readonly schema: EpisodeSchema;
  /** What the source saw by itself when it opened the episode. */
  readonly findings?: readonly Finding[];
  times(stream: string): Promise<StreamTimes>;
  /** One pass, merged by time (packets by decode time). `range` is half-open; frames and packets outside it are not delivered. */
  read(wants: readonly Want[], range?: TimeRange): AsyncIterable<Delivery>;
}

/** An episode that could not be opened: the task quarantines it and goes on. */
export interface Bad {
  readonly bad: true;
  readonly id: EpisodeId;
  readonly error: unknown;
}
