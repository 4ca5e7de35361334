// Compiles the AssemblyScript kernels, src/kernels/*.simd.ts, to *Wasm.ts beside them. `npm test` says
// when these are not what it would write. Run after a change: `node tools/assemble.ts`.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const KERNELS = join("src", "kernels");
const OPTIONS = ["-O3", "--enable", "simd", "--runtime", "stub", "--noAssert"];

/** A file that belongs in src/kernels, and what it must hold. */
export interface Assembled {
  readonly path: string;
  readonly text: string;
}

/** What compiling all of assembly/ gives. */
export async function assembled(): Promise<Assembled[]> {
  const sources = readdirSync(join(ROOT, KERNELS)).filter((name) => name.endsWith(".simd.ts"));
  return await Promise.all(sources.map(async (name) => assemble(basename(name, ".simd.ts"))));
}

async function assemble(name: string): Promise<Assembled> {
  const folder = mkdtempSync(join(tmpdir(), "tendon-assemble-"));
  try {
    const out = join(folder, "out.wasm");
    const stderr = asc.createMemoryStream();
    const { error } = await asc.main([join(KERNELS, `${name}.simd.ts`), "--baseDir", ROOT, "-o", out, ...OPTIONS], { stderr });
    if (error) throw new Error(`${name}.simd.ts does not compile:\n${stderr.toString()}`);
    const text = `// Written by tools/assemble.ts from ${name}.simd.ts.\nexport const WASM =\n  "${readFileSync(out).toString("base64")}";\n`;
    return { path: join(KERNELS, `${name}Wasm.ts`), text };
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
