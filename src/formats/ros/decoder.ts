/** Understands the messages of one schema. */
export interface RosDecoder {
  /** The message as an object with the names of its definition; numeric arrays are typed arrays. Throws where the bytes do not fit. */
  decode(bytes: Uint8Array): unknown;
  /** A decoder of these fields alone, which may give others too and whose arrays are valid until the next message; absent where that would not be faster. */
  readonly only?: (fields: readonly string[]) => (bytes: Uint8Array) => unknown;
  /** The time in the message's header in nanoseconds, without decoding the rest; absent where the type has none. */
  readonly stamp?: (bytes: Uint8Array) => bigint | undefined;
}

/** Nanoseconds of a time as it stands in a message. */
export function stampNs(sec: number, nsec: number): bigint {
  return BigInt(sec) * 1_000_000_000n + BigInt(nsec);
}
