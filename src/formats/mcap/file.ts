/** How the bytes of a topic's messages are to be understood. */
export interface McapSchema {
  readonly name: string;
  /** `ros2msg`, `ros2idl`, `ros1msg`, `protobuf`, `jsonschema`, … */
  readonly encoding: string;
  readonly data: Uint8Array;
}

/** A topic as one writer recorded it. Several channels may share a topic. */
export interface McapChannel {
  readonly id: number;
  readonly topic: string;
  /** `cdr`, `ros1`, `protobuf`, `json`, … */
  readonly messageEncoding: string;
  readonly schema?: McapSchema;
  readonly metadata: ReadonlyMap<string, string>;
}

/** A piece of the file that is read as one: a chunk, or a run of messages that stand in no chunk. */
export interface McapBlock {
  readonly kind: "chunk" | "records";
  /** Where its first record begins in the file. */
  readonly offset: number;
  readonly lengthBytes: number;
  /** Log times of its messages, both inclusive, where an index tells them. */
  readonly logTimes?: { readonly first: bigint; readonly last: bigint };
  /** The channels that have messages in it, where an index tells them. */
  readonly channels?: ReadonlySet<number>;
}

export interface McapAttachment {
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** Where its bytes begin in the file. */
  readonly offset: number;
}

export interface McapMetadata {
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
}

/** Something in the file that is not as it should be, and what was done about it. */
export interface McapDamage {
  /** `lost`: messages are missing from the middle. `end`: the end is missing. `index`: all was read, more slowly. */
  readonly kind: "lost" | "end" | "index";
  readonly offset: number;
  readonly message: string;
  /** Log times of what is lost, where an index tells them; both inclusive. */
  readonly logTimes?: { readonly first: bigint; readonly last: bigint };
}

/** What is known of an MCAP file before its messages are read. */
export interface McapContents {
  readonly profile: string;
  readonly library: string;
  readonly channels: ReadonlyMap<number, McapChannel>;
  /** In file order. */
  readonly blocks: readonly McapBlock[];
  /** Messages by channel, as the file's own statistics say. */
  readonly counts?: ReadonlyMap<number, bigint>;
  readonly attachments: readonly McapAttachment[];
  readonly metadata: readonly McapMetadata[];
  readonly damage: readonly McapDamage[];
}

/** An open MCAP file. */
export interface McapFile extends McapContents {
  readonly path: string;
  readonly sizeBytes: number;
  /** The unpacked records of a block, its CRC checked. Valid as long as it is held; the cache may give it again. Throws `bad-data`. */
  readBlock(index: number): Promise<Uint8Array>;
  /** The bytes of an attachment. */
  readAttachment(attachment: McapAttachment): Promise<Uint8Array>;
  close(): Promise<void>;
}
