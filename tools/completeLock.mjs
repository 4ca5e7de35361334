// Adds to package-lock.json the native packages of other platforms that npm left out: a registry
// mirror that lacks them makes npm write a lockfile that `npm ci` then refuses everywhere.
// Run after a dependency was added: `node tools/completeLock.mjs`. Idempotent.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const LOCK = fileURLToPath(new URL("../package-lock.json", import.meta.url));
const SYSTEMS = {
  android: "android",
  darwin: "darwin",
  freebsd: "freebsd",
  linux: "linux",
  openharmony: "openharmony",
  win32: "win32",
};
const PROCESSORS = ["arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "x64", "wasm32", "loong64"];

const lock = JSON.parse(readFileSync(LOCK, "utf8"));
const missing = missingEntries(lock.packages);
for (const [path, entry] of missing) lock.packages[path] = entry;
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")));
if (missing.length > 0) writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${missing.length} packages of other platforms added to package-lock.json\n`);

/** @param {Record<string, { optionalDependencies?: Record<string, string>, dev?: boolean }>} packages */
function missingEntries(packages) {
  return Object.values(packages).flatMap((owner) =>
    Object.entries(owner.optionalDependencies ?? {})
      .map(([name, version]) => [`node_modules/${name}`, { name, version, dev: owner.dev }])
      .filter(([path]) => packages[path] === undefined)
      .map(([path, wanted]) => [path, entryOf(wanted)]),
  );
}

/** What npm would have written, as far as the package's name tells it. */
function entryOf({ name, version, dev }) {
  const words = name.split("/").at(-1).split("-");
  const os = words.find((word) => word in SYSTEMS);
  const cpu = words.find((word) => PROCESSORS.includes(word));
  if (os === undefined || cpu === undefined) throw new Error(`${name}: which platform is it for?`);
  const libc = words.some((word) => word.startsWith("musl"))
    ? "musl"
    : words.some((word) => word.startsWith("gnu"))
      ? "glibc"
      : null;
  return {
    version: version.replace(/^[\^~]/, ""),
    cpu: [cpu],
    ...(dev && { dev }),
    ...(os === "linux" && libc && { libc: [libc] }),
    optional: true,
    os: [SYSTEMS[os]],
  };
}
