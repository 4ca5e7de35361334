import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, extname, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { TendonError } from "../core/errors.ts";
import type { AnyPlugin } from "../core/plugin.ts";
import { createRegistry, isPlugin, type Registry } from "../core/registry.ts";

const MODULES_MAX = 1000;
const RELATIVE_IMPORT = /(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;

/** The built-in plug-ins and those of the user's modules. */
export interface LoadedModules {
  readonly registry: Registry;
  /** The digest of the module that a plug-in came from and of all that it imports by relative path. */
  digestOf(plugin: AnyPlugin): string | undefined;
}

/** Loads the modules under `use:`. Their named exports that are plug-ins join the registry. */
export async function loadModules(use: readonly string[], base: string, builtIns: Registry): Promise<LoadedModules> {
  const digests = new Map<AnyPlugin, string>();
  const found: AnyPlugin[] = [];
  for (const [index, name] of use.entries()) {
    const path = resolve(base, name);
    const place = { path: `use[${index}]`, file: path };
    let exports: Record<string, unknown>;
    try {
      exports = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new TendonError("bad-pipeline", `could not be loaded: ${why}`, { place, cause });
    }
    const plugins = Object.values(exports).filter(isPlugin);
    if (plugins.length === 0)
      throw new TendonError("bad-pipeline", "exports no plug-in; export what defineStage or its like returns", { place });
    const content = await moduleDigest(path);
    for (const plugin of plugins) {
      found.push(plugin);
      digests.set(plugin, content);
    }
  }
  const registry = found.length === 0 ? builtIns : createRegistry([...builtIns.all, ...found]);
  return { registry, digestOf: (plugin) => digests.get(plugin) };
}

/** SHA-256 over a module and, in path order, every file that it imports by relative path. */
async function moduleDigest(entry: string): Promise<string> {
  const contents = new Map<string, Buffer>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (contents.has(path)) continue;
    if (contents.size >= MODULES_MAX)
      throw new TendonError("bad-pipeline", `imports more than ${MODULES_MAX} files`, { place: { file: entry } });
    const bytes = await readFile(path);
    contents.set(path, bytes);
    if (extname(path) === ".json") continue;
    for (const [, imported] of bytes.toString("utf8").matchAll(RELATIVE_IMPORT)) waiting.push(resolve(dirname(path), imported!));
  }
  const hash = createHash("sha256");
  const root = dirname(entry);
  for (const [path, bytes] of [...contents].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${relative(root, path)}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
}
