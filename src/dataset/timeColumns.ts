import * as arrow from "apache-arrow";
import type { Batch } from "../core/batch.ts";
import { startDigest } from "../core/digest.ts";
import { TendonError } from "../core/errors.ts";
import { NO_TIME } from "../core/time.ts";
import { columnData } from "./arrowTypes.ts";
import { type Column, field } from "./columns.ts";
import { bytesOf, Growing } from "./growing.ts";

const INT64 = new arrow.Int64();

/** A column of times. */
export function timeColumn<B extends Batch>(name: string, timesOf: (batch: B) => BigInt64Array): Column<B> {
  const times = int64s();
  const content = startDigest();
  return {
    get pendingBytes() {
      return 8 * times.length;
    },
    fields: () => [field(name, INT64, { role: name })],
    append: (batch, start, end) => times.append(timesOf(batch).subarray(start, end)),
    take(rows) {
      const taken = times.take(rows);
      content.add(bytesOf(taken));
      return [columnData(INT64, { values: taken, rows })];
    },
    digest: () => ({ [name]: content.end() }),
  };
}

/**
 * The input times that samples were made from. Whether there are any, and whether each has two, is
 * settled by the first batch: a stream that changes its mind is a fault of the stage that made it.
 */
export function fromColumns(stream: string): Column<Batch> {
  const first = int64s();
  const last = int64s();
  const content = { first: startDigest(), last: startDigest() };
  let kind: "none" | "one" | "two" | undefined;
  let differ = false;
  return {
    get pendingBytes() {
      return 8 * (first.length + last.length);
    },
    fields: () => [
      ...(kind === "one" || kind === "two" ? [field(`${stream}#first`, INT64, { stream, role: "first" })] : []),
      ...(kind === "two" ? [field(`${stream}#last`, INT64, { stream, role: "last" })] : []),
    ],
    append(batch, start, end) {
      const from = batch.from;
      kind ??= from === undefined ? "none" : from.last === undefined ? "one" : "two";
      const late = (kind === "none" && from) || (kind === "one" && from?.last);
      if (late) {
        const message = "some batches carry the times of their input and some do not; its stage must decide for all";
        throw new TendonError("plugin-failed", message, { place: { stream } });
      }
      if (kind === "none") return;
      if (from === undefined) first.fill(NO_TIME, end - start);
      else first.append(from.first.subarray(start, end));
      if (kind === "one") return;
      if (from === undefined) last.fill(NO_TIME, end - start);
      else last.append((from.last ?? from.first).subarray(start, end));
    },
    take(rows) {
      if (kind === "none" || kind === undefined) return [];
      const firsts = first.take(rows);
      const lasts = kind === "two" ? last.take(rows) : firsts;
      differ ||= kind === "two" && Buffer.compare(bytesOf(firsts), bytesOf(lasts)) !== 0;
      content.first.add(bytesOf(firsts));
      content.last.add(bytesOf(lasts));
      const data = [columnData(INT64, { values: firsts, rows })];
      return kind === "two" ? [...data, columnData(INT64, { values: lasts, rows })] : data;
    },
    digest() {
      if (kind === "none" || kind === undefined) return {};
      return { first: content.first.end(), ...(differ && { last: content.last.end() }) };
    },
  };
}

function int64s(): Growing<BigInt64Array> {
  return new Growing<BigInt64Array>((count) => new BigInt64Array(count));
}
