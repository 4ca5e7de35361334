import { asTendonError } from "../../core/errors.ts";
import type { McapFile } from "../../formats/mcap/file.ts";
import { openMcap } from "../../formats/mcap/open.ts";
import type { McapOptions } from "./options.ts";

/** The open files of one recording, their blocks numbered through. */
export interface Recording {
  /** The partition's key. */
  readonly key: string;
  readonly files: readonly McapFile[];
  /** Relative to the source's root, as `files`. */
  readonly names: readonly string[];
  /** The file and the block in it, for each block of the recording. */
  readonly blocks: readonly { readonly file: number; readonly index: number }[];
  /** The unpacked records of a block; throws `bad-data` with the file's name relative to the root. */
  readBlock(block: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Opens the files of a recording. Paths in errors are relative to the root, so that they are equal on every machine. */
export async function openRecording(
  key: string,
  files: readonly { readonly name: string; readonly path: string }[],
  limits: McapOptions["limits"],
): Promise<Recording> {
  const open: McapFile[] = [];
  const close = async () => {
    for (const file of open) await file.close();
  };
  try {
    for (const { name, path } of files) open.push(await named(name, () => openMcap(path, limits)));
  } catch (error) {
    await close();
    throw error;
  }
  const blocks = open.flatMap((file, index) => file.blocks.map((_, block) => ({ file: index, index: block })));
  return {
    key,
    files: open,
    names: files.map(({ name }) => name),
    blocks,
    readBlock: (block) => {
      const { file, index } = blocks[block]!;
      return named(files[file]!.name, () => open[file]!.readBlock(index));
    },
    close,
  };
}

async function named<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = asTendonError(thrown, "bad-data");
    throw Object.assign(error, { place: { ...error.place, file: name } });
  }
}
