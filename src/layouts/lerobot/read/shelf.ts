import { openVideo, type VideoFile } from "../../../formats/video/demux.ts";

interface Held {
  readonly file: Promise<VideoFile>;
  users: number;
}

/**
 * Open video files, kept for whoever needs them next: in v3.0 one file holds many episodes, and its
 * tables are read once. Files in use are never closed; of the others only the newest stay.
 */
export class VideoShelf implements AsyncDisposable {
  readonly #held = new Map<string, Held>();
  readonly #idleMax: number;

  constructor(idleMax = 4) {
    this.#idleMax = idleMax;
  }

  /** Opens the file, or finds it open. Give it back with `release`. */
  async take(path: string): Promise<VideoFile> {
    const held = this.#held.get(path) ?? { file: openVideo(path), users: 0 };
    held.users++;
    this.#held.delete(path);
    this.#held.set(path, held);
    try {
      return await held.file;
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
    for (const [name, each] of idle.slice(0, Math.max(0, idle.length - this.#idleMax))) {
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
