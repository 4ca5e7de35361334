import { zstdDecompressSync } from "node:zlib";
import { loadDecompressHandlers } from "@mcap/support";
import { TendonError } from "../../core/errors.ts";

/** Unpacks the records of a chunk; `sizeBytes` is what the chunk says and what must come out. */
export async function decompress(compression: string, packed: Uint8Array, sizeBytes: number): Promise<Uint8Array> {
  if (sizeBytes === 0) return new Uint8Array(0);
  const unpacked = await unpack(compression, packed, sizeBytes);
  if (unpacked.length !== sizeBytes)
    throw new TendonError("bad-data", `unpacks to ${unpacked.length} bytes where it says ${sizeBytes}`);
  return unpacked;
}

async function unpack(compression: string, packed: Uint8Array, sizeBytes: number): Promise<Uint8Array> {
  if (compression === "") return packed;
  // Node's own zstd is native and refuses to give more than is asked for; the others are WebAssembly.
  if (compression === "zstd") return zstdDecompressSync(packed, { maxOutputLength: sizeBytes });
  if (compression === "lz4" || compression === "bz2") {
    const handlers = await loadDecompressHandlers();
    return handlers[compression]!(packed, BigInt(sizeBytes));
  }
  throw new TendonError("bad-data", `is compressed with ${JSON.stringify(compression)}; known are zstd, lz4 and bz2`);
}
