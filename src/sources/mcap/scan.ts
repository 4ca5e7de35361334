import { Opcode } from "@mcap/core";
import { TendonError } from "../../core/errors.ts";
import type { McapDamage } from "../../formats/mcap/file.ts";
import { forEachRecord, MESSAGE_HEAD_BYTES, RECORD_HEAD_BYTES } from "../../formats/mcap/records.ts";
import { isTime } from "./clock.ts";
import type { RecordingLayout, TopicLayout } from "./layout.ts";
import type { McapOptions } from "./options.ts";
import { pictureOf } from "./pictures.ts";
import { sameKind } from "./probe.ts";
import type { Recording } from "./recording.ts";
import { stampOf } from "./stamp.ts";
import { type TopicIndex, TopicIndexBuilder } from "./topicIndex.ts";

/** What one look at every message tells: where each is, when it was, and what is wrong. */
export interface Scan {
  /** By topic. */
  readonly topics: ReadonlyMap<string, TopicIndex>;
  /** Blocks that could not be read, by file. */
  readonly damage: readonly (McapDamage & { readonly file: string })[];
  /** By topic: what was left out or odd, and how often. */
  readonly oddities: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** The least time of any message in each block, or undefined for blocks without. */
  readonly blockStarts: readonly (bigint | undefined)[];
  /** Messages that the recorder's own statistics count and that are not there, or the other way round. */
  readonly miscounts: readonly { readonly file: string; readonly topic: string; readonly said: bigint; readonly seen: number }[];
  /** Pictures that differ in size or parameters from the first, by topic. */
  readonly configChanges: ReadonlyMap<string, number>;
}

/** Goes over all blocks of a recording once, in file order. */
export async function scanRecording(
  recording: Recording,
  layout: RecordingLayout,
  limits: McapOptions["limits"],
  signal: AbortSignal,
): Promise<Scan> {
  const scanner = new Scanner(recording, layout, limits);
  for (let block = 0; block < recording.blocks.length; block++) {
    signal.throwIfAborted();
    await scanner.block(block);
  }
  return scanner.finish();
}

interface Target {
  readonly layout: TopicLayout;
  readonly index: TopicIndexBuilder;
  readonly oddities: Map<string, number>;
  configChanges: number;
  /** Whether its first key frame has come. */
  begun: boolean;
}

/** A channel of one file. */
interface Entry {
  readonly target: Target;
  seen: number;
}

class Scanner {
  readonly #recording: Recording;
  readonly #targets = new Map<string, Target>();
  /** By file and channel. */
  readonly #channels: Map<number, Entry>[];
  readonly #damage: (McapDamage & { file: string })[] = [];
  readonly #blockStarts: (bigint | undefined)[] = [];
  readonly #oddities = new Map<string, Map<string, number>>();

