import { readFile, stat } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Document, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Scalar, visit } from "yaml";
import { asTendonError, TendonError } from "../core/errors.ts";
import type { PipelineInput } from "../core/pipeline.ts";

const FILE_BYTES_MAX = 1_000_000;
const ALIASES_MAX = 100;
const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** A pipeline as it was read. Nothing in it is checked but that it can be read. */
export interface PipelineFile {
  readonly input: PipelineInput;
  /** The folder of the file: relative paths in it start there. */
  readonly base: string;
  /** An error of this pipeline, its lines led by `file:line:column` where they name a place in it. */
  readonly placed: (error: TendonError) => TendonError;
}

/**
 * Reads a pipeline: a YAML file, or a JavaScript or TypeScript module whose default export is one.
 * In YAML, `${NAME}` stands for an environment variable, `${NAME:-text}` for text where there is none.
 */
export async function readPipelineFile(
  path: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<PipelineFile> {
  const file = resolve(path);
  if (/\.[cm]?[jt]s$/.test(file)) return readModule(file);
  const document = await readYaml(file);
  const { doc, lines } = document;
  fillVariables(document, environment);
  const input = toPlain(doc, file) as PipelineInput;
  return { input, base: dirname(file), placed: (error) => placeError(error, { doc, lines, file }) };
}

interface YamlFile {
  readonly doc: Document;
  readonly lines: LineCounter;
  readonly file: string;
}

async function readModule(file: string): Promise<PipelineFile> {
  await readableSize(file);
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  } catch (thrown) {
    throw asTendonError(thrown, "bad-pipeline", { file });
  }
  const input = module.default;
  if (input === null || typeof input !== "object") {
    throw new TendonError("bad-pipeline", "has no default export that is a pipeline; write `export default pipeline({ … })`", {
      place: { file },
    });
  }
  return { input: input as PipelineInput, base: dirname(file), placed: (error) => error };
}

async function readYaml(file: string): Promise<YamlFile> {
  await readableSize(file);
  const extension = extname(file).toLowerCase();
  if (![".yaml", ".yml", ".json"].includes(extension)) {
    const message = `is not a pipeline by its name; a pipeline is a .yaml file, or a .ts module (got ${extension || "no extension"})`;
    throw new TendonError("bad-pipeline", message, { place: { file } });
  }
  const text = await readFile(file, "utf8");
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const first = doc.errors[0];
  if (first) {
    const { line, col } = lines.linePos(first.pos[0]);
    throw new TendonError("bad-pipeline", `${file}:${line}:${col}: is not YAML: ${first.message}`, { cause: first });
  }
  return { doc, lines, file };
}

async function readableSize(file: string): Promise<void> {
  const info = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") throw new TendonError("not-found", "there is no such file", { place: { file }, cause });
    throw asTendonError(cause, "not-found", { file });
  });
  if (!info.isFile())
    throw new TendonError("not-found", "is not a file; name the pipeline's .yaml or .ts file", { place: { file } });
  if (info.size <= FILE_BYTES_MAX) return;
  throw new TendonError("bad-pipeline", `is too large for a pipeline: ${info.size} bytes, at most ${FILE_BYTES_MAX}`, {
    place: { file },
  });
}

function toPlain(doc: Document, file: string): unknown {
  let plain: unknown;
  try {
    plain = doc.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    throw asTendonError(cause, "bad-pipeline", { file });
  }
  if (plain !== null && typeof plain === "object" && !Array.isArray(plain)) return plain;
  throw new TendonError("bad-pipeline", "holds no map; a pipeline names `dataset`, `sources` and `sinks`", { place: { file } });
}

function fillVariables({ doc, lines, file }: YamlFile, environment: Readonly<Record<string, string | undefined>>): void {
  visit(doc, {
    Scalar(key, node) {
      if (key === "key" || typeof node.value !== "string") return;
      node.value = node.value.replace(VARIABLE, (_, name: string, standard?: string) => {
        const value = environment[name] ?? standard;
        if (value !== undefined) return value;
        const { line, col } = lines.linePos((node as Scalar).range?.[0] ?? 0);
        const advice = `set it, or write \${${name}:-…} with what to use without it`;
        throw new TendonError("bad-pipeline", `${file}:${line}:${col}: the environment variable ${name} is not set; ${advice}`);
      });
    },
  });
}

function placeError(error: TendonError, yaml: YamlFile): TendonError {
  if (error.code !== "bad-pipeline") return error;
  const at = error.place.path === undefined ? undefined : position(yaml, error.place.path);
  if (at !== undefined) {
    const message = `${at}: ${error.place.path}: ${error.message}`;
    const { path: _, ...place } = error.place;
    return new TendonError(error.code, message, { place, cause: error });
  }
  const message = error.message
    .split("\n")
    .map((line) => {
      const path = /^([A-Za-z0-9_.[\]-]+): /.exec(line)?.[1];
      const where = path === undefined ? undefined : position(yaml, path);
      return where === undefined ? line : `${where}: ${line}`;
    })
    .join("\n");
  return new TendonError(error.code, message, { place: error.place, cause: error });
}

/** `file:line:column` of the deepest part of a path such as `stages[1].align.rateHz` that stands in the file. */
function position({ doc, lines, file }: YamlFile, path: string): string | undefined {
  let node: unknown = doc.contents;
  let offset: number | undefined;
  let rest = path;
  while (rest !== "") {
    const step = childOf(node, rest);
    if (step === undefined) break;
    offset = step.offset ?? offset;
    node = step.node;
    rest = step.rest;
  }
  if (offset === undefined) return undefined;
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
}

function childOf(node: unknown, path: string): { node: unknown; offset: number | undefined; rest: string } | undefined {
  const index = /^\[(\d+)\]\.?/.exec(path);
  if (index && isSeq(node)) {
    const item = node.items[Number(index[1])];
    return item === undefined ? undefined : { node: item, offset: rangeStart(item), rest: path.slice(index[0].length) };
  }
  if (!isMap(node)) return undefined;
  // A key may hold dots, as in `observation.state`: the longest that fits is meant.
  const pairs = node.items
    .filter((pair) => isPair(pair) && isScalar(pair.key) && leads(String(pair.key.value), path))
    .toSorted((a, b) => String(b.key).length - String(a.key).length);
  const pair = pairs[0];
  if (!pair) return undefined;
  const key = String((pair.key as Scalar).value);
  return { node: pair.value, offset: rangeStart(pair.key), rest: path.slice(key.length).replace(/^\./, "") };
}

function leads(key: string, path: string): boolean {
  return path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`);
}

function rangeStart(node: unknown): number | undefined {
  return (node as { range?: readonly number[] | null }).range?.[0];
}
