import { existsSync, readFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PAGE = fileURLToPath(new URL("./page/", import.meta.url));
/** Libraries stand in the page as their authors' own builds, which make one global each. */
const GLOBALS: { readonly [name: string]: string } = { uplot: "uPlot", "@tanstack/table-core": "TableCore" };
/** Later ones win. */
const STYLES = ["theme", "base", "top", "list", "stage", "side", "pages", "narrow"];
const IMPORT = /^import (?:type )?(?:[\s\S]*?) from "([^"]+)";\n/gm;

/**
 * The page's own modules as one script. They are few and ours: each stands behind what it imports, and all share one scope, so
 * their top-level names must differ (the browser says so at once where they do not).
 */
export function pageScript(): string {
  const done = new Set<string>();
  const pieces: string[] = [];
  const add = (file: string) => {
    if (done.has(file)) return;
    done.add(file);
    const { text, imports } = pageModule(file);
    for (const each of imports) add(each);
    pieces.push(`// ${file}\n${text.trim()}\n`);
  };
  add("main");
  return `"use strict";\n(() => {\n${pieces.join("\n")}})();\n`;
}

export function pageStyle(): string {
  return STYLES.map((name) => readFileSync(join(PAGE, `${name}.css`), "utf8")).join("\n");
}

/** A checkout has TypeScript, whose types are taken out here; a package has what was compiled. */
function pageModule(name: string): { text: string; imports: string[] } {
  const typed = join(PAGE, `${name}.ts`);
  const source = existsSync(typed) ? withoutTypes(readFileSync(typed, "utf8")) : readFileSync(join(PAGE, `${name}.js`), "utf8");
  const imports: string[] = [];
  const text = source
    .replace(IMPORT, (statement: string, from: string) => {
      const own = /^\.\/(\w+)\.(?:ts|js)$/.exec(from);
      if (own) imports.push(own[1]!);
      const global = GLOBALS[from];
      if (global === undefined) return "";
      const names = /\{([^}]*)\}/.exec(statement);
      return names ? `const {${names[1]!.replaceAll(" as ", ": ")}} = ${global};\n` : "";
    })
    .replace(/^export (?=const|let|function|async|class)/gm, "")
    .replace(/^export \{\s*\};?$/gm, "");
  return { text, imports };
}

/** Node calls this an experiment, and would say so to the user. */
function withoutTypes(source: string): string {
  const warn = Object.getOwnPropertyDescriptor(process, "emitWarning")!;
  Object.defineProperty(process, "emitWarning", { ...warn, value: () => undefined });
  try {
    return stripTypeScriptTypes(source);
  } finally {
    Object.defineProperty(process, "emitWarning", warn);
  }
}

/** A file of an installed package, found from this module. */
export function packageFile(name: string, file: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  while (!existsSync(join(folder, "package.json")) || !existsSync(join(folder, file))) {
    if (dirname(folder) === folder) throw new Error(`${name} has no ${file}`);
    folder = dirname(folder);
  }
  return readFileSync(join(folder, file), "utf8");
}
