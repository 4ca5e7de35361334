#!/usr/bin/env node
// Starts Tendon's command line under Node 24. Plain JavaScript, so that Node 20 can read it and hand over.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { constants, homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NODE_MAJOR = 24;
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR) {
  await start();
} else {
  handOver();
}

/** A published package holds `dist`; a checkout runs its TypeScript as it is. */
async function start() {
  // The second start takes half the time of the first. The folder is the user's own: compiled code is code.
  // NODE_DISABLE_COMPILE_CACHE=1 leaves it out. What Tendon starts finds the folder in its environment.
  process.env.NODE_COMPILE_CACHE ??= join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tendon", "compiled");
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  const built = join(ROOT, "dist", "cli", "main.js");
  const source = join(ROOT, "src", "cli", "main.ts");
  await import(pathToFileURL(existsSync(source) ? source : built).href);
}

/** Runs this same file with the Node 24 that the package `node` installed beside or above us. */
function handOver() {
  const node = newerNode();
  if (node === null) {
    process.stderr.write(
      `tendon: runs on Node ${NODE_MAJOR}, this is ${process.versions.node}. In a checkout run \`npm test\` or ` +
        `\`node tools/setup.mjs install\` once, which brings it; elsewhere \`npm install node@${NODE_MAJOR}\`.\n`,
    );
    process.exitCode = 3;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  // The child decides when it is over. A terminal sends Ctrl-C to both, which the child takes for one.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (cause) => {
    process.stderr.write(`tendon: ${node} could not be started: ${cause.message}\n`);
    process.exitCode = 3;
  });
  child.on("close", (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}

function newerNode() {
  const name = process.platform === "win32" ? "node.exe" : "node";
  for (let folder = ROOT; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", "node", "bin", name);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return null;
  }
}
