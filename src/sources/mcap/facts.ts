import type { Facts } from "../../core/episode.ts";
import type { Json } from "../../core/json.ts";
import type { McapAttachment, McapFile } from "../../formats/mcap/file.ts";
import type { McapOptions } from "./options.ts";
import type { Recording } from "./recording.ts";

/** What of metadata and attachments is kept as facts; more is no fact about an episode. */
const VALUES_MAX = 256;
const VALUE_CHARACTERS_MAX = 4096;
const ATTACHMENTS_MAX = 64;
const ATTACHMENT_BYTES_MAX = 64 * 1024;

const TASK_KEYS = ["task", "instruction", "language_instruction", "language", "prompt", "task_description"];
const ROBOT_KEYS = ["robot", "robot_name", "robot_type", "robot_model", "embodiment"];

/** Everything known about a recording as a whole. The run fills in `source` and `tier`. */
export async function factsOf(recording: Recording, options: Pick<McapOptions, "task" | "robot">): Promise<Facts> {
  const task = options.task ?? named(recording.files, TASK_KEYS);
  const robot = options.robot ?? named(recording.files, ROBOT_KEYS);
  const metadata = metadataOf(recording.files);
  const attachments = await attachmentsOf(recording.files);
  const [first] = recording.files;
  return {
    source: "",
    tier: "real",
    ...(task !== undefined && { task }),
    ...(robot !== undefined && { robot }),
    origin: { file: recording.key },
    ...(recording.names.length > 1 && { files: [...recording.names] }),
    recorder: { profile: first!.profile, library: first!.library },
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(attachments.length > 0 && { attachments }),
  };
}

/** The robot as it names a folder: from the option, the metadata, or `robot`. */
export function embodimentOf(files: readonly McapFile[], robot: string | undefined): string {
  const name = robot ?? named(files, ROBOT_KEYS) ?? "robot";
  return name.replaceAll(/[^A-Za-z0-9_-]+/g, "_").replace(/^_+|_+$/g, "") || "robot";
}

/** The first value in the files' metadata under any of these names, upper or lower case. */
function named(files: readonly McapFile[], keys: readonly string[]): string | undefined {
  for (const key of keys) {
    for (const { metadata } of files) {
      for (const { values } of metadata) {
        for (const [name, value] of values) {
          if (name.toLowerCase() === key && value !== "" && value.length <= VALUE_CHARACTERS_MAX) return value;
        }
      }
    }
  }
  return undefined;
}

/** Metadata by record name; rosbag2's own, which repeats the whole `metadata.yaml`, is left out. */
function metadataOf(files: readonly McapFile[]): { [name: string]: Json } {
  const facts: { [name: string]: { [key: string]: Json } } = {};
  let room = VALUES_MAX;
  for (const { metadata } of files) {
    for (const { name, values } of metadata) {
      if (name === "rosbag2") continue;
      for (const [key, value] of values) {
        if (room-- <= 0) return facts;
        facts[name] = { ...facts[name], [key]: value.slice(0, VALUE_CHARACTERS_MAX) };
      }
    }
  }
  return facts;
}

async function attachmentsOf(files: readonly McapFile[]): Promise<Json[]> {
  const facts: Json[] = [];
  for (const file of files) {
    for (const attachment of file.attachments.slice(0, ATTACHMENTS_MAX - facts.length))
      facts.push(await attachmentFact(file, attachment));
  }
  return facts;
}

async function attachmentFact(file: McapFile, attachment: McapAttachment): Promise<Json> {
  const { name, mediaType, sizeBytes } = attachment;
  const isText = /^text\/|json$|yaml$|xml$/.test(mediaType) && sizeBytes <= ATTACHMENT_BYTES_MAX;
  const text = isText ? new TextDecoder().decode(await file.readAttachment(attachment)) : undefined;
  return { name, mediaType, bytes: sizeBytes, ...(text !== undefined && { text }) };
}
