import { digest } from "../core/digest.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { AnyPlugin } from "../core/plugin.ts";

/** What a fingerprint needs to know of the world. */
export interface Contents {
  /** The digest of an input file that an option names. */
  file(path: string): Promise<string>;
  /** The digest of the user's module that a plug-in came from; undefined for built-ins. */
  module(plugin: AnyPlugin): string | undefined;
}

/** What decides a step's output: its name, version and options, without those that cannot matter, with the content of files. */
export async function stepRecipe(plugin: AnyPlugin, options: JsonObject, contents: Contents): Promise<JsonObject> {
  const kept: Record<string, Json> = {};
  for (const [name, value] of Object.entries(options)) {
    const rule = plugin.options.shape[name]?.meta?.()?.fingerprint;
    if (rule === "none") continue;
    kept[name] = rule === "content" && typeof value === "string" ? await contents.file(value) : value;
  }
  const module = contents.module(plugin);
  return { kind: plugin.kind, name: plugin.name, version: plugin.version, options: kept, ...(module && { module }) };
}

/** The fingerprint of steps in a row. */
export function chainFingerprint(recipes: readonly Json[]): string {
  return digest(recipes);
}
