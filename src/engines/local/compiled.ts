import { cacheFolder } from "../../io/cacheFolder.ts";

/**
 * Where the host and its workers keep compiled modules, with which they start in half the time; `bin/tendon.mjs`
 * has the same place. It is the user's own: whoever can write there decides what runs.
 */
export function compiledFolder(): string {
  return cacheFolder("compiled");
}
