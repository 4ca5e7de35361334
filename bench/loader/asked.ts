import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { signalTree, treeBytes, treeCpuMs } from "../support/processTree.ts";

/** What a loader gave while it ran. */
export interface Slice {
  readonly samples: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/**
 * A loader in processes of its own, which takes batches whenever it is asked to. Between two times its processes are
 * stopped where they are: so slices follow each other as if nothing had been in between, and nothing is decoded
 * ahead meanwhile.
 */
export interface Asked extends AsyncDisposable {
  /** Seconds to the first batch. */
  readonly first: number;
  slice(seconds: number): Promise<Slice>;
  /** Any other line, and the number that it is answered with. */
  ask(line: string): Promise<number>;
  /** Of all processes, what they share counted once. */
  bytes(): number;
}

export async function startAsked(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Asked> {
  const child = spawn(command, args, { stdio: "pipe", env: { ...process.env, ...env } });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => {
    said = (said + bytes.toString()).slice(-4000);
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const next = await answers.next();
    if (next.done) throw new Error(`${command} ${args[0]} ended:\n${said}`);
    return next.value;
  };
  const cpuMs = () => treeCpuMs(child.pid);
  const ask = async (line: string) => {
    child.stdin.write(`${line}\n`);
    return Number(await answer());
  };
  const running = async <T>(work: () => Promise<T>): Promise<T> => {
    signalTree(child.pid, "SIGCONT");
    const made = await work();
    signalTree(child.pid, "SIGSTOP");
    return made;
  };
  const first = await running(async () => Number((await answer()).replace("ready ", "")));
  return {
    first,
    ask: (line) => running(() => ask(line)),
    bytes: () => treeBytes(child.pid),
    slice: (seconds) =>
      running(async () => {
        const [start, before] = [performance.now(), cpuMs()];
        const samples = await ask(String(seconds));
        return { samples, seconds: (performance.now() - start) / 1000, cpuSeconds: (cpuMs() - before) / 1000 };
      }),
    async [Symbol.asyncDispose]() {
      signalTree(child.pid, "SIGCONT");
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
