import { join } from "node:path";
import { TendonError } from "../../../core/errors.ts";
import { openParquet } from "../../../formats/parquet/read.ts";
import { fillPath, type Info, PATHS } from "../info.ts";
import { checkCount, type Entries, type Entry, sharing, unambiguous, type VideoEntry } from "./entries.ts";
import { listFiles } from "./files.ts";
import type { Note } from "./notes.ts";

/** The episodes of a v3.0 dataset, from all files of `meta/episodes`. */
export async function readEntriesV3(root: string, info: Info, cameras: readonly string[], note: Note): Promise<Entries> {
  const files = await listFiles(root, "meta/episodes", ".parquet");
  if (files.length === 0)
    throw new TendonError("bad-data", "meta/episodes holds no Parquet file: a v3.0 dataset lists its episodes there", {
      place: { file: join(root, "meta/episodes") },
    });
  const found: Entry[] = [];
  const shared = { info, cameras, fill: fillOnce(join(root, "meta/info.json")), share: sharing<string>(), numbers: [] };
  for (const file of files) {
    const table = await openParquet(join(root, file));
    const wanted = ["episode_index", "length", "tasks", "data/chunk_index", "data/file_index"];
    for (const key of cameras) for (const name of VIDEO_NUMBERS) wanted.push(`videos/${key}/${name}`);
    const columns = wanted.filter((name) => table.fields.some((field) => field.name === name));
    const needed = ["episode_index", "data/chunk_index", "data/file_index"].filter((name) => !columns.includes(name));
    if (needed.length > 0)
      throw new TendonError("bad-data", `has no column ${needed.join(", ")}: an episodes table must`, {
        place: { file: table.path },
      });
    let at = 0;
    for await (const told of table.objects({ columns })) found.push(new EntryV3(shared, told, { file, row: at++ }));
    checkCount(found, root);
  }
  return { ...unambiguous(found, note), listed: true };
}

type Fill = (template: string, place: { chunk: number; index: number }, camera?: string) => string;

/** Many episodes lie in one file, whose name is one text for all of them. */
function fillOnce(infoFile: string): Fill {
  const known = new Map<string, string>();
  return (template, { chunk, index }, camera) => {
    const key = `${camera ?? ""} ${chunk} ${index}`;
    const values = { chunk_index: chunk, file_index: index, ...(camera !== undefined && { video_key: camera }) };
    const path = known.get(key) ?? fillPath(template, values, infoFile);
    known.set(key, path);
    return path;
  };
}

/** What all episodes of a v3.0 dataset share. */
interface SharedV3 {
  readonly info: Info;
  readonly cameras: readonly string[];
  readonly fill: Fill;
  readonly share: (tasks: readonly string[]) => readonly string[];
  /** `VIDEO_NUMBERS` of each camera of each entry, one after another: an array for each entry would take more than they do. */
  readonly numbers: number[];
}

/** Numbers a camera: the file's chunk and index, and the seconds in it; NaN where the table tells none. */
const VIDEO_NUMBERS = ["chunk_index", "file_index", "from_timestamp", "to_timestamp"];

/** Maps of videos would take most of the memory of 10⁵ episodes: they are made when they are asked for. */
class EntryV3 implements Entry {
  readonly index: number;
  readonly length?: number;
  readonly tasks: readonly string[];
  readonly data: string;
  readonly row: { readonly file: string; readonly row: number };
  readonly #shared: SharedV3;
  readonly #at: number;

  constructor(shared: SharedV3, told: Record<string, unknown>, row: { readonly file: string; readonly row: number }) {
    const number = (name: string) => numberOr(told[name], Number.NaN);
    const length = number("length");
    this.#shared = shared;
    this.#at = shared.numbers.length;
    for (const key of shared.cameras) for (const name of VIDEO_NUMBERS) shared.numbers.push(number(`videos/${key}/${name}`));
    this.row = row;
    this.index = numberOr(told.episode_index, -1);
    if (!Number.isNaN(length)) this.length = length;
    this.tasks = shared.share(Array.isArray(told.tasks) ? told.tasks.filter((task) => typeof task === "string") : []);
    const place = { chunk: numberOr(told["data/chunk_index"], 0), index: numberOr(told["data/file_index"], 0) };
    this.data = shared.fill(shared.info.data_path ?? PATHS.v3.data, place);
    // Paths that cannot be are told now, whoever asks for them later.
    for (const camera of shared.cameras.keys()) this.#fileOf(camera);
  }

  get videos(): ReadonlyMap<string, VideoEntry> {
    const videos = new Map<string, VideoEntry>();
    for (const [camera, key] of this.#shared.cameras.entries()) {
      const file = this.#fileOf(camera);
      if (file === undefined) continue;
      const { fromSec, toSec } = this.#numbersOf(camera);
      videos.set(key, { file, ...(!Number.isNaN(fromSec) && { fromSec }), ...(!Number.isNaN(toSec) && { toSec }) });
    }
    return videos;
  }

  #fileOf(camera: number): string | undefined {
    const { info, cameras, fill } = this.#shared;
    const { chunk, index } = this.#numbersOf(camera);
    if (Number.isNaN(chunk) || Number.isNaN(index)) return undefined;
    return fill(info.video_path ?? PATHS.v3.video, { chunk, index }, cameras[camera]!);
  }

  #numbersOf(camera: number): { chunk: number; index: number; fromSec: number; toSec: number } {
    const at = this.#at + camera * VIDEO_NUMBERS.length;
    const [chunk, index, fromSec, toSec] = this.#shared.numbers.slice(at, at + VIDEO_NUMBERS.length) as [
      number,
      number,
      number,
      number,
    ];
    return { chunk, index, fromSec, toSec };
  }
}

function numberOr(value: unknown, otherwise: number): number {
  return value === null || value === undefined ? otherwise : Number(value);
}
