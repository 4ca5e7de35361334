import type { Failure } from "../../core/report.ts";
import type { Partition } from "../../core/source.ts";
import type { Receipts } from "../../dataset/receipts.ts";
import type { ListedEpisode } from "../collect.ts";
import type { ListWriter } from "../lists.ts";
import type { PartitionsReply, SourceReply } from "../protocol.ts";
import { countKey, receiptKey } from "../receiptKeys.ts";

/** Episodes of one partition that still lack something. Half-open; to the partition's last where `to` is null. */
export interface Range {
  readonly source: number;
  readonly partition: Partition;
  readonly from: number;
  readonly to: number | null;
  readonly todo: readonly (readonly number[])[] | null;
  readonly attempt: number;
}

/** What the backlog met while it listed. */
export interface BacklogTally {
  partitions: number;
  bytes: number;
  episodes: number;
  reusedEpisodes: number;
  reusedReceipts: number;
}

export interface BacklogGiven {
  readonly sources: readonly SourceReply[];
  readonly receipts: Receipts;
  readonly list: ListWriter<ListedEpisode>;
  readonly tally: BacklogTally;
  /** The next page, behind `skip` inputs. */
  readonly partitions: (source: number, skip: number) => Promise<PartitionsReply>;
  readonly failed: (failure: Failure) => void;
}

/**
 * Lists the work that is not done yet, as far as it is asked for: partitions come a page at a time,
 * so an endless source costs no memory. Every episode that is known to exist goes to the list.
 */
export async function* backlog(given: BacklogGiven): AsyncGenerator<Range> {
  for (const [source, reply] of given.sources.entries()) {
    for (let skip = 0; ; ) {
      const page = await given.partitions(source, skip);
      skip += page.partitions.length + page.failures.length;
      for (const failure of page.failures) given.failed(failure);
      for (const partition of page.partitions) {
        given.tally.partitions++;
        given.tally.bytes += partition.bytes;
        yield* missing(given, { source, reply, partition });
      }
      if (page.ended) break;
    }
  }
}

async function* missing(
  given: BacklogGiven,
  { source, reply, partition }: { source: number; reply: SourceReply; partition: Partition },
): AsyncGenerator<Range> {
  const counted = partition.episodes ?? (await given.receipts.get(countKey(reply.source, partition, reply.chain)));
  if (typeof counted !== "number") {
    yield { source, partition, from: 0, to: null, todo: null, attempt: 1 };
    return;
  }
  given.tally.episodes += counted;
  let from = 0;
  let todo: number[][] = [];
  for (let ordinal = 0; ordinal < counted; ordinal++) {
    await given.list.add({ source: reply.source, partition: { key: partition.key, version: partition.version }, ordinal });
    const lacking = await lackingWatchers(given.receipts, reply, partition, ordinal);
    if (lacking.length > 0) {
      given.tally.reusedReceipts += reply.watchers.length - lacking.filter((index) => index >= 0).length;
      if (todo.length === 0) from = ordinal;
      todo.push(lacking.filter((index) => index >= 0));
      continue;
    }
    given.tally.reusedEpisodes++;
    given.tally.reusedReceipts += reply.watchers.length;
    if (todo.length > 0) yield { source, partition, from, to: from + todo.length, todo, attempt: 1 };
    todo = [];
  }
  if (todo.length > 0) yield { source, partition, from, to: from + todo.length, todo, attempt: 1 };
}

/** The places of watchers without a receipt; -1 stands for the pass itself. Empty where all is done, or nothing can be. */
async function lackingWatchers(receipts: Receipts, reply: SourceReply, partition: Partition, ordinal: number): Promise<number[]> {
  const input = { source: reply.source, partition, ordinal };
  const own = receiptKey(input, reply.chain);
  const lacking = reply.watchers.flatMap((plan, index) => (receipts.has(receiptKey(input, plan.fingerprint)) ? [] : [index]));
  if (!receipts.has(own)) return [-1, ...lacking];
  if (lacking.length === 0) return [];
  const outcome = (await receipts.get(own)) as { outputs?: readonly unknown[] } | null;
  return outcome?.outputs?.length === 0 ? [] : lacking;
}
