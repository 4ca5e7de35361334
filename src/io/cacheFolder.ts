import { homedir } from "node:os";
import { join } from "node:path";

/** Where this user's programs keep what can be made again: `~/.cache/tendon/NAME`, or below `XDG_CACHE_HOME`. */
export function cacheFolder(name: string): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tendon", name);
}
