import { MCAP_MAGIC, type McapTypes, Opcode } from "@mcap/core";
import { TendonError } from "../../core/errors.ts";
import type { RandomReader } from "../../io/reader.ts";
import { readBlock } from "./blocks.ts";
import type { McapAttachment, McapBlock, McapChannel, McapContents, McapDamage, McapMetadata } from "./file.ts";
import { channelOf } from "./indexed.ts";
import type { McapLimits } from "./limits.ts";
import { forEachRecord, isOpcode, opcodeName, parseAttachmentHead, parseRecord, RECORD_HEAD_BYTES } from "./records.ts";

/** Messages outside chunks are gathered into blocks of about this size. */
const RUN_BYTES = 4 * 1024 * 1024;

/**
 * Finds the contents of a file record by record, up to its last whole one. `unusable` says what is
 * wrong with the index, and is empty where the writer simply left none.
 */
export async function walkFile(reader: RandomReader, limits: McapLimits, unusable: string): Promise<McapContents> {
  const walk = new Walk(reader, limits);
  await walk.run();
  return walk.contents(unusable);
}

class Walk {
  readonly #reader: RandomReader;
  readonly #limits: McapLimits;
  readonly #schemas = new Map<number, McapTypes.Schema>();
  readonly #channels = new Map<number, McapTypes.Channel>();
  readonly #blocks: McapBlock[] = [];
  readonly #attachments: McapAttachment[] = [];
  readonly #metadata: McapMetadata[] = [];
  readonly #damage: McapDamage[] = [];
  #header = { profile: "", library: "" };
  #statistics: McapTypes.Statistics | undefined;
  #run: { offset: number; end: number } | undefined;
  /** Past the data come copies of schemas and channels, which may be what is broken. */
  #pastData = false;
  #ended = false;

  constructor(reader: RandomReader, limits: McapLimits) {
    this.#reader = reader;
    this.#limits = limits;
  }

