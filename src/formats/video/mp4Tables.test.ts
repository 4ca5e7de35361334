import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openReader } from "../../io/reader.ts";
import { readMovie } from "./boxes.ts";
import { fileType, mediaDataHeader, movie, type TrackTables } from "./mp4Boxes.ts";
import { packetTable } from "./mp4Tables.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-tables-"));
});
afterAll(() => rm(folder, { recursive: true }));

const config = { codec: "mpeg4", width: 64, height: 48, description: Uint8Array.of(0, 0, 1, 0xb0, 1) };
const tables: TrackTables = {
  timescale: 90_000,
  deltas: Uint32Array.of(3000, 3000, 3000, 4000, 3000),
  offsets: Uint32Array.of(3000, 9000, 3000, 3000, 3000),
  delay: 3000,
  sizes: Uint32Array.of(7, 1, 2, 30, 4),
  key: Uint8Array.of(1, 0, 0, 1, 0),
  samplesPerChunk: 2,
};

async function tableOf(change: (moov: Buffer) => void = () => undefined) {
  const path = join(folder, "tables.mp4");
  const moov = Buffer.from(movie(config, tables, 1000));
  change(moov);
  await writeFile(path, Buffer.concat([fileType(), moov, mediaDataHeader(44), new Uint8Array(44)]));
  const reader = await openReader(path);
  try {
    const found = await readMovie(reader, 0);
    return found && packetTable(found);
  } finally {
    await reader.close();
  }
}

/** Writes a word at so many bytes behind the type of a box. */
function poke(moov: Buffer, type: string, at: number, value: number): void {
  moov.writeUInt32BE(value, moov.indexOf(type) + 4 + at);
}

it("tells when packets are shown and where they lie", async () => {
  expect(await tableOf()).toEqual({
    timescale: 90_000,
    ticks: Float64Array.of(0, 9000, 6000, 9000, 13_000),
    key: tables.key,
    start: Float64Array.of(1000, 1007, 1008, 1010, 1040),
    size: tables.sizes,
    end: 1044,
  });
});

it.each([
  ["more durations than packets", "stts", 8, 9],
  ["fewer shifts than packets", "ctts", 8, 0],
  ["one size for all", "stsz", 4, 8],
  ["more sizes than there is room for", "stsz", 8, 0xffffffff],
  ["more chunks than there is room for", "stco", 4, 0xffffffff],
  ["fewer chunks than the packets need", "stco", 4, 1],
  ["an edit at another rate", "elst", 24, 0x20000],
  ["fragments", "vmhd", -4, 0],
])("leaves %s to Mediabunny", async (what, type, at, value) => {
  const table = await tableOf((moov) => {
    if (what === "fragments") moov.write("mvex", moov.indexOf("mvhd"), "latin1");
    else poke(moov, type, at, value);
  });
  expect(table).toBeUndefined();
});
