import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const PAGE_BYTES = 4096;
const EVERY_MS = 20;

/** The most memory that a process and all below it held at one time. */
export interface Peak {
  readonly bytes: number;
  readonly lines: readonly string[];
}

/** Runs Node on a module to its end, and looks at its whole process tree 50 times a second. Linux only: it reads /proc. */
export async function runWatched(
  args: readonly string[],
  onLine: (line: string, bytesNow: () => number) => void = () => undefined,
): Promise<Peak> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  let bytes = 0;
  const look = () => {
    const now = treeBytes(child);
    bytes = Math.max(bytes, now);
    return now;
  };
  const timer = setInterval(look, EVERY_MS);
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    onLine(line, look);
  }
  const code = await exited;
  clearInterval(timer);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}`);
  return { bytes, lines };
}

/** Resident memory of a process and its descendants: what they share counts for each of them. */
function treeBytes(child: ChildProcess): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(name));
  }
  let bytes = 0;
  for (const id of parents.keys()) {
    let ancestor: number | undefined = id;
    while (ancestor !== undefined && ancestor !== child.pid) ancestor = parents.get(ancestor);
    if (ancestor !== undefined) bytes += residentBytes(id);
  }
  return bytes;
}

function parentOf(id: string): number {
  const text = read(`/proc/${id}/stat`);
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

function residentBytes(id: number): number {
  return Number(read(`/proc/${id}/statm`).split(" ")[1] ?? 0) * PAGE_BYTES;
}

/** Processes end while they are looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
