import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { TendonError } from "../../core/errors.ts";

/** What the process said last, kept for error messages. */
const SAID_MAX = 2000;

/** One `ffmpeg` process: bytes go in by stdin and come out by pipes 3 and up. It never outlives its owner's `kill`. */
export class FfmpegChild {
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  #said = "";
  #ended = false;

  /** `outputs` is how many pipes the arguments name, `pipe:3` being the first. */
  constructor(args: readonly string[], outputs: number) {
    const pipes = Array.from({ length: outputs }, () => "pipe" as const);
    this.#child = spawn("ffmpeg", ["-v", "error", "-nostats", "-hide_banner", ...args], {
      stdio: ["pipe", "ignore", "pipe", ...pipes],
      env: { ...process.env, SVT_LOG: "1" },
    });
    // A broken pipe is told by the process's end.
    this.#input.on("error", () => undefined);
    this.#child.stderr?.on("data", (data: Buffer) => {
      this.#said = (this.#said + data.toString()).slice(-SAID_MAX);
    });
    this.#exit = new Promise((resolve) => {
      this.#child.once("close", (code) => {
        this.#ended = true;
        resolve(code);
      });
      this.#child.once("error", (error) => {
        this.#said = error.message;
        this.#ended = true;
        resolve(null);
      });
    });
    process.once("exit", this.#killNow);
  }

  get said(): string {
    return this.#said.trim().split("\n").slice(-3).join("; ");
  }

  /** Pipe `3 + place`. */
  output(place: number): Readable {
    return this.#child.stdio[3 + place] as Readable;
  }

  /** Resolves when the bytes have left this process, so that their memory is free. */
  async write(bytes: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#input.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    try {
      await written;
    } catch (cause) {
      await this.#exit;
      throw new TendonError("bad-data", `ffmpeg gave up: ${this.said || String(cause)}`, { cause });
    }
  }

  endInput(): void {
    this.#input.end();
  }

  /** Waits for the end by itself; an exit code that is not 0 is an error. */
  async ended(): Promise<void> {
    const code = await this.#exit;
    process.off("exit", this.#killNow);
    if (code !== 0) throw new TendonError("bad-data", `ffmpeg gave up (exit code ${code}): ${this.said}`);
  }

  /** Ends it at once, whatever it is at. */
  async kill(): Promise<void> {
    this.#killNow();
    await this.#exit;
    process.off("exit", this.#killNow);
  }

  get #input(): Writable {
    return this.#child.stdin!;
  }

  readonly #killNow = (): void => {
    if (!this.#ended) this.#child.kill("SIGKILL");
  };
}

/** Takes bytes from a stream in pieces of the caller's size. */
export class PieceReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(stream: Readable) {
    this.#chunks = stream.iterator({ destroyOnReturn: true })[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** Fills `into`. False at the end of the stream. */
  async fill(into: Uint8Array): Promise<boolean> {
    let at = 0;
    while (at < into.length) {
      if (this.#chunk.length === 0 && !(await this.#next())) return false;
      const taken = this.#chunk.subarray(0, into.length - at);
      into.set(taken, at);
      at += taken.length;
      this.#chunk = this.#chunk.subarray(taken.length);
    }
    return true;
  }

  /** The next line, without its end; undefined at the end of the stream. */
  async line(): Promise<string | undefined> {
    let line = "";
    for (;;) {
      if (this.#chunk.length === 0 && !(await this.#next())) return line === "" ? undefined : line;
      const end = this.#chunk.indexOf(10);
      line += Buffer.from(this.#chunk.subarray(0, end < 0 ? this.#chunk.length : end)).toString("latin1");
      this.#chunk = this.#chunk.subarray(end < 0 ? this.#chunk.length : end + 1);
      if (end >= 0) return line;
    }
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#chunks.next().catch(() => ({ done: true as const, value: undefined }));
    if (done) return false;
    this.#chunk = value;
    return true;
  }
}
