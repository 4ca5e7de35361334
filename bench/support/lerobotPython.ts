import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { output } from "./say.ts";

/** `LEROBOT_V30_PYTHON`, or an environment in the user's cache, made once from the pins of the interop tests; undefined, and why is said, where it cannot be made. */
export function lerobotPython(): string | undefined {
  if (process.env.LEROBOT_V30_PYTHON) return process.env.LEROBOT_V30_PYTHON;
  const script = fileURLToPath(new URL("../../test/interop/make-envs.sh", import.meta.url));
  try {
    return output("sh", [script, "lerobot-v30"]).trim();
  } catch (error) {
    console.log(
      `  no LeRobot to compare with (${homedir()}/.cache): ${error instanceof Error ? error.message.split("\n").at(-2) : String(error)}`,
    );
    return undefined;
  }
}
