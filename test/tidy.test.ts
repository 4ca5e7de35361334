import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { pipelineSchema } from "../src/commands/schema.ts";
import { canonicalPipeline } from "../src/core/canonical.ts";
import type { AnyPlugin } from "../src/core/plugin.ts";
import { builtIns } from "../src/plugins.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Bottom to top. A file imports from its own folder and from layers below; plug-in folders stand side by side. */
const LAYERS: readonly (readonly string[])[] = [
  ["core"],
  ["kernels"],
  ["io"],
  ["formats"],
  ["layouts"],
  ["dataset"],
  ["robots"],
  ["simulator"],
  ["sources", "stages", "checks", "decisions", "sinks"],
  ["loader"],
  ["plugins.ts"],
  ["engines"],
  ["work.ts"],
  ["observe"],
  ["commands"],
  ["index.ts"],
  ["cli"],
];

/** Ratchets: the longest there are. They may only fall. */
const FILE_LINES_MAX = 305;
const FUNCTION_LINES_MAX = 75;

const sources = files("src", /\.ts$/).filter((path) => !path.endsWith(".test.ts"));

describe("layers", () => {
  it.each(LAYERS.flat())("%s exists where the list says", (name) => {
    expect(readdirSync(join(ROOT, "src"))).toContain(name);
  });

  it("lists every folder of src", () => {
    expect(readdirSync(join(ROOT, "src")).filter((name) => !LAYERS.flat().includes(name))).toEqual([]);
  });

  it("imports only from the own folder and from layers below", () => {
    const upward = sources.flatMap((path) =>
      importsOf(path)
        .filter((target) => !mayImport(path, target))
        .map((target) => `${path} imports ${target}`),
    );
    expect(upward).toEqual([]);
  });

  it("reads type imports, import(), new Worker and new URL too", () => {
    const text = 'import type { A } from "./a.ts";\nawait import("./b.ts"); new Worker("./c.ts"); new URL("../d.ts", x);';
    expect(relativeSpecifiers(text)).toEqual(["./a.ts", "./b.ts", "./c.ts", "../d.ts"]);
  });

  it("keeps formats from importing one another", () => {
    const across = files("src/formats", /\.ts$/).flatMap((path) =>
      importsOf(path)
        .filter((target) => target.startsWith("src/formats/") && folder(target, 3) !== folder(path, 3))
        .map((target) => `${path} imports ${target}`),
    );
    expect(across).toEqual([]);
  });

  it("keeps engines from any format, layout and plug-in", () => {
    const known = files("src/engines", /\.ts$/)
      .filter((path) => !path.endsWith(".test.ts"))
      .flatMap((path) =>
        importsOf(path)
          .filter((target) => /^src\/(formats|layouts|sources|stages|checks|decisions|sinks|plugins)/.test(target))
          .map((target) => `${path} imports ${target}`),
      );
    expect(known).toEqual([]);
  });

  it("keeps core to zod and node:crypto", () => {
    const outside = files("src/core", /\.ts$/)
      .filter((path) => !path.endsWith(".test.ts"))
      .flatMap((path) =>
        specifiers(read(path)).filter((name) => !name.startsWith(".") && !["zod", "node:crypto"].includes(name)),
      );
    expect(outside).toEqual([]);
  });
});

describe("length", () => {
  it(`holds files to ${FILE_LINES_MAX} lines`, () => {
    const long = sources.map((path) => ({ path, lines: read(path).split("\n").length - 1 }));
    expect(long.filter(({ lines }) => lines > FILE_LINES_MAX)).toEqual([]);
  });

  it(`holds functions to ${FUNCTION_LINES_MAX} lines`, () => {
    const long = sources.flatMap((path) => functionsOf(read(path)).map((found) => ({ path, ...found })));
    expect(long.filter(({ lines }) => lines > FUNCTION_LINES_MAX)).toEqual([]);
  });

  it("measures a function from its head to its closing brace", () => {
    expect(functionsOf("const a = 1;\nexport function f(): void {\n  x();\n}\n")).toEqual([{ name: "f", lines: 3 }]);
  });
});

describe("plug-ins", () => {
  const conformance = files("test/conformance", /\.ts$/).map(read).join("\n");

  it.each(builtIns.all.map((plugin) => [`${plugin.kind} ${plugin.name}`, plugin] as const))("%s is whole", (_, plugin) => {
    const path = fileOf(plugin);
    expect(read(path), `${path} has a doc comment over its export`).toMatch(/\*\/\nexport const \w+ = define/);
    expect(plugin.about.length).toBeGreaterThan(10);
    expect(plugin.version).toMatch(/^[1-9][0-9]*$/);
    const examples = pipelinesWith(plugin);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(() => canonicalPipeline(example, builtIns)).not.toThrow();
    expect(docsOf(plugin), "a page or a part of one in docs/").toBe(true);
    const named = new RegExp(`\\b${plugin.name}\\b|builtIns.*kind === "${plugin.kind}"`);
    expect(named.test(conformance), "named in test/conformance, by itself or with all of its kind").toBe(true);
    for (const [name, option] of Object.entries(plugin.options.shape)) {
      const schema = option as { description?: string; meta?: () => { description?: string } | undefined };
      expect(schema.description ?? schema.meta?.()?.description, `${path}: option ${name} is described`).toBeTruthy();
    }
  });
});

