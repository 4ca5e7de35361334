import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const PAGE_BYTES = 4096;
const EVERY_MS = 20;
/** The kernel walks every page to tell PSS (8 ms for 450 MB): it is asked only where a peak is so much higher than the last one. */
const HIGHER = 1.02;

/** The most memory that a process and all below it held at one time. */
export interface Peak {
  /** Resident memory (RSS), added up: what processes share counts for each of them. */
  readonly bytes: number;
  /** The same memory, to within 2 %, where what processes share counts once (PSS). */
  readonly sharedOnceBytes: number;
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
  let sharedOnceBytes = 0;
  let told = 0;
  const look = () => {
    const ids = treeOf(child.pid);
    const now = sum(ids, residentBytes);
    bytes = Math.max(bytes, now);
    if (now > HIGHER * told) {
      told = now;
      sharedOnceBytes = sum(ids, proportionalBytes);
    }
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
  return { bytes, sharedOnceBytes, lines };
}

/** Processor time of a process and its descendants so far, in milliseconds. */
export function treeCpuMs(root: number | undefined): number {
  return sum(treeOf(root), cpuMs);
}

/** Stops a process and its descendants where they are, or lets them go on. */
export function signalTree(root: number | undefined, signal: "SIGSTOP" | "SIGCONT"): void {
  for (const id of root === undefined ? [] : treeOf(root)) {
    try {
      process.kill(id, signal);
    } catch {
      // It ended meanwhile.
    }
  }
}

/** Memory of a process and its descendants now; what they share counts once (PSS). */
export function treeBytes(root: number | undefined): number {
  return sum(treeOf(root), proportionalBytes);
}

/** A process and its descendants. */
function treeOf(root: number | undefined): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(name));
  }
  return [...parents.keys()].filter((id) => {
    let ancestor: number | undefined = id;
    while (ancestor !== undefined && ancestor !== root) ancestor = parents.get(ancestor);
    return ancestor !== undefined;
  });
}

function sum(ids: readonly number[], bytesOf: (id: number) => number): number {
  return ids.reduce((bytes, id) => bytes + bytesOf(id), 0);
}

function parentOf(id: string): number {
  const text = read(`/proc/${id}/stat`);
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

/** In ticks of 10 ms, with those of children that have ended. */
function cpuMs(id: number): number {
  const text = read(`/proc/${id}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return 10 * [11, 12, 13, 14].reduce((ticks, at) => ticks + Number(fields[at] ?? 0), 0);
}

function residentBytes(id: number): number {
  return Number(read(`/proc/${id}/statm`).split(" ")[1] ?? 0) * PAGE_BYTES;
}

function proportionalBytes(id: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${id}/smaps_rollup`))?.[1] ?? 0) * 1024;
}

/** Processes end while they are looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
