import { readFileSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/** Of a process that may be on another machine: after this long without a change it is held to be gone. */
const ABANDONED_MS = 24 * 3600 * 1000;

/**
 * The start of every temporary name of this process: its id, when it started and its host. The start
 * tells it from another process that is given the same id, as happens in every new container.
 */
export function ownName(): string {
  own ??= `${process.pid}-${startOf(process.pid) ?? 0}-${host()}`;
  return own;
}

let own: string | undefined;

/** Removes what processes that are gone left behind. */
export async function sweepAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (await isAbandoned(name, path)) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function isAbandoned(name: string, path: string): Promise<boolean> {
  const [pid, start, of] = name.split("-", 3);
  if (of === host() && pid !== undefined) return !(isAlive(Number(pid)) && String(startOf(Number(pid)) ?? 0) === start);
  const info = await stat(path).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs > ABANDONED_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Clock ticks from boot to the start of a process: field 22 of /proc/PID/stat, whose second field may hold spaces. */
function startOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    return undefined;
  }
}

function host(): string {
  return hostname().replaceAll(/[^a-z0-9]/gi, "_");
}
