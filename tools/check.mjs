// `npm run check`: types, lint, format and dead code at the same time; what fails is shown whole.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** What tools remember from one time to the next: the second check takes two thirds of the first. */
const MEMORY = join(ROOT, "node_modules", ".cache", "tendon");
const types = (name, ...args) => ["tsc", "--noEmit", "--incremental", "--tsBuildInfoFile", join(MEMORY, name), ...args];
const CHECKS = {
  types: types("types"),
  "types of the report's page": types("types-page", "-p", "src/commands/report/page"),
  "types of the browser's tests": types("types-browser", "-p", "test/browser"),
  lint: ["oxlint", "--type-aware", "--deny-warnings"],
  format: ["biome", "ci", "."],
  "dead code": ["knip", "--no-config-hints", "--cache", "--cache-location", join(MEMORY, "knip")],
};

const started = performance.now();
const results = await Promise.all(Object.entries(CHECKS).map(([name, command]) => run(name, command)));
const failed = results.filter((result) => result.code !== 0);
for (const { name, output } of failed) process.stdout.write(`\n== ${name}\n${output}`);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
const verdict = failed.length === 0 ? "are clean" : `not clean: ${failed.map(({ name }) => name).join(", ")}`;
process.stdout.write(`types, lint, format and dead code ${verdict} (${seconds} s)\n`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** @param {string} name @param {string[]} command */
function run(name, [tool, ...args]) {
  const child = spawn(join(ROOT, "node_modules", ".bin", tool), args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.on("error", (cause) => resolve({ name, code: 1, output: `${tool} could not be started: ${cause.message}\n` }));
    child.on("close", (code) => resolve({ name, code: code ?? 1, output }));
  });
}
