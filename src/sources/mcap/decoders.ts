import type { McapChannel } from "../../formats/mcap/file.ts";
import { protobufDecoder } from "../../formats/protobuf/decoder.ts";
import { cdrDecoder } from "../../formats/ros/cdr.ts";
import type { RosDecoder } from "../../formats/ros/decoder.ts";
import { ros1Decoder } from "../../formats/ros/ros1.ts";
import { isPictureType } from "./pictures.ts";
import type { Refusal } from "./refusal.ts";
import { stampOf } from "./stamp.ts";
import { knownOffers } from "./types.ts";

/** Understands the messages of one channel. */
export interface Decoder {
  /** The type's name without the marks of its encoding: `sensor_msgs/JointState`, `foxglove.CompressedImage`. */
  readonly type: string;
  /** Whether the layout of an unknown type may be taken from a first message: names and nesting come with the message. */
  readonly selfDescribing: boolean;
  decode(bytes: Uint8Array): unknown;
  /** A decoder of these fields of the message alone, where there is a faster one; it may give others too. */
  readonly only?: (fields: readonly string[]) => (bytes: Uint8Array) => unknown;
  /** The time in the message's header; undefined where it has none. */
  stamp(bytes: Uint8Array): bigint | undefined;
}

/** The decoder of a channel, or why there is none. */
export function decoderOf(channel: McapChannel): Decoder | Refusal {
  const { messageEncoding, schema } = channel;
  const known = ENCODINGS[messageEncoding];
  if (!known)
    return {
      refused:
        `its message encoding is ${JSON.stringify(messageEncoding)}; known are ${Object.keys(ENCODINGS).join(", ")}. ` +
        "If the recorder wrote a wrong name, rewrite the file with the right one",
    };
  if (!schema && known.schemas.length > 0)
    return { refused: `it has no schema, and ${messageEncoding} messages cannot be read without one` };
  if (schema && known.schemas.length > 0 && !known.schemas.includes(schema.encoding))
    return {
      refused: `its schema ${schema.name} is written in ${JSON.stringify(schema.encoding)}; ${messageEncoding} messages need ${known.schemas.join(" or ")}`,
    };
  try {
    return known.open(channel);
  } catch (error) {
    // A type that nothing is read of, such as a service's events, is listed all the same.
    if (!isReadType(canonicalType(schema?.name ?? ""))) return opaque(schema!.name);
    return { refused: `its schema ${schema?.name} cannot be understood: ${(error as Error).message.split("\n")[0]}` };
  }
}

interface Encoding {
  /** Empty: needs none. */
  readonly schemas: readonly string[];
  open(channel: McapChannel): Decoder;
}

const ENCODINGS: { readonly [messageEncoding: string]: Encoding } = {
  cdr: {
    schemas: ["ros2msg", "ros2idl"],
    open: ({ schema }) => rosDecoder(schema!.name, cdrDecoder(schema!.encoding as "ros2msg" | "ros2idl", schema!.data)),
  },
  ros1: { schemas: ["ros1msg"], open: ({ schema }) => rosDecoder(schema!.name, ros1Decoder(schema!.data)) },
  protobuf: {
    schemas: ["protobuf"],
    open: ({ schema }) => {
      const decoder = protobufDecoder(schema!.name, schema!.data);
      return selfDescribing(schema!.name, (bytes) => decoder.decode(bytes));
    },
  },
  json: { schemas: [], open: ({ schema }) => selfDescribing(schema?.name ?? "", parseJson) },
};

function rosDecoder(name: string, ros: RosDecoder): Decoder {
  const { only, stamp = () => undefined } = ros;
  const decode = (bytes: Uint8Array) => ros.decode(bytes);
  return { type: canonicalType(name), selfDescribing: false, decode, stamp, ...(only && { only }) };
}

function selfDescribing(name: string, decode: Decoder["decode"]): Decoder {
  return { type: canonicalType(name), selfDescribing: true, decode, stamp: (bytes) => stampOf(decode(bytes)) };
}

function opaque(name: string): Decoder {
  const decode = () => {
    throw new TypeError(`${name} is not understood`);
  };
  return { type: canonicalType(name), selfDescribing: false, decode, stamp: () => undefined };
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(UTF8.decode(bytes));
}

function isReadType(type: string): boolean {
  return isPictureType(type) || knownOffers(type) !== undefined;
}

/** One name for one type however its encoding spells it: `/msg/` and IDL's `::` go, `foxglove_msgs/X` becomes `foxglove.X`. */
function canonicalType(name: string): string {
  const plain = name.replaceAll("::", "/").replace("/msg/", "/");
  return plain.replace(/^foxglove(_msgs)?\//, "foxglove.");
}
