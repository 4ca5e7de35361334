import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { TendonError } from "../../core/errors.ts";

/** What the process said last, kept for error messages. */
const SAID_MAX = 2000;

const running = new Set<FfmpegChild>();

process.on("exit", () => {
  for (const child of running) child.killNow();
});

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
    running.add(this);
    void this.#exit.then(() => running.delete(this));
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
    if (code !== 0) throw new TendonError("bad-data", `ffmpeg gave up (exit code ${code}): ${this.said}`);
  }

  /** Ends it at once, whatever it is at. */
  async kill(): Promise<void> {
    this.killNow();
    await this.#exit;
  }

  killNow(): void {
    if (!this.#ended) this.#child.kill("SIGKILL");
  }

  get #input(): Writable {
    return this.#child.stdin!;
  }
}

/** Bytes that may wait in this process before their stream is paused. */
const WAITING_BYTES_MAX = 4 << 20;

/** Takes bytes from a stream in pieces of the caller's size. */
export class PieceReader {
  readonly #stream: Readable;
  readonly #chunks: Buffer[] = [];
  #waiting = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    const end = () => {
      this.#ended = true;
      this.#wake?.();
    };
    stream.on("end", end).on("close", end).on("error", end);
    stream.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#waiting += chunk.length;
      if (this.#waiting > WAITING_BYTES_MAX) stream.pause();
      this.#wake?.();
    });
  }

  /** Fills `into`. False at the end of the stream. */
  async fill(into: Uint8Array): Promise<boolean> {
    let at = 0;
    while (at < into.length) {
      const chunk = await this.#chunk();
      if (!chunk) return false;
      const taken = chunk.subarray(0, into.length - at);
      into.set(taken, at);
      at += taken.length;
      this.#drop(taken.length);
    }
    return true;
  }

  /** The next line, without its end; undefined at the end of the stream. */
  async line(): Promise<string | undefined> {
    let line = "";
    for (;;) {
      const chunk = await this.#chunk();
      if (!chunk) return line === "" ? undefined : line;
      const end = chunk.indexOf(10);
      line += chunk.toString("latin1", 0, end < 0 ? chunk.length : end);
      this.#drop(end < 0 ? chunk.length : end + 1);
      if (end >= 0) return line;
    }
  }

  /** The first bytes that wait, of which none is taken yet. */
  async #chunk(): Promise<Buffer | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#chunks[0];
  }

  #drop(count: number): void {
    const first = this.#chunks[0]!;
    if (count === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(count);
    this.#waiting -= count;
    if (this.#waiting <= WAITING_BYTES_MAX && this.#stream.isPaused()) this.#stream.resume();
  }
}
