import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";

/** As `statfs(2)` names them: NFS, CIFS, SMB, SMB 2, Ceph, Lustre, GPFS, BeeGFS, AFS, 9P, and FUSE, by which most object stores are mounted. */
const NETWORK_TYPES = new Set([
  0x6969, 0xff534d42, 0x517b, 0xfe534d42, 0x00c36400, 0x0bd00bd0, 0x47504653, 0x19830326, 0x5346414f, 0x01021997, 0x65735546,
]);

/** Bytes that this process asked the system for, and those that had to come from a disk. */
export interface ProcessIo {
  readonly read: number;
  readonly fromDisk: number;
}

/** Whether what is read of a path comes over a network. Elsewhere than on Linux nobody knows. */
export async function isOfNetwork(path: string): Promise<boolean> {
  return process.platform === "linux" && NETWORK_TYPES.has((await statfs(path)).type);
}

/** Linux tells; elsewhere undefined. What a network's file system sends counts as a disk's. */
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