describe("the house", () => {
  it("names no path of a machine", () => {
    const tracked = ["src", "test", "bench", "docs", "examples", "tools", "bin", "schema"].flatMap((name) =>
      files(name, /\.(ts|mjs|md|ya?ml|json|py|sh|txt)$/),
    );
    const named = tracked.filter(
      (path) => path !== "test/tidy.test.ts" && /(^|[^\w.$}])\/(work|root|home\/\w+|Users\/\w+)\//m.test(read(path)),
    );
    expect(named).toEqual([]);
  });

  it("pins every dependency exactly", () => {
    const { dependencies, optionalDependencies, devDependencies } = JSON.parse(read("package.json"));
    const loose = Object.entries({ ...dependencies, ...optionalDependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version as string),
    );
    expect(loose).toEqual([]);
  });

  it("gives every dependency its line in CONTRIBUTING.md", () => {
    const { dependencies, optionalDependencies, devDependencies } = JSON.parse(read("package.json"));
    const text = read("CONTRIBUTING.md");
    const names = Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies });
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it("locks the native packages of every platform (tools/completeLock.mjs adds what npm left out)", () => {
    const packages = JSON.parse(read("package-lock.json")).packages as Record<string, { optionalDependencies?: object }>;
    const missing = Object.entries(packages).flatMap(([owner, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${owner}/node_modules/${name}`],
      ),
    );
    expect(missing).toEqual([]);
  });

  it("keeps schema/pipeline.schema.json as `tendon schema` prints it (npx vitest -u writes it)", async () => {
    await expect(`${JSON.stringify(pipelineSchema(), null, 2)}\n`).toMatchFileSnapshot("../schema/pipeline.schema.json");
  });
});

function files(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !path.includes("node_modules"))
    .sort();
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function folder(path: string, depth: number): string {
  return path.split("/").slice(0, depth).join("/");
}

function specifiers(text: string): string[] {
  const pattern = /(?:\bfrom|\bimport|\bimport\(|new Worker\(|new URL\()\s*["']([^"']+)["']/g;
  return [...text.matchAll(pattern)].map(([, name]) => name!);
}

function relativeSpecifiers(text: string): string[] {
  return specifiers(text).filter((name) => name.startsWith("."));
}

function importsOf(path: string): string[] {
  return relativeSpecifiers(read(path)).map((name) => relative(ROOT, join(ROOT, dirname(path), name)));
}

function mayImport(from: string, target: string): boolean {
  if (!target.startsWith("src/")) return target === "package.json";
  const [own, other] = [part(from), part(target)];
  if (own === other) return siblingsAllowed(own) || !isPluginFile(target);
  return layer(other) < layer(own);
}

/** `sources`, `plugins.ts`: the part of src that a path belongs to. */
function part(path: string): string {
  return path.split("/")[1]!;
}

function layer(name: string): number {
  return LAYERS.findIndex((names) => names.includes(name));
}

function siblingsAllowed(name: string): boolean {
  return !["sources", "stages", "checks", "decisions", "sinks"].includes(name);
}

/** A plug-in is a file right in its folder; what several share lies one deeper. */
function isPluginFile(path: string): boolean {
  return path.split("/").length === 3 && /= define(Source|Stage|Check|Decision|Sink)\(/.test(read(path));
}

/** Functions that stand at the left margin: from the head to the brace at the margin that closes it. */
function functionsOf(text: string): { name: string; lines: number }[] {
  const found: { name: string; lines: number }[] = [];
  let open: { name: string; line: number } | undefined;
  text.split("\n").forEach((line, index) => {
    const head =
      /^(?:export )?(?:default )?(?:async )?function\*? ?(\w*)/.exec(line) ?? /^(?:export )?const (\w+) = .*=> \{$/.exec(line);
    if (head && !line.endsWith(";")) open = { name: head[1]!, line: index };
    if (!open || !/^\}[;)]?/.test(line) || line.endsWith("{")) return;
    found.push({ name: open.name, lines: index - open.line + 1 });
    open = undefined;
  });
  return found;
}

function fileOf(plugin: AnyPlugin): string {
  return `src/${plugin.kind === "source" ? "sources" : `${plugin.kind}s`}/${plugin.name}.ts`;
}

function docsOf(plugin: AnyPlugin): boolean {
  const pages = files("docs", /\.md$/);
  return pages.some(
    (path) =>
      path.endsWith(`/${plugin.kind}s/${plugin.name}.md`) || new RegExp(`^#+ .*\`?${plugin.name}\`?`, "m").test(read(path)),
  );
}

/** The plug-in's own examples, each in the smallest pipeline around it. */
function pipelinesWith(plugin: AnyPlugin): unknown[] {
  const minimal = { dataset: "out", sources: { a: { mcap: { path: "a.mcap" } } }, sinks: [{ gr00t: {} }] };
  return examplesOf(plugin).map((example) => {
    if (Array.isArray(example)) return { ...minimal, [`${listOf(plugin)}`]: example };
    const map = example as Record<string, unknown>;
    if (!(plugin.name in map)) return { ...minimal, ...(listOf(plugin) in map ? map : { sources: map }) };
    return { ...minimal, [listOf(plugin)]: plugin.kind === "source" ? { a: map } : [map] };
  });
}

/** An example is a list of steps, the part of a pipeline that holds it, or one step a line. */
function examplesOf(plugin: AnyPlugin): unknown[] {
  const starts = plugin.example.split(new RegExp(`^(?=${plugin.name}:)`, "m")).filter((text) => text.trim() !== "");
  return starts.map((text) => parse(text) as unknown);
}

function listOf(plugin: AnyPlugin): string {
  return plugin.kind === "check" ? "stages" : `${plugin.kind}s`;
}
