import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { treeBytes, treeCpuMs } from "../support/processTree.ts";
import { settle } from "../support/settle.ts";

/** What a loader gave, from doing nothing to doing nothing again. */
export interface Slice {
  readonly samples: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** A loader in processes of its own, which takes batches whenever it is asked to. */
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
  const first = Number((await answer()).replace("ready ", ""));
  await settle(cpuMs);
  return {
    first,
    ask,
    bytes: () => treeBytes(child.pid),
    async slice(seconds) {
      const [start, before] = [performance.now(), cpuMs()];
      const samples = await ask(String(seconds));
      const end = await settle(cpuMs);
      return { samples, seconds: (end - start) / 1000, cpuSeconds: (cpuMs() - before) / 1000 };
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
