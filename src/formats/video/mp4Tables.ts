import { type Box, children, descend, type Movie } from "./boxes.ts";
import type { PacketTicks } from "./packetIndex.ts";
import type { PacketPlaces } from "./tablePackets.ts";

/** When the packets of a track are shown and where they lie in the file, in decode order. */
export interface PacketTable extends PacketTicks, PacketPlaces {}

/**
 * The packets of an mp4 track whose tables are whole and plain (ISO/IEC 14496-12, 8.6 and 8.7), in one
 * walk: Mediabunny finds each anew, at a promise or three a packet. Undefined for everything else
 * (fragments, encryption, compact sizes, edits at another rate, tables that disagree), which is
 * Mediabunny's. What both read, they read alike; the suite of video files holds this.
 */
export function packetTable({ bytes, track }: Movie): PacketTable | undefined {
  const tables = descend(bytes, track, ["mdia", "minf", "stbl"]);
  const fragmented = children(bytes, 0, bytes.length).some(({ type }) => type === "mvex");
  if (!tables || fragmented) return undefined;
  const boxes = new Map(children(bytes, tables.start, tables.end).map((box) => [box.type, new Words(bytes, box)]));
  const of = { boxes, count: boxes.get("stsz")?.at(2) ?? 0 };
  const timescale = timescaleOf(bytes, track, ["mdia", "mdhd"]);
  const hidden = hiddenTicks(bytes, track, timescale);
  if (of.count < 1 || timescale < 1 || hidden === undefined || isEncrypted(boxes.get("stsd"))) return undefined;
  const size = sizesOf(of);
  // Sizes first: they show that the tables are as long as they say.
  const ticks = size && ticksOf(of, hidden);
  const start = size && startsOf(of, size);
  if (!ticks || !start) return undefined;
  const end = start.reduce((last, each, packet) => Math.max(last, each + size[packet]!), 0);
  return { timescale, ticks, key: keysOf(of), start, size, end };
}

/** The boxes of a sample table by type, and how many samples there are. */
interface SampleBoxes {
  readonly boxes: ReadonlyMap<string, Words>;
  readonly count: number;
}

/** A full box as words of 32 bits; the first holds its version and flags. */
class Words {
  readonly length: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, { start, end }: Box) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
    this.length = (end - start) >> 2;
  }

  get version(): number {
    return this.length === 0 ? 0 : this.#view.getUint8(0);
  }

  at(word: number): number {
    return word < this.length ? this.#view.getUint32(word * 4) : 0;
  }

  signedAt(word: number): number {
    return word < this.length ? this.#view.getInt32(word * 4) : 0;
  }

  wideAt(word: number): number {
    return this.at(word) * 2 ** 32 + this.at(word + 1);
  }
}

function timescaleOf(bytes: Uint8Array, from: Box, path: readonly string[]): number {
  const box = descend(bytes, from, path);
  const words = box && new Words(bytes, box);
  return words ? words.at(words.version === 1 ? 5 : 3) : 0;
}

/** What the first edit takes off; undefined for an edit list that is not plain. */
function hiddenTicks(bytes: Uint8Array, track: Box, timescale: number): number | undefined {
  const box = descend(bytes, track, ["edts", "elst"]);
  if (!box) return 0;
  const list = new Words(bytes, box);
  const wide = list.version === 1;
  let emptyTicks = 0;
  for (let edit = 0, at = 2; edit < list.at(1) && at < list.length; edit++, at += wide ? 5 : 3) {
    const duration = wide ? list.wideAt(at) : list.at(at);
    const time = wide ? list.signedAt(at + 2) * 2 ** 32 + list.at(at + 3) : list.signedAt(at + 1);
    if (time === -1) emptyTicks += duration;
    else if (list.at(at + (wide ? 4 : 2)) !== 0x10000) return undefined;
    else {
      const movie = timescaleOf(bytes, { type: "moov", start: 0, end: bytes.length }, ["mvhd"]);
      return emptyTicks === 0 ? time : time - Math.round((emptyTicks / movie) * timescale);
    }
  }
  return emptyTicks === 0 ? 0 : undefined;
}

function isEncrypted(entries: Words | undefined): boolean {
  const encv = 0x656e6376;
  return entries?.at(3) === encv;
}

function sizesOf({ boxes, count }: SampleBoxes): Uint32Array | undefined {
  const table = boxes.get("stsz");
  if (table?.at(1) !== 0 || table.length < 3 + count) return undefined;
  return Uint32Array.from({ length: count }, (_, sample) => table.at(3 + sample));
}

function ticksOf({ boxes, count }: SampleBoxes, hidden: number): Float64Array | undefined {
  const ticks = new Float64Array(count);
  let decoded = 0 - hidden;
  const timed = eachRun(boxes.get("stts"), count, (sample, delta) => {
    ticks[sample] = decoded;
    decoded += delta >>> 0;
  });
  const offsets = boxes.get("ctts");
  const shifted =
    offsets === undefined ||
    eachRun(offsets, count, (sample, offset) => {
      ticks[sample]! += offset;
    });
  return timed && shifted ? ticks : undefined;
}

/** Calls for each sample of a run-length table with its value as a signed number. False where the table is not of `count` samples. */
function eachRun(table: Words | undefined, count: number, call: (sample: number, value: number) => void): boolean {
  if (!table || table.length < 2 + 2 * table.at(1)) return false;
  let sample = 0;
  for (let run = 0; run < table.at(1); run++) {
    const end = sample + table.at(2 + 2 * run);
    const value = table.signedAt(3 + 2 * run);
    if (end > count) return false;
    for (; sample < end; sample++) call(sample, value);
  }
  return sample === count;
}

/** Without a table every packet is a key; the first is one whatever the table says. */
function keysOf({ boxes, count }: SampleBoxes): Uint8Array {
  const table = boxes.get("stss");
  if (!table) return new Uint8Array(count).fill(1);
  const key = new Uint8Array(count);
  key[0] = 1;
  for (let entry = 0; entry < table.at(1) && 2 + entry < table.length; entry++) {
    const sample = table.at(2 + entry) - 1;
    if (sample >= 0 && sample < count) key[sample] = 1;
  }
  return key;
}

function startsOf({ boxes, count }: SampleBoxes, size: Uint32Array): Float64Array | undefined {
  const runs = boxes.get("stsc");
  const narrow = boxes.get("stco");
  const chunks = narrow ?? boxes.get("co64");
  if (!runs || !chunks || runs.length < 2 + 3 * runs.at(1)) return undefined;
  const chunkCount = chunks.at(1);
  if (chunks.length < 2 + chunkCount * (narrow ? 1 : 2)) return undefined;
  const start = new Float64Array(count);
  let sample = 0;
  for (let run = 0; run < runs.at(1); run++) {
    const end = run + 1 < runs.at(1) ? runs.at(2 + 3 * (run + 1)) - 1 : chunkCount;
    for (let chunk = runs.at(2 + 3 * run) - 1; chunk < end && sample < count; chunk++) {
      if (chunk < 0 || chunk >= chunkCount) return undefined;
      let at = narrow ? chunks.at(2 + chunk) : chunks.wideAt(2 + 2 * chunk);
      const last = Math.min(count, sample + runs.at(3 + 3 * run));
      for (; sample < last; sample++) {
        start[sample] = at;
        at += size[sample]!;
      }
    }
  }
  return sample === count ? start : undefined;
}
