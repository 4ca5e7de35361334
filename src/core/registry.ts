import { TendonError } from "./errors.ts";
import type { AnyPlugin } from "./plugin.ts";
import { didYouMean } from "./suggest.ts";

export type PluginKind = AnyPlugin["kind"];
type OfKind<Kind extends PluginKind> = Extract<AnyPlugin, { readonly kind: Kind }>;

/** The plug-ins that a pipeline can name. */
export interface Registry {
  readonly all: readonly AnyPlugin[];
  names(kind: PluginKind): readonly string[];
  /** Throws a `bad-pipeline` error at `path` where there is none. */
  get<Kind extends PluginKind>(kind: Kind, name: string, path: string): OfKind<Kind>;
}

/** Names must be unique within a kind; a later plug-in does not replace an earlier one. */
export function createRegistry(plugins: readonly AnyPlugin[]): Registry {
  const table = new Map<string, AnyPlugin>();
  for (const plugin of plugins) {
    const key = `${plugin.kind} ${plugin.name}`;
    if (table.has(key)) throw new TendonError("bad-pipeline", `two ${plugin.kind}s are named "${plugin.name}"; rename one`);
    table.set(key, plugin);
  }
  const names = (kind: PluginKind) => plugins.filter((plugin) => plugin.kind === kind).map((plugin) => plugin.name);
  return {
    all: plugins,
    names,
    get<Kind extends PluginKind>(kind: Kind, name: string, path: string) {
      const plugin = table.get(`${kind} ${name}`);
      if (plugin) return plugin as unknown as OfKind<Kind>;
      const known = names(kind);
      const message = `there is no ${kind} "${name}"${didYouMean(name, known)} (known: ${known.join(", ")})`;
      throw new TendonError("bad-pipeline", message, { place: { path } });
    },
  };
}

/** Whether a named export of a user's module is a plug-in. */
export function isPlugin(value: unknown): value is AnyPlugin {
  return typeof value === "function" && "kind" in value && "create" in value && "options" in value;
}
