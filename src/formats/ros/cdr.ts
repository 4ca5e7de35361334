import { MessageReader } from "@foxglove/rosmsg2-serialization";
import { cdrFieldsReader, isPlainCdr } from "./cdrFields.ts";
import { type RosDecoder, stampNs } from "./decoder.ts";
import { leadingStamp, parseDefinitions } from "./definitions.ts";

/** Decodes ROS 2 messages: CDR, described by `ros2msg` or `ros2idl`. */
export function cdrDecoder(encoding: "ros2msg" | "ros2idl", schema: Uint8Array): RosDecoder {
  const definitions = parseDefinitions(encoding, schema);
  const reader = new MessageReader(definitions);
  const decode = (bytes: Uint8Array): unknown => {
    const message = reader.readMessage(bytes);
    // Typed arrays are views of the whole chunk, so a length that is too great would read the neighbour's bytes.
    if (reader.lastReadByteLength() > bytes.length)
      throw new RangeError(`the message ends after ${bytes.length} of ${reader.lastReadByteLength()} bytes`);
    return message;
  };
  const only = (fields: readonly string[]) => {
    const read = cdrFieldsReader(definitions, fields);
    return read ? (bytes: Uint8Array) => (isPlainCdr(bytes) ? read(bytes) : decode(bytes)) : decode;
  };
  return { decode, only, ...(leadingStamp(definitions) && { stamp: leadingTime }) };
}

/** Plain encapsulations begin with their content after 4 bytes: the byte order is the last bit of the second. */
const PLAIN_KINDS: ReadonlySet<number> = new Set([0x00, 0x01, 0x06, 0x07]);

/** Header and bare time both begin with seconds and nanoseconds in ROS 2. */
function leadingTime(bytes: Uint8Array): bigint | undefined {
  const kind = bytes[1];
  if (kind === undefined || !PLAIN_KINDS.has(kind) || bytes.length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = (kind & 1) === 1;
  return stampNs(view.getInt32(4, little), view.getUint32(8, little));
}
