import type { Finding } from "../../core/finding.ts";
import type { Failure } from "../../core/report.ts";
import type { Partition } from "../../core/source.ts";
import type { Receipts } from "../../dataset/receipts.ts";
import type { ListedEpisode } from "../collect.ts";
import type { ListWriter } from "../lists.ts";
import type { PageArguments, PartitionsReply, SourceReply } from "../protocol.ts";
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
  /** Whether `episodes` counts them all: everything is listed, and each partition says how many it holds. */
  whole: boolean;
  reusedEpisodes: number;
  reusedReceipts: number;
}

/** A tally of nothing yet. */
export function startTally(): BacklogTally {
  return { partitions: 0, bytes: 0, episodes: 0, whole: false, reusedEpisodes: 0, reusedReceipts: 0 };
}

export interface BacklogGiven {
  readonly sources: readonly SourceReply[];
  readonly receipts: Receipts;
  readonly list: ListWriter<ListedEpisode>;
  readonly tally: BacklogTally;
  /** The next page of at most `max`, behind `skip` inputs. */
  readonly partitions: (page: PageArguments) => Promise<PartitionsReply>;
  readonly failed: (failure: Failure) => void;
  readonly found: (finding: Finding) => void;
}

/** The first page is short, so that work begins at once; each is twice as long as the one before, up to a limit of memory. */
const PAGE_MIN = 256;
const PAGE_MAX = 8192;

/** A partition, with its episodes where they are known. */
interface Listed {
  readonly source: number;
  readonly partition: Partition;
  readonly counted: number | undefined;
}

/**
 * Lists the work that is not done yet, about as far as it is asked for: partitions come a page at a
 * time, so an endless source costs no memory. Every episode that is known to exist goes to the list.
 */
export async function* backlog(given: BacklogGiven): AsyncGenerator<Range> {
  for await (const page of oneAhead(pages(given))) {
    for (const listed of page) yield* missing(given, given.sources[listed.source]!, listed);
  }
}

async function* pages(given: BacklogGiven): AsyncGenerator<readonly Listed[]> {
  let max = PAGE_MIN;
  let uncounted = 0;
  for (const [source, reply] of given.sources.entries()) {
    for (let skip = 0, ended = false; !ended; max = Math.min(PAGE_MAX, max * 2)) {
      const page = await given.partitions({ source, skip, max });
      skip += page.partitions.length + page.failures.length;
      ended = page.ended;
      for (const failure of page.failures) given.failed(failure);
      for (const finding of page.findings) given.found(finding);
      const listed: Listed[] = [];
      for (const partition of page.partitions) {
        listed.push({ source, partition, counted: await episodesIn(given, reply, partition) });
      }
      for (const { partition, counted } of listed) {
        given.tally.partitions++;
        given.tally.bytes += partition.bytes;
        given.tally.episodes += counted ?? 0;
        if (counted === undefined) uncounted++;
      }
      given.tally.whole = ended && source === given.sources.length - 1 && uncounted === 0;
      yield listed;
    }
  }
}

/** The same items, the next of them on its way: with pages that double, the total is known at half way at the latest. */
async function* oneAhead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  const ask = () => {
    const next = items.next();
    // Whoever asks for it hears of it.
    next.catch(() => undefined);
    return next;
  };
  for (let next = ask(); ; ) {
    const step = await next;
    if (step.done) return;
    next = ask();
    yield step.value;
  }
}

/** As the source says, or as an earlier run counted them. */
async function episodesIn(given: BacklogGiven, reply: SourceReply, partition: Partition): Promise<number | undefined> {
  const counted = partition.episodes ?? (await given.receipts.get(countKey(reply.source, partition, reply.chain)));
  return typeof counted === "number" ? counted : undefined;
}

async function* missing(given: BacklogGiven, reply: SourceReply, { source, partition, counted }: Listed): AsyncGenerator<Range> {
  if (counted === undefined) {
    yield { source, partition, from: 0, to: null, todo: null, attempt: 1 };
    return;
  }
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
