import { MessageReader } from "@foxglove/rosmsg-serialization";
import { type RosDecoder, stampNs } from "./decoder.ts";
import { leadingStamp, parseDefinitions } from "./definitions.ts";

/** Decodes ROS 1 messages, described by `ros1msg`. */
export function ros1Decoder(schema: Uint8Array): RosDecoder {
  const definitions = parseDefinitions("ros1msg", schema);
  const reader = new MessageReader(definitions);
  // A copy: typed arrays are views of what they are given, so a length that is too great would read a neighbour's bytes.
  const decode = (bytes: Uint8Array) => reader.readMessage(bytes.slice());
  const leading = leadingStamp(definitions);
  if (!leading) return { decode };
  // A ROS 1 header begins with a sequence number.
  const at = leading === "header" ? 4 : 0;
  return { decode, stamp: (bytes) => timeAt(bytes, at) };
}

function timeAt(bytes: Uint8Array, at: number): bigint | undefined {
  if (bytes.length < at + 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return stampNs(view.getUint32(at, true), view.getUint32(at + 4, true));
}
