import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TendonError } from "../../core/errors.ts";
import type { FromWorker, Operations, SentError } from "../protocol.ts";
import { compiledFolder } from "./compiled.ts";
import type { FromHost, ToHost } from "./messages.ts";

const STOP_MS = 5000;
/** Beside this file, in a checkout and where it is compiled. */
const HOST = new URL(import.meta.url.endsWith(".ts") ? "./host.ts" : "./host.js", import.meta.url);

/** What a call rejects with when its worker, or the process around it, died. */
export class WorkerLost extends Error {
  override readonly name = "WorkerLost";
}

/** Worker threads in a process of their own. A worker that died is started again by the next call. */
export interface Pool extends AsyncDisposable {
  readonly workers: number;
  call<Name extends keyof Operations>(
    worker: number,
    operation: Name,
    given: Parameters<Operations[Name]>[0],
    note?: (note: never) => void,
  ): ReturnType<Operations[Name]>;
  /** Asks every operation to end soon. */
  cancel(): void;
  /** Ends a worker that does not answer; its calls reject with WorkerLost. */
  kill(worker: number): void;
  /** How often a worker started: calls of one life share what `begin` made. */
  life(worker: number): number;
  isAlive(worker: number): boolean;
  /** How many calls of a worker are not answered yet. */
  underWay(worker: number): number;
}

interface Pending {
  readonly worker: number;
  readonly note: ((note: never) => void) | undefined;
  resolve(result: never): void;
  reject(error: Error): void;
}

export interface PoolOptions {
  readonly workers: number;
  /** The URL of the module that each worker runs. */
  readonly entry: string;
  readonly heapMb: number;
  log(level: "debug" | "info" | "warn", message: string): void;
}

/** Starts nothing until the first call. */
export function openPool(options: PoolOptions): Pool {
  return new LocalPool(options);
}

class LocalPool implements Pool {
  readonly workers: number;
  readonly #options: PoolOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #alive = new Set<number>();
  readonly #lives: number[];
  #host: ChildProcess | undefined;
  #calls = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.workers = options.workers;
    this.#lives = Array.from({ length: options.workers }, () => 0);
  }

  isAlive(worker: number): boolean {
    return this.#alive.has(worker);
  }

  underWay(worker: number): number {
    let count = 0;
    for (const pending of this.#pending.values()) if (pending.worker === worker) count++;
    return count;
  }

  life(worker: number): number {
    return this.#lives[worker]!;
  }

  call<Name extends keyof Operations>(
    worker: number,
    operation: Name,
    given: Parameters<Operations[Name]>[0],
    note?: (note: never) => void,
  ): ReturnType<Operations[Name]> {
    this.#start(worker);
    const call = ++this.#calls;
    const answer = new Promise((resolve, reject) => {
      this.#pending.set(call, { worker, note, resolve, reject });
    });
    this.#send({ do: "post", worker, message: { call, operation, given } });
    return answer as ReturnType<Operations[Name]>;
  }

  cancel(): void {
    for (const worker of this.#alive) this.#send({ do: "post", worker, message: { cancel: true } });
  }

  kill(worker: number): void {
    this.#send({ do: "kill", worker });
    const life = this.#lives[worker];
    const late = setTimeout(() => {
      // A thread inside native code cannot be ended alone.
      if (this.#alive.has(worker) && this.#lives[worker] === life) this.#host?.kill("SIGKILL");
    }, STOP_MS);
    late.unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const host = this.#host;
    if (!host) return;
    this.#host = undefined;
    const gone = new Promise<void>((resolve) => void host.once("exit", () => resolve()));
    host.disconnect();
    const late = setTimeout(() => host.kill("SIGKILL"), STOP_MS);
    await gone;
    clearTimeout(late);
  }

  #start(worker: number): void {
    this.#host ??= this.#startHost();
    if (this.#alive.has(worker)) return;
    this.#alive.add(worker);
    this.#lives[worker]!++;
    this.#send({ do: "start", worker, entry: this.#options.entry, heapMb: this.#options.heapMb });
  }

  #startHost(): ChildProcess {
    const host = fork(fileURLToPath(HOST), {
      serialization: "advanced",
      // SVT-AV1 talks on stderr otherwise, and reads this before any thread of ours starts.
      env: { SVT_LOG: "1", NODE_COMPILE_CACHE: compiledFolder(), ...process.env },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    host.on("message", (message: FromHost) => this.#heard(message));
    host.on("exit", (code, signal) => {
      if (this.#host === host) this.#host = undefined;
      this.#lost([...this.#alive], signal ? `its process was ended by ${signal}` : `its process ended with code ${code}`);
    });
    host.on("error", (error) => this.#options.log("warn", `worker process: ${error.message}`));
    return host;
  }

  #send(message: ToHost): void {
    if (this.#host?.connected) this.#host.send(message);
  }

  #heard(message: FromHost): void {
    if ("exited" in message) this.#lost([message.worker], message.exited);
    else this.#answered(message.message);
  }

  #answered(message: FromWorker): void {
    if ("log" in message) this.#options.log(message.log.level, message.log.message);
    if (!("call" in message)) return;
    const pending = this.#pending.get(message.call);
    if (!pending) return;
    if ("note" in message) {
      pending.note?.(message.note as never);
      return;
    }
    this.#pending.delete(message.call);
    if ("result" in message) pending.resolve(message.result as never);
    else pending.reject(received(message.error));
  }

  #lost(workers: readonly number[], why: string): void {
    for (const worker of workers) {
      this.#alive.delete(worker);
      for (const [call, pending] of this.#pending) {
        if (pending.worker !== worker) continue;
        this.#pending.delete(call);
        pending.reject(new WorkerLost(why));
      }
    }
  }
}

function received({ code, message, place, stack }: SentError): TendonError {
  const error = new TendonError(code, message, { place });
  if (stack) error.stack = stack;
  return error;
}