  contents(unusable: string): McapContents {
    if (unusable !== "" && this.#ended)
      this.#damage.push({
        kind: "index",
        offset: this.#reader.sizeBytes,
        message: `its index cannot be used (${unusable}): it was read record by record instead`,
      });
    const channels = new Map<number, McapChannel>();
    for (const channel of this.#channels.values()) channels.set(channel.id, channelOf(channel, this.#schemas));
    return {
      ...this.#header,
      channels,
      blocks: this.#blocks,
      ...(this.#statistics && { counts: this.#statistics.channelMessageCounts }),
      attachments: this.#attachments,
      metadata: this.#metadata,
      damage: this.#damage,
    };
  }

  /** Goes from record to record, reading as little of each as it needs. */
  async run(): Promise<void> {
    const { sizeBytes } = this.#reader;
    let at = MCAP_MAGIC.length;
    while (at < sizeBytes && !this.#ended) {
      const head = await this.#reader.read(at, RECORD_HEAD_BYTES);
      const opcode = head[0]!;
      const rest = sizeBytes - at;
      if (head.length < RECORD_HEAD_BYTES) return this.#cut(at, `the last ${rest} bytes are too few for a record`);
      if (!isOpcode(opcode)) return this.#cut(at, `the ${rest} bytes from there are no MCAP record (they begin with 0)`);
      const length = Number(new DataView(head.buffer, head.byteOffset).getBigUint64(1, true));
      if (length > rest - RECORD_HEAD_BYTES)
        return this.#cut(
          at,
          `the ${opcodeName(opcode)} there says ${length} bytes, the file has only ${rest - RECORD_HEAD_BYTES} more`,
        );
      const end = at + RECORD_HEAD_BYTES + length;
      await this.#record(opcode, at, end);
      at = end;
    }
    this.#endRun();
    if (!this.#ended) this.#cut(at, "nothing follows");
  }

  #cut(offset: number, what: string): void {
    this.#endRun();
    this.#damage.push({
      kind: "end",
      offset,
      message:
        `has no footer (the recorder was stopped or the file was cut): read to byte ${offset}, the end of its last whole record; ` +
        what,
    });
  }

  async #record(opcode: number, start: number, end: number): Promise<void> {
    if (opcode === Opcode.MESSAGE) return this.#message(start, end);
    if (opcode === Opcode.CHUNK) return this.#chunk(start, end);
    if (opcode === Opcode.ATTACHMENT) return this.#attachment(start, end);
    if (opcode === Opcode.FOOTER) this.#ended = true;
    if (opcode === Opcode.DATA_END) this.#pastData = true;
    if (this.#pastData ? opcode === Opcode.STATISTICS : PARSED.has(opcode)) this.#take(await this.#whole(opcode, start, end));
  }

  /** A run of records from the first message to the last, so that a file without chunks is still read in large pieces. */
  #message(start: number, end: number): void {
    if (this.#run && end - this.#run.offset > RUN_BYTES) this.#endRun();
    // What stands between two messages is skipped again when the run is read, unless it is large.
    if (this.#run && start - this.#run.end > RUN_BYTES) this.#endRun();
    this.#run = { offset: this.#run?.offset ?? start, end };
  }

  #endRun(): void {
    if (!this.#run) return;
    this.#blocks.push({ kind: "records", offset: this.#run.offset, lengthBytes: this.#run.end - this.#run.offset });
    this.#run = undefined;
  }

  /** The schemas and channels inside a chunk are known only once it is unpacked; a chunk that cannot be is left out and told. */
  async #chunk(start: number, end: number): Promise<void> {
    this.#endRun();
    const block: McapBlock = { kind: "chunk", offset: start, lengthBytes: end - start };
    const bytes = await this.#tryChunk(block);
    if (!bytes) return;
    this.#blocks.push(block);
  }

  async #tryChunk(block: McapBlock): Promise<Uint8Array | undefined> {
    try {
      const bytes = await readBlock(this.#reader, block, this.#limits);
      forEachRecord(bytes, (opcode, from, to) => {
        if (opcode === Opcode.SCHEMA || opcode === Opcode.CHANNEL) this.#take(parseRecord(bytes.subarray(from, to)));
      });
      return bytes;
    } catch (error) {
      const why = error instanceof TendonError ? error.message : `chunk at byte ${block.offset}: ${(error as Error).message}`;
      this.#damage.push({ kind: "lost", offset: block.offset, message: `${why}; its messages are left out` });
      return undefined;
    }
  }

  async #attachment(start: number, end: number): Promise<void> {
    const content = start + RECORD_HEAD_BYTES;
    const head = parseAttachmentHead(await this.#reader.read(content, Math.min(end - content, 64 * 1024)));
    const { name, mediaType, sizeBytes } = head;
    this.#attachments.push({ name, mediaType, sizeBytes, offset: content + head.start });
  }

  async #whole(opcode: number, start: number, end: number): Promise<McapTypes.TypedMcapRecord | undefined> {
    if (end - start > this.#limits.detailBytesMax)
      throw new TendonError(
        "bad-data",
        `has a ${opcodeName(opcode)} of ${end - start} bytes, more than limits.detailBytesMax (${this.#limits.detailBytesMax})`,
        { place: { file: this.#reader.path, offset: start } },
      );
    return parseRecord(await this.#reader.read(start, end - start));
  }

  #take(record: McapTypes.TypedMcapRecord | undefined): void {
    if (record?.type === "Header") this.#header = { profile: record.profile, library: record.library };
    else if (record?.type === "Schema") this.#schemas.set(record.id, record);
    else if (record?.type === "Channel") this.#channels.set(record.id, record);
    else if (record?.type === "Metadata") this.#metadata.push({ name: record.name, values: record.metadata });
    else if (record?.type === "Statistics") this.#statistics = record;
    if (this.#channels.size > this.#limits.channelsMax)
      throw new TendonError("bad-data", `has more channels than limits.channelsMax (${this.#limits.channelsMax})`);
  }
}

const PARSED: ReadonlySet<number> = new Set([Opcode.HEADER, Opcode.SCHEMA, Opcode.CHANNEL, Opcode.METADATA, Opcode.STATISTICS]);
