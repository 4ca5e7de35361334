import { type OpenOptions, openVideo, type VideoFile } from "../../../formats/video/demux.ts";

interface Held {
  readonly file: Promise<VideoFile>;
  users: number;
  /** Known once it is open. */
  frames: number;
}

/** Tables take some 25 bytes a frame. */
const IDLE_FRAMES_MAX = 1 << 21;

/**
 * Open video files, kept for whoever needs them next: in v3.0 one file holds many episodes, and its
 * tables are read once. Files in use are never closed; of the others only the newest stay, so many
 * and of so many frames.
 */
export class VideoShelf implements AsyncDisposable {
  readonly #held = new Map<string, Held>();
  readonly #idleMax: number;
  readonly #options: OpenOptions;

  constructor(idleMax = 4, options: OpenOptions = {}) {
    this.#idleMax = idleMax;
    this.#options = options;
  }

  /** Opens the file, or finds it open. Give it back with `release`. */
  async take(path: string): Promise<VideoFile> {
    const held = this.#held.get(path) ?? { file: openVideo(path, this.#options), users: 0, frames: 0 };
    held.users++;
    this.#held.delete(path);
    this.#held.set(path, held);
    try {
      const file = await held.file;
      held.frames = file.frames;
      return file;
    } catch (thrown) {
      held.users--;
      if (this.#held.get(path) === held) this.#held.delete(path);
      throw thrown;
    }
  }

  async release(path: string): Promise<void> {
    const held = this.#held.get(path);
    if (held) held.users--;
    const idle = [...this.#held].filter(([, each]) => each.users === 0);
    let frames = idle.reduce((sum, [, each]) => sum + each.frames, 0);
    for (let count = idle.length; count > this.#idleMax || (count > 1 && frames > IDLE_FRAMES_MAX); count--) {
      const [name, each] = idle[idle.length - count]!;
      frames -= each.frames;
      this.#held.delete(name);
      await (await each.file).close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#held.values()];
    this.#held.clear();
    for (const each of all) await each.file.then((file) => file.close()).catch(() => undefined);
  }
}
