import { hash } from "node:crypto";
import type { FramesBatch, Size } from "../../core/batch.ts";
import { openCodecs } from "../../formats/video/codecs.ts";
import { openVideo } from "../../formats/video/demux.ts";

/** Pictures of all files together whose digests are kept. */
const KEPT_MAX = 2_000_000;

/** A file's pictures, by what they digest to; `broken` says why there are no more. */
export interface FileDigests {
  readonly pictures: ReadonlyMap<number, string>;
  readonly times: BigInt64Array;
  readonly broken?: string;
}

/** Decodes whole files, each from its very first packet on by a decoder of its own, and keeps digests of their pictures. */
export class SlowPictures {
  readonly #files = new Map<string, FileDigests>();

  async digests(file: string, size: Size): Promise<FileDigests> {
    const key = `${size.width} ${size.height} ${file}`;
    const known = this.#files.get(key);
    if (known) return known;
    const pictures = new Map<number, string>();
    const { times, broken } = await walk(file, size, (frame, picture) => {
      pictures.set(frame, digestOf(picture));
      return true;
    });
    const read = { pictures, times, ...(broken !== undefined && { broken }) };
    this.#files.set(key, read);
    this.#dropOldest();
    return read;
  }

  /** One picture, decoded once more. */
  async picture(file: string, frame: number, size: Size): Promise<Uint8Array | undefined> {
    let found: Uint8Array | undefined;
    await walk(file, size, (at, picture) => {
      if (at === frame) found = picture.slice();
      return at < frame;
    });
    return found;
  }

  #dropOldest(): void {
    let kept = 0;
    for (const [key, { pictures }] of [...this.#files].reverse()) {
      kept += pictures.size;
      if (kept > KEPT_MAX && kept > pictures.size) this.#files.delete(key);
    }
  }
}

export function digestOf(picture: Uint8Array): string {
  return hash("sha1", picture, "base64");
}

/** Visits pictures in the order in which they are shown, until `visit` says that it has enough. */
async function walk(
  file: string,
  size: Size,
  visit: (frame: number, picture: Uint8Array) => boolean,
): Promise<{ times: BigInt64Array; broken?: string }> {
  const video = await openVideo(file);
  const { time: times } = video.times();
  let frame = 0;
  let more = true;
  const deliver = async (_want: number, { time, frames, stride }: FramesBatch) => {
    for (const [at, shown] of time.entries()) {
      while (frame < times.length && times[frame]! < shown) frame++;
      if (more && times[frame] === shown) more = visit(frame, new Uint8Array(frames, at * stride, stride));
    }
  };
  try {
    await using decoder = await (await openCodecs()).decoder(video.config, [{ format: "rgb24", size }]);
    for await (const packets of video.packets()) {
      await decoder.push(packets, deliver);
      if (!more) return { times };
    }
    await decoder.flush(deliver);
    return { times };
  } catch (thrown) {
    return { times, broken: thrown instanceof Error ? thrown.message : String(thrown) };
  } finally {
    await video.close();
  }
}
