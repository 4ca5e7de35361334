/** The time that a decoded message says of itself: `header.stamp`, `timestamp` or `stamp`. Undefined where it has none. */
export function stampOf(message: unknown): bigint | undefined {
  if (!isObject(message)) return undefined;
  const header = message.header;
  return timeNs(isObject(header) ? header.stamp : (message.timestamp ?? message.stamp));
}

/** ROS 1 and JSON write `{ sec, nsec }`, ROS 2 `{ sec, nanosec }`, protobuf `{ seconds, nanos }`. */
function timeNs(time: unknown): bigint | undefined {
  if (!isObject(time)) return undefined;
  const sec = whole(time.sec ?? time.seconds);
  const nsec = whole(time.nsec ?? time.nanosec ?? time.nanos);
  if (sec === undefined || nsec === undefined) return undefined;
  return sec * 1_000_000_000n + nsec;
}

/** An integer as bigint: a number, or the `Long` that protobufjs gives for 64 bits. */
function whole(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return isLong(value) ? longToBigInt(value) : undefined;
}

export interface Long {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}

export function isLong(value: unknown): value is Long {
  return isObject(value) && typeof value.low === "number" && typeof value.high === "number" && "unsigned" in value;
}

export function longToBigInt(value: Long): bigint {
  const high = value.unsigned ? BigInt(value.high >>> 0) : BigInt(value.high);
  return (high << 32n) | BigInt(value.low >>> 0);
}

export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
