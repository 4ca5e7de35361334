import type { Batch, BytesBatch, FramesBatch, PacketsBatch, RowsBatch, SourceTimes } from "./batch.ts";
import type { TimeRange } from "./time.ts";

/** Samples `start` to `end` (half-open) of a batch, as views of the same memory. Frames share their buffer and so can only be cut at the end or copied. */
export function sliceBatch<B extends Batch>(batch: B, start: number, end: number): B;
export function sliceBatch(batch: Batch, start: number, end: number): Batch {
  if (start === 0 && end === batch.time.length) return batch;
  if (batch.kind === "rows") return sliceRows(batch, start, end);
  if (batch.kind === "bytes") return sliceBytes(batch, start, end);
  if (batch.kind === "packets") return slicePackets(batch, start, end);
  return sliceFrames(batch, start, end);
}

/** The samples of a batch inside a half-open range, or undefined where none is. Packets between two that are inside stay, as decoding needs them. */
export function cropBatch<B extends Batch>(batch: B, range: TimeRange): B | undefined {
  let start = 0;
  let end = batch.time.length;
  while (start < end && !inside(batch.time[start]!, range)) start++;
  while (end > start && !inside(batch.time[end - 1]!, range)) end--;
  return start === end ? undefined : sliceBatch(batch, start, end);
}

function inside(time: bigint, range: TimeRange): boolean {
  return time >= range.start && time < range.end;
}

function sliceRows(batch: RowsBatch, start: number, end: number): RowsBatch {
  const width = batch.time.length === 0 ? 0 : batch.values.length / batch.time.length;
  const values = batch.values.subarray(start * width, end * width) as RowsBatch["values"];
  return { ...batch, ...sliceCommon(batch, start, end), values };
}

function sliceBytes(batch: BytesBatch, start: number, end: number): BytesBatch {
  return { ...batch, ...sliceCommon(batch, start, end), offsets: batch.offsets.subarray(start, end + 1) };
}

function slicePackets(batch: PacketsBatch, start: number, end: number): PacketsBatch {
  return {
    ...batch,
    ...sliceCommon(batch, start, end),
    offsets: batch.offsets.subarray(start, end + 1),
    key: batch.key.subarray(start, end),
    decodeTime: batch.decodeTime.subarray(start, end),
  };
}

function sliceFrames(batch: FramesBatch, start: number, end: number): FramesBatch {
  const frames = start === 0 ? batch.frames : batch.frames.slice(start * batch.stride, end * batch.stride);
  return { ...batch, ...sliceCommon(batch, start, end), frames };
}

function sliceCommon(batch: Batch, start: number, end: number): { time: BigInt64Array; valid?: Uint8Array; from?: SourceTimes } {
  const count = batch.time.length;
  const validWidth = batch.valid === undefined ? 0 : batch.valid.length / count;
  return {
    time: batch.time.subarray(start, end),
    ...(batch.valid && { valid: batch.valid.subarray(start * validWidth, end * validWidth) }),
    ...(batch.from && {
      from: {
        first: batch.from.first.subarray(start, end),
        ...(batch.from.last && { last: batch.from.last.subarray(start, end) }),
      },
    }),
  };
}
