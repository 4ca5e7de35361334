import { digest } from "../core/digest.ts";
import type { Partition } from "../core/source.ts";

/** A source episode, as receipts know it: the input's own token, and its place in the partition. */
export interface InputEpisode {
  readonly source: string;
  readonly partition: Pick<Partition, "key" | "version">;
  readonly ordinal: number;
}

/** The key of what a watcher, or the pass itself, left of a source episode. */
export function receiptKey({ source, partition, ordinal }: InputEpisode, fingerprint: string): string {
  return digest([source, partition.key, partition.version, ordinal, fingerprint]);
}

/** The key of how many episodes a partition holds, where only opening it tells. */
export function countKey(source: string, partition: Pick<Partition, "key" | "version">, fingerprint: string): string {
  return digest([source, partition.key, partition.version, "count", fingerprint]);
}
