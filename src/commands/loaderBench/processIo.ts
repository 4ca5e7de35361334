import { readFileSync } from "node:fs";

/** Bytes that this process asked the system for, and those that had to come from a disk. */
export interface ProcessIo {
  readonly read: number;
  readonly fromDisk: number;
}

/** Linux tells; elsewhere undefined. What a network file system holds counts as a disk's. */
export function processIo(): ProcessIo | undefined {
  try {
    const text = readFileSync("/proc/self/io", "utf8");
    const number = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(text)?.[1]);
    const [read, fromDisk] = [number("rchar"), number("read_bytes")];
    return Number.isFinite(read) && Number.isFinite(fromDisk) ? { read, fromDisk } : undefined;
  } catch {
    return undefined;
  }
}
