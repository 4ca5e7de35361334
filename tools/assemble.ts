// Compiles the AssemblyScript in assembly/ to src/kernels/*Wasm.ts. `npm test` says when these are not
// what it would write. Run after a change in assembly/: `node tools/assemble.ts`.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OPTIONS = ["-O3", "--enable", "simd", "--runtime", "stub", "--noAssert"];

/** A file that belongs in src/kernels, and what it must hold. */
export interface Assembled {
  readonly path: string;
  readonly text: string;
}

/** What compiling all of assembly/ gives. */
export async function assembled(): Promise<Assembled[]> {
  const sources = readdirSync(join(ROOT, "assembly")).filter((name) => name.endsWith(".ts"));
  return await Promise.all(sources.map(async (name) => assemble(basename(name, ".ts"))));
}

async function assemble(name: string): Promise<Assembled> {
  const folder = mkdtempSync(join(tmpdir(), "tendon-assemble-"));
  try {
    const out = join(folder, "out.wasm");
    const stderr = asc.createMemoryStream();
    const { error } = await asc.main([join("assembly", `${name}.ts`), "--baseDir", ROOT, "-o", out, ...OPTIONS], { stderr });
    if (error) throw new Error(`assembly/${name}.ts does not compile:\n${stderr.toString()}`);
    const text = `// Written by tools/assemble.ts from assembly/${name}.ts.\nexport const WASM =\n  "${readFileSync(out).toString("base64")}";\n`;
    return { path: join("src", "kernels", `${name}Wasm.ts`), text };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, text } of await assembled()) {
    writeFileSync(join(ROOT, path), text);
    process.stdout.write(`${path}: ${text.length} characters\n`);
  }
}
