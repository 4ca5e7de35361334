// Makes the package that is published: compiled, since Node runs no TypeScript below node_modules.
//   npm run pack   writes out/package and out/tendon-VERSION.tgz
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TARGET = join(ROOT, "out", "package");
/** What the report runs in a browser: compiled apart, since it knows other globals. */
const PAGE = join(ROOT, "src", "commands", "report", "page", "tsconfig.build.json");
const AS_THEY_ARE = ["bin", "LICENSE", "NOTICE", "README.md", "schema"];

rmSync(TARGET, { recursive: true, force: true });
mkdirSync(TARGET, { recursive: true });
run(join(ROOT, "node_modules", ".bin", "tsc"), ["-p", "tsconfig.build.json", "--outDir", join(TARGET, "dist")], ROOT);
run(join(ROOT, "node_modules", ".bin", "tsc"), ["-p", PAGE, "--outDir", join(TARGET, "dist")], ROOT);
for (const name of AS_THEY_ARE) cpSync(join(ROOT, name), join(TARGET, name), { recursive: true });
copyData(join(ROOT, "src"), join(TARGET, "dist"));
writeFileSync(join(TARGET, "package.json"), `${JSON.stringify(published(), null, 2)}\n`);
run("npm", ["pack", "--pack-destination", join(ROOT, "out")], TARGET);

/** What stands beside the code and is read by it: the robots, and the style of the report. */
function copyData(from, to) {
  for (const entry of readdirSync(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.(yaml|css)$/.test(entry.name)) continue;
    const target = join(entry.parentPath.replace(from, to), entry.name);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(entry.parentPath, entry.name), target);
  }
}

function published() {
  const { scripts: _, devDependencies, ...kept } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return {
    ...kept,
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
    files: ["bin", "dist", "schema", "LICENSE", "NOTICE", "README.md"],
    // Brings Node 24 where the user's own is older; bin/tendon.mjs hands over to it.
    dependencies: { ...kept.dependencies, node: devDependencies.node },
  };
}

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
  if (status === 0) return;
  process.stderr.write(`${command} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}\n`);
  process.exit(1);
}
