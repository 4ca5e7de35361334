import { protobufFromBinaryDescriptor } from "@mcap/support";
import type protobuf from "protobufjs";

/** Understands the messages of one schema. */
export interface ProtobufDecoder {
  /** The message with its default values filled in; field names as in the `.proto` file, enums as numbers, 64-bit numbers as protobufjs gives them (`Long`). */
  decode(bytes: Uint8Array): unknown;
}

/** Nested deeper, a descriptor is hostile. */
const DESCRIPTOR_BYTES_MAX = 16 * 1024 * 1024;

/** Decodes messages of the type `name` of a binary FileDescriptorSet. */
export function protobufDecoder(name: string, descriptorSet: Uint8Array): ProtobufDecoder {
  if (descriptorSet.length > DESCRIPTOR_BYTES_MAX) throw new RangeError(`its descriptor is ${descriptorSet.length} bytes long`);
  const root = protobufFromBinaryDescriptor(descriptorSet);
  root.resolveAll();
  const type = root.lookupType(name);
  return { decode: (bytes) => withDefaults(type, type.decode(bytes)) };
}

/** proto3 leaves out what is zero, which is a value all the same: prototypes hold the defaults, so fields are read through them. */
function withDefaults(type: protobuf.Type, message: protobuf.Message): unknown {
  return type.toObject(message, { defaults: true, arrays: true, enums: Number });
}
