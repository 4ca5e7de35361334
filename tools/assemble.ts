// Compiles the AssemblyScript kernels, *.simd.ts, to *Wasm.ts beside them; *.part.simd.ts are what a
// kernel of several files imports. `npm test` says when these are not what it would write. Run after a
// change: `node tools/assemble.ts`.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = [join("src", "kernels"), join("src", "simulator")];
const OPTIONS = ["-O3", "--enable", "simd", "--runtime", "stub", "--noAssert"];

/** A file that belongs beside its kernel, and what it must hold. */
export interface Assembled {
  readonly path: string;
  readonly text: string;
}

/** What compiling all of them gives. */
export async function assembled(): Promise<Assembled[]> {
  const sources = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".simd.ts") && !name.endsWith(".part.simd.ts"))
      .map((name) => ({ folder, name: basename(name, ".simd.ts") })),
  );
  return await Promise.all(sources.map(assemble));
}

async function assemble({ folder: home, name }: { folder: string; name: string }): Promise<Assembled> {
  const folder = mkdtempSync(join(tmpdir(), "tendon-assemble-"));
  try {
    const out = join(folder, "out.wasm");
    const stderr = asc.createMemoryStream();
    const { error } = await asc.main([join(home, `${name}.simd.ts`), "--baseDir", ROOT, "-o", out, ...OPTIONS], { stderr });
    if (error) throw new Error(`${name}.simd.ts does not compile:\n${stderr.toString()}`);
    const text = `// Written by tools/assemble.ts from ${name}.simd.ts.\nexport const WASM =\n  "${readFileSync(out).toString("base64")}";\n`;
    return { path: join(home, `${name}Wasm.ts`), text };
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
