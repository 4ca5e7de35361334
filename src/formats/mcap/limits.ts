/** How much of a hostile file is believed. Past a limit reading stops with an error that names it. */
export interface McapLimits {
  /** Of one chunk or record, packed and unpacked. */
  readonly chunkBytesMax: number;
  /** Of the index at the end of a file, held in memory while it is open. */
  readonly summaryBytesMax: number;
  /** Of one metadata, schema or channel record. */
  readonly detailBytesMax: number;
  /** Of unpacked chunks held at once. One chunk is held even if it is larger. */
  readonly cacheBytesMax: number;
  readonly channelsMax: number;
  /** Messages in one recording: each costs 16 bytes of memory while it is open. */
  readonly messagesMax: number;
}

export const MCAP_LIMITS: McapLimits = {
  chunkBytesMax: 256 * 1024 * 1024,
  summaryBytesMax: 256 * 1024 * 1024,
  detailBytesMax: 16 * 1024 * 1024,
  cacheBytesMax: 64 * 1024 * 1024,
  channelsMax: 20_000,
  messagesMax: 20_000_000,
};
