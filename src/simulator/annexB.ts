import type { CodecConfig } from "../core/batch.ts";
import type { Packet } from "./film.ts";

const START = Uint8Array.of(0, 0, 0, 1);

/** A coded picture as it goes over a wire: start codes instead of lengths, and its parameter sets before every key frame. */
export function toAnnexB({ bytes, key }: Packet, config: CodecConfig): Uint8Array {
  const parts: Uint8Array[] = key ? parameterSets(config.description!) : [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at);
    parts.push(START, bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return Buffer.concat(parts);
}

/** The sets of an avcC box (ISO/IEC 14496-15, 5.3.3.1), each behind a start code. */
function parameterSets(avcC: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    const count = avcC[at++]! & mask;
    for (let set = 0; set < count; set++) {
      const length = (avcC[at]! << 8) | avcC[at + 1]!;
      parts.push(START, avcC.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }
  return parts;
}