  constructor(recording: Recording, layout: RecordingLayout, limits: McapOptions["limits"]) {
    this.#recording = recording;
    const room = { left: limits.messagesMax, max: limits.messagesMax };
    for (const topic of layout.topics) {
      const oddities = new Map<string, number>();
      this.#oddities.set(topic.topic, oddities);
      const index = new TopicIndexBuilder(room, topic.picture !== undefined);
      this.#targets.set(topic.topic, { layout: topic, index, oddities, configChanges: 0, begun: false });
    }
    this.#channels = recording.files.map((file) => {
      const channels = new Map<number, Entry>();
      for (const channel of file.channels.values()) {
        const target = this.#targets.get(channel.topic);
        if (target && sameKind(channel, target.layout.channel)) channels.set(channel.id, { target, seen: 0 });
        else if (target)
          count(target.oddities, `is also recorded as ${channel.schema?.name} in ${channel.messageEncoding} (not read)`);
      }
      return channels;
    });
  }

  async block(block: number): Promise<void> {
    const { file, index } = this.#recording.blocks[block]!;
    this.#blockStarts.push(undefined);
    try {
      const bytes = await this.#recording.readBlock(block);
      this.#messages(bytes, block, this.#channels[file]!);
    } catch (error) {
      // Limits are not damage: the user can raise them.
      if (!(error instanceof TendonError || error instanceof RangeError) || error.message.includes("limits.")) throw error;
      const { offset, logTimes } = this.#recording.files[file]!.blocks[index]!;
      const what = error instanceof TendonError ? error.message : `chunk at byte ${offset}: ${error.message}`;
      const message = `${what}; its messages are left out`;
      this.#damage.push({ kind: "lost", offset, message, file: this.#recording.names[file]!, ...(logTimes && { logTimes }) });
    }
  }

  finish(): Scan {
    const targets = [...this.#targets];
    return {
      topics: new Map(targets.map(([topic, target]) => [topic, target.index.finish()])),
      damage: this.#damage,
      oddities: this.#oddities,
      blockStarts: this.#blockStarts,
      miscounts: this.#miscounts(),
      configChanges: new Map(targets.map(([topic, target]) => [topic, target.configChanges])),
    };
  }

  #miscounts(): Scan["miscounts"] {
    return this.#channels.flatMap((channels, index) => {
      const { counts } = this.#recording.files[index]!;
      if (!counts) return [];
      return [...channels].flatMap(([id, { target, seen }]) => {
        const said = counts.get(id) ?? 0n;
        return said === BigInt(seen) ? [] : [{ file: this.#recording.names[index]!, topic: target.layout.topic, said, seen }];
      });
    });
  }

  #messages(bytes: Uint8Array, block: number, channels: ReadonlyMap<number, Entry>): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start: bigint | undefined;
    forEachRecord(bytes, (opcode, at, end) => {
      if (opcode !== Opcode.MESSAGE || end - at < RECORD_HEAD_BYTES + MESSAGE_HEAD_BYTES) return;
      const entry = channels.get(view.getUint16(at + 9, true));
      if (!entry) return;
      entry.seen++;
      const { target } = entry;
      const content = bytes.subarray(at + RECORD_HEAD_BYTES + MESSAGE_HEAD_BYTES, end);
      const seen = look(target, content, { log: view.getBigUint64(at + 15, true), publish: view.getBigUint64(at + 23, true) });
      if (typeof seen === "string") return count(target.oddities, `${seen} (left out)`);
      target.index.add(seen.time, block, at, seen.key);
      if (start === undefined || seen.time < start) start = seen.time;
    });
    this.#blockStarts[block] = start;
  }
}

/** The time of a message and whether a picture in it begins a group, or what is wrong with it. */
function look(
  target: Target,
  content: Uint8Array,
  recorded: { readonly log: bigint; readonly publish: bigint },
): { readonly time: bigint; readonly key: 0 | 1 } | string {
  const { layout } = target;
  try {
    let message: unknown;
    let key: 0 | 1 = 1;
    if (layout.picture) {
      message = layout.decoder.decode(content);
      const picture = pictureOf(layout.decoder.type, message);
      if ("refused" in picture) return picture.refused;
      if (changes(picture.config, layout.picture)) target.configChanges++;
      target.begun ||= picture.key;
      if (!target.begun) return "stands before the first key frame, so it cannot be decoded";
      key = picture.key ? 1 : 0;
    }
    const header = message === undefined ? () => layout.decoder.stamp(content) : () => stampOf(message);
    const time = layout.time === "header" ? header() : recorded[layout.time];
    if (time === undefined) return "has no time in its header";
    return isTime(time) ? { time, key } : `has the time ${time} ns, which is none`;
  } catch (error) {
    return `cannot be decoded: ${(error as Error).message}`;
  }
}

function changes(config: TopicLayout["picture"], first: NonNullable<TopicLayout["picture"]>): boolean {
  if (!config) return false;
  if (config.codec !== first.codec || config.width !== first.width || config.height !== first.height) return true;
  if (config.pixelFormat !== first.pixelFormat) return true;
  const [now, then] = [config.description, first.description];
  return now !== undefined && then !== undefined && Buffer.compare(now, then) !== 0;
}

function count(oddities: Map<string, number>, what: string): void {
  oddities.set(what, (oddities.get(what) ?? 0) + 1);
}
