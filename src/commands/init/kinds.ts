import { open } from "node:fs/promises";
import { basename, extname } from "node:path";

/** A kind of file that people have, by its name or its first bytes. */
export interface Kind {
  readonly name: string;
  readonly readable: boolean;
  readonly advice?: string;
}

const HEAD_BYTES = 64 * 1024;

export const MCAP: Kind = { name: "MCAP", readable: true };
export const LEROBOT: Kind = { name: "LeRobot", readable: true };
export const GROOT: Kind = { name: "GR00T", readable: true };
const unreadable = (name: string, advice: string): Kind => ({ name, readable: false, advice: `cannot be read yet; ${advice}` });
const ROS1 = unreadable("ROS 1 bag", "convert it with `mcap convert IN.bag OUT.mcap`");
const SQLITE = unreadable("ROS 2 bag in SQLite", "convert it with `ros2 bag convert` to mcap storage");
const ROBOMIMIC = unreadable("robomimic or robosuite HDF5", "LeRobot's own converters write a dataset that can be");
const ALOHA = unreadable("ALOHA HDF5", "LeRobot's own converters write a dataset that can be");
const HDF5 = unreadable("HDF5", "LeRobot's own converters may write a dataset that can be");
const RLDS = unreadable("RLDS (TFRecord)", "LeRobot's own converters write a dataset that can be");
const WEBDATASET = unreadable("WebDataset tar", "unpack it, or export its recordings as LeRobot or MCAP");
export const ZARR: Kind = unreadable("Zarr", "LeRobot's own converters write a dataset that can be");
const PARQUET = unreadable("Parquet without meta/info.json", "copy the dataset's whole folder, which holds meta/info.json");
const VIDEO = unreadable("video without a table", "a video alone has no state and no action");
const ARRAYS = unreadable("table of numbers (CSV, NPZ)", "motions alone have no camera and no task");

const BY_NAME: readonly { readonly name: RegExp; readonly kind: Kind }[] = [
  { name: /\.mcap$/i, kind: MCAP },
  { name: /\.bag$/i, kind: ROS1 },
  { name: /\.db3$/i, kind: SQLITE },
  { name: /\.tfrecord(-\d+-of-\d+)?$/i, kind: RLDS },
  { name: /\.parquet$/i, kind: PARQUET },
  { name: /\.(mp4|mov|mkv|avi|webm)$/i, kind: VIDEO },
  { name: /\.(csv|npz|npy)$/i, kind: ARRAYS },
  { name: /\.tar$/i, kind: WEBDATASET },
];
const BY_MAGIC: readonly { readonly magic: string; readonly at: number; readonly kind: Kind }[] = [
  { magic: "\u0089MCAP0\r\n", at: 0, kind: MCAP },
  { magic: "#ROSBAG V", at: 0, kind: ROS1 },
  { magic: "SQLite format 3", at: 0, kind: SQLITE },
  { magic: "PAR1", at: 0, kind: PARQUET },
  { magic: "ftyp", at: 4, kind: VIDEO },
  { magic: "ustar", at: 257, kind: WEBDATASET },
];

/** What a file is; undefined where it is nothing that holds recordings, such as a README. */
export async function kindOf(file: string): Promise<Kind | undefined> {
  const name = basename(file);
  if (/\.(h5|hdf5)$/i.test(name)) return hdf5Kind(await headOf(file), name);
  const named = BY_NAME.find((each) => each.name.test(name));
  if (named) return named.kind;
  // Names that say what they hold are believed; only what has none is opened.
  if (extname(name) !== "" && !/\.(bin|dat|log|record)$/i.test(name)) return undefined;
  const head = await headOf(file);
  if (head.startsWith("\u0089HDF")) return hdf5Kind(head, name);
  return BY_MAGIC.find(({ magic, at }) => head.startsWith(magic, at))?.kind;
}

/** Names of groups stand in the first kilobytes of an HDF5 file. */
function hdf5Kind(head: string, name: string): Kind {
  if (!head.startsWith("\u0089HDF")) return HDF5;
  if (/demo_\d|\bdemo\b/.test(head)) return ROBOMIMIC;
  if (/qpos/.test(head) || /^episode_\d+\.hdf5$/.test(name)) return ALOHA;
  return HDF5;
}

async function headOf(file: string): Promise<string> {
  const handle = await open(file, "r").catch(() => undefined);
  if (!handle) return "";
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
