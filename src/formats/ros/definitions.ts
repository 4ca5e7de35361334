import { parseRos2idl } from "@foxglove/ros2idl-parser";
import { parse } from "@foxglove/rosmsg";

/** One type of a parsed definition, and one of its fields. */
export type MessageDefinition = ReturnType<typeof parse>[number];
export type MessageDefinitionField = MessageDefinition["definitions"][number];

/** How a ROS definition is written. */
export type RosSchemaEncoding = "ros1msg" | "ros2msg" | "ros2idl";

/** Definitions longer than this are not parsed: the grammar is slow on hostile text. */
const DEFINITION_BYTES_MAX = 2 * 1024 * 1024;

/** Parses a definition: the message first, then all that it uses. */
export function parseDefinitions(encoding: RosSchemaEncoding, data: Uint8Array): MessageDefinition[] {
  if (data.length > DEFINITION_BYTES_MAX) throw new RangeError(`its definition is ${data.length} bytes long`);
  const text = new TextDecoder().decode(data);
  if (encoding === "ros2idl") return parseRos2idl(text);
  return parse(text, { ros2: encoding === "ros2msg" });
}

/** Whether a message begins with a header (`std_msgs/Header`) or with a bare time; its stamp then stands at a fixed place. */
export function leadingStamp(definitions: readonly MessageDefinition[]): "header" | "time" | undefined {
  const root = definitions.find((each) => !each.definitions.every((field) => field.isConstant === true));
  const first = root?.definitions.find((field) => field.isConstant !== true);
  if (!first || first.isArray === true) return undefined;
  if (/^std_msgs\/(msg\/)?Header$/.test(first.type)) return "header";
  const isTime = first.type === "time" || /^builtin_interfaces\/(msg\/)?Time$/.test(first.type);
  return isTime && /^(stamp|timestamp)$/.test(first.name) ? "time" : undefined;
}
