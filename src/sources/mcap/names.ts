/** Words that say how a picture travels, not which camera took it. */
const TRANSPORT: ReadonlySet<string> = new Set([
  "camera",
  "cameras",
  "cam",
  "color",
  "compressed",
  "compressed_image",
  "compressed_video",
  "h264",
  "h265",
  "image",
  "image_color",
  "image_compressed",
  "image_raw",
  "image_rect",
  "image_rect_color",
  "image_rect_compressed",
  "images",
  "observation",
  "raw",
  "rgb",
  "sensors",
  "video",
]);

/** The parts of a topic, each fit for a file name. */
function partsOf(topic: string): string[] {
  const parts = topic.split("/").filter((part) => part !== "" && part !== "~");
  return parts.map((part) => part.replaceAll(/[^A-Za-z0-9_-]/g, "_"));
}

/** `/left_arm/joint_states` is `left_arm.joint_states`. */
export function pathOf(topic: string): string {
  return partsOf(topic).join(".") || "topic";
}

/** Whether a topic's name says that it commands the robot: `/joint_commands`, `/cmd_vel`, `/arm/desired_pose`. */
export function isCommandTopic(topic: string): boolean {
  return topic.split(/[/_\-.]/).some((word) => /^(commands?|cmds?|actions?|targets?|desired|setpoints?)$/i.test(word));
}

/** Below `action`, unless the topic stands there already. */
export function actionPath(topic: string): string {
  const path = pathOf(topic);
  return path === "action" || path.startsWith("action.") ? path : `action.${path}`;
}

/**
 * A short name for each camera: the last part of its topic that is not a word of transport, and as
 * many parts before it as it takes to tell two cameras apart. `/camera/head/image_raw/compressed` is `head`.
 */
export function cameraNames(topics: readonly string[]): Map<string, string> {
  const sorted = [...topics].sort();
  const telling = sorted.map((topic) => {
    const parts = partsOf(topic);
    const rest = parts.filter((part) => !TRANSPORT.has(part.toLowerCase()));
    return { topic, parts, rest: rest.length > 0 ? rest : ["camera"] };
  });
  const names = new Map<string, string>();
  for (const { topic, parts, rest } of telling) {
    const name = shortest(rest, (candidate) => telling.filter((other) => endsWith(other.rest, candidate)).length === 1);
    names.set(topic, name ?? parts.join("_"));
  }
  return unique(names);
}

function shortest(parts: readonly string[], alone: (candidate: readonly string[]) => boolean): string | undefined {
  for (let take = 1; take <= parts.length; take++) {
    const candidate = parts.slice(-take);
    if (alone(candidate)) return candidate.join("_");
  }
  return undefined;
}

function endsWith(parts: readonly string[], end: readonly string[]): boolean {
  return end.length <= parts.length && end.every((part, index) => part === parts[parts.length - end.length + index]);
}

/** Numbers what is still equal, in the order of the topics. */
function unique(names: ReadonlyMap<string, string>): Map<string, string> {
  const used = new Set<string>();
  const result = new Map<string, string>();
  for (const [topic, name] of names) {
    let chosen = name;
    for (let number = 2; used.has(chosen); number++) chosen = `${name}_${number}`;
    used.add(chosen);
    result.set(topic, chosen);
  }
  return result;
}
