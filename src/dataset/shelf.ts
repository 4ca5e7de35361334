import type { Want } from "../core/batch.ts";
import { digest } from "../core/digest.ts";
import type { Episode } from "../core/episode.ts";
import { TendonError } from "../core/errors.ts";
import type { Parked, ParkedPackets, ParkedTable } from "../core/part.ts";
import type { ParkWants } from "../core/sink.ts";
import type { Watcher } from "../core/watcher.ts";
import { isBytes } from "./arrowTypes.ts";
import type { Home } from "./home.ts";
import { openPacketsParker } from "./packetsParker.ts";
import { type Share, sharedParker } from "./parker.ts";
import { openTableParker } from "./tableParker.ts";

/** Where one gather pass of one episode parks what its sinks ask for. */
export interface Shelf {
  /** What another sink asked for already (the same streams, the same encoding) is parked once. */
  park(episode: Episode, wants: ParkWants): Promise<Watcher<Parked>>;
}

type PacketWant = ParkWants["packets"][number];
type TableShare = Share<ParkedTable>;
type PacketsShare = Share<ParkedPackets>;

/** A want of a watcher, and who takes its batches. */
interface Seat {
  readonly want: Want;
  readonly share: TableShare | PacketsShare;
}

/** Opens a shelf for one gather pass of one episode. */
export function openShelf(home: Home): Shelf {
  const tables = new Map<string, { join(): TableShare }>();
  const packets = new Map<string, { join(): PacketsShare }>();

  const joinTable = (episode: Episode, streams: readonly string[]): TableShare => {
    const sorted = [...new Set(streams)].sort();
    const key = JSON.stringify(sorted);
    const shared = tables.get(key) ?? sharedParker(openTableParker(home, episode.schema, sorted));
    tables.set(key, shared);
    return shared.join();
  };
  const joinPackets = async (episode: Episode, want: PacketWant): Promise<PacketsShare> => {
    const key = digest([want.stream, want.encoding]);
    const carried = await carriedOf(episode, want);
    const told = { encoding: want.encoding, ...(carried && { carried }) };
    const shared = packets.get(key) ?? sharedParker(openPacketsParker(home, want.stream, told));
    packets.set(key, shared);
    return shared.join();
  };
  return {
    async park(episode, wants) {
      checkWants(wants);
      const tableShares = Object.entries(wants.tables).map(([name, streams]) => ({
        name,
        streams,
        share: joinTable(episode, streams),
      }));
      const packetShares: { readonly want: PacketWant; readonly share: PacketsShare }[] = [];
      for (const want of wants.packets) packetShares.push({ want, share: await joinPackets(episode, want) });
      const seats: Seat[] = [
        ...tableShares.flatMap(({ streams, share }) => streams.map((stream) => ({ want: wantOf(episode, stream), share }))),
        ...packetShares,
      ];
      const shares = [...tableShares, ...packetShares].map(({ share }) => share);
      return {
        wants: seats.map(({ want }) => want),
        push: (want, batch) => seats[want]!.share.push(seats[want]!.want.stream, batch),
        async close() {
          try {
            return await closed(tableShares, packetShares);
          } catch (cause) {
            await abortAll(shares);
            throw cause;
          }
        },
        abort: () => abortAll(shares),
      };
    },
  };
}

async function closed(
  tables: readonly { readonly name: string; readonly share: TableShare }[],
  packets: readonly { readonly want: PacketWant; readonly share: PacketsShare }[],
): Promise<Parked> {
  // All at once, so that the disk flushes one while the next is finished; each ends before any error is told.
  const closing = { tables: tables.map(({ share }) => share.close()), packets: packets.map(({ share }) => share.close()) };
  await Promise.allSettled([...closing.tables, ...closing.packets]);
  const [tableParts, packetParts] = [await Promise.all(closing.tables), await Promise.all(closing.packets)];
  return {
    tables: Object.fromEntries(tables.map(({ name }, index) => [name, tableParts[index]!])),
    packets: Object.fromEntries(packets.map(({ want }, index) => [want.stream, packetParts[index]!])),
  };
}

async function abortAll(shares: readonly (TableShare | PacketsShare)[]): Promise<void> {
  for (const share of shares) await share.abort();
}

/** A table without streams has no rows, and a stream in two encodings has no one name in what is parked. */
function checkWants(wants: ParkWants): void {
  for (const [name, streams] of Object.entries(wants.tables)) {
    if (streams.length === 0) throw new TendonError("internal", `the table "${name}" was asked for without any stream`);
  }
  const seen = new Set<string>();
  for (const { stream } of wants.packets) {
    if (seen.has(stream)) throw new TendonError("internal", "was asked for in two encodings at once", { place: { stream } });
    seen.add(stream);
  }
}

function wantOf(episode: Episode, stream: string): Want {
  const feature = episode.schema.features[stream];
  return { stream, as: feature && isBytes(feature) ? "bytes" : "rows" };
}

/** Statistics of the recording stay true where its pictures are taken as they are. */
async function carriedOf(episode: Episode, want: PacketWant) {
  if (want.encoding !== "as recorded") return undefined;
  const { copy } = await episode.times(want.stream);
  return copy?.can ? copy.carried : undefined;
}
