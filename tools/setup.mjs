// What a fresh clone needs, for `npm run demo` and `npm test`. Plain JavaScript without dependencies,
// because nothing is installed yet and the machine's Node may be as old as 20.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, "node_modules");
const LOCK = join(ROOT, "package-lock.json");
/** Holds the digest of the lockfile that node_modules was installed from. */
const STAMP = join(MODULES, ".tendon-setup");
const NODE_MAJOR = 24;

const [task = "", ...rest] = process.argv.slice(2);
process.exitCode = main(task, rest);

function main(name, args) {
  if (name === "link") return linkCommand();
  const failed = install();
  if (failed !== 0 || name === "install") return failed;
  if (name === "demo") return runNode([join(ROOT, "bin", "tendon.mjs"), "demo", ...args.map(fromCaller)]);
  if (name === "test") return runNode([join(ROOT, "tools", "test.mjs"), ...args]);
  process.stderr.write(`tools/setup.mjs: there is no task "${name}" (install, link, demo PATH, test [SUITE…])\n`);
  return 2;
}

/** Installs what package-lock.json names, once; says so on stderr, so that stdout stays the task's own. */
function install() {
  if (isInstalled()) return linkCommand();
  const started = Date.now();
  say("setting up: installing the packages of package-lock.json into node_modules (about 1 GB, once) …");
  // Install scripts are left out: of all packages only `node` needs its own, and fetchNode runs that.
  const code = npm(process.execPath, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (code !== 0) {
    say("setting up failed: npm could not install the packages (see above). Is the npm registry reachable? Then run again.");
    return 1;
  }
  if (!fetchNode()) return 1;
  reinstallSkipped();
  writeFileSync(STAMP, lockDigest());
  linkCommand();
  say(`setting up took ${((Date.now() - started) / 1000).toFixed(0)} s`);
  return 0;
}

function isInstalled() {
  if (nodePath() === null) return false;
  if (existsSync(STAMP)) return readFileSync(STAMP, "utf8").trim() === lockDigest();
  // Installed by hand: npm leaves a lockfile of its own inside.
  const own = join(MODULES, ".package-lock.json");
  return existsSync(own) && statSync(own).mtimeMs >= statSync(LOCK).mtimeMs;
}

function lockDigest() {
  return createHash("sha256").update(readFileSync(LOCK)).digest("hex");
}

/** Node 24 or newer: the `node` package's, else the running one; null where neither is there. */
function nodePath() {
  const own = join(MODULES, "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(own)) return own;
  return Number(process.versions.node.split(".")[0]) >= NODE_MAJOR ? process.execPath : null;
}

/** The `node` package brings its binary by an install script: that one is run here. */
function fetchNode() {
  if (nodePath() !== null) return true;
  const folder = join(MODULES, "node");
  const made = spawnSync(process.execPath, ["installArchSpecificPackage.js"], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, npm_config_ignore_scripts: "true", npm_config_loglevel: "error" },
  });
  if (made.status === 0 && nodePath() !== null) {
    linkInBin("node", join("..", "node", "bin", "node"));
    return true;
  }
  process.stderr.write(made.stderr ?? "");
  say(`setting up failed: Tendon runs on Node ${NODE_MAJOR}, this is ${process.versions.node}, and the npm package "node"`);
  say(`brought none for ${process.platform} ${process.arch}. Install Node ${NODE_MAJOR} (https://nodejs.org) and run again.`);
  return false;
}

/**
 * npm leaves out optional native packages that do not declare the Node which runs npm, and says
 * nothing. Where one for this platform is missing, Node 24 runs npm again.
 */
function reinstallSkipped() {
  const node = nodePath();
  if (node === process.execPath || skipped().length === 0) return;
  npm(node, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (!fetchNode()) return;
  for (const missing of skipped()) say(`note: the optional package ${missing} could not be installed; what needs it will say so`);
}

function skipped() {
  const packages = JSON.parse(readFileSync(LOCK, "utf8")).packages;
  const here = (list, value) => list === undefined || list.includes(value);
  const glibc = process.report?.getReport?.().header?.glibcVersionRuntime ? "glibc" : "musl";
  return Object.entries(packages)
    .filter(([, entry]) => entry.optional && entry.os && here(entry.os, process.platform) && here(entry.cpu, process.arch))
    .filter(([, entry]) => process.platform !== "linux" || here(entry.libc, glibc))
    .map(([path]) => path)
    .filter((path) => !existsSync(join(ROOT, path)))
    .map((path) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length));
}

/** `npm` run by a given Node. */
function npm(node, args) {
  const env = { ...process.env, SKIP_FFMPEG: "true" };
  const cli = process.env.npm_execpath;
  const useCli = cli !== undefined && /npm-cli\.c?js$/.test(cli);
  const run = useCli ? spawnSync(node, [cli, ...args], { cwd: ROOT, stdio: ["ignore", 2, 2], env }) : bareNpm(args, env);
  if (run.error) say(`npm could not be started: ${run.error.message}`);
  return run.status ?? 1;
}

function bareNpm(args, env) {
  const windows = process.platform === "win32";
  return spawnSync(windows ? "npm.cmd" : "npm", args, { cwd: ROOT, stdio: ["ignore", 2, 2], env, shell: windows });
}

/** Lets `npx tendon` find the checkout's own command, which npm does not link by itself. */
function linkCommand() {
  linkInBin("tendon", join("..", "..", "bin", "tendon.mjs"));
  return 0;
}

/** A link `node_modules/.bin/NAME`; `target` is relative to that folder. */
function linkInBin(name, target) {
  if (!existsSync(MODULES)) return;
  const link = join(MODULES, ".bin", name);
  try {
    mkdirSync(dirname(link), { recursive: true });
    if (process.platform === "win32") writeFileSync(`${link}.cmd`, `@node "%~dp0\\${target}" %*\r\n`);
    else if (!isLink(link)) symlinkSync(target, link);
  } catch (cause) {
    say(`note: node_modules/.bin/${name} could not be made: ${cause.message}`);
  }
}

function isLink(path) {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (existsSync(path)) return true;
  unlinkSync(path);
  return false;
}

/** Runs a program under Node 24, with the tools of node_modules found first. */
function runNode(args) {
  const node = nodePath();
  const path = `${dirname(node)}${process.platform === "win32" ? ";" : ":"}${process.env.PATH ?? ""}`;
  const run = spawnSync(node, args, { cwd: ROOT, stdio: "inherit", env: { ...process.env, PATH: path } });
  if (run.error) say(`${node} could not be started: ${run.error.message}`);
  return run.status ?? (run.signal === "SIGINT" ? 130 : 1);
}

/** A path as the person who typed it meant it: npm runs scripts from the package's folder. */
function fromCaller(argument) {
  if (argument.startsWith("-") || !process.env.INIT_CWD) return argument;
  const path = resolve(process.env.INIT_CWD, argument);
  return existsSync(path) ? path : argument;
}

function say(message) {
  process.stderr.write(`${message}\n`);
}
